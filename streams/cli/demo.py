"""`streams demo`: a campaign on a real broker, with every promise checked."""

from __future__ import annotations

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

    from streams.demo.run import Campaign
    from streams.demo.scale import Scale
    from streams.local_kafka import a_kafka

    console = Console()
    shutil.rmtree(folder, ignore_errors=True)
    with a_kafka(bootstrap, folder / "kafka") as address:
        code = Campaign(Scale(seconds=seconds, skus=skus, seed=seed), address, folder.absolute(), console).run()
    raise typer.Exit(code)
