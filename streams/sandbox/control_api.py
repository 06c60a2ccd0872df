"""The control API under `/_sandbox/`: JSON in, JSON out, as a table of what there is.

It is for whoever runs the sandbox, not part of what the platform offers: no token, no signature, no limit. Do not open
its port to strangers.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from pydantic import ValidationError

from streams.sandbox import answers, control_conditions, control_orders, control_setup, control_state, page
from streams.sandbox import control_requests as wanted
from streams.sandbox.unusable import Unusable, unusable_as
from streams.sandbox.wire import Json, Request, Response
from streams.sandbox.world import World

DO: dict[tuple[str, str], tuple[type[wanted.Wanted], Callable[[World, Any], Json]]] = {
    ("POST", "apps"): (wanted.Apps, control_setup.apps),
    ("POST", "shops"): (wanted.Shops, control_setup.shops),
    ("POST", "shops/cipher"): (wanted.ShopNamed, control_setup.new_cipher),
    ("POST", "shops/deauthorize"): (wanted.ShopNamed, control_setup.deauthorize),
    ("POST", "products"): (wanted.Products, control_setup.products),
    ("POST", "products/status"): (wanted.ProductStep, control_setup.product_step),
    ("POST", "skus"): (wanted.SkuChanges, control_setup.sku_changes),
    ("POST", "auth_codes"): (wanted.Consent, control_setup.auth_code),
    ("POST", "tokens"): (wanted.Consent, control_setup.token),
    ("POST", "orders"): (wanted.Orders, control_orders.place),
    ("POST", "orders/pay"): (wanted.OrderStep, control_orders.pay),
    ("POST", "orders/cancel"): (wanted.OrderStep, control_orders.cancel),
    ("POST", "orders/ship"): (wanted.OrderStep, control_orders.ship),
    ("POST", "orders/collect"): (wanted.OrderStep, control_orders.collect),
    ("POST", "orders/deliver"): (wanted.OrderStep, control_orders.deliver),
    ("POST", "orders/complete"): (wanted.OrderStep, control_orders.complete),
    ("POST", "physical"): (wanted.StockMoves, control_orders.stock_moves),
    ("POST", "faults"): (wanted.Faults, control_conditions.add_faults),
    ("DELETE", "faults"): (wanted.Wanted, control_conditions.clear_faults),
    ("POST", "limits"): (wanted.Limits, control_conditions.set_limits),
    ("POST", "clock"): (wanted.ClockChange, control_conditions.change_clock),
    ("POST", "switches"): (wanted.Switched, control_conditions.switch),
}
SEE: dict[str, Callable[[World, dict[str, str]], Json]] = {
    "summary": control_state.summary,
    "apps": control_state.apps,
    "shops": control_state.shops,
    "stock": control_state.stock,
    "orders": control_state.orders,
    "order": control_state.order,
    "writes": control_state.writes,
    "history": control_state.history,
    "physical": control_state.physical,
    "oversold": control_state.oversold,
    "calls": control_state.calls,
    "webhooks": control_state.webhooks,
    "faults": control_state.faults,
    "limits": control_state.limits,
    "switches": control_state.switches,
    "clock": control_state.show_clock,
}


def answer(world: World, request: Request) -> Response:
    """Carry out one control request; raises `Unusable` when it cannot be, with nothing kept."""
    name = request.path.removeprefix("/_sandbox").strip("/")
    if request.method == "GET" and not name:
        return Response(200, page.html(), answers.HTML | {"content-type": "text/html; charset=utf-8"})
    if request.method == "GET" and name in SEE:
        return _json(200, SEE[name](world, dict(parse_qsl(request.query))))
    if (request.method, name) not in DO:
        return _json(404, {"error": f"{request.method} /_sandbox/{name} is not offered"})
    model, do = DO[request.method, name]
    try:
        given = model.model_validate_json(request.body or b"{}")
    except ValidationError as problem:
        raise unusable_as(model, problem) from None
    return _json(200, do(world, given))


def unusable(problem: Unusable) -> Response:
    return _json(400, {"error": str(problem)})


def _json(status: int, value: Json) -> Response:
    return Response(status, orjson.dumps(value), answers.JSON)
