"""The control API and its client: mistakes are named, nothing of a mistaken request is kept, and bulk is quick."""

import pytest

from streams.sandbox.commercetools import filling
from streams.sandbox.commercetools.control import Client, ControlRefused, Entry, Line, Order, Place, Project
from streams.sandbox.commercetools.fake import Commercetools

from .caller import PROJECT, SECRET, Sandbox


def test_many_thousands_of_entries(sandbox: Sandbox) -> None:
    sandbox.control.set_up(
        {channel: {f"SKU-{number:05d}": number for number in range(25_000)} for channel in ("leipzig", "leeds")}
    )
    assert sandbox.control.see("summary")["entries"] == 50_002
    assert sandbox.control.change_quantities({"leeds": {f"SKU-{number:05d}": 1 for number in range(1_000)}}) == 999
    levels = sandbox.control.levels()
    assert levels["SKU-24999", "leipzig"] == 24_999 and levels["SKU-00500", "leeds"] == 1


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("orders", {"order": []}, "order"),
        ("switches", {"switches": {"colour": 1}}, "unknown switch colour"),
        ("switches", {"switches": {"notification_loss": 2}}, "notification_loss"),
        ("switches", {"switches": {"order_stock_delay_seconds": 11}}, "order_stock_delay_seconds"),
        ("inventory", {"project": "nothing", "levels": {}}, "no project 'nothing'"),
        ("inventory", {"project": PROJECT, "levels": {"york": {"MUG": 1}}}, "no channel 'york'"),
        ("projects", {"projects": [{"key": PROJECT}]}, "there already"),
        (
            "clients",
            {"clients": [{"client_id": "a", "client_secret": "b", "project": PROJECT, "scopes": ["all"]}]},
            "unknown scope 'all:",
        ),
        ("channels", {"project": PROJECT, "channels": [{"key": "?"}]}, "channel '?'"),
        ("subscriptions/health", {"subscription_id": "x", "status": "Healthy"}, "no subscription 'x'"),
        ("subscriptions/health", {"subscription_id": "x", "status": "Ill"}, "status"),
    ],
)
def test_mistakes_are_named(sandbox: Sandbox, path: str, body: object, problem: str) -> None:
    answer = sandbox.client.post(f"/control/commercetools/{path}", json=body)
    assert answer.status_code == 400 and problem in answer.json()["error"]


def test_a_mistaken_request_leaves_nothing_behind(sandbox: Sandbox) -> None:
    with pytest.raises(ControlRefused, match="no entry of SKU 'CUP'"):
        sandbox.control.delete_entries(Place(sku="MUG"), Place(sku="CUP"))
    assert len(sandbox.control.levels()) == 2


def test_what_is_not_offered_is_not_found(sandbox: Sandbox) -> None:
    assert sandbox.client.get("/control/commercetools/nonsense").status_code == 404
    assert sandbox.client.get("/commercetools/nonsense").status_code == 404
    assert sandbox.client.get("/commercetools/auth/oauth/token").status_code == 404
    assert sandbox.caller.request("GET", "/nonsense").status_code == 404
    assert sandbox.client.get("/control/commercetools/orders?limit=many").status_code == 400


def test_two_projects_share_nothing(sandbox: Sandbox) -> None:
    sandbox.control.add_projects(Project(key="other"))
    sandbox.control.add_clients(Client(client_id="other", client_secret=SECRET, project="other"))
    other = type(sandbox.control)(sandbox.client, "other")
    other.add_channels("leipzig")
    other.set_up({"leipzig": {"MUG": 77}})
    assert other.levels() == {("MUG", "leipzig"): 77}
    assert sandbox.control.levels() == {("MUG", "leipzig"): 10, ("MUG", ""): 4}
    assert sandbox.caller.get("/inventory")["total"] == 2


def test_entries_can_be_put_as_they_are_needed(sandbox: Sandbox) -> None:
    sandbox.control.put_entries(
        Entry(sku="MUG", supply_channel="leipzig", quantity_on_stock=2, reserved=5, restockable_in_days=3)
    )
    entry = sandbox.caller.entry("MUG", sandbox.leipzig)
    assert (entry["quantityOnStock"], entry["availableQuantity"], entry["restockableInDays"]) == (2, -3, 3)


def test_the_newest_rows_can_be_read_from_the_end(sandbox: Sandbox) -> None:
    numbers = []
    for _ in range(3):
        numbers += [order["order_number"] for order in sandbox.control.place(Order(lines=(Line(sku="MUG"),)))]
        sandbox.wait(1)
    assert [order["order_number"] for order in sandbox.control.see("orders", latest=2)["orders"]] == numbers[:0:-1]
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {"MUG": 50, "CUP": 1}})
    latest = sandbox.control.see("notifications", latest=1)["notifications"]
    assert latest[0]["body"]["type"] == "InventoryEntryCreated"


def test_the_page_needs_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    page = sandbox.client.get("/control/commercetools/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text and "https://" not in page.text and "src=" not in page.text


def test_a_new_fake_is_filled_once() -> None:
    fake = Commercetools()
    contents = filling.Contents(
        project="first", channels=({"key": "leipzig"},), levels={"leipzig": {"MUG": 3}}, switches={"version_jumps": 0}
    )
    filling.fill(fake, contents)
    filling.fill(fake, filling.Contents(project="second"))
    keys = [row["key"] for row in fake.world.db.execute("SELECT key FROM project")]
    assert keys == ["first"] and fake.world.switches.version_jumps == 0
    assert fake.world.db.execute("SELECT on_stock FROM entry").fetchone()[0] == 3
