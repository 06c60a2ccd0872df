"""What a run shows and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests.chaos.faults import DECK
from tests.chaos.judge import CHECKS
from tests.chaos.strikes import Struck


def told(console: Console, struck: Struck) -> None:
    """One line per fault."""
    other = f" (struck {struck.on})" if struck.on != struck.fault.on else ""
    console.print(f"{struck.seconds:7.2f} s  {struck.fault.number:>4}  {struck.fault}{other}", highlight=False)


def show(
    console: Console,
    verdict: Mapping[str, int] | None,
    struck: Sequence[Struck],
    facts: Mapping[str, Any],
    failures: Sequence[str],
    details: Mapping[str, Sequence[str]],
) -> None:
    """Faults applied, facts, and the verdict."""
    table = Table(title=f"{len(struck)} faults")
    table.add_column("what")
    table.add_column("number", justify="right")
    applied = Counter(one.fault.kind for one in struck)
    for kind in DECK:
        table.add_row(kind, str(applied[kind]))
    table.add_section()
    for name, value in facts.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    table.add_section()
    for name in CHECKS:
        count = None if verdict is None else verdict[name]
        table.add_row(name, "[red]not judged" if count is None else f"[{'red' if count else 'green'}]{count}")
    console.print(table)
    for name, texts in details.items():
        for text in texts:
            console.print(f"{name}: {text}", style="red", highlight=False, markup=False)
    for failure in failures:
        console.print(f"failure: {failure}", style="red", highlight=False, markup=False)


def write(
    file: Path,
    seed: int,
    asked: int,
    verdict: Mapping[str, int] | None,
    struck: Sequence[Struck],
    facts: Mapping[str, Any],
    failures: Sequence[str],
    details: Mapping[str, Sequence[str]],
) -> None:
    """``faults`` are those applied; ``verdict`` is null when the run came to no judgement."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(
        orjson.dumps(
            {
                "faults": len(struck),
                "seed": seed,
                "verdict": verdict,
                "asked": asked,
                "failures": list(failures),
                "findings": dict(details),
                "facts": dict(facts),
                "log": [
                    {"seconds": one.seconds, "kind": one.fault.kind, "on": one.on, "what": str(one.fault)}
                    for one in struck
                ],
            },
            option=orjson.OPT_INDENT_2,
        )
    )
