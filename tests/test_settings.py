"""Where settings and secrets come from."""

from __future__ import annotations

from pathlib import Path

import pytest

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
