"""A plan of the common shape (``plan.Single``) in the bytes and machine numbers of packed records."""

from typing import Final

from mypy_extensions import i64

from streams.stock.buffer import Buffer
from streams.stock.plan import Grounds, Plan

Kind = tuple[bytes, bytes | None, bytes]
"""market, category with terms of its own, SKU with terms of its own (else empty)"""


class Terms:
    """What SKUs of one kind are decided by between two moments."""

    def __init__(self, plan: Plan) -> None:
        self.since: i64 = plan.since
        self.until: i64 = plan.until
        """First moment after; FOREVER: the market files name none."""
        single = plan.single
        assert single is not None
        market, warehouse, channel, authority, buffer, absolute, percentage, cap, low_water, band, above = single
        self.market: bytes = market.encode()
        self.listing: bytes = self.market + b":"
        """Begins the key of an update."""
        self.warehouse: bytes = warehouse.encode()
        self.channel: bytes = channel.encode()
        self.authority: bytes = authority.encode()
        self.alone: bool = plan.alone
        self.buffer: Buffer = buffer
        self.absolute: i64 = absolute
        self.percentage: i64 = percentage
        self.cap: i64 = cap
        self.low_water: i64 = low_water
        self.band: i64 = band
        self.above: i64 = above


class TermsBook:
    """The terms of every kind of SKU, as far as the general rule has planned for it."""

    def __init__(self, grounds: Grounds) -> None:
        self._plans: Final = grounds.plans
        self._common: Final[dict[bytes, Terms]] = {}
        """By market, of SKUs without terms of their own."""
        self._own: Final[dict[Kind, Terms]] = {}
        self._own_terms: Final = frozenset(sku.encode() for sku in grounds.own_terms)
        self._own_categories: Final = frozenset(category.encode() for category in grounds.own_categories)

    def terms(self, category: bytes | None, market: bytes, sku: bytes, now: i64) -> Terms | None:
        """None: there is no plan of the common shape in force."""
        if category is not None and category not in self._own_categories:
            category = None
        own_sku = sku if self._own_terms and sku in self._own_terms else b""
        if category is None and not own_sku:
            found = self._common.get(market)
        else:
            found = self._own.get((market, category, own_sku))
        if found is not None and found.since <= now < found.until:
            return found
        return self._planned(category, market, own_sku, now)

    def _planned(self, category: bytes | None, market: bytes, sku: bytes, now: int) -> Terms | None:
        plan = self._plans.get(((market.decode(),), None if category is None else category.decode(), sku.decode()))
        if plan is None or plan.single is None or not plan.since <= now < plan.until:
            return None
        found = Terms(plan)
        if category is None and not sku:
            self._common[market] = found
        else:
            self._own[market, category, sku] = found
        return found
