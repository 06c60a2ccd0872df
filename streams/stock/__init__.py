"""What every market should offer of one SKU, decided from what sources, claims and orders say.

    sources ──► source.py ─┐
    claims ───► claim.py ──┼─► decide.py ─► plan.py, sellable.py, buffer.py ─► gross.py ─► updates
    orders ───► holds.py ──┘

Pure: no clock, no chance, no I/O.  Nothing in here knows Kafka, TikTok Shop's API or where rows are kept.
"""
