"""Units that orders take: whether there are enough, and when they leave their entry.

They leave later, at most ten seconds, and without a Message: whoever reads at once reads the old number.
"""

from collections import Counter
from dataclasses import dataclass

from streams.sandbox.commercetools import entries
from streams.sandbox.commercetools.errors import Refused
from streams.sandbox.commercetools.world import Project, World, author

MODES = ("None", "TrackOnly", "ReserveOnOrder")
LATEST_SECONDS = 10.0
PLATFORM = author("sandbox-platform")


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one line; `channel` is an id or empty for the general stock."""

    line_id: str
    sku: str
    channel: str
    quantity: int
    mode: str


def out_of_stock(world: World, project: Project, demands: list[Demand]) -> Refused | None:
    """A missing entry, or with ReserveOnOrder one that has too little and nothing on the way."""
    wanted: Counter[tuple[str, str]] = Counter()
    short: list[Demand] = []
    for demand in demands:
        if demand.mode == "None":
            continue
        entry = _entry(world, project, demand)
        if entry is None:
            short.append(demand)
            continue
        wanted[demand.sku, demand.channel] += demand.quantity
        left = entry.available - _pending(world, entry.id) - wanted[demand.sku, demand.channel]
        if demand.mode == "ReserveOnOrder" and left < 0 and "restockableInDays" not in entry.optional():
            short.append(demand)
    if not short:
        return None
    skus = list(dict.fromkeys(demand.sku for demand in short))
    text = f"Some line items are out of stock at the time of placing the order: {', '.join(skus)}."
    return Refused(400, "OutOfStock", text, {"lineItems": [demand.line_id for demand in short], "skus": skus})


def take(world: World, project: Project, order_id: str, demands: list[Demand]) -> None:
    """From now on these units are gone, although no entry shows it yet."""
    switches = world.switches
    for demand in demands:
        entry = _entry(world, project, demand) if demand.mode != "None" else None
        if entry is not None:
            wait = switches.order_stock_delay_seconds + world.chance.random() * switches.order_stock_jitter_seconds
            due = world.now() + int(min(wait, LATEST_SECONDS) * 1000)
            world.db.execute(
                "INSERT INTO stock_effect VALUES (NULL, ?, ?, ?, ?, ?)",
                (due, project.id, entry.id, demand.quantity, order_id),
            )


def take_due(world: World) -> None:
    """Units whose time has come leave their entries."""
    now = world.now()
    rows = world.db.execute(
        "SELECT stock_effect.*, project.key, project.messages_enabled FROM stock_effect"
        " JOIN project ON project.id = stock_effect.project WHERE due_at <= ? ORDER BY due_at, stock_effect.id",
        (now,),
    ).fetchall()
    for row in rows:
        old = entries.kept(entries.by_id(world, row["entry"]))
        new = old._replace(on_stock=old.on_stock - row["quantity"], modified_at=now, modified_by=PLATFORM)
        project = Project(row["project"], row["key"], bool(row["messages_enabled"]))
        entries.silently_changed(world, project, old, new)
        world.db.execute("DELETE FROM stock_effect WHERE id = ?", (row["id"],))


def _entry(world: World, project: Project, demand: Demand) -> entries.Entry | None:
    row = world.db.execute(
        "SELECT * FROM entry WHERE project = ? AND sku = ? AND channel = ?", (project.id, demand.sku, demand.channel)
    ).fetchone()
    return None if row is None else entries.kept(row)


def _pending(world: World, entry: str) -> int:
    row = world.db.execute("SELECT coalesce(sum(quantity), 0) FROM stock_effect WHERE entry = ?", (entry,)).fetchone()
    return int(row[0])
