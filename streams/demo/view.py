"""The live view: rates, lag, freshness, calls, limits, holds and buffers at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.console import Group
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streams.demo.verdict import Promise


class Moment(NamedTuple):
    """What is known at one moment."""

    seconds: float
    from_wms: int
    from_commercetools: int
    updates: int
    calls: int
    throttled: int
    applied: int
    lag: int
    waiting: int
    fresh_p50: int
    fresh_p99: int
    orders: int
    refused: int
    oversold: int


class LiveView:
    """Rendered once a second from two moments."""

    def __init__(self, seconds: int) -> None:
        self._progress = Progress(
            TextColumn("[bold]flash sale"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn()
        )
        self._task = self._progress.add_task("sale", total=seconds)
        self._last: Moment | None = None

    def render(self, now: Moment, limits: Mapping[str, float], explanations: list[str], phase: str) -> Group:
        self._progress.update(self._task, completed=min(now.seconds, self._progress.tasks[0].total or 0))
        last, self._last = self._last, now
        span = max(0.001, now.seconds - last.seconds) if last else 1.0

        def rate(name: str) -> str:
            if last is None:
                return "-"
            return f"{(getattr(now, name) - getattr(last, name)) / span:,.0f}/s"

        table = Table(expand=True, show_edge=False)
        for column in ("", "per second", "in all"):
            table.add_column(column, justify="left" if not column else "right")
        table.add_row("changes from the WMS's topic", rate("from_wms"), f"{now.from_wms:,}")
        table.add_row("changes from commercetools", rate("from_commercetools"), f"{now.from_commercetools:,}")
        table.add_row("deltas out", rate("updates"), f"{now.updates:,}")
        table.add_row("inventory calls", rate("calls"), f"{now.calls:,}")
        table.add_row("proven at TikTok Shop", rate("applied"), f"{now.applied:,}")
        table.add_row("orders placed", rate("orders"), f"{now.orders:,}")
        table.add_row("buyers turned away", rate("refused"), f"{now.refused:,}")
        table.add_row("429 answers", rate("throttled"), f"{now.throttled:,}")
        table.add_row("[bold]oversold units", "", f"[bold]{now.oversold}")
        state = (
            f"lag {now.lag:,} records   waiting for a call {now.waiting:,}   "
            f"freshness p50 {now.fresh_p50:,} ms, p99 {now.fresh_p99:,} ms"
        )
        allowed = "   ".join(f"{name} {rate:.1f}/s" for name, rate in sorted(limits.items()))
        return Group(
            self._progress,
            Panel(table, title=f"campaign: {phase}"),
            Panel(f"{state}\nlimiter: {allowed or 'learning'}"),
            Panel("\n".join(explanations) or "no decision yet", title="why"),
        )


def final_table(rows: list[tuple[str, str]], kept: list[Promise]) -> Table:
    """Measured facts and promises."""
    table = Table(title="What was measured", show_lines=False)
    table.add_column("fact")
    table.add_column("value", justify="right")
    for name, value in rows:
        table.add_row(name, value)
    table.add_section()
    for promise in kept:
        mark = "[green]kept" if not promise.broken else f"[red]BROKEN {promise.broken}: {promise.detail}"
        table.add_row(promise.text, mark)
    return table
