"""What an operation of the Open API is: where it lives, what it needs, what losing its answer means.

``effect`` decides that last point: a lost read is repeated, a lost write is unknown until it has
been read back.  The rows themselves are in ``operations.py``.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Method = Literal["GET", "POST", "PUT", "DELETE"]
Cipher = Literal["required", "forbidden"]
Effect = Literal["read", "write"]

_ID = re.compile(r"[A-Za-z0-9_-]+")


class Operation(NamedTuple):
    """One operation of the Open API."""

    name: str
    method: Method
    path: str
    """Template: {version} and the names of path parameters."""
    version: str
    """Six digits, year and month; it belongs to this operation alone."""
    cipher: Cipher
    """Whether shop_cipher must be sent; where it does not belong, the call is refused."""
    scopes: tuple[str, ...]
    """Any one of these granted scopes is enough."""
    effect: Effect
    deadline_ms: int

    def path_of(self, parameters: Mapping[str, str]) -> str:
        """The path as sent and signed; ids only, so that nothing needs encoding."""
        for name, value in parameters.items():
            if not _ID.fullmatch(value):
                raise ValueError(f"{self.name}: path parameter {name} is not an id")
        return self.path.format(version=self.version, **parameters)
