"""What a market wants of the order watcher, as values.

Durations are milliseconds. Built from the market file by whoever starts the flow.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple


class HoldPolicy(NamedTuple):
    """Which units are held, and where they leave from."""

    cut_over: int
    """Milliseconds, TikTok Shop's clock: orders placed before it are not ours."""
    channels: Mapping[str, str] = MappingProxyType({})
    """TikTok Shop warehouse_id to the supply channel its units leave from."""
    channel: str = ""
    """Supply channel of orders whose warehouse is not in ``channels``."""
    imports: Literal["none", "ours"] = "none"
    """Who brings orders into commercetools; ``none``: nobody, so an import is provably absent."""
    keep: int = 90 * 86_400_000
    """After its last change an ended order is remembered so long."""


class PollPolicy(NamedTuple):
    """How a shop's orders are read."""

    cut_over: int
    """Milliseconds, TikTok Shop's clock: where a shop never read before begins."""
    interval: int = 15_000
    """Between two windows once everything is known."""
    margin: int = 5_000
    """A window proves what lies so long before TikTok Shop's present: changes show up in a search a little late."""
    overlap: int = 60_000
    """Read again before the cursor: some changes show up very late."""
    window: int = 86_400_000
    """More than this is made up window by window, each half of what is missing; a change of owner repeats one."""
    call: int = 8_000
    """After so long no answer is expected any more."""
    retry: int = 1_000
    """After the first failure; doubles with each."""
    retry_longest: int = 60_000
    stopped: int = 60_000
    """Between tries while the shop as a whole refuses."""


class HintPolicy(NamedTuple):
    """How hints from events are followed."""

    call: int = 8_000
    retry: int = 1_000
    retry_longest: int = 60_000
    stopped: int = 60_000
    stale: int = 500
    """First pause when a reading is older than the event that asked for it; doubles."""
    tries: int = 4
    """Readings of one order that show nothing new before it is left to polling."""
    most: int = 1_000
    """Hints kept; beyond them polling reads the orders."""


def back_off(shortest: int, longest: int, failures: int) -> int:
    """Milliseconds to wait after so many failures in a row, the first being 1."""
    return int(min(longest, shortest << min(max(failures - 1, 0), 20)))
