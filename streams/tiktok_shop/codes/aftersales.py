"""Codes about cancellations, returns and refunds, and the few of other services."""

from streams.tiktok_shop.codes.row import Row, again, look, refuse, wait

LATER = "nothing to do: it is tried again later"
REPORT = "report this: the request is built wrongly"
REASON = "correct the reason mapping; fetch the reasons TikTok Shop offers"
REFUND = "refund only what is still refundable"
STATE = "see the message; look at the request in Seller Center"

ROWS: dict[int, Row] = {
    25001001: refuse(None, "parameter wrong", REPORT),
    25001003: refuse(None, "order status does not allow it", STATE),
    25001010: look("already returned or cancelled"),
    25001011: look("a request is already running"),
    25001014: refuse("reason", "reason unknown", REASON),
    25001015: refuse("reason", "reason not for the seller", REASON),
    25001016: refuse("reason", "reason does not fit the action", REASON),
    25001020: refuse("reason", "reason retired", REASON),
    25001021: refuse("reason", "reason does not fit the order status", REASON),
    25001028: wait("after-sales lock held by another action", LATER),
    25001042: refuse(None, "return package creation failed", STATE),
    25001044: refuse(None, "request cannot be approved", STATE),
    25001045: refuse(None, "already shipped, cannot stop it", STATE),
    25001046: refuse(None, "stopped by risk control", STATE),
    25001051: refuse(None, "order completed or cancelled", STATE),
    25001057: refuse("reason", "reason does not fit the reason type", REASON),
    25001058: again("after-sales data could not be loaded"),
    25005005: refuse("line_items", "refund above refundable amount", REFUND),
    25005010: refuse("line_items", "single lines cannot be cancelled", REFUND),
    25005011: refuse("line_items", "lines exceed what may be returned", REFUND),
    25007002: again("storage failure"),
    25007006: refuse(None, "order unknown", STATE),
    25007007: wait("a negotiation is open", LATER),
    25011010: refuse(None, "handed to the platform", STATE),
    25011011: refuse(None, "status does not allow rejection", STATE),
    25011012: refuse(None, "status does not allow approval", STATE),
    25011013: refuse(None, "status does not allow approving receipt", STATE),
    25011025: refuse(None, "quick refund: receipt cannot be rejected", STATE),
    25011032: refuse(None, "status does not allow a partial refund", STATE),
    25020003: refuse(None, "decision does not fit the status", STATE),
    25020004: refuse(None, "decision does not fit the type", STATE),
    25020005: refuse(None, "no permission on this after-sales request", STATE),
    25020008: wait("request changing, try again", LATER),
    25020009: look("request already cancelled"),
    25020010: look("already approved"),
    25020011: look("already received"),
    25020012: refuse(None, "receipt cannot be rejected", STATE),
    33001002: again("internal failure"),
    35003001: again("storage failure"),
    38023025: again("internal failure"),
    38023050: refuse(None, "not available to global sellers", STATE),
    38023051: refuse(None, "compliance record unknown", STATE),
}
