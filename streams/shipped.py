"""Where the files lie that are part of the product but are no Python: schemas, topics, example markets.

In a checkout they stand beside the package, in an installed wheel inside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str, package: Path = _PACKAGE) -> Path:
    """The folder ``schemas`` or ``markets``, wherever this installation has it."""
    inside = package / "shipped" / name
    return inside if inside.is_dir() else package.parent / name
