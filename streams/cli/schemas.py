"""`streams schemas check|release|register`: may the schemas change so, remember them, tell the registry."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from streams.cli.problems import reported

app = typer.Typer(no_args_is_help=True, help="Schemas of topics and of state.")


@app.command()
@reported
def check() -> None:
    """Compare every schema with all that were released before it. Exit code 1: one of them breaks."""
    from streams.codec.compatibility import breaks, changed
    from streams.codec.schema_files import kind_of, present, releases, text_of

    console = Console(soft_wrap=True)
    broken = False
    for name in present():
        released = releases(name)
        found = breaks(text_of(name), released, kind_of(name))
        for one in found:
            console.print(f"[red]{name}[/]: {escape(one.text())}")
        broken = broken or bool(found)
        if not found and changed(text_of(name), released):
            since = f"changed since release {released[-1].number}, compatibly" if released else "never released"
            console.print(f"[yellow]{name}[/]: {since}; `streams schemas release` before it is deployed")
        elif not found:
            console.print(f"[green]{name}[/]: as in release {released[-1].number}")
    if broken:
        raise typer.Exit(1)


@app.command()
@reported
def release() -> None:
    """Add what changed to schemas/released, from where values written with it can be read for ever."""
    from streams.codec.compatibility import breaks, changed
    from streams.codec.schema_files import kind_of, present, releases, remember, text_of

    broken = [
        f"{name}: {one.text()}" for name in present() for one in breaks(text_of(name), releases(name), kind_of(name))
    ]
    if broken:
        for line in broken:
            typer.echo(f"error: {line}", err=True)
        raise typer.Exit(1)
    names = [name for name in present() if changed(text_of(name), releases(name))]
    for name in names:
        path = remember(name)
        typer.echo(f"released: {path}")
    if not names:
        typer.echo("Nothing changed since the last release.")


@app.command()
@reported
def register() -> None:
    """Register the topics' schemas in the schema registry: a step of every deployment, before the workers start."""
    from streams.app import catalog_of
    from streams.codec.compatibility import changed
    from streams.codec.poison import RegistryUnavailable
    from streams.codec.registry import RegistryRefused
    from streams.codec.schema_files import releases, text_of
    from streams.settings import SettingsProblem, load_settings
    from streams.topics.catalog import RegistryAway

    settings = load_settings()
    if not settings.registry_url:
        raise SettingsProblem("TTS_REGISTRY_URL is not set: without a registry nothing needs to be registered")
    for topic in catalog_of(settings).values():
        name = topic.definition.schema_name
        if name is None or topic.registry is None:
            continue
        if changed(text_of(name), releases(name)):
            raise SettingsProblem(f"schema {name} changed and is not released: run `streams schemas release` first")
        try:
            number = topic.registry.register(topic.subject, text_of(name))
        except (RegistryUnavailable, RegistryRefused) as error:
            problem = RegistryAway if isinstance(error, RegistryUnavailable) else SettingsProblem
            raise problem(
                f"TTS_REGISTRY_URL={settings.registry_url}: {topic.subject}: {error}. Remedy: check the address, the "
                "network and the rights"
            ) from error
        typer.echo(f"{topic.subject}: id {number}")
