"""Bad usage and bad configuration: one line that names the setting, its value and the remedy; exit code 2, no trace."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams import changelog_reader, full_pass
from streams.cli import command
from streams.relay import preflight
from streams.topics import apply

CLOSED = "127.0.0.1:1"
"""Nobody listens there."""

ADAPTER = """topic = "wms.stock"
format = "json"
complete = true
sku = { path = "sku" }
levels = [{ channel = { constant = "main" }, quantity = { path = "units" } }]
"""

APP = {
    "TTS_TIKTOK_APP_KEY": "key",
    "TTS_TIKTOK_APP_SECRET": "hidden",
    "TTS_TOKEN_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
"""An app, and a key that seals tokens."""

MISTAKES: dict[str, tuple[dict[str, str], list[str], tuple[str, ...]]] = {
    # what is wrong: environment, words, what the error must say
    "no such worker": ({}, ["worker", "nobody"], ("'nobody'", "decide, deliver, orders, webhooks, relay and all")),
    "a number out of range": (
        {"TTS_SKU_PARTITIONS": "0"},
        ["worker", "decide"],
        ("TTS_SKU_PARTITIONS='0'", "greater than or equal to 1", "docs/settings.md"),
    ),
    "a word that is none of ours": (
        {"TTS_LOG_LEVEL": "LOUD"},
        ["inspect", "sku", "X"],
        ("TTS_LOG_LEVEL='LOUD'", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ),
    "an address without a port": (
        {"TTS_KAFKA_BOOTSTRAP": "nowhere"},
        ["topics", "plan"],
        ("TTS_KAFKA_BOOTSTRAP='nowhere'", "not host:port"),
    ),
    "an address that is none": (
        {"TTS_TIKTOK_API_URL": "open-api.example"},
        ["topics", "acls"],
        ("TTS_TIKTOK_API_URL='open-api.example'", "http(s)://host"),
    ),
    "a setting that is misspelled": (
        {"TTS_HEALHT_PORT": "8080"},
        ["worker", "decide"],
        ("TTS_HEALHT_PORT is no setting and no secret", "did you mean TTS_HEALTH_PORT?"),
    ),
    "a secret that is misspelled": (
        {"TTS_TOKEN_KEY_FILE": "hidden"},
        ["worker", "deliver"],
        ("TTS_TOKEN_KEY_FILE is no", "did you mean TTS_TOKEN_KEYS_FILE?"),
    ),
    "a secret of no market": (
        {**APP, "TTS_SHOP_UKK_AUTH_CODE": "hidden"},
        ["worker", "deliver"],
        ("TTS_SHOP_UKK_AUTH_CODE: no such market file", "de, uk"),
    ),
    "a password in an address": (
        {"TTS_REGISTRY_URL": "http://me:hidden@registry:8081"},
        ["schemas", "register"],
        ("TTS_REGISTRY_URL='***@registry:8081'", "use TTS_REGISTRY_USER and the secret REGISTRY_PASSWORD"),
    ),
    "a password with a slash in an address": (
        {"TTS_KAFKA_TOKEN_URL": "https://me:hid/hidden@id.example/token"},
        ["topics", "acls"],
        ("TTS_KAFKA_TOKEN_URL='***@id.example/token'", "use TTS_KAFKA_USERNAME and the secret KAFKA_PASSWORD"),
    ),
    "a password among the brokers": (
        {"TTS_KAFKA_BOOTSTRAP": "me:hidden@kafka:9092"},
        ["topics", "acls"],
        ("TTS_KAFKA_BOOTSTRAP='***@kafka:9092'", "KAFKA_PASSWORD"),
    ),
    "a span without end": (
        {"TTS_SWEEP_HOURS": "inf"},
        ["worker", "decide"],
        ("TTS_SWEEP_HOURS='inf'", "finite"),
    ),
    "calls that begin below their floor": (
        {"TTS_CALLS_FLOOR": "2"},
        ["worker", "deliver"],
        ("TTS_CALLS_FLOOR=2", "TTS_CALLS_START=1", "between"),
    ),
    "a worker without a name": (
        {"TTS_WORKER_ID": ""},
        ["worker", "decide"],
        ("TTS_WORKER_ID=''", "match"),
    ),
    "a prefix Kafka does not take": (
        {"TTS_TOPIC_PREFIX": "our topics/"},
        ["topics", "plan"],
        ("TTS_TOPIC_PREFIX='our topics/'", "match"),
    ),
    "a topic's name Kafka does not take": (
        {"TTS_TOPIC_NAMES": '{"stock-changes": "erp stock"}'},
        ["topics", "plan"],
        ("TTS_TOPIC_NAMES", "'erp stock' for stock-changes"),
    ),
    "a secret in a file that is no text": (
        {**APP, "TTS_TOKEN_KEYS": "", "TTS_TOKEN_KEYS_FILE": sys.executable},
        ["worker", "deliver"],
        (f"TTS_TOKEN_KEYS_FILE names {sys.executable!r}", "no UTF-8 text", "Remedy:"),
    ),
    "names that are no JSON": (
        {"TTS_TOPIC_NAMES": "garbage"},
        ["topics", "acls"],
        ("TTS_TOPIC_NAMES='garbage'", "not a JSON object"),
    ),
    "a name for no topic": (
        {"TTS_TOPIC_NAMES": '{"nope": "x"}'},
        ["topics", "acls"],
        ("TTS_TOPIC_NAMES", "'nope'", "stock-changes"),
    ),
    "no folder of markets": (
        {"TTS_MARKETS_DIR": "/nonexistent"},
        ["worker", "decide"],
        ("/nonexistent", "Remedy: name the folder"),
    ),
    "no app key": ({}, ["worker", "deliver"], ("TTS_TIKTOK_APP_KEY", "Partner Center")),
    "no app secret": (
        {"TTS_TIKTOK_APP_KEY": "key"},
        ["worker", "orders"],
        ("TTS_TIKTOK_APP_SECRET", "TTS_TIKTOK_APP_SECRET_FILE"),
    ),
    "a secret given twice": (
        {"TTS_TIKTOK_APP_KEY": "key", "TTS_TIKTOK_APP_SECRET": "hidden", "TTS_TIKTOK_APP_SECRET_FILE": "/x"},
        ["worker", "deliver"],
        ("TTS_TIKTOK_APP_SECRET and TTS_TIKTOK_APP_SECRET_FILE", "keep one"),
    ),
    "keys that seal nothing": (
        {"TTS_TIKTOK_APP_KEY": "key", "TTS_TIKTOK_APP_SECRET": "hidden", "TTS_TOKEN_KEYS": "hidden"},
        ["worker", "deliver"],
        ("TTS_TOKEN_KEYS", "Make one:"),
    ),
    "no project to read": ({}, ["worker", "intake"], ("TTS_COMMERCETOOLS_PROJECT", "docs/settings.md")),
    "no client to read with": (
        {"TTS_COMMERCETOOLS_PROJECT": "pottery"},
        ["worker", "intake"],
        ("TTS_COMMERCETOOLS_CLIENT_ID",),
    ),
    "no secret to read with": (
        {"TTS_COMMERCETOOLS_PROJECT": "pottery", "TTS_COMMERCETOOLS_CLIENT_ID": "me"},
        ["worker", "intake"],
        ("TTS_COMMERCETOOLS_CLIENT_SECRET", "TTS_COMMERCETOOLS_CLIENT_SECRET_FILE"),
    ),
    "a Subscription without credentials": ({}, ["setup", "subscription", "--create"], ("TTS_CONFLUENT_API_KEY",)),
    "a notification that is not there": (
        {},
        ["try", "notification", "/nonexistent"],
        ("FILE = '/nonexistent'", "Remedy:"),
    ),
    "patience of less than nothing": (
        {},
        ["sync", "stock", "--patience", "-1"],
        ("--patience", "greater than or equal to 0"),
    ),
    "webhooks without an app": ({}, ["worker", "webhooks"], ("TTS_TIKTOK_APP_KEY",)),
    "SASL without a mechanism": (
        {"TTS_KAFKA_SECURITY": "SASL_SSL"},
        ["worker", "decide"],
        ("TTS_KAFKA_SECURITY='SASL_SSL'", "TTS_KAFKA_SASL", "SCRAM-SHA-512"),
    ),
    "SASL without a password": (
        {"TTS_KAFKA_SECURITY": "SASL_SSL", "TTS_KAFKA_SASL": "SCRAM-SHA-512", "TTS_KAFKA_USERNAME": "me"},
        ["topics", "plan"],
        ("TTS_KAFKA_PASSWORD",),
    ),
    "an authority that is no file": (
        {"TTS_KAFKA_SECURITY": "SSL", "TTS_KAFKA_CA": "/nonexistent.pem"},
        ["worker", "decide"],
        ("TTS_KAFKA_CA='/nonexistent.pem'", "Remedy: name a PEM file"),
    ),
    "no broker for the demo": (
        {"KAFKA_BOOTSTRAP": CLOSED},
        ["demo"],
        (f"KAFKA_BOOTSTRAP={CLOSED}", "correct it or unset it"),
    ),
    "no broker for make": (
        {"KAFKA_BOOTSTRAP": CLOSED},
        ["kafka", "up"],
        (f"KAFKA_BOOTSTRAP={CLOSED}", "correct it or unset it"),
    ),
    "a demo that is too short": ({}, ["demo", "--seconds", "1"], ("--seconds", "5")),
    "no registry": ({}, ["schemas", "register"], ("TTS_REGISTRY_URL",)),
    "a file that is not there": (
        {},
        ["try", "stock", "/nonexistent", "--market", "uk"],
        ("FILE = '/nonexistent'", "Remedy:"),
    ),
    "a market that is not there": (
        {},
        ["try", "stock", "/dev/null", "--market", "xx"],
        ("--market = 'xx'", "de, uk"),
    ),
    "calls that outlive their worker": (
        {"TTS_CALL_DEADLINE_MS": "7000", "TTS_SESSION_TIMEOUT_S": "6"},
        ["markets", "check"],
        ("TTS_CALL_DEADLINE_MS=7000", "TTS_SESSION_TIMEOUT_S=6"),
    ),
    "an operation nobody knows": (
        {"TTS_TIKTOK_APP_KEY": "k", "TTS_TIKTOK_APP_SECRET": "hidden", "TTS_TIKTOK_VERSIONS": '{"sell": "202309"}'},
        ["worker", "deliver"],
        ("TTS_TIKTOK_VERSIONS", "'sell'"),
    ),
    "a state folder that is a file": (
        {"TTS_STATE_DIR": "/etc/passwd"},
        ["worker", "decide"],
        ("TTS_STATE_DIR='/etc/passwd'", "Remedy: name a folder"),
    ),
    "a state folder nobody can make": (
        {"TTS_STATE_DIR": "/proc/foo"},
        ["worker", "decide"],
        ("TTS_STATE_DIR='/proc/foo'", "Remedy: name a folder"),
    ),
    "a Kafka without a port": (
        {"KAFKA_BOOTSTRAP": "nohost"},
        ["kafka", "up"],
        ("KAFKA_BOOTSTRAP=nohost", "not host:port", "correct it or unset it"),
    ),
    "a demo's Kafka without a port": (
        {},
        ["demo", "--bootstrap", "nohost"],
        ("KAFKA_BOOTSTRAP=nohost", "not host:port", "correct it or unset it"),
    ),
    "a port beyond all": ({}, ["sandbox", "--port", "99999"], ("--port", "65535")),
    "a file without a record": (
        {},
        ["try", "stock", "/dev/null", "--market", "uk"],
        ("it holds no record", "Remedy: write one JSON object per line"),
    ),
    "no markets to check": ({}, ["markets", "check", "--markets", "/nonexistent"], ("/nonexistent", "Remedy:")),
    "an option that is not there": ({}, ["setup", "key", "--colour"], ("--colour",)),
    "a Kafka that is none": ({}, ["sandbox", "--kafka", "nowhere"], ("--kafka = 'nowhere'", "host:port", "Remedy:")),
    "a Kafka with half its security": (
        {"TTS_KAFKA_SECURITY": "SASL_SSL", "TTS_KAFKA_SASL": "PLAIN"},
        ["sandbox", "--kafka", "localhost:9092"],
        ("TTS_KAFKA_USERNAME",),
    ),
    "a sandbox without its file": ({}, ["sandbox", "--config", "/nonexistent"], ("--config /nonexistent", "Remedy:")),
}

OUTAGES: dict[str, tuple[dict[str, str], list[str], tuple[str, ...]]] = {
    # nothing to set right, as far as anybody can tell: to be tried again
    "no broker to ask for a pass": ({}, ["sync", "stock"], ("TTS_KAFKA_BOOTSTRAP",)),
    "no broker for a plan": ({}, ["topics", "plan"], ("TTS_KAFKA_BOOTSTRAP",)),
    "no broker to inspect": ({}, ["inspect", "sku", "X"], (CLOSED, "TTS_KAFKA_BOOTSTRAP")),
    "a registry nobody serves": (
        {"TTS_REGISTRY_URL": f"http://{CLOSED}"},
        ["schemas", "register"],
        (f"TTS_REGISTRY_URL=http://{CLOSED}",),
    ),
}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without settings, and a Kafka nobody serves."""
    for name in [name for name in os.environ if name.startswith(("TTS_", "KAFKA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TTS_KAFKA_BOOTSTRAP", CLOSED)
    monkeypatch.setenv("TTS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(apply, "TIMEOUT_S", 1.0)
    monkeypatch.setattr(changelog_reader, "TIMEOUT_S", 1.0)
    monkeypatch.setattr(full_pass, "TIMEOUT_S", 1.0)
    return monkeypatch


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_mistake_is_named_with_its_remedy(mistake: str, elsewhere: pytest.MonkeyPatch) -> None:
    environment, words, said = MISTAKES[mistake]
    for name, value in environment.items():
        elsewhere.setenv(name, value)
    ended = CliRunner().invoke(command(words[:1]), words)
    assert ended.exit_code == 2, ended.output
    _told(ended, said)
    assert "hidden" not in ended.output, "a secret was printed"


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_outage_is_no_mistake(outage: str, elsewhere: pytest.MonkeyPatch) -> None:
    environment, words, said = OUTAGES[outage]
    for name, value in environment.items():
        elsewhere.setenv(name, value)
    ended = CliRunner().invoke(command(words[:1]), words)
    assert ended.exit_code == 1, ended.output
    _told(ended, said)


def test_a_host_that_is_not_ours_is_named(tmp_path: Path) -> None:
    words = ["sandbox", "--host", "192.0.2.1", "--port", "0", "--data", str(tmp_path)]
    ended = CliRunner().invoke(command(["sandbox"]), words)
    assert ended.exit_code == 2
    _told(ended, ("--host = '192.0.2.1'", "such as 127.0.0.1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[shops]]\nname = "x"\nregon = "GB"', ("shops.0.regon = 'GB'", "did you mean region")),
        ("shops = 7", ("shops = 7", "Remedy:")),
        ("shops = \n", ("it is not TOML", "line 1")),
    ],
)
def test_a_file_for_the_sandbox_is_read_as_strictly_as_a_market_file(
    tmp_path: Path, text: str, said: tuple[str, ...]
) -> None:
    file = tmp_path / "sandbox.toml"
    file.write_text(text)
    words = ["sandbox", "--config", str(file), "--data", str(tmp_path / "data")]
    ended = CliRunner().invoke(command(["sandbox"]), words)
    assert ended.exit_code == 2
    _told(ended, (f"--config {file}:", *said))
    assert "https://" not in ended.output


def test_adapters_and_markets_are_looked_for_where_the_settings_say(
    elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere.setenv("TTS_MARKETS_DIR", str(tmp_path / "places"))
    elsewhere.setenv("TTS_ADAPTERS_DIR", str(tmp_path / "shapes"))
    ended = CliRunner().invoke(command(["try"]), ["try", "stock", "/dev/null", "--market", "uk"])
    _told(ended, (str(tmp_path / "places"), "Remedy:"))
    (tmp_path / "shapes").mkdir()
    ended = CliRunner().invoke(command(["try"]), ["try", "adapter", "/dev/null", "--adapter", "wms"])
    _told(ended, (str(tmp_path / "shapes" / "wms.toml"), "Remedy: name the folder of the adapter files"))


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(command(["sandbox"]), ["sandbox", "--port", port, "--data", str(tmp_path)])
    assert ended.exit_code == 2
    _told(ended, (f"--port = {port}", "choose another --port"))


def test_every_word_has_a_mistake() -> None:
    from streams.cli import WORDS

    assert {words[0] for _, words, _ in (*MISTAKES.values(), *OUTAGES.values())} == set(WORDS)


def _told(ended: Result, said: tuple[str, ...]) -> None:
    for text in said:
        assert text in ended.output, ended.output
    assert "Traceback" not in ended.output
    assert ended.exception is None or isinstance(ended.exception, SystemExit)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_relay_whose_brokers_are_away_is_to_be_started_again(elsewhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2 would make the supervisor of all workers give up."""
    elsewhere.setenv("TTS_ADAPTERS_DIR", str(tmp_path))
    (tmp_path / "wms.toml").write_text(ADAPTER)
    elsewhere.setattr(preflight, "_TIMEOUT_S", 1.0)
    ended = CliRunner().invoke(command(["worker"]), ["worker", "relay"])
    assert ended.exit_code == 1
    _told(ended, (CLOSED, "TTS_KAFKA_BOOTSTRAP"))
