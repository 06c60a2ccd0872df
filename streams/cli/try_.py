"""`streams try`: the pure rules on a file; no Kafka, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.problems import reported

app = typer.Typer(help="Run rules on a file, without Kafka and network.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Nothing is sent, nothing is kept."""


@app.command()
@reported
def stock(
    file: Annotated[
        Path, typer.Argument(help="One JSON change per line: topic, key, value, timestamp. '-': standard input.")
    ],
    market: Annotated[str, typer.Option("--market", help="Market whose updates are printed.")],
    folder: Annotated[
        Path | None, typer.Option("--markets", help="Folder of the market files; else TTS_MARKETS_DIR.")
    ] = None,
) -> None:
    """Print as JSON what a market would be told about these stock changes, links and orders, and why."""
    import orjson

    from streams.market.files import load_markets
    from streams.settings import load_settings
    from streams.trial import TrialError, tried, unheard

    markets = load_markets(folder if folder is not None else load_settings().markets_dir)
    if market not in markets:
        known = ", ".join(markets.by_name)
        typer.echo(f"error: --market = {market!r}: no such market file. Remedy: use one of {known}.", err=True)
        raise typer.Exit(2)
    text = _read(file, "FILE")
    try:
        for told in tried(text, market, markets):
            typer.echo(orjson.dumps(told).decode())
        for warning in unheard(text, markets):
            typer.echo(f"warning: {warning}", err=True)
    except TrialError as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(2) from None


@app.command()
@reported
def notification(
    file: Annotated[
        Path, typer.Argument(help="A notification as a record holds it, or one per line. '-': standard input.")
    ],
    at: Annotated[int | None, typer.Option("--at", help="Kafka's time of the record, milliseconds; else now.")] = None,
) -> None:
    """Print as JSON what a commercetools notification would make us do: which resources are read again, and when.

    As the worker relay would: TTS_COMMERCETOOLS_PROJECT and TTS_COMMERCETOOLS_SETTLE_SECONDS count where they are set.

    Exit code 1: something would go to the dead letters.
    """
    import time

    import orjson

    from streams.commercetools.told import told
    from streams.settings import load_settings

    settings = load_settings()
    settle_ms = int(settings.commercetools_settle_seconds * 1000)
    when = time.time_ns() // 1_000_000 if at is None else at
    value = _bytes(file)
    bad = False
    for one in told(value, when, settle_ms=settle_ms, project=settings.commercetools_project):
        typer.echo(orjson.dumps(one).decode())
        bad = bad or "poison" in one
    if bad:
        raise typer.Exit(1)


@app.command()
@reported
def adapter(
    file: Annotated[Path, typer.Argument(help="One JSON record, or value, per line. '-': standard input.")],
    name: Annotated[str, typer.Option("--adapter", help="Adapter that reads them.")],
    given: Annotated[
        Path | None, typer.Option("--adapters", help="Folder of the adapter files; else TTS_ADAPTERS_DIR, or adapters.")
    ] = None,
    schema: Annotated[Path | None, typer.Option(help="Avro schema of values given as bytes.")] = None,
    markets: Annotated[
        Path | None, typer.Option("--markets", help="Folder of the market files; else TTS_MARKETS_DIR.")
    ] = None,
) -> None:
    """Print as JSON the stock changes an adapter makes of these records, or why it makes none.

    Warns of a source, or a channel that the file names, which no market file knows.
    Exit code 1: something would go to the dead letters; 2: a record is not written as this command wants it.
    """
    import orjson

    from streams.adapter.files import load_adapter
    from streams.adapter.heard import unheard
    from streams.adapter.trial import AdapterTrialError, tried
    from streams.market.files import load_markets
    from streams.settings import load_settings

    configured = None if given else load_settings().adapters_dir
    folder = given or configured or Path("adapters")
    path = folder / f"{name}.toml"
    if not folder.is_dir():
        remedy = "name the folder that holds one TOML file per adapter"
        named = "TTS_ADAPTERS_DIR" if configured else "--adapters"
        typer.echo(f"error: {named} = {str(folder)!r}: there is no such folder. Remedy: {remedy}.", err=True)
        raise typer.Exit(2)
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.toml")))
        remedy = f"use one of {known}" if known else "name the folder of the adapter files with --adapters"
        typer.echo(f"error: --adapter = {name!r}: there is no file {path}. Remedy: {remedy}.", err=True)
        raise typer.Exit(2)
    found = load_adapter(path)
    data = _bytes(file)
    heard_in = markets or load_settings().markets_dir
    if markets or any(heard_in.glob("*.toml")):
        for warning in unheard(found, load_markets(heard_in)):
            typer.echo(f"warning: {warning}", err=True)
    code = 0
    for told in tried(data, found, None if schema is None else _read(schema, "--schema")):
        if isinstance(told, AdapterTrialError):
            typer.echo(f"error: {told}", err=True)
            code = 2
            continue
        typer.echo(orjson.dumps(told).decode())
        code = max(code, int("dead_letter" in told))
    if code:
        raise typer.Exit(code)


def _bytes(file: Path) -> bytes:
    try:
        return typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        typer.echo(f"error: FILE = {str(file)!r}: {problem.strerror}. Remedy: name a readable file.", err=True)
        raise typer.Exit(2) from None


def _read(file: Path, what: str) -> str:
    try:
        return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        typer.echo(f"error: {what} = {str(file)!r}: {reason}. Remedy: name a readable text file.", err=True)
        raise typer.Exit(2) from None
