"""One call of a rule, up to the bytes it would publish: whatever can fail about an entity fails here.

Nothing is published yet, so an attempt that raises leaves no trace in the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from streams.engine.dead_letter import oversize
from streams.engine.flow import Call, Context, Flow
from streams.engine.row_codec import RowCodec

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

Outlet = tuple[str, Callable[[Any], bytes], Callable[[bytes], int]]
"""full topic name, how values are written, which partition a key belongs to"""
Outcome = tuple[
    Any, int | None, bytes | None, Sequence[tuple[str, bytes | None, bytes, int]], Call | None, Mapping[str, int] | None
]
"""state, wake, packed row (None: unchanged, or deleted when the state is None), records, call, counts"""
Attempt = Callable[[str, Any, int | None, Sequence[Any]], Outcome]
_NONE: tuple[()] = ()


def outlets(flows: Sequence[Flow], catalog: Catalog, more: Iterable[str]) -> dict[str, Outlet]:
    """Short topic name to how records are published there."""
    names = {name for flow in flows for name in flow.outputs} | set(more)
    return {name: (catalog[name].full_name, catalog[name].encode, catalog[name].partition_of) for name in names}


def attempt_of(flow: Flow, rows: RowCodec, context: Context, outlets: Mapping[str, Outlet], most_bytes: int) -> Attempt:
    """The flow's rule as a function of (entity, state, wake, events)."""
    rule = flow.step
    pack = rows.pack
    own = {name: outlets[name] for name in flow.outputs}

    def attempt(entity: str, state: Any, wake: int | None, events: Sequence[Any]) -> Outcome:
        new_state, emits, new_wake, call, counts = rule(entity, state, events, context)
        packed = None
        if new_state is not None and (new_state is not state or new_wake != wake):
            packed = pack(new_state, new_wake)
            if len(packed) > most_bytes:
                raise oversize(f"row of {flow.table.name}", len(packed), most_bytes)
        if not emits:
            return new_state, new_wake, packed, _NONE, call, counts
        records = []
        for name, key_text, value in emits:
            topic, encode_output, partition_of = own[name]
            key = key_text.encode()
            data = None if value is None else encode_output(value)
            if data is not None and len(data) > most_bytes:
                raise oversize(f"record of {name}", len(data), most_bytes)
            records.append((topic, data, key, partition_of(key)))
        return new_state, new_wake, packed, records, call, counts

    return attempt
