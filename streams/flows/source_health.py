"""Health: does the Subscription deliver?  One row, asked for on a timer; group ``intake``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.engine.flow import Call, Completion, Context, Emit, Flow, Inherited, Input, Ready, Step, Table, Turn
from streams.records import source_health
from streams.records.source_health import SourceHealth
from streams.source import health
from streams.source.answers import HealthRequest
from streams.topics.catalog import Topic

SOURCE_HEALTH = Table("source_health", source_health)
QUEUE = "commercetools-health"


def key_of(subscription: str) -> str:
    """Of the row."""
    return f"health:{subscription}"


def health_flow(topic: Topic, subscription: str | None, interval_ms: int, deadline_ms: int) -> Flow:
    """``topic``: source-sweeps, which this flow must read to have a place in the partitions; it ignores what it says.
    ``subscription``: its id; None: nothing is asked."""
    mine = None if subscription is None else key_of(subscription)

    def keep(key: str, state: SourceHealth | None, events: Sequence[Any], context: Context) -> Step:
        if key != mine or subscription is None:
            return Step(None)
        row, emits = state or SourceHealth(), []
        call: Call | None = None
        for event in events:
            match event:
                case Turn():
                    row = health.begin(row, context.now, deadline_ms)
                    call = Call(row.token, HealthRequest(subscription), deadline_ms)
                case Completion(token=token, answer=answer):
                    healed = health.answered(row, token, answer, context.now, key)
                    row = healed.state
                    emits += [Emit("fetch-hints", name, hint) for name, hint in healed.hints]
                    if healed.result is not None:
                        emits.append(Emit("sync-results", key, healed.result))
                case Inherited():
                    row = row._replace(token="")
                case _:
                    pass
        return Step(row, emits, None, call)

    def ready(key: str, state: SourceHealth, context: Context) -> Ready | int | None:
        if key != mine:
            return None
        at = health.ready_at(state, context.now, interval_ms)
        return at if at > context.now else Ready(QUEUE, 0, at, ("health",))

    def seeds(number: int) -> Sequence[str]:
        return (mine,) if mine is not None and topic.partition_of(mine.encode()) == number else ()

    return Flow(
        name="health",
        inputs=(Input("source-sweeps", lambda _, event, __: event),),
        table=SOURCE_HEALTH,
        outputs=("fetch-hints", "sync-results"),
        step=keep,
        ready=ready,
        open_call=lambda state: bool(state.token),
        seeds=seeds,
    )
