"""Ids as the platform's look: 18 or 19 digits, above what a double holds exactly, never given out twice."""

import sqlite3
from typing import Literal

Kind = Literal["shop", "warehouse", "product", "sku", "order", "line", "package", "cancel", "notification", "user"]

FIRST: dict[Kind, int] = {
    "shop": 7_496_100_000_000_000_000,
    "warehouse": 7_412_200_000_000_000_000,
    "product": 1_729_300_000_000_000_000,
    "sku": 1_729_400_000_000_000_000,
    "order": 576_400_000_000_000_000,
    "line": 576_500_000_000_000_000,
    "package": 1_153_600_000_000_000_000,
    "cancel": 4_037_700_000_000_000_000,
    "notification": 7_591_800_000_000_000_000,
    "user": 7_493_900_000_000_000_000,
}
STEP = 7
"""Neighbouring ids differ by more than one, so that code that counts them up fails early."""


def take(db: sqlite3.Connection, kind: Kind) -> int:
    return FIRST[kind] + STEP * number(db, kind)


def number(db: sqlite3.Connection, kind: str) -> int:
    """1, 2, 3, … per kind."""
    row = db.execute(
        "INSERT INTO counter VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET value = value + 1 RETURNING value", (kind,)
    ).fetchone()
    return int(row[0])
