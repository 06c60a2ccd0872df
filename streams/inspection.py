"""Everything the system knows of one SKU, gathered from the committed changelogs of decide and deliver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from streams.app import catalog_of
from streams.changelog_reader import last_values
from streams.engine.row_codec import RowCodec
from streams.flows.listing import LISTING
from streams.flows.stock import ORDER_FACTS, SKU_STOCK
from streams.json_lines import LATEST_MS
from streams.kafka_security import librdkafka_config
from streams.market.files import load_markets
from streams.market.markets import Markets
from streams.records import listing, order_fact, sku_stock
from streams.records.sku_stock import SkuStock
from streams.settings import Settings
from streams.stock.explain import explain

Progress = Callable[[int, int], None]


def known_of_sku(settings: Settings, sku: str, now: int, progress: Progress) -> dict[str, Any] | None:
    """State of a SKU, why markets are offered what they are, its open order facts and its listings.

    None when no worker has seen it.
    """
    catalog, kafka, markets = catalog_of(settings), librdkafka_config(settings), load_markets(settings.markets_dir)
    state_key = _key(SKU_STOCK.name, sku)
    facts_stem = _key(ORDER_FACTS.name, f"{sku}|")
    decided = last_values(
        kafka,
        catalog["decide-state"].full_name,
        catalog["stock-changes"].partition_of(sku.encode()),
        lambda key: key == state_key or key.startswith(facts_stem),
        progress,
    )
    if state_key not in decided:
        return None
    row = decided[state_key]
    state, wake = RowCodec(sku_stock).unpack(row)
    found: dict[str, Any] = {"sku": sku, "state": plain(state), "wake": wake, "orders": [], "listings": {}}
    found["offers"], found["notes"] = offers(sku, state, now, markets)
    for key, value in sorted(decided.items()):
        if key != state_key:
            order = key.decode().rpartition("|")[2]
            found["orders"].append({"order": order, **plain(RowCodec(order_fact).state(value))})
    for market in state.markets:
        if state.product is None:
            continue
        entity = f"{market}:{state.product}"
        wanted = _key(LISTING.name, entity)
        rows = last_values(
            kafka,
            catalog["deliver-state"].full_name,
            catalog["stock-updates"].partition_of(entity.encode()),
            wanted.__eq__,
            progress,
        )
        if wanted in rows:
            value = rows[wanted]
            shown = RowCodec(listing).state(value)
            found["listings"][market] = next((plain(one) for one in shown.skus if one.sku == sku), None)
    return found


def offers(sku: str, state: SkuStock, now: int, markets: Markets) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Why each market is offered what it is, by warehouse; and in sentences why others are offered nothing."""
    if state.product is None:
        return {}, [f"no product claims {sku}: no market is told of it. Remedy: write a record to sku-links"]
    spoken = {(level.source, level.channel) for level in state.levels}
    notes = []
    for name in state.markets:
        market = markets.get(name)
        if market is None:
            files = ", ".join(sorted(markets.by_name))
            notes.append(
                f"market {name}, which the claim names, has no file: nothing is decided for it. Files: {files}"
            )
        elif market.modes.stock == "off":
            notes.append(f"market {name} is told nothing: its file says modes.stock = off")
        elif not any(
            (markets.supply[one.channel].authority, one.channel) in spoken
            for place in market.warehouses
            for one in place.channels
        ):
            notes.append(f"market {name} is told nothing yet: no authority has spoken of any of its channels")
    return explain(sku, state, now, markets), notes


def _key(table: str, entity: str) -> bytes:
    return table.encode() + b"\x00" + entity.encode()


def plain(value: Any) -> Any:
    """Records as dictionaries and lists."""
    if hasattr(value, "_asdict"):
        return {name: plain(one) for name, one in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return value.hex() if isinstance(value, bytes) else value


def _time(milliseconds: int | None) -> str:
    """For people, in UTC; a dash when there is none, the figure when no calendar has it."""
    if milliseconds is None:
        return "-"
    if not 0 <= milliseconds <= LATEST_MS:
        return f"{milliseconds} ms"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")[:-6] + "Z"


def tables_of(found: Mapping[str, Any]) -> list[Table]:
    """The same for people."""
    state = found["state"]
    source = Table(title=f"SKU {found['sku']}, product {state['product']}")
    for column in ("source", "channel", "units", "read at", "orders until"):
        source.add_column(column)
    for level in state["levels"]:
        times = (_time(level[name]) for name in ("read_at", "orders_until"))
        source.add_row(level["source"], level["channel"], str(level["quantity"]), *times)
    orders = Table(title="orders by market and warehouse")
    for column in ("market", "warehouse", "net", "committed", "holds", "oldest hold"):
        orders.add_column(column)
    for tally in state["tallies"]:
        names = ("market", "warehouse", "net", "committed", "holds")
        orders.add_row(*(str(tally[name]) for name in names), _time(tally["oldest_hold_at"]))
    offered = Table(title="what the rules say now")
    for column in ("market", "warehouse", "why"):
        offered.add_column(column, overflow="fold")
    for market, lines in found["offers"].items():
        for warehouse, line in lines.items():
            offered.add_row(market, warehouse, line)
    shown = Table(title="listings")
    for column in ("market", "warehouse", "wanted gross", "net", "shown", "known", "why"):
        shown.add_column(column)
    for market, sku in found["listings"].items():
        if sku is None:
            continue
        proof = {level["warehouse"]: level for level in sku["proof"]}
        for level in sku["levels"]:
            proven = proof.get(level["warehouse"])
            shown.add_row(
                market,
                level["warehouse"],
                str(level["gross"]),
                str(level["net"]),
                "-" if proven is None else str(proven["quantity"]),
                sku["known"] if not sku["waits_for"] else f"{sku['known']}, waits for {sku['waits_for']}",
                sku["explanation"],
            )
    return [source, orders, offered, shown]
