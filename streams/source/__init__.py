"""What is read of a source of stock, and when: one resource by hints, everything by passes, and whether it is well.

Pure.  Knows readings as values (``answers``), not how they are made; stock rules are ``streams.stock``'s.
"""
