"""TLS and passwords: the rights that ``streams topics acls`` prints are enough for a relay, and none is too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin._acl import AclOperation

from streams.demo.processes import Process, free_port, wait_until_ready
from streams.local_kafka import LocalKafka
from tests.integration.test_secure import Secured
from tests.relay.site import OURS, SIMPLE, until


@pytest.fixture
def secured(secure_kafka: LocalKafka, tmp_path: Path) -> Iterator[Secured]:
    one = Secured(secure_kafka, tmp_path)
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "wms.toml").write_text(SIMPLE.format(topic=f"{one.prefix}erp.wms"))
    one.environment["TTS_ADAPTERS_DIR"] = str(tmp_path / "adapters")
    ours = {one.catalog[name].full_name: one.catalog[name].partitions for name in OURS}
    one.admin.create({**ours, f"{one.prefix}erp.wms": 2})
    yield one
    one.take_away_all()
    one.admin.delete(one.prefix)


def test_the_printed_rights_are_enough_for_a_relay(secured: Secured, tmp_path: Path) -> None:
    secured.grant(secured.printed("relay"))
    port = free_port()
    environment = {**secured.environment, "TTS_HEALTH_PORT": str(port)}
    process = Process("relay", ["worker", "relay"], environment, tmp_path / "relay.log")
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/ready")
        producer = secured.admin.producer()
        producer.produce(f"{secured.prefix}erp.wms", b'{"sku": "MUG", "n": 1, "site": "A", "qty": 7}', None, 1)
        assert producer.flush(20) == 0
        until(lambda: len(secured.admin.read(secured.catalog["stock-changes"].full_name)) == 1)
    finally:
        code = process.stop()
    assert code == 0, process.tail(20)


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ("{prefix}erp.wms", "Read on {prefix}erp.wms"),
        ("{prefix}stock-changes", "Write on {prefix}stock-changes"),
        ("{prefix}relay", "consumer group {prefix}relay"),
        ("{prefix}relay-", "{prefix}relay-secured"),
    ],
)
def test_a_right_that_a_relay_lacks_is_named_with_its_remedy(secured: Secured, lacking: str, named: str) -> None:
    name = lacking.format(prefix=secured.prefix)
    spared = AclOperation.DESCRIBE if "." in lacking.removeprefix("{prefix}") or "stock" in lacking else None
    secured.grant([one for one in secured.printed("relay") if one.name != name or one.operation == spared])
    ended = secured.run("worker", "relay")
    assert ended.returncode == 2, ended.stderr
    error = ended.stderr.strip().splitlines()[-1]
    assert named.format(prefix=secured.prefix) in error and "streams topics acls" in error
    assert "Traceback" not in ended.stderr
