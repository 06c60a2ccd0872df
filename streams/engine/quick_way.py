"""The quick way of a flow (``flow.Quick``): its records stay packed until they are decided, and so does the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from streams.codec.wire import TopicCodec
from streams.engine.flow import Flow, QuickStep
from streams.engine.row_codec import RowCodec, row_wake

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

Short = tuple[bytes | None, bytes, bytes | None, int]
"""packed row (None: unchanged), key and value of the output (None: none), its partition"""


class QuickWay:
    """One flow's, in one partition."""

    def __init__(
        self,
        step: QuickStep,
        topic: str,
        prefix: bytes,
        encode: Callable[[Any], bytes],
        output: str,
        head: bytes,
        partition_of: Callable[[bytes], int],
        most_bytes: int,
    ) -> None:
        self.topic = topic
        """Its records stay packed."""
        self.prefix = prefix
        """Their values begin with it."""
        self.encode = encode
        """Brings a record into this form."""
        self.output = output
        self._step = step
        self._skip = len(prefix)
        self._head = head
        self._partition_of = partition_of
        self._most = most_bytes

    def decide(self, entity: bytes, row: bytes, events: Sequence[Any], now: int, rows: RowCodec) -> Short | None:
        """None: the flow's step must be asked."""
        start = rows.start(row)
        if not start:
            return None
        wake = row_wake(row) if row[0] else None
        found = self._step(entity, row, start, wake, events, self._skip, self._head, now)
        if found is None:
            return None
        new_row, key, value = found
        if (new_row is not None and len(new_row) > self._most) or (value is not None and len(value) > self._most):
            return None  # the step says what is wrong
        return new_row, key, value, -1 if value is None else self._partition_of(key)


def way_of(flow: Flow, catalog: Catalog, most_bytes: int) -> QuickWay | None:
    """The flow's quick way, where it has one and both topics are written in Avro."""
    if flow.quick is None:
        return None
    topic, output = catalog[flow.quick.topic], catalog[flow.quick.output]
    read, written = topic.codec, output.codec
    if not isinstance(read, TopicCodec) or not isinstance(written, TopicCodec):
        return None
    if read.prefix is None or written.prefix is None:
        return None
    return QuickWay(
        flow.quick.step,
        topic.full_name,
        read.prefix,
        read.encode,
        output.full_name,
        written.prefix,
        output.partition_of,
        most_bytes,
    )
