"""Which topics are relayed: every topic that an adapter names, and commercetools' notifications."""

from collections.abc import Mapping, Sequence

from streams.adapter.adapt import Adapting
from streams.adapter.decoding import Schemas
from streams.adapter.model import Adapter
from streams.adapter.outcome import Skipped
from streams.codec.poison import Poison
from streams.relay.transform import APPLIED, DEAD, EMPTY, Feed, Headers, Output, Transform, Transformed

STOCK_CHANGES = "stock-changes"


def adapter_feeds(adapters: Sequence[Adapter], schemas: Schemas | None) -> list[Feed]:
    """One feed per topic; a topic that several adapters name is read once, and each of them sees every record."""
    by_topic: dict[str, list[Transform]] = {}
    for adapter in adapters:
        by_topic.setdefault(adapter.topic, []).append(adapting(adapter, schemas))
    return [
        Feed(topic, transforms[0] if len(transforms) == 1 else together(transforms), (STOCK_CHANGES,))
        for topic, transforms in by_topic.items()
    ]


def adapting(adapter: Adapter, schemas: Schemas | None) -> Transform:
    """An adapter as a transform."""
    adapt = Adapting(adapter, schemas)
    name = adapter.name

    def transform(key: bytes | None, value: bytes | None, headers: Headers | None, timestamp: int) -> Transformed:
        found = adapt(key, value, headers, timestamp)
        if isinstance(found, Skipped):
            return Transformed(EMPTY, f"{name}: {found.reason}")
        if isinstance(found, Poison):
            return Transformed(EMPTY, DEAD, found)
        outputs = [Output(STOCK_CHANGES, sku, change) for sku, change in found.changes]
        return Transformed(outputs, APPLIED if found.poison is None else DEAD, found.poison)

    return transform


def together(transforms: Sequence[Transform]) -> Transform:
    """Several adapters of one topic: what any of them makes of a record; refused by one, it is a dead letter once."""

    def transform(key: bytes | None, value: bytes | None, headers: Headers | None, timestamp: int) -> Transformed:
        made = [one(key, value, headers, timestamp) for one in transforms]
        outputs = [output for one in made for output in one.outputs]
        poison = next((one.poison for one in made if one.poison is not None), None)
        if poison is not None:
            return Transformed(outputs, DEAD, poison)
        return Transformed(outputs, APPLIED if outputs else made[0].outcome)

    return transform


def by_topic(feeds: Sequence[Feed]) -> Mapping[str, Transform]:
    return {feed.topic: feed.transform for feed in feeds}
