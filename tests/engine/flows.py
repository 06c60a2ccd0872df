"""Three flows for the engine's own tests.  Their outputs carry a sequence, so that losses and doubles show.

``ledger``  counts and chains the items of a key
``alarms``  rings once at the time asked for
``errands`` brings the number wanted to the other side by calls, one at a time per key
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from streams.engine.flow import (
    Call,
    Completion,
    Context,
    Due,
    Emit,
    Flow,
    Inherited,
    Input,
    Ready,
    Step,
    Swept,
    Table,
    Turn,
)
from tests.engine.topics import json_record

LEDGER = Table("ledger", json_record)
SEEN = Table("seen", json_record)
ALARMS = Table("alarms", json_record)
ERRANDS = Table("errands", json_record)
DEADLINE_MS = 2_000
NAMES = ("items", "totals", "alarm-requests", "alarms-rung", "errand-requests", "errand-results")


class Broken(ValueError):
    """The rule's own mistake, provoked by an item."""


def value_of(key: str, value: Any, when: int) -> Any:
    if value.get("event") == "broken":
        raise Broken("the event cannot be made")
    return value


def chained(chain: int, number: int) -> int:
    """Order and completeness of a key's items in one number."""
    return zlib.crc32(str(number).encode(), chain)


def count(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
    """One total per key and step."""
    before = state or {"count": 0, "chain": 0, "mark": 0}
    row = dict(before)
    padding = ""
    swept = 0
    for event in events:
        if type(event) is Swept:
            swept += 1
            continue
        if event["n"] < 0:
            context.rows(SEEN).put(entity, {"never": True})
            raise Broken(f"{entity}: {event['n']}")
        row["count"] += 1
        row["chain"] = chained(row["chain"], event["n"])
        padding += "x" * event.get("pad", 0)
    row["mark"] += swept
    if row["count"] != before["count"]:
        context.rows(SEEN).put(entity, {"count": row["count"]})
    total = {**row, "from": before["count"] + 1}
    if padding:
        total["pad"] = padding
    return Step(row, (Emit("totals", entity, total),))


def ring(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
    """Rings at the time wanted last; ``rung`` says how often it rang."""
    row = dict(state or {"at": None, "rung": 0})
    emits = []
    for event in events:
        if type(event) is Due:
            if row["at"] is not None and row["at"] <= context.now:
                row["rung"] += 1
                emits.append(Emit("alarms-rung", entity, {"at": row["at"], "rung": row["rung"], "now": context.now}))
                row["at"] = None
        elif type(event) is not Swept:
            row["at"] = event["at"]
    return Step(row, emits, row["at"])


def run_errand(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
    """Wanted and done; a call's answer counts only under its own token."""
    row = dict(state or {"wanted": 0, "done": 0, "token": None, "until": 0, "ignored": 0, "inherited": 0})
    emits: list[Emit] = []
    call = None
    counts: dict[str, int] = {}
    for event in events:
        match event:
            case Turn():
                if row["token"] is None and row["wanted"] > row["done"]:
                    token = f"{entity}/{row['wanted']}/{context.now}"
                    row |= {"token": token, "until": context.now + DEADLINE_MS + 500}
                    call = Call(token, {"entity": entity, "number": row["wanted"]}, DEADLINE_MS)
            case Completion(token=token, answer=number):
                if token != row["token"]:
                    row["ignored"] += 1
                    continue
                emits.append(Emit("errand-results", entity, {**row, "from": row["done"], "done": number}))
                counts["applied"] = counts.get("applied", 0) + number - row["done"]
                row |= {"done": number, "token": None}
            case Inherited():
                row["inherited"] += 1
            case Due():
                if row["token"] is not None and context.now >= row["until"]:
                    row["token"] = None
            case Swept():
                pass
            case _:
                row["wanted"] += 1
    return Step(row, emits, row["until"] if row["token"] else None, call, counts)


def errand_ready(entity: str, row: Any, context: Context) -> Ready | int | None:
    if row["wanted"] <= row["done"]:
        return None
    if row["token"] is not None:
        return int(row["until"])
    return Ready(entity.split(":")[0], 0, row["wanted"], ("deliver",))


def ledger_flow(fingerprint: str = "") -> Flow:
    return Flow(
        name="ledger",
        inputs=(Input("items", value_of),),
        table=LEDGER,
        step=count,
        outputs=("totals",),
        side=(SEEN,),
        fingerprint=fingerprint,
    )


def alarm_flow() -> Flow:
    return Flow(
        name="alarms",
        inputs=(Input("alarm-requests", value_of),),
        table=ALARMS,
        step=ring,
        outputs=("alarms-rung",),
    )


def errand_flow() -> Flow:
    return Flow(
        name="errands",
        inputs=(Input("errand-requests", value_of),),
        table=ERRANDS,
        step=run_errand,
        outputs=("errand-results",),
        ready=errand_ready,
        open_call=lambda row: row["token"] is not None,
        counts_outcomes=True,
    )
