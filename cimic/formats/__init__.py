"""How each language writes dates and numbers, where Django's own way is not the mission's.

The day stands before the month in every language, as in the documents of the United Nations.
"""
