"""This engine, run as a user would: ``streams topics apply``, a market file, ``streams worker decide``.

All settings are the product's own.  Claims are read before anything is measured: a first start of the worker reads
them (and a topic without changes), a second one on the same state is measured.  Its clock starts when ``/ready``
answers, before its first record is fetched.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

from bench.job import ABSOLUTE, CAP, CHANNEL, LOW_WATER, MARKET, PERCENTAGE, SOURCE, WAREHOUSE
from bench.process import Watched
from bench.progress import Progress
from bench.system import PARTITIONS, Prepared, Run
from streams.engine.row_codec import RowCodec
from streams.records import sku_stock

LINKS = "bench-links"
"""Claims of all SKUs, written once."""
NOTHING = "bench-nothing"
"""Input of the first start."""
ROW = b"sku_stock"
STREAMS = (sys.executable, "-m", "streams.cli")
START_S = 60.0
QUIET_S = 1.0

MARKET_FILE = f"""\
[shop]
region = "GB"
currency = "GBP"

[stock]
cap = {CAP}
low_water = {LOW_WATER}

[buffer]
combine = "max"
absolute = {ABSOLUTE}
percentage = {PERCENTAGE}

[[warehouses]]
warehouse = "{WAREHOUSE}"

[[warehouses.channels]]
channel = "{CHANNEL}"
authority = "{SOURCE}"
"""


def environment(run: Run, source: str, links: str = LINKS) -> dict[str, str]:
    """Settings of the worker; all else is as it comes."""
    return {
        "TTS_KAFKA_BOOTSTRAP": run.bootstrap,
        "TTS_TOPIC_PREFIX": f"{run.name}.",
        "TTS_TOPIC_NAMES": json.dumps({"stock-changes": source, "sku-links": links, "stock-updates": run.target}),
        "TTS_GROUP_PREFIX": f"{run.name}-",
        "TTS_TRANSACTIONAL_PREFIX": f"{run.name}-",
        "TTS_SKU_PARTITIONS": str(PARTITIONS),
        "TTS_MARKET_PARTITIONS": "1",
        "TTS_MARKETS_DIR": str(run.folder / "markets"),
        "TTS_STATE_DIR": str(run.folder / "state"),
        "TTS_WORKER_ID": "bench",
        "TTS_HEALTH_PORT": str(_free_port()),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def changelog(run: Run) -> str:
    return f"{run.name}.decide-state"


def worker(run: Run, settings: dict[str, str]) -> Watched:
    """``streams worker decide``, pinned."""
    return Watched([*STREAMS, "worker", "decide"], run.core, settings, run.folder / "log")


def set_up(run: Run, links: str = LINKS) -> None:
    """Market file and topics."""
    markets = run.folder / "markets"
    markets.mkdir()
    (markets / f"{MARKET}.toml").write_text(MARKET_FILE)
    apply_topics(environment(run, run.source, links))


def apply_topics(settings: dict[str, str]) -> None:
    done = subprocess.run(
        [*STREAMS, "topics", "apply"], env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"streams topics apply ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def prepare(run: Run) -> Prepared:
    """Topics, market file, claims."""
    set_up(run)
    first = environment(run, NOTHING) | {"TTS_SESSION_TIMEOUT_S": "6"}
    process = worker(run, first)
    progress = Progress(run.bootstrap, changelog(run), PARTITIONS)
    try:
        wait_ready(process, int(first["TTS_HEALTH_PORT"]))
        progress.until_more(START_S, process.must_run)
        progress.until_quiet(QUIET_S, process.must_run)
    finally:
        process.stop()
        progress.close()
    forget_group(run)
    settings = environment(run, run.source)
    port = int(settings["TTS_HEALTH_PORT"])
    command = [*STREAMS, "worker", "decide"]
    return Prepared(command, settings, changelog(run), ready_at=lambda process: wait_ready(process, port))


def forget_group(run: Run) -> None:
    """A worker keeps its place in the group, topics included, for a while after it stopped: wait for its end."""
    admin = AdminClient({"bootstrap.servers": run.bootstrap})
    group = f"{run.name}-decide"
    until = time.time() + START_S
    while admin.describe_consumer_groups([group])[group].result().state != ConsumerGroupState.EMPTY:
        if time.time() > until:
            raise RuntimeError(f"group {group} still has members")
        time.sleep(0.2)
    admin.delete_consumer_groups([group])[group].result()


def wait_ready(process: Watched, port: int) -> float:
    """The moment at which ``/ready`` first says yes."""
    until = time.time() + START_S
    while time.time() < until:
        process.must_run()
        if _ready(port):
            return time.time()
        time.sleep(0.01)
    raise RuntimeError(f"not ready after {START_S:.0f} s")


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def quantity_of(key: bytes, value: bytes) -> tuple[str, int] | None:
    """SKU and quantity of a row of the changelog; other tables and positions are none."""
    tag, _, entity = key.partition(b"\x00")
    if tag != ROW:
        return None
    row = RowCodec(sku_stock).state(value)
    return (entity.decode(), row.levels[0].quantity) if row.levels else None


def state_folder(run: Run) -> Path:
    return run.folder / "state"
