"""Where settings and secrets come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.secrets import SECRETS
from streams.settings import Settings, SettingsProblem, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("TTS_TOKEN_KEYS", "TTS_LOG_LEVEL", "TTS_TIKTOK_VERSIONS", "TTS_CALL_DEADLINE_MS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def secret(name: str) -> str | None:
    found = load_settings().secret(name)
    return None if found is None else found.get_secret_value()


def test_settings_and_secrets_are_read_from_the_same_file(folder: Path) -> None:
    (folder / ".env").write_text("TTS_LOG_LEVEL=ERROR\nTTS_TOKEN_KEYS='one,two'\n", "utf-8")
    assert (load_settings().log_level, secret("TOKEN_KEYS")) == ("ERROR", "one,two")


def test_the_environment_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("TTS_TOKEN_KEYS=file\n", "utf-8")
    monkeypatch.setenv("TTS_TOKEN_KEYS", "environment")
    assert secret("TOKEN_KEYS") == "environment"


def test_a_secret_of_the_file_may_name_another_file(folder: Path) -> None:
    (folder / "keys").write_text("hidden\n", "utf-8")
    (folder / ".env").write_text("TTS_TOKEN_KEYS_FILE=keys\n", "utf-8")
    assert secret("TOKEN_KEYS") == "hidden"


def test_without_either_there_is_none(folder: Path) -> None:
    assert secret("TOKEN_KEYS") is None


def test_versions_of_operations_are_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_TIKTOK_VERSIONS", '{"update_inventory": "202512"}')
    assert load_settings().tiktok_versions == {"update_inventory": "202512"}
    monkeypatch.setenv("TTS_TIKTOK_VERSIONS", "202512")
    with pytest.raises(SettingsProblem, match="TTS_TIKTOK_VERSIONS="):
        load_settings()


def test_a_call_may_not_outlive_the_session_of_its_worker(folder: Path) -> None:
    with pytest.raises(ValueError, match="TTS_CALL_DEADLINE_MS=6000"):
        Settings(call_deadline_ms=6000, session_timeout_s=6.0)


def test_what_kubernetes_says_of_a_service_is_no_misspelled_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP", "PORT_8080_TCP_ADDR"):
        monkeypatch.setenv(f"TTS_DECIDE_{name}", "10.0.0.1")
    assert load_settings().log_level == "INFO"
    monkeypatch.delenv("TTS_DECIDE_SERVICE_HOST")
    with pytest.raises(SettingsProblem, match="TTS_DECIDE_PORT is no setting"):
        load_settings()


def test_a_misspelled_line_of_the_file_is_named_without_its_value(folder: Path) -> None:
    (folder / ".env").write_text("TTS_TOKEN_KEYZ=hidden\n", "utf-8")
    with pytest.raises(SettingsProblem, match="did you mean TTS_TOKEN_KEYS") as raised:
        load_settings()
    assert "hidden" not in str(raised.value)


def test_every_secret_of_the_documents_is_known() -> None:
    page = (Path(__file__).parents[1] / "docs/settings.md").read_text("utf-8").partition("## Secrets")[2]
    listed = {name for line in page.splitlines() if line.startswith("| `") for name in re.findall("`([^`]+)`", line)}
    named = {name for name in listed if not name.startswith(("TTS_", "SHOP_", "streams ", "<", "-", "_", "shop-"))}
    assert named == set(SECRETS)


@pytest.mark.parametrize("url", ["ftp://host", "host:8081", "http://", "http://ho st", "http://host:port", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"http\(s\)://host"):
        Settings(tiktok_api_url=url)


def test_every_address_refuses_a_password() -> None:
    addresses = [name for name in Settings.model_fields if name.endswith("_url")]
    assert len(addresses) == 6
    for name in addresses:
        with pytest.raises(ValueError, match="do not belong"):
            Settings.model_validate({name: "https://me:word@host.example"})


def test_several_registries_are_given_in_one_setting() -> None:
    assert Settings(registry_url="http://a:8081, https://b").registry_url == "http://a:8081, https://b"


def test_a_host_with_an_odd_name_is_a_worker_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TTS_WORKER_ID", raising=False)
    monkeypatch.setattr("socket.gethostname", lambda: "ann's laptop")
    assert Settings().worker_id == "ann-s-laptop"
