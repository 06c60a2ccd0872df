"""What was measured, as rows of the table at the end."""

from __future__ import annotations

from streams.demo.buyers import Buyers
from streams.demo.merchant import Merchant
from streams.demo.results import Results, percentile
from streams.demo.scale import MARKETS, WMS
from streams.market.model import COMMERCETOOLS
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.control import SandboxControl
from streams.sandbox.poller_history import events, replayed

POLLER_SECONDS = 900
"""What is usual without us: a poller of 15 minutes, without buffer."""


def facts(
    results: Results, control: SandboxControl, source: CommercetoolsControl, merchant: Merchant, buyers: Buyers
) -> list[tuple[str, str]]:
    """Name and value; asks the simulators."""
    calls = control.see("calls")["calls"]
    made = sum(row["calls"] for row in calls)
    updating = sum(row["calls"] for row in calls if row["operation"] == "update_inventory")
    poller = replayed(events(control.every("history")), interval_seconds=POLLER_SECONDS)
    naive = merchant.wms.changes * len(MARKETS) + merchant.erp.changes
    asked = source.see("summary")
    return [
        ("stock changes in", f"{results.changes.total():,}"),
        ("of these from the WMS's topic", f"{results.changes[WMS]:,}"),
        ("of these from commercetools", f"{results.changes[COMMERCETOOLS]:,}"),
        ("changes of quantity told by notifications", f"{merchant.erp.changes:,}"),
        ("requests to commercetools", f"{asked['calls']:,}"),
        ("deltas out", f"{results.updates:,}"),
        ("calls made", f"{made:,}"),
        ("of these inventory updates", f"{updating:,}"),
        ("calls saved against one per change and market", f"{naive - updating:,} ({1 - updating / naive:.1%})"),
        ("freshness p50", f"{percentile(results.freshness, 0.5):,} ms"),
        ("freshness p99", f"{percentile(results.freshness, 0.99):,} ms"),
        ("orders placed", f"{buyers.placed:,}"),
        ("of these shipped from commercetools' channel", f"{len(merchant.erp.shipped):,}"),
        ("orders cancelled by buyers", f"{buyers.cancelled:,}"),
        ("buyers turned away", f"{buyers.refused:,}"),
        ("oversold units", f"{control.see('oversold')['oversold_units']:,}"),
        ("oversold by a poller of 15 minutes without buffer", f"{poller.oversold_units:,}"),
    ]
