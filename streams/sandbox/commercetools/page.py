"""The page that shows the fake's state; it reads the control API and carries everything it needs."""

from functools import cache
from importlib.resources import files


@cache
def html() -> bytes:
    return files("streams.sandbox.commercetools").joinpath("page.html").read_bytes()
