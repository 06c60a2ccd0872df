"""A TikTok Shop to try against: one process, one file on disk, no account needed.

TikTok Shop offers no sandbox host, so the product brings its own. It checks what the platform checks, in the
platform's order, and it shares no code with the client it is there to test: a mistake in one must show up against
the other. Start reading at `simulator.py`; `gateway.py` is the door, `operations.py` the table of what is served.
"""
