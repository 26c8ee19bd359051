"""Pictures: the counts and durations behind the charts of ``/evaluation/`` and ``statistics/``.

``question`` reads what was asked; ``scope`` says whose records a reader counts; ``ground`` and
``statements`` hold the queries; ``reading`` asks them all at once, for page, API and benchmark
alike. ``flow``, ``decisions``, ``needs``, ``projects`` and ``extreme`` turn what was found into
charts with their words and tables; ``pictures`` says which of them each reader opens first.
"""
