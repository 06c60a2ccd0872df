"""The sandbox as a process, with one shop per market and the market files that fit them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from streams.demo.processes import Process, free_port, wait_until_ready
from streams.sandbox.control import App, Limit, SandboxControl, Shop, Warehouse
from tests.integration.end_to_end.places import Place, market_file

APP_KEY = "tests"


class Stage:
    """What the workers are set before."""

    def __init__(
        self,
        folder: Path,
        places: Sequence[Place],
        webhook_address: str,
        switches: Mapping[str, Any],
        sandbox: Sequence[str] = (),
    ) -> None:
        """``sandbox``: further words of its command."""
        self.shops: dict[str, str] = {}
        """Market to shop id."""
        self.warehouses: dict[str, list[str]] = {}
        """Market to warehouse ids, in the order of its channels."""
        self.codes: dict[str, str] = {}
        """Market to the code its seller gave."""
        self.secret = secrets.token_hex(16)
        self._markets = folder / "markets"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        words = ["sandbox", "--port", str(port), "--data", str(folder / "sandbox"), *sandbox]
        self.sandbox = Process("sandbox", words, {}, folder / "sandbox.log")
        wait_until_ready(self.sandbox, f"{self.url}/_sandbox/summary")
        self.http = httpx.Client(base_url=self.url, timeout=30.0)
        self.control = SandboxControl(self.http)
        self.control.add_apps(App(app_key=APP_KEY, app_secret=self.secret, webhook_address=webhook_address))
        self.control.set_limits(Limit(rate=100))
        if switches:
            self.control.switch(**switches)
        self._markets.mkdir()
        for place in places:
            self._open_shop(place)

    def _open_shop(self, place: Place) -> None:
        shop = self.control.add_shops(
            Shop(
                name=place.market,
                region=place.region,
                currency=place.currency,
                warehouses=tuple(Warehouse(name=name, supply_channel=name) for name in place.channels),
            )
        )[0]
        self.shops[place.market] = shop["id"]
        self.warehouses[place.market] = [warehouse["id"] for warehouse in shop["warehouses"]]
        self.codes[place.market] = self.control.auth_code(APP_KEY, shop["id"])
        self.write_market(place)

    def write_market(self, place: Place) -> None:
        """Workers read it when they start."""
        text = market_file(place, self.shops[place.market], self.warehouses[place.market])
        (self._markets / f"{place.market}.toml").write_text(text, "utf-8")
