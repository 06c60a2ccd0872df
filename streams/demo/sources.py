"""Where stock comes from: a topic of the warehouse system, and a commercetools project that notifies our Kafka."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public there, says its documentation
    AdminClient,
    NewTopic,
)

from streams.demo.erp import CHANNEL
from streams.demo.processes import ProcessEnded
from streams.demo.shelves import Place
from streams.demo.wms import PARTITIONS, adapter_file
from streams.sandbox.commercetools.control import Client, CommercetoolsControl

_CLIENT: Final = "demo"
_SCOPES: Final = ("view_products", "view_orders", "manage_subscriptions")
_CREATED_S: Final = 30.0


def fill_project(source: CommercetoolsControl, stock: Mapping[Place, int], secret: str) -> None:
    """An API client, the ERP's channel, and its entries: stock that was there before anybody watched."""
    source.add_clients(Client(client_id=_CLIENT, client_secret=secret, project=source.project, scopes=_SCOPES))
    source.add_channels(CHANNEL)
    source.set_up({CHANNEL: {sku: units for (sku, channel), units in stock.items() if channel == CHANNEL}})


def environment(sandbox_url: str, project: str, secret: str, adapters: Path) -> dict[str, str]:
    """The sources' part of the workers' settings."""
    return {
        "TTS_ADAPTERS_DIR": str(adapters),
        "TTS_COMMERCETOOLS_PROJECT": project,
        "TTS_COMMERCETOOLS_API_URL": f"{sandbox_url}/commercetools/api",
        "TTS_COMMERCETOOLS_AUTH_URL": f"{sandbox_url}/commercetools/auth",
        "TTS_COMMERCETOOLS_CLIENT_ID": _CLIENT,
        "TTS_COMMERCETOOLS_CLIENT_SECRET": secret,
    }


def foreign_topic(name: str, adapters: Path, kafka: Mapping[str, Any]) -> None:
    """The warehouse system's topic, as its owners made it, and the adapter that understands it."""
    adapters.mkdir(parents=True, exist_ok=True)
    (adapters / "wms.toml").write_text(adapter_file(name), "utf-8")
    admin = AdminClient(dict(kafka))
    admin.create_topics([NewTopic(name, PARTITIONS)])[name].result(_CREATED_S)


def subscribe(environment: Mapping[str, str], secret: str) -> None:
    """As a merchant does it: `streams setup subscription --create`; raises ``ProcessEnded`` when it was refused."""
    cloud = {"TTS_CONFLUENT_API_KEY": _CLIENT, "TTS_CONFLUENT_API_SECRET": secret}
    words = ["setup", "subscription", "--create", "--server", "pkc-demo.example.com:9092"]
    made = subprocess.run(
        [sys.executable, "-m", "streams.cli", *words],
        env={**os.environ, **environment, **cloud},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise ProcessEnded(f"the subscription was not created:\n{made.stderr}")
