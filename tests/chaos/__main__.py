"""``python -m tests.chaos --faults 50 --seed 1``: exit code 0 when every count of the verdict is 0."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from rich.console import Console

from streams.compiled import refuse_stale
from tests.chaos.faults import DECK
from tests.chaos.run import run

BUILD = Path("build").absolute()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description="The whole system under random faults.")
    asked.add_argument("--faults", type=int, default=50, help="how many (default 50)")
    asked.add_argument("--seed", type=int, default=None, help="what is drawn; chosen at random and printed by default")
    asked.add_argument("--only", default="", help=f"kinds, comma separated, of {', '.join(DECK)}")
    given = asked.parse_args()
    only = [kind for kind in given.only.split(",") if kind]
    if unknown := set(only) - set(DECK):
        asked.error(f"--only {', '.join(sorted(unknown))}: there are {', '.join(DECK)}")
    if given.faults < 1:
        asked.error(f"--faults {given.faults}: at least one is needed")
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    refuse_stale()
    console = Console() if sys.stdout.isatty() else Console(width=140)
    console.print(f"{given.faults} faults, SEED={seed}")
    code = run(given.faults, seed, BUILD / "chaos", BUILD / "chaos.json", console, only)
    console.print(f"written: {BUILD / 'chaos.json'}; logs: {BUILD / 'chaos'}; exit code {code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
