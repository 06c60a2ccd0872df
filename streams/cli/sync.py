"""`streams sync`: read a source as a whole, through the same topics and workers as every change."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.problems import reported

app = typer.Typer(help="Read a source as a whole and repair what differs.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Asked for on Kafka; worker intake does it."""


@app.command()
@reported
def stock(
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds without any news after which it is no longer followed.")
    ] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and no progress.")] = False,
) -> None:
    """Compare all of commercetools' stock with what is known here; read, publish and count what differs.

    The first one is the first full load.  Exit code 1: it was given up, or nothing is heard of it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from streams.app import catalog_of, group_id
    from streams.full_pass import Seen, Silence, full_pass
    from streams.kafka_security import librdkafka_config
    from streams.settings import load_settings

    settings = load_settings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as progress:
        entries = progress.add_task("inventory entries read", total=None)
        skus = progress.add_task("SKUs compared", total=None)

        def seen(now: Seen) -> None:
            why = f" (waiting: {now.waiting_for})" if now.waiting_for else ""
            progress.update(
                entries, completed=now.entries, total=now.total or None, description=f"inventory entries read{why}"
            )
            done, owed = sum(now.compared.values()), sum(now.owed.values())
            progress.update(skus, completed=done, total=done + owed if now.compared else None)

        try:
            result = full_pass(
                catalog_of(settings), librdkafka_config(settings), seen, patience, group_id(settings, "sync")
            )
        except Silence as problem:
            typer.echo(f"error: {problem}.", err=True)
            raise typer.Exit(1) from None
    if as_json:
        import orjson

        typer.echo(orjson.dumps(result._asdict()).decode())
    else:
        typer.echo(f"{result.code}: {result.explanation}" + (f". Remedy: {result.remedy}" if result.remedy else ""))
    if result.status != "APPLIED":
        raise typer.Exit(1)
