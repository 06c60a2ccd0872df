"""`streams setup`: what has to be made before the first start."""

from __future__ import annotations

import typer

from streams.cli.subscription import subscription

app = typer.Typer(help="Make what the first start needs.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Nothing is stored here; only --create sends anything."""


@app.command()
def key() -> None:
    """Print a new key for the secret TOKEN_KEYS, which seals the shops' tokens."""
    from streams.tiktok_shop.token_box import new_key

    typer.echo(new_key())


app.command()(subscription)
