"""Between bytes on a topic and records: generator, framing, poison.

The records themselves are in ``streams/records``.
"""
