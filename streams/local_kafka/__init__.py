"""A real Kafka for development, tests, demo and benchmarks, on a machine that has none.

Three ways lead to a broker (``ways``); the one built here takes Apache Kafka's own release as Maven artifacts and
starts it as a single node.  Nothing in this package is needed where Kafka already runs, and no worker imports it.
"""

from streams.local_kafka.broker import BrokerFailed, LocalKafka
from streams.local_kafka.security import Plaintext, TlsScram

__all__ = ["BrokerFailed", "LocalKafka", "Plaintext", "TlsScram"]
