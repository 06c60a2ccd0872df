"""Adapter files on disk: one TOML per adapter, named after it."""

import tomllib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from streams.adapter.errors import AdapterError, adapter_error
from streams.adapter.model import Adapter, Version, settings_of


def load_adapters(folder: Path | str) -> tuple[Adapter, ...]:
    """All adapters of a folder, by name; an ``AdapterError`` names setting, value and remedy of the first thing wrong.

    A folder without files is no error: then no foreign topic is read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        remedy = "name the folder that holds one TOML file per adapter in TTS_ADAPTERS_DIR"
        raise AdapterError(str(folder), "adapters folder", None, "there is no such folder", remedy)
    files = sorted(folder.glob("*.toml"))
    adapters = tuple(load_adapter(file) for file in files)
    _agree(files, adapters)
    return adapters


def _agree(files: Sequence[Path], adapters: Sequence[Adapter]) -> None:
    """Versions of one source are compared with each other, so all of them are times, or numbers of its own."""
    first: dict[str, Adapter] = {}
    for file, adapter in zip(files, adapters, strict=True):
        if adapter.version is None:
            continue
        other = first.setdefault(adapter.authority, adapter)
        if other.version is not None and other.version.is_time is not adapter.version.is_time:
            reason = (
                f"adapter {other.name} has the same source, {adapter.authority!r}, and its version is "
                f"{_kind(other.version)}, so one of the two would count as older for ever"
            )
            remedy = f"let the versions of {other.name} and {adapter.name} be alike, or give one a source of its own"
            raise AdapterError(str(file), "version", _kind(adapter.version), reason, remedy)


def _kind(version: Version) -> str:
    return "a time" if version.is_time else "a number"


def load_adapter(file: Path) -> Adapter:
    """One adapter file."""
    try:
        values = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise AdapterError(str(file), "file", None, f"it cannot be read: {error.strerror}", "name a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AdapterError(str(file), "file", None, f"it is not TOML: {error}", "correct the line named") from None
    if "name" in values:
        remedy = "remove it"
        raise AdapterError(str(file), "name", values["name"], "the file's name is the adapter's name", remedy)
    try:
        return Adapter.model_validate(settings_of(values, file.stem))
    except ValidationError as error:
        raise adapter_error(str(file), error, Adapter) from None
