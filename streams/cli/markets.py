"""`streams markets`: are the market files right, and what do they say?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.problems import reported
from streams.settings import load_settings

app = typer.Typer(help="The market files.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Read only; no Kafka, no network."""


@app.command()
@reported
def check(
    folder: Annotated[Path | None, typer.Option("--markets", help="Folder of the market files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every setting, defaults included.")] = False,
) -> None:
    """Check all market files together and print them; exit code 2 names what is wrong."""
    from streams.market.files import load_markets

    markets = load_markets(folder if folder is not None else load_settings().markets_dir)
    if as_json:
        import orjson

        whole = {market.name: market.model_dump(mode="json") for market in markets}
        typer.echo(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{len(markets)} markets")
    for column in ("market", "region", "shop", "stock", "warehouse", "channels"):
        table.add_column(column, overflow="fold")
    for market in markets:
        for place in market.warehouses:
            named = (f"{one.channel or '(general)'}: {one.share} %, {one.authority}" for one in place.channels)
            shop = market.shop.shop_id or "the only one"
            row = (market.name, market.shop.region, shop, market.modes.stock, place.warehouse)
            table.add_row(*row, "\n".join(named))
    Console().print(table)
