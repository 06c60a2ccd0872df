"""The broker we start is a real one: it keeps its data, its ports and its identity, and ends when it should."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.local_kafka import LocalKafka, ports, process, reach
from streams.local_kafka.ports import PortTaken
from tests.cluster import Cluster

pytestmark = pytest.mark.kafka


def test_the_broker_of_the_run_answers(kafka: Cluster, topic_prefix: str) -> None:
    kafka.create({f"{topic_prefix}a": 3})
    producer = kafka.producer()
    for partition in range(3):
        producer.produce(f"{topic_prefix}a", key=b"k", value=b"%d" % partition, partition=partition)
    assert producer.flush(10) == 0
    assert [record.value() for record in kafka.read(f"{topic_prefix}a")] == [b"0", b"1", b"2"]


def test_topics_are_never_created_by_the_way(kafka: Cluster, topic_prefix: str) -> None:
    producer = kafka.producer(**{"message.timeout.ms": 3000})
    producer.produce(f"{topic_prefix}unknown", value=b"x")
    producer.flush(10)
    assert f"{topic_prefix}unknown" not in kafka.admin().list_topics(timeout=10).topics


def test_a_killed_broker_comes_back_with_its_data_ports_and_cores(own_kafka: Callable[..., LocalKafka]) -> None:
    last = max(os.sched_getaffinity(0))
    broker = own_kafka(cpus=(last,))
    cluster = Cluster(broker.bootstrap, broker.client)
    cluster.create({"kept": 1})
    producer = cluster.producer()
    producer.produce("kept", value=b"still here")
    assert producer.flush(10) == 0
    address, name = broker.bootstrap, broker.cluster_id

    broker.kill()
    assert not broker.is_running()
    assert reach.cluster_id(broker.client, seconds=1) is None

    broker.restart()
    assert (broker.bootstrap, broker.cluster_id) == (address, name)
    assert os.sched_getaffinity(broker.pid) == {last}
    assert [record.value() for record in cluster.read("kept")] == [b"still here"]


def test_a_taken_port_is_refused_before_anything_is_written(kafka: Cluster, tmp_path: Path) -> None:
    taken = int(kafka.bootstrap.rpartition(":")[2])
    with pytest.raises(PortTaken, match=rf"port {taken} is taken by"):
        LocalKafka.start(tmp_path / "second", at=(taken, *ports.free_ports(1, _chance())))
    assert not (tmp_path / "second").exists()


def test_the_broker_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Also when that process is killed and cannot clean up."""
    program = (
        "import os, signal, sys, pathlib\n"
        "from streams.local_kafka import LocalKafka\n"
        "broker = LocalKafka.start(pathlib.Path(sys.argv[1]))\n"
        "print(*broker.process, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path / "orphan")], capture_output=True, text=True,
                         timeout=90, check=False)  # fmt: skip
    pid, started = run.stdout.split()
    assert process.ended(process.Identity(int(pid), started), within=10)


def test_password_users_need_rights(secure_kafka: LocalKafka) -> None:
    admin = Cluster(secure_kafka.bootstrap, secure_kafka.client)
    admin.create({"guarded": 1})
    assert "guarded" in admin.admin().list_topics(timeout=10).topics
    assert "guarded" not in AdminClient(secure_kafka.as_user("worker")).list_topics(timeout=10).topics


def test_a_wrong_password_is_refused(secure_kafka: LocalKafka) -> None:
    wrong = secure_kafka.client | {"sasl.password": "wrong"}
    with pytest.raises(KafkaException):
        AdminClient(wrong, logger=reach.QUIET).list_topics(timeout=3)


def test_a_client_certificate_opens_the_second_port(secure_kafka: LocalKafka) -> None:
    assert reach.cluster_id(secure_kafka.with_certificate(), seconds=10) == secure_kafka.cluster_id


def test_secrets_are_readable_for_nobody_else_and_on_no_command_line(secure_kafka: LocalKafka) -> None:
    for path in (*(secure_kafka.folder / "private").iterdir(), secure_kafka.folder / "server.properties"):
        assert path.stat().st_mode & 0o077 == 0, path
    line = Path(f"/proc/{secure_kafka.pid}/cmdline").read_text()
    assert str(secure_kafka.client["sasl.password"]) not in line


def _chance() -> random.Random:
    return random.Random(7)
