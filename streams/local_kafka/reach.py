"""Whether a cluster answers, and which one it is."""

from __future__ import annotations

import base64
import logging
import socket
from collections.abc import Mapping
from typing import TypeAlias

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

Client: TypeAlias = Mapping[str, str | int | float | bool]
"""Settings of a librdkafka client."""

QUIET = logging.getLogger("streams.local_kafka.reach")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False  # that nobody listens yet is what we ask for, not news


def new_cluster_id(chance: bytes) -> str:
    """Sixteen random bytes the way Kafka writes them."""
    return base64.urlsafe_b64encode(chance).decode().rstrip("=")


def cluster_id(client: Client, seconds: float) -> str | None:
    """The id of the cluster that answers these client settings; None when none does in time."""
    if not any(_is_open(address) for address in str(client["bootstrap.servers"]).split(",")):
        return None
    admin = AdminClient({**client, "socket.connection.setup.timeout.ms": 2000}, logger=QUIET)
    try:
        metadata = admin.list_topics(timeout=seconds)
    except KafkaException:
        return None
    if not metadata.brokers:
        return None
    found: str | None = metadata.cluster_id
    return found


def _is_open(address: str) -> bool:
    if not is_address(address):
        return False
    host, _, port = address.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
    except (OSError, UnicodeError):
        return False
    return True


def is_address(text: str) -> bool:
    """host:port."""
    host, _, port = text.strip().rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
