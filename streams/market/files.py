"""Market files on disk: one TOML per market, named after it."""

import tomllib
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from streams.market.errors import MarketError, market_error
from streams.market.markets import Markets
from streams.market.model import Market


def load_markets(folder: Path | str) -> Markets:
    """All markets of a folder; a ``MarketError`` names setting, value and remedy of the first thing wrong."""
    folder = Path(folder)
    if not folder.is_dir():
        remedy = "name the folder that holds one TOML file per market in TTS_MARKETS_DIR"
        raise MarketError(str(folder), "markets folder", None, "there is no such folder", remedy)
    files = sorted(folder.glob("*.toml"))
    if not files:
        remedy = "add one TOML file per market, such as uk.toml"
        raise MarketError(str(folder), "markets folder", None, "it holds no market file", remedy)
    return Markets([load_market(file) for file in files])


def load_market(file: Path) -> Market:
    """One market file."""
    try:
        values = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MarketError(str(file), "file", None, f"it is not TOML: {error}", "correct the line named") from error
    if "name" in values:
        raise MarketError(str(file), "name", values["name"], "the file's name is the market's name", "remove it")
    try:
        return Market.model_validate({"name": file.stem, **values})
    except ValidationError as error:
        raise market_error(str(file), error, Market) from error
