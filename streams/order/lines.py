"""One reading of an order as ledger lines, and how they join with what is known.

Joining is a maximum, line by line: it gives the same ledger whatever the order of readings, and however often one
is repeated. Lines never leave the ledger, because TikTok Shop never takes a unit out of an order; it cancels it.
"""

from collections.abc import Iterable, Iterator

from streams.order.calls import LineSeen, OrderSeen
from streams.order.kinds import line_kind
from streams.order.progress import further, line_progress
from streams.records.order_ledger import LedgerLine


def seen_lines(order: OrderSeen) -> tuple[LedgerLine, ...]:
    """The units of one reading; a bundle counts as the units inside it."""
    return tuple(unit for line in order.lines for unit in _units(order, line))


def _units(order: OrderSeen, line: LineSeen) -> Iterator[LedgerLine]:
    progress = line_progress(order.status, line.display_status, line.package_status)
    inside = sorted(part.seller_sku for part in line.bundle for _ in range(part.units))
    if not inside:
        yield LedgerLine(line.id, line.seller_sku, line_kind(order, line, line.seller_sku, "alone"), progress)
    for number, sku in enumerate(inside, 1):
        yield LedgerLine(f"{line.id}+{number}", sku, line_kind(order, line, sku, "part"), progress)


def joined(known: Iterable[LedgerLine], newer: Iterable[LedgerLine]) -> tuple[LedgerLine, ...]:
    """Both together: the furthest progress; SKU and kind as the newer says, unless it has lost the SKU."""
    lines = {line.id: line for line in known}
    for line in newer:
        before = lines.get(line.id)
        if before is not None:
            named = line if line.sku else before
            line = LedgerLine(line.id, named.sku, named.kind, further(before.progress, line.progress))
        lines[line.id] = line
    return tuple(lines[name] for name in sorted(lines) if f"{name}+1" not in lines)
