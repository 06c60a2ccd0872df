"""One run, from an empty folder to the exit code."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.chaos import judge, report
from tests.chaos.evidence import gathered
from tests.chaos.faults import drawn
from tests.chaos.quiet import NeverQuiet, until_open, until_quiet, until_read
from tests.chaos.strikes import Strikes, Struck
from tests.chaos.system import STAGE, System


class Run:
    """A number of faults from a seed; ``folder`` takes everything the system leaves behind."""

    def __init__(self, faults: int, seed: int, folder: Path, console: Console, only: Collection[str] = ()) -> None:
        self.faults = faults
        self.seed = seed
        self.failures: list[str] = []
        self.facts: dict[str, Any] = {}
        self.findings: dict[str, list[judge.Finding]] | None = None
        self.struck: list[Struck] = []
        self._only = only
        self._folder = folder
        self._console = console

    @property
    def verdict(self) -> dict[str, int] | None:
        """Name to count; None when it came to no judgement."""
        return None if self.findings is None else judge.counts(self.findings)

    def carry_out(self) -> int:
        """0 when every promise was kept and nothing failed, else 1."""
        try:
            self._carry_out()
        except Exception as problem:
            trace = traceback.format_exc(limit=-3)
            self.failures.append(f"the run broke: {type(problem).__name__}: {problem}\n{trace}")
        return self.exit_code

    @property
    def exit_code(self) -> int:
        verdict = self.verdict
        kept = verdict is not None and set(verdict) == set(judge.CHECKS) and not any(verdict.values())
        return int(not kept or bool(self.failures) or len(self.struck) < self.faults)

    def _carry_out(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        system = System(self._folder, self.seed)
        strikes = Strikes(system, lambda struck: report.told(self._console, struck))
        self.struck = strikes.struck
        try:
            system.open_up()
            until_open(system, strikes)
            system.trade.start()
            began = time.monotonic()
            strikes.run(drawn(self.seed, self.faults, STAGE, self._only))
            stormy = time.monotonic() - began
            self._settle(system, strikes)
            self.facts |= {"seconds under faults": round(stormy)}
        finally:
            self.failures += system.crew.failures()
            system.close()

    def _settle(self, system: System, strikes: Strikes) -> None:
        """No more faults and no more trade; judged when all is quiet, or when it never became so."""
        system.trade.stop()
        strikes.heal()
        try:
            self.facts["seconds until quiet"] = round(until_quiet(system, strikes))
        except NeverQuiet as problem:
            self.failures.append(str(problem))
        system.crew.stop(only="webhooks")  # webhooks come as long as somebody takes them: who reads ends last
        until_read(system)
        system.crew.stop()
        self.failures += [f"{name} shows a secret" for name in system.running.secrets_in_logs()]
        evidence = gathered(system)
        self.findings = judge.judged(evidence)
        self.facts |= {
            "stock changes": len(evidence.changes),
            "updates": len(evidence.updates),
            "SKUs": len(system.merchant.skus),
            "orders": system.merchant.orders,
            "inventory writes": len(evidence.writes),
            "poison records": len(evidence.poison),
            "workers ended": sum(len(post.ends) for post in system.crew.every),
        }

    def tell(self, file: Path) -> None:
        """Table and JSON."""
        details = judge.details(self.findings or {})
        report.show(self._console, self.verdict, self.struck, self.facts, self.failures, details)
        report.write(file, self.seed, self.faults, self.verdict, self.struck, self.facts, self.failures, details)


def run(faults: int, seed: int, folder: Path, file: Path, console: Console, only: Collection[str] = ()) -> int:
    """Carry out, tell, exit code."""
    one = Run(faults, seed, folder, console, only)
    code = one.carry_out()
    one.tell(file)
    return code
