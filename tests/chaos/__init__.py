"""The whole system under random faults, and a judge who compares afterwards what happened with what was promised.

``python -m tests.chaos --faults 200 --seed 7`` (or ``make chaos FAULTS=200 SEED=7``).  ``docs/chaos.md`` says what is
drawn and what each count means.

faults.py    what may happen, drawn from a seed             strikes.py   does it to the running system
system.py    broker, sandbox, workers, merchant             crew.py      worker processes and who revives them
merchant.py  stock moves and orders meanwhile               quiet.py     when nothing is under way any more
evidence.py  what topics, state and simulator say then      judge.py     which promises were broken; pure
"""
