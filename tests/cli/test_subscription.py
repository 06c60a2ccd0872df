"""`streams setup subscription`: what it refuses, what it compares, and whom it names when it fails."""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from streams import app
from streams.cli import command
from streams.commercetools.access import Access
from streams.commercetools.client import Client
from streams.commercetools.subscription import ConfluentCloud, differences, draft
from streams.sandbox.commercetools import control as fake_control
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport

BASE = "http://sandbox/commercetools"
SERVER = "pkc-1.eu.confluent.cloud:9092"
CREATE = ["setup", "subscription", "--create", "--server", SERVER]
SETUP = fake_control.Client(client_id="setup", client_secret="hush", scopes=("manage_subscriptions",))
WORKER = fake_control.Client(client_id="worker", client_secret="hush", scopes=("view_products",))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("TTS_")]:
        monkeypatch.delenv(name)
    given = {
        "PROJECT": "sandbox",
        "CLIENT_ID": "worker",
        "CLIENT_SECRET": "hush",
        "SETUP_CLIENT_ID": "setup",
        "SETUP_CLIENT_SECRET": "hush",
        "API_URL": f"{BASE}/api",
        "AUTH_URL": f"{BASE}/auth",
        "DEADLINE_MS": "500",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TTS_COMMERCETOOLS_{name}", value)
    for name in ("KEY", "SECRET"):
        monkeypatch.setenv(f"TTS_CONFLUENT_API_{name}", "hidden-hidden")
    monkeypatch.setenv("COLUMNS", "300")
    return monkeypatch


@pytest.fixture
def fake(shell: pytest.MonkeyPatch) -> CommercetoolsControl:
    """A project that the command meets instead of the network."""
    one = Commercetools()
    control = CommercetoolsControl(httpx.Client(transport=CommercetoolsTransport(one), base_url="http://sandbox"))
    control.add_projects(fake_control.Project(key="sandbox"))
    control.add_clients(SETUP, WORKER)
    access = app.commercetools_access

    def client(settings: Any) -> Client:
        own = settings.commercetools_setup_client_id
        found: Access = access(settings, None if own is None else "COMMERCETOOLS_SETUP_CLIENT_SECRET")
        found = found._replace(client_id=own or found.client_id, scopes=())
        return Client(found, lambda: 1, transport=CommercetoolsTransport(one))

    shell.setattr(app, "commercetools_setup_client", client)
    return control


def run(words: list[str]) -> Result:
    ended = CliRunner().invoke(command(words[:1]), words)
    assert "Traceback" not in ended.output and "hidden-hidden" not in ended.output
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
    return ended


def test_what_exists_and_does_the_same_is_left_alone(fake: CommercetoolsControl) -> None:
    first, second = run(CREATE), run(CREATE)
    assert first.exit_code == second.exit_code == 0
    assert "created" in first.stderr and "exists already; nothing was changed" in second.stderr
    assert "warning" not in first.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--topic", "other"], "destination.topic is 'tts.ct-notifications', wanted is 'other'"),
        (["--platform"], "format is 'CloudEvents', wanted is 'Platform'"),
        (["--record-key", "k"], "destination.key is None, wanted is 'k'"),
    ],
)
def test_what_exists_and_does_something_else_is_no_success(
    fake: CommercetoolsControl, words: list[str], said: str
) -> None:
    assert run(CREATE).exit_code == 0
    ended = run([*CREATE, *words])
    assert ended.exit_code == 1
    assert said in ended.stderr and "does something else" in ended.stderr and "--key" in ended.stderr


def test_messages_that_are_not_sent_are_listed_and_more_do_no_harm() -> None:
    wanted = draft("k", ConfluentCloud(SERVER, "a", "b", "t"), "Platform")
    found = {**wanted, "messages": [{"resourceTypeId": "inventory-entry", "types": ["InventoryEntryCreated"]}]}
    assert differences(wanted, {**found, "changes": []}) == [
        "messages of inventory-entry lack InventoryEntryDeleted, InventoryEntryOutOfStock, InventoryEntryQuantitySet",
        "messages of order are not sent",
        "changes of inventory-entry are not sent",
    ]
    some = [{"resourceTypeId": "inventory-entry"}, {"resourceTypeId": "order", "types": ["OrderCreated"]}]
    assert differences(wanted, {**wanted, "messages": some}) == ["messages of order lack all others"]
    more = [{"resourceTypeId": name} for name in ("product", "inventory-entry", "order")]
    assert differences(wanted, {**wanted, "messages": more, "changes": more}) == []
    elsewhere = {**wanted, "destination": {"type": "SQS", "queueUrl": "q"}}
    assert differences(wanted, elsewhere) == ["destination.type is 'SQS', wanted is 'ConfluentCloud'"]


def test_a_client_without_the_right_is_told_which(fake: CommercetoolsControl, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("TTS_COMMERCETOOLS_SETUP_CLIENT_ID", "worker")
    ended = run(CREATE)
    assert ended.exit_code == 1
    assert "manage_subscriptions:sandbox" in ended.stderr
    assert "TTS_COMMERCETOOLS_SETUP_CLIENT_ID = 'worker'" in ended.stderr
    shell.delenv("TTS_COMMERCETOOLS_SETUP_CLIENT_ID")
    ended = run(CREATE)
    assert "manage_subscriptions:sandbox" in ended.stderr and "view_products" not in ended.stderr
    assert "TTS_COMMERCETOOLS_SETUP_CLIENT_SECRET" in ended.stderr


def test_a_wrong_secret_is_that_of_the_client_that_was_used(
    fake: CommercetoolsControl, shell: pytest.MonkeyPatch
) -> None:
    shell.setenv("TTS_COMMERCETOOLS_SETUP_CLIENT_SECRET", "wrong")
    assert "the secret TTS_COMMERCETOOLS_SETUP_CLIENT_SECRET" in run(CREATE).stderr
    shell.delenv("TTS_COMMERCETOOLS_SETUP_CLIENT_ID")
    shell.setenv("TTS_COMMERCETOOLS_CLIENT_SECRET", "wrong")
    ended = run(CREATE)
    assert ended.exit_code == 1 and "the secret TTS_COMMERCETOOLS_CLIENT_SECRET" in ended.stderr


def test_a_project_that_is_not_there_is_named(fake: CommercetoolsControl, shell: pytest.MonkeyPatch) -> None:
    shell.setenv("TTS_COMMERCETOOLS_PROJECT", "other")
    ended = run(CREATE)
    assert ended.exit_code == 1 and "TTS_COMMERCETOOLS_" in ended.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid"])
def test_a_host_that_does_not_answer_is_named_with_its_settings(shell: pytest.MonkeyPatch, url: str) -> None:
    shell.setenv("TTS_COMMERCETOOLS_API_URL", url)
    shell.setenv("TTS_COMMERCETOOLS_AUTH_URL", url)
    ended = run(CREATE)
    assert ended.exit_code == 1
    for said in ("TTS_COMMERCETOOLS_REGION", "TTS_COMMERCETOOLS_API_URL", url):
        assert said in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--key", "bad key!"], "--key = 'bad key!'"),
        (["--key", "x"], "2 to 256"),
        (["--server", "abc"], "--server = 'abc': not host:port"),
        (["--server", "abc:99999"], "--server = 'abc:99999'"),
    ],
)
@pytest.mark.parametrize("create", [[], ["--create"]])
def test_what_would_be_refused_is_not_asked_for(
    shell: pytest.MonkeyPatch, words: list[str], said: str, create: list[str]
) -> None:
    ended = run(["setup", "subscription", *create, *words])
    assert ended.exit_code == 2 and said in ended.stderr and "Remedy:" in ended.stderr


def test_a_server_that_commercetools_does_not_reach_is_warned_of(shell: pytest.MonkeyPatch) -> None:
    ended = run(["setup", "subscription"])
    assert ended.exit_code == 0
    assert "warning: TTS_KAFKA_BOOTSTRAP = 'localhost:9092' is no host of Confluent Cloud" in ended.stderr
    assert "warning" not in run(["setup", "subscription", "--server", SERVER]).stderr
