"""A merchant's own topics as data: one TOML file says how a record of any shape becomes a stock change.

``model`` is the file, ``compile`` makes functions of it once, ``adapt`` uses them on one record.  Nothing here knows
Kafka: bytes, key and headers in, stock changes or the reason why there are none out.
"""
