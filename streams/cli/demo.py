"""`streams demo`: a campaign on a real broker, with every promise checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.problems import reported


@reported
def demo(
    seconds: Annotated[int, typer.Option(help="Length of the flash sale.", min=5, max=3600)] = 120,
    skus: Annotated[int, typer.Option(help="SKUs in each of the two markets.", min=20, max=100_000)] = 2_000,
    bootstrap: Annotated[
        str | None, typer.Option(help="Kafka to use; without it one is found or started.", envvar="KAFKA_BOOTSTRAP")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Folder for everything the demo leaves behind.")] = Path("build/demo"),
    seed: Annotated[int, typer.Option(help="Seed of buyers and stock changes.")] = 7,
) -> None:
    """Run a flash sale against the sandbox and check every promise; exit code 1 when one was broken."""
    import shutil

    from rich.console import Console

    from streams.demo.processes import ProcessEnded
    from streams.demo.run import Campaign
    from streams.demo.scale import Scale
    from streams.local_kafka import BrokerFailed, development
    from streams.local_kafka.compose import ComposeFailed
    from streams.local_kafka.ports import PortTaken
    from streams.local_kafka.release import FetchFailed
    from streams.local_kafka.ways import NoKafka

    console = Console()
    here = development.surroundings({**os.environ, **({"KAFKA_BOOTSTRAP": bootstrap} if bootstrap else {})})
    try:
        ran_before = development.status(development.FOLDER, here).answers
        address = development.up(development.FOLDER, here, None).bootstrap
    except (PortTaken, NoKafka, development.Unreachable) as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(2) from None
    except (BrokerFailed, ComposeFailed, FetchFailed) as problem:
        typer.echo(f"error: {problem}", err=True)
        raise typer.Exit(1) from None
    shutil.rmtree(folder, ignore_errors=True)
    try:
        code = Campaign(Scale(seconds=seconds, skus=skus, seed=seed), address, folder.absolute(), console).run()
    except ProcessEnded as problem:
        typer.echo(f"error: {problem}\nLogs are in {folder}.", err=True)
        code = 1
    finally:
        if not ran_before:
            development.down(development.FOLDER, here)
    raise typer.Exit(code)
