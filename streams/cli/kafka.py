"""`streams kafka …`: a Kafka to develop against, where there is none yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.local_kafka import BrokerFailed, development
from streams.local_kafka.compose import ComposeFailed
from streams.local_kafka.ports import PortTaken
from streams.local_kafka.release import FetchFailed
from streams.local_kafka.ways import NoKafka

app = typer.Typer(help="A Kafka for development: up, down, status.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Where data, log and the note of what runs are kept.")]
Port = Annotated[int | None, typer.Option(envvar="KAFKA_PORT", help="Port for clients; 9092 or a free one.")]


@app.command()
def up(folder: Folder = development.FOLDER, port: Port = None) -> None:
    """Starts Kafka, or finds the one that runs, and prints its address."""
    try:
        found = development.up(folder, development.surroundings(), port)
    except (PortTaken, development.Unreachable) as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(2) from None
    except (BrokerFailed, ComposeFailed, FetchFailed, NoKafka) as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(1) from None
    typer.echo(found.text, err=True)
    typer.echo(found.bootstrap)


@app.command()
def down(folder: Folder = development.FOLDER) -> None:
    """Stops the Kafka that was started from here, and nothing else."""
    try:
        typer.echo(development.down(folder, development.surroundings()), err=True)
    except ComposeFailed as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(1) from None


@app.command()
def status(folder: Folder = development.FOLDER) -> None:
    """Says which Kafka is used and whether it answers; exit code 3 when none does."""
    found = development.status(folder, development.surroundings())
    typer.echo(found.text)
    raise typer.Exit(0 if found.answers else 3)
