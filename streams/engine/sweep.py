"""Passes over all rows of a flow, in bounded portions between record batches.

A pass begins when the configuration the rows were decided with has another fingerprint, or on schedule.
Its cursor is part of the position record, so a pass survives restarts and a change of owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from streams.engine.flow import Flow, Swept
from streams.engine.positions import Positions, Sweep

if TYPE_CHECKING:
    from streams.engine.settings import EngineSettings
    from streams.engine.step import Stepper
    from streams.engine.store import Store


def begin_sweeps(positions: Positions, flows: Sequence[Flow], now: int) -> None:
    """Mark the passes that a changed configuration asks for; called when a partition is opened."""
    for flow in flows:
        sweep = positions.sweeps.get(flow.name)
        if sweep is None:
            positions.sweeps[flow.name] = Sweep(flow.fingerprint, None, False, now)
        elif sweep.fingerprint != flow.fingerprint:
            positions.sweeps[flow.name] = Sweep(flow.fingerprint, None, True, sweep.finished_at)


def request_sweep(positions: Positions, flow: Flow) -> None:
    """Start a pass now (on demand); one under way starts again."""
    finished = positions.sweeps.get(flow.name, Sweep()).finished_at
    positions.sweeps[flow.name] = Sweep(flow.fingerprint, None, True, finished)


def next_portion(
    positions: Positions, flows: Sequence[Flow], store: Store, stepper: Stepper, now: int, settings: EngineSettings
) -> list[tuple[str, bytes, Any]]:
    """Events for the next rows of a pass under way; empty when there is none."""
    for flow in flows:
        sweep = positions.sweeps[flow.name]
        if not sweep.active:
            if not flow.sweep_every_ms or now - sweep.finished_at < flow.sweep_every_ms:
                continue
            sweep.active, sweep.cursor = True, None
        tag = stepper.tag(flow)
        after = None if sweep.cursor is None else bytes.fromhex(sweep.cursor)
        rows = store.portion(tag, after, settings.sweep_portion)
        if len(rows) < settings.sweep_portion:
            sweep.active, sweep.cursor, sweep.finished_at = False, None, now
        else:
            sweep.cursor = rows[-1][0].hex()
        if rows:
            return [(flow.name, key[len(tag) :], Swept()) for key, _ in rows]
    return []
