"""The fake's control API as a typed client: for tests, the demo and anybody who scripts the sandbox.

It takes any httpx client whose base address is the sandbox's, so it works over the network and under a test's
transport alike.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import httpx

from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools.control_requests import (
    DEFAULT_PROJECT,
    GENERAL,
    Channel,
    Client,
    Entry,
    Fault,
    Health,
    Line,
    Order,
    Place,
    Project,
)
from streams.sandbox.wire import Json

__all__ = [
    "DEFAULT_PROJECT",
    "GENERAL",
    "Channel",
    "Client",
    "CommercetoolsControl",
    "ControlRefused",
    "Entry",
    "Fault",
    "Health",
    "Line",
    "Order",
    "Place",
    "Project",
]

PAGE = 5_000
AT_ONCE = 20_000
"""Quantities per request of a bulk set-up or change."""
Levels = Mapping[str, Mapping[str, int]]
"""`quantityOnStock` by channel key and SKU; the channel key "" is general stock."""
List = Literal["inventory", "notifications", "orders"]


class ControlRefused(Exception):
    """The fake did not carry out a control request; the text says why."""


class CommercetoolsControl:
    """Sets a project up, makes things happen in it, and reads what happened."""

    def __init__(self, client: httpx.Client, project: str = DEFAULT_PROJECT) -> None:
        self._client = client
        self.project = project

    def add_projects(self, *projects: Project) -> None:
        self._do("projects", wanted.Projects(projects=projects))

    def add_clients(self, *clients: Client) -> None:
        self._do("clients", wanted.Clients(clients=clients))

    def end_tokens(self) -> None:
        """Every token is worthless from now on."""
        self._do("tokens/end", wanted.TokensEnd())

    def add_channels(self, *channels: Channel | str) -> dict[str, str]:
        """Ids by key."""
        given = tuple(Channel(key=one) if isinstance(one, str) else one for one in channels)
        return dict(self._do("channels", wanted.Channels(project=self.project, channels=given))["ids"])

    def set_up(self, levels: Levels) -> None:
        """Stock that is there before anybody watches: nothing is told."""
        for part in _parts(levels):
            self._do("inventory", wanted.Levels(project=self.project, levels=part))

    def put_entries(self, *entries: Entry) -> None:
        """Entries with reserved units, a key or `restockableInDays`; nothing is told."""
        self._do("inventory/entries", wanted.Entries(project=self.project, entries=entries))

    def change_quantities(self, levels: Levels) -> int:
        """As an ERP does it, with every Message and Change; returns how many entries changed."""
        return sum(
            self._do("quantities", wanted.Levels(project=self.project, levels=part))["changed"]
            for part in _parts(levels)
        )

    def delete_entries(self, *places: Place) -> None:
        self._do("inventory/delete", wanted.Places(project=self.project, entries=places))

    def place(self, *orders: Order) -> list[Json]:
        """Per order: order_id and order_number, or why it was refused."""
        return list(self._do("orders", wanted.Orders(project=self.project, orders=orders))["orders"])

    def put_health(self, subscription_id: str, status: str) -> None:
        self._do(
            "subscriptions/health", wanted.Health.model_validate({"subscription_id": subscription_id, "status": status})
        )

    def add_faults(self, *faults: Fault) -> None:
        self._do("faults", wanted.Faults(faults=faults))

    def clear_faults(self) -> None:
        self._json(self._client.delete("/control/commercetools/faults"))

    def set_clock(self, *, speed: float | None = None, step: float | None = None) -> Json:
        return self._do("clock", wanted.ClockChange(speed=speed, step=step))

    def switch(self, **switches: Any) -> Json:
        return self._do("switches", wanted.Switched(switches=switches))

    def see(self, name: str, **query: str | int) -> Json:
        """One look: summary, inventory, channels, subscriptions, notifications, orders, calls, faults, …"""
        return self._json(self._client.get(f"/control/commercetools/{name}", params=query))

    def every(self, name: List, **query: str | int) -> Iterator[Json]:
        """Every row of a long list, page by page."""
        after: str | int = 0 if name == "notifications" else ""
        while True:
            rows = self.see(name, **query, after=after, limit=PAGE)[name]
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1]["id"]

    def levels(self) -> dict[tuple[str, str], int]:
        """The truth for judges: available units by SKU and channel key, once every order has taken its own."""
        return {
            (row["sku"], row["supply_channel"]): row["true_quantity"]
            for row in self.every("inventory", project=self.project)
        }

    def _do(self, name: str, given: wanted.Wanted) -> Json:
        content = given.model_dump_json(exclude_defaults=True).encode()
        return self._json(self._client.post(f"/control/commercetools/{name}", content=content))

    def _json(self, answer: httpx.Response) -> Json:
        value: Json = answer.json()
        if answer.status_code != 200:
            raise ControlRefused(value.get("error", str(value)))
        return value


def _parts(levels: Levels) -> Iterable[dict[str, dict[str, int]]]:
    for channel, quantities in levels.items():
        rows = list(quantities.items())
        for at in range(0, len(rows), AT_ONCE):
            yield {channel: dict(rows[at : at + AT_ONCE])}
