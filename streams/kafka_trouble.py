"""Why a command could not read or write a topic: an outage, a topic that is not there, or something to set right."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError

from streams.engine.errors import BrokerAway, EngineError, SetupError

_AWAY: Final = frozenset(
    {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._RESOLVE}
)
_MISSING: Final = frozenset(
    {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART}
)


def trouble(error: KafkaError, topic: str, address: str) -> EngineError:
    """What to raise; ``address``: what was connected to."""
    told = f"{topic} at {address!r} cannot be reached: {error.str()}"
    if error.code() in _AWAY:
        return BrokerAway(f"{told}. Remedy: check TTS_KAFKA_BOOTSTRAP, the network, and the TLS and SASL settings")
    if error.code() in _MISSING:
        hidden = "or grant this user its rights (`streams topics acls`): without them topics are hidden"
        return SetupError(f"{told}. Remedy: run `streams topics apply`, correct TTS_TOPIC_PREFIX, {hidden}")
    return SetupError(f"{told}. Remedy: check TTS_TOPIC_PREFIX and the rights of this user")
