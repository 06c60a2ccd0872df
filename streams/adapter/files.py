"""Adapter files on disk: one TOML per adapter, named after it."""

import tomllib
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from streams.adapter.errors import AdapterError, adapter_error
from streams.adapter.model import Adapter, settings_of


def load_adapters(folder: Path | str) -> tuple[Adapter, ...]:
    """All adapters of a folder, by name; an ``AdapterError`` names setting, value and remedy of the first thing wrong.

    A folder without files is no error: then no foreign topic is read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        remedy = "name the folder that holds one TOML file per adapter in TTS_ADAPTERS_DIR"
        raise AdapterError(str(folder), "adapters folder", None, "there is no such folder", remedy)
    return tuple(load_adapter(file) for file in sorted(folder.glob("*.toml")))


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
