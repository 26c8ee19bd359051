"""Compliance (section G): each row of the policy over records and the mission, and its summary.

``loading`` reads records whole; ``rows`` lists every row with its function; ``summary`` keeps
what was found as the ledger goes on; ``reading`` is what page, API and PDF ask.
"""
