"""Figures kept ahead: what the pictures count, added up by stretches of days of submission.

``ground`` lays what became of each record; ``counting`` counts it cell by cell; ``adding`` holds
sums and percentiles; ``calendar`` cuts a period into days, months and years; ``kept`` keeps their
cells, knows which still hold, and makes the others anew. Nothing is in them that the records
do not say (docs/decisions/0052).
"""
