"""What to call, as a value: the pure side builds it, the client sends it."""

from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call of one operation, without app, shop and time."""

    operation: str
    """A name of the table of operations; also what the limiter counts by."""
    path: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
