"""A file that fills a new sandbox: apps, shops with their products, limits, switches, the clock and a commercetools
project, as TOML or JSON.

It is read once, when the sandbox's own file is new; after that the file on disk is the truth.
"""

import tomllib
from pathlib import Path
from typing import Any

import orjson
from pydantic import Field, ValidationError

from streams.market.errors import finding_of
from streams.sandbox import control_conditions, control_orders, control_setup, store
from streams.sandbox import control_requests as wanted
from streams.sandbox.commercetools.filling import Contents as CommercetoolsContents
from streams.sandbox.simulator import Simulator

DEFAULT_APP = wanted.App(app_key="sandbox-app", app_secret="sandbox-secret")  # noqa: S106 - invented, opens nothing but a sandbox


class ShopWithProducts(wanted.Shop):
    """A shop and what it sells."""

    products: tuple[wanted.Product, ...] = ()


class Contents(wanted.Wanted):
    """Everything a file can say."""

    apps: tuple[wanted.App, ...] = (DEFAULT_APP,)
    shops: tuple[ShopWithProducts, ...] = ()
    physical: tuple[wanted.StockMove, ...] = ()
    limits: tuple[wanted.Limit, ...] = ()
    switches: dict[str, Any] = Field(default_factory=dict)
    clock: wanted.ClockChange = wanted.ClockChange()
    commercetools: CommercetoolsContents = CommercetoolsContents()


class UnreadableConfig(Exception):
    """The file cannot be used; the text says where and why."""


def read(path: Path) -> Contents:
    try:
        data = path.read_bytes()
        values = orjson.loads(data) if path.suffix == ".json" else tomllib.loads(data.decode())
        return Contents.model_validate(values)
    except ValidationError as problem:
        setting, value, reason, remedy = finding_of(problem, Contents)
        shown = "" if value is None else f" = {value!r}"
        raise UnreadableConfig(f"--config {path}: {setting}{shown}: {reason}. Remedy: {remedy}.") from None
    except OSError as problem:
        reason = f"it cannot be read: {problem.strerror}"
        raise UnreadableConfig(f"--config {path}: {reason}. Remedy: name a TOML or JSON file.") from None
    except ValueError as problem:
        reason = f"it is not {'JSON' if path.suffix == '.json' else 'TOML'}: {problem}"
        raise UnreadableConfig(f"--config {path}: {reason}. Remedy: correct the line named.") from None


def fill(simulator: Simulator, contents: Contents) -> None:
    """Put everything in place, unless this sandbox has been used before."""
    world = simulator.world
    if world.db.execute("SELECT 1 FROM app LIMIT 1").fetchone():
        return
    with store.transaction(world.db):
        control_setup.apps(world, wanted.Apps(apps=contents.apps))
        control_conditions.switch(world, wanted.Switched(switches=contents.switches))
        control_conditions.change_clock(world, contents.clock)
        control_conditions.set_limits(world, wanted.Limits(limits=contents.limits))
        for shop in contents.shops:
            bare = wanted.Shop.model_validate(shop.model_dump(exclude={"products"}))
            made = control_setup.shops(world, wanted.Shops(shops=(bare,)))["shops"][0]
            control_setup.products(world, wanted.Products(shop_id=made["id"], products=shop.products))
        control_orders.stock_moves(world, wanted.StockMoves(moves=contents.physical))
