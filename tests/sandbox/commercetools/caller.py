"""A caller of the fake that speaks HTTP on its own, as any client of commercetools would."""

from pathlib import Path
from typing import Any

import httpx

from streams.sandbox.commercetools.confluent import ConfluentCloud
from streams.sandbox.commercetools.control import Client, CommercetoolsControl, Project
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport
from streams.sandbox.store import MEMORY
from tests.sandbox.caller import Time

PROJECT, CLIENT, SECRET = "example-mugs", "client-under-test", "not-a-secret"
Json = dict[str, Any]


class Caller:
    """One API client of one project."""

    def __init__(
        self, client: httpx.Client, client_id: str = CLIENT, project: str = PROJECT, secret: str = SECRET
    ) -> None:
        self.client, self.client_id, self.project, self.secret = client, client_id, project, secret
        self.token = self.new_token().json()["access_token"]

    def new_token(self, **form: str) -> httpx.Response:
        given = {"grant_type": "client_credentials"} | form
        return self.client.post("/commercetools/auth/oauth/token", data=given, auth=(self.client_id, self.secret))

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> httpx.Response:
        known = {"authorization": f"Bearer {self.token}"} | (headers or {})
        content = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return self.client.request(
            method, f"/commercetools/api/{self.project}{path}", params=query, headers=known, **content
        )

    def get(self, path: str, **query: Any) -> Json:
        answer = self.request("GET", path, **query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def post(self, path: str, body: Any) -> Json:
        answer = self.request("POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        found: Json = answer.json()
        return found

    def entry(self, sku: str, channel: str = "") -> Json:
        place = f'supplyChannel(id = "{channel}")' if channel else "supplyChannel is not defined"
        return self.get("/inventory", where=f'sku = "{sku}" and {place}')["results"][0]

    def act(self, entry: Json, *actions: Json) -> httpx.Response:
        return self.request("POST", f"/inventory/{entry['id']}", {"version": entry["version"], "actions": actions})

    def subscribe(self, **draft: Any) -> Json:
        return self.post("/subscriptions", subscription(**draft))


def subscription(**draft: Any) -> Json:
    """A draft that wants everything about stock and orders."""
    return {
        "destination": {
            "type": "ConfluentCloud",
            "bootstrapServer": "pkc.example.invalid:9092",
            "apiKey": "KEY-1234",
            "apiSecret": "secret-1234",
            "acks": "all",
            "topic": "ct-notifications",
            "key": PROJECT,
        },
        "messages": [{"resourceTypeId": "inventory-entry"}, {"resourceTypeId": "order"}],
        "changes": [{"resourceTypeId": "inventory-entry"}],
    } | draft


class Sandbox:
    """A fake in memory with one project, its channels `leipzig` and `leeds`, and a mug: 10 in Leipzig, 4 in general."""

    def __init__(self, destination: ConfluentCloud | None = None, path: Path | str = MEMORY, **switches: Any) -> None:
        self.time = Time()
        self.path = path
        self.fake = Commercetools(path, real=self.time, destination=destination)
        self.transport = CommercetoolsTransport(self.fake)
        self.client = httpx.Client(transport=self.transport, base_url="https://sandbox.example")
        self.control = CommercetoolsControl(self.client, PROJECT)
        self.control.set_clock(step=self.time.now - self.control.see("clock")["now"])
        self.control.add_projects(Project(key=PROJECT))
        self.control.add_clients(Client(client_id=CLIENT, client_secret=SECRET, project=PROJECT))
        self.channels = self.control.add_channels("leipzig", "leeds")
        self.control.set_up({"leipzig": {"MUG": 10}, "": {"MUG": 4}})
        self.control.switch(**({"version_jumps": 0} | switches))
        self.leipzig, self.leeds = self.channels["leipzig"], self.channels["leeds"]
        self.caller = Caller(self.client)

    def caller_with(self, *scopes: str) -> Caller:
        name = "-".join(scopes)
        self.control.add_clients(Client(client_id=name, client_secret=SECRET, project=PROJECT, scopes=scopes))
        return Caller(self.client, name)

    def restart(self) -> None:
        """Another process on the same file."""
        self.fake.close()
        self.fake = self.transport.fake = Commercetools(self.path, real=self.time)

    def wait(self, seconds: float) -> None:
        """Time passes, and what is due by then happens."""
        self.time.now += seconds
        self.fake.tick()

    def told(self, **query: Any) -> list[Json]:
        """The notifications that have been delivered or are on their way, without tests of a destination."""
        bodies = [row["body"] for row in self.control.every("notifications", **query)]
        return [body for body in bodies if (body.get("data") or body)["resource"]["typeId"] != "subscription"]
