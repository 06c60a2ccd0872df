"""A rule raised: which event is to blame?

The events of one entity are applied one longer prefix at a time; the first prefix that raises ends with
the event to blame.  When the rule raises without any event, no record is to blame: it is our bug.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

from streams.engine.flow import Context, Flow
from streams.engine.rows import TableRows


def first_bad_event(
    flow: Flow, entity: str, state: Any, events: Sequence[Any], context: Context, side: Sequence[TableRows]
) -> tuple[int, str] | None:
    """Index of the event to blame (-1: it raises without any) and the trace; None when all can be applied.

    Events of the engine (a timer, a completion) are blamed by index too; the caller finds no record there.
    """
    for length in range(len(events) + 1):
        try:
            flow.step(entity, state, events[:length], context)
        except Exception:
            return length - 1, traceback.format_exc(limit=6)
        finally:
            for table in side:
                table.reject()
    return None
