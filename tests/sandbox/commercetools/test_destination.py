"""The Confluent Cloud destination: from a quantity that changes to the record on a real broker."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streams.sandbox.commercetools.control import CommercetoolsControl
from tests.cluster import Cluster
from tests.sandbox.test_server import Process

from .caller import Caller, Json, subscription


@pytest.fixture
def process(tmp_path: Path, kafka: Cluster) -> Iterator[Process]:
    one = Process(tmp_path, "--kafka", kafka.bootstrap)
    yield one
    one.stop()


def caller(client: httpx.Client) -> Caller:
    """As the default configuration lets anybody call."""
    return Caller(client, "sandbox-client", "sandbox", "sandbox-secret")


def draft(topic: str, **more: object) -> Json:
    destination = subscription()["destination"] | {"topic": topic, "key": "one-key"}
    return subscription(destination=destination) | more


def read(kafka: Cluster, topic: str, count: int) -> list[Json]:
    """The values of a topic once it has so many; every key is the subscription's."""
    deadline = time.monotonic() + 20
    while len(records := kafka.read(topic)) < count:
        assert time.monotonic() < deadline, records
    assert {record.key() for record in records} == {b"one-key"}
    return [json.loads(record.value()) for record in records]


def test_notifications_reach_kafka_in_order_and_survive_a_kill(
    tmp_path: Path, process: Process, kafka: Cluster, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}ct-notifications"
    kafka.create({topic: 4})
    control = CommercetoolsControl(process.client)
    control.add_channels("leipzig")
    control.set_up({"leipzig": {f"SKU-{number}": 0 for number in range(50)}})
    subscribed = caller(process.client).subscribe(**draft(topic, changes=[]))
    assert subscribed["status"] == "Healthy"
    control.change_quantities({"leipzig": {f"SKU-{number}": number + 1 for number in range(50)}})
    values = read(kafka, topic, 51)
    assert values[0]["resource"] == {"typeId": "subscription", "id": subscribed["id"]}
    assert [value["newQuantityOnStock"] for value in values[1:]] == list(range(1, 51))
    control.switch(notification_delay_seconds=1.0)
    control.change_quantities({"leipzig": {"SKU-1": 77}})
    process.stop()
    again = Process(tmp_path, "--kafka", kafka.bootstrap)
    try:
        assert read(kafka, topic, 52)[-1]["newQuantityOnStock"] == 77
    finally:
        again.stop()


def test_a_destination_that_does_not_exist_is_refused(process: Process, topic_prefix: str) -> None:
    process.client.timeout = httpx.Timeout(20)
    answer = caller(process.client).request("POST", "/subscriptions", draft(f"{topic_prefix}nowhere!"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"
    assert "test notification" in answer.json()["message"]
    assert CommercetoolsControl(process.client).see("subscriptions") == {"subscriptions": []}
