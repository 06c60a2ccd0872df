"""The same job on this engine and on its peers, side by side on one machine.

``python -m bench`` (or ``make bench``) starts a broker on one core, gives every system the other one, checks
what each of them wrote, and compares.  ``docs/bench.md`` says what is measured and how.
"""
