"""Steps of many orders in one request each; the simulator refuses a request as a whole when one order cannot go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.sandbox.control import ControlRefused


def taken(step: Callable[..., object], orders: Sequence[str]) -> set[str]:
    """Let all orders take the step that can; returns them."""
    if not orders:
        return set()
    try:
        step(*orders)
    except ControlRefused:
        if len(orders) == 1:
            return set()
        middle = len(orders) // 2
        return taken(step, orders[:middle]) | taken(step, orders[middle:])
    return set(orders)
