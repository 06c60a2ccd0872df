"""Records of our topics and state tables, one generated module per Avro schema.

Never edited by hand: change ``schemas/*.avsc`` and run ``python -m streams.codec.generate``.
Only ``binary.py``, the parts all of them share, and ``careful.py``, their slow and exact
counterpart, are written by hand.
"""
