"""The control API under `/control/commercetools/`: JSON in, JSON out, as a table of what there is.

It is for whoever runs the sandbox, not part of what commercetools offers: no token, no scope. Do not open its port to
strangers.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from pydantic import ValidationError

from streams.sandbox.commercetools import control_conditions, control_orders, control_setup, control_state, page
from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools.world import World
from streams.sandbox.unusable import Unusable, unusable_as
from streams.sandbox.wire import Json, Request, Response

JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html; charset=utf-8"}

DO: dict[tuple[str, str], tuple[type[wanted.Wanted], Callable[[World, Any], Json]]] = {
    ("POST", "projects"): (wanted.Projects, control_setup.projects),
    ("POST", "clients"): (wanted.Clients, control_setup.clients),
    ("POST", "tokens/end"): (wanted.TokensEnd, control_setup.end_tokens),
    ("POST", "channels"): (wanted.Channels, control_setup.new_channels),
    ("POST", "inventory"): (wanted.Levels, control_setup.set_up),
    ("POST", "inventory/entries"): (wanted.Entries, control_setup.put_entries),
    ("POST", "inventory/delete"): (wanted.Places, control_setup.delete_entries),
    ("POST", "quantities"): (wanted.Levels, control_setup.change_quantities),
    ("POST", "orders"): (wanted.Orders, control_orders.place),
    ("POST", "subscriptions/health"): (wanted.Health, control_conditions.put_health),
    ("POST", "faults"): (wanted.Faults, control_conditions.add_faults),
    ("DELETE", "faults"): (wanted.Wanted, control_conditions.clear_faults),
    ("POST", "clock"): (wanted.ClockChange, control_conditions.change_clock),
    ("POST", "switches"): (wanted.Switched, control_conditions.switch),
}
SEE: dict[str, Callable[[World, dict[str, str]], Json]] = {
    "summary": control_state.summary,
    "inventory": control_state.inventory,
    "channels": control_state.channels,
    "subscriptions": control_state.seen_subscriptions,
    "notifications": control_state.notifications,
    "orders": control_state.seen_orders,
    "calls": control_state.calls,
    "faults": control_state.faults,
    "switches": control_state.switches,
    "clock": control_state.show_clock,
}


def answer(world: World, request: Request, name: str) -> Response:
    """Carry out one control request; raises `Unusable` when it cannot be, with nothing kept."""
    if request.method == "GET" and not name:
        return Response(200, page.html(), HTML)
    if request.method == "GET" and name in SEE:
        return _json(200, SEE[name](world, dict(parse_qsl(request.query))))
    if (request.method, name) not in DO:
        return _json(404, {"error": f"{request.method} /control/commercetools/{name} is not offered"})
    model, do = DO[request.method, name]
    try:
        given = model.model_validate_json(request.body or b"{}")
    except ValidationError as problem:
        raise unusable_as(model, problem) from None
    return _json(200, do(world, given))


def unusable(problem: Unusable) -> Response:
    return _json(400, {"error": str(problem)})


def _json(status: int, value: Json) -> Response:
    return Response(status, orjson.dumps(value), JSON)
