"""`streams schemas`: check tells what breaks, release remembers, register tells the registry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from streams.cli.schemas import app
from streams.codec import schema_files
from streams.topics.catalog import definitions
from tests.codec.registry_server import RegistryServer

FIELD = {"name": "sku", "type": "string"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(schema_files, "SCHEMAS", tmp_path)
    schema_files.text_of.cache_clear()
    yield tmp_path
    schema_files.text_of.cache_clear()


def write(path: Path, *fields: dict[str, Any]) -> None:
    path.write_text(json.dumps({"type": "record", "name": "Sample", "fields": list(fields)}))
    schema_files.text_of.cache_clear()


def run(word: str) -> Result:
    return CliRunner().invoke(app, [word])


def test_a_new_schema_is_released_once(folder: Path) -> None:
    write(folder / "sample.avsc", FIELD)
    assert "never released" in run("check").output
    assert "sample/1.avsc" in run("release").output
    assert "Nothing changed" in run("release").output
    checked = run("check")
    assert (checked.exit_code, "as in release 1" in checked.output) == (0, True)


def test_a_compatible_change_becomes_the_next_release(folder: Path) -> None:
    write(folder / "sample.avsc", FIELD)
    run("release")
    write(folder / "sample.avsc", FIELD, {"name": "units", "type": "long", "default": 0})
    checked = run("check")
    assert (checked.exit_code, "compatibly" in checked.output) == (0, True)
    assert "sample/2.avsc" in run("release").output
    assert [one.number for one in schema_files.releases("sample")] == [1, 2]


def test_a_change_that_breaks_is_refused(folder: Path) -> None:
    write(folder / "sample.avsc", FIELD)
    run("release")
    write(folder / "sample.avsc", {"name": "product", "type": "string"})
    for word in ("check", "release"):
        told = run(word)
        assert told.exit_code == 1
        assert "could not be read any more" in told.output and "Remedy" in told.output
    assert len(schema_files.releases("sample")) == 1


def test_rows_of_state_may_lose_fields(folder: Path) -> None:
    write(folder / "state" / "sample.avsc", FIELD, {"name": "units", "type": "long"})
    run("release")
    write(folder / "state" / "sample.avsc", FIELD)
    assert run("check").exit_code == 0


def test_register_needs_a_registry() -> None:
    told = run("register")
    assert told.exit_code == 2 and "TTS_REGISTRY_URL is not set" in told.output


def test_register_registers_every_topic_with_a_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    server = RegistryServer()
    monkeypatch.setattr("streams.codec.compatibility.changed", lambda text, released: False)
    monkeypatch.setenv("TTS_REGISTRY_URL", server.url)
    told = run("register")
    server.stop()
    assert told.exit_code == 0, told.output
    assert "tts.stock-changes-value: id" in told.output
    named = {f"POST /subjects/tts.{one.name}-value/versions" for one in definitions().values() if one.schema_name}
    assert set(server.asked) == named


def test_what_is_not_released_is_not_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.codec.compatibility.changed", lambda text, released: True)
    monkeypatch.setenv("TTS_REGISTRY_URL", "http://registry")
    told = run("register")
    assert told.exit_code == 2 and "streams schemas release" in told.output
