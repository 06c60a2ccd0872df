"""`streams inspect`: what the system knows of one entity, and why it decided so."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from streams.cli.problems import reported

app = typer.Typer(help="Show what is known of one entity, and why.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Read from the committed changelogs; no worker is asked."""


@app.command()
@reported
def sku(
    sku: Annotated[str, typer.Argument(help="commercetools SKU.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """State of a SKU in every market: source, holds, buffer, what is wanted and what is proven."""
    import time

    from rich.console import Console
    from rich.progress import Progress

    from streams.inspection import known_of_sku, tables_of
    from streams.settings import load_settings

    console = Console(markup=False)  # a SKU may have brackets
    with Progress(console=console, transient=True, disable=as_json) as progress:
        task = progress.add_task("reading changelogs", total=None)

        def seen(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        now = time.time_ns() // 1_000_000
        found: dict[str, Any] | None = known_of_sku(load_settings(), sku, now, seen)
    if found is None:
        reason = "no record of it on stock-changes or sku-links has been taken in"
        remedy = "check its spelling, TTS_TOPIC_PREFIX, and that worker decide runs"
        typer.echo(f"error: SKU = {sku!r}: nothing is known of it: {reason}. Remedy: {remedy}.", err=True)
        raise typer.Exit(1)
    if as_json:
        import orjson

        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for table in tables_of(found):
        console.print(table)
    for note in found["notes"]:
        console.print(note, soft_wrap=True)
