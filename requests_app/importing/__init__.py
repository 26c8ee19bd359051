"""A mission's old spreadsheet comes in: read, matched, checked by cell, all or nothing.

What is over comes in as history, closed, not decided here and counted nowhere; whatever
still needs deciding or doing comes in as a draft, which travels the process like any other
(docs/decisions/0034). Nothing gets past an approval this way (P30).
"""
