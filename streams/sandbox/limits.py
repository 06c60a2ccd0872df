"""Call limits: one token bucket per app, shop and operation, and the counts of what was called.

Rates can be changed while running and set for one operation, one shop or all ("*"); the most exact one counts.
Buckets fill in real time, since the caller under test waits in real time.
"""

from streams.sandbox.world import World

ANY = "*"
RATE, BURST = 50.0, 50.0
"""The documented limit of earlier years, per second; today's are dynamic and unknown."""


def allowed(world: World, app_key: str, shop_id: int, operation: str) -> bool:
    """Take a token if there is one, and count the call either way."""
    now = world.clock.real()
    rate, burst = _limit(world, app_key, shop_id, operation)
    row = world.db.execute(
        "SELECT left_tokens, filled_at FROM call_count WHERE app_key = ? AND shop_id = ? AND operation = ?",
        (app_key, shop_id, operation),
    ).fetchone()
    left = burst if row is None else min(burst, row["left_tokens"] + max(0.0, now - row["filled_at"]) * rate)
    taken = left >= 1
    world.db.execute(
        "INSERT INTO call_count VALUES (?, ?, ?, 1, 0, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + 1,"
        " limited = limited + excluded.limited, left_tokens = excluded.left_tokens, filled_at = excluded.filled_at",
        (app_key, shop_id, operation, int(not taken), left - 1 if taken else left, now),
    )
    return taken


def count_refused(world: World, app_key: str, shop_id: int, operation: str) -> None:
    """A call that was let in and then not accepted."""
    world.db.execute(
        "UPDATE call_count SET refused = refused + 1 WHERE app_key = ? AND shop_id = ? AND operation = ?",
        (app_key, shop_id, operation),
    )


def count_limited(world: World, app_key: str, shop_id: int, operation: str) -> None:
    """A call that a fault answered as if it were above its limit."""
    world.db.execute(
        "UPDATE call_count SET limited = limited + 1 WHERE app_key = ? AND shop_id = ? AND operation = ?",
        (app_key, shop_id, operation),
    )


def set_limit(world: World, app_key: str, shop_id: str, operation: str, rate: float, burst: float) -> None:
    """From now on; buckets keep what they hold, up to the new burst."""
    world.db.execute(
        "INSERT OR REPLACE INTO call_limit VALUES (?, ?, ?, ?, ?)", (app_key, shop_id, operation, rate, burst)
    )
    world.limits.clear()


def _limit(world: World, app_key: str, shop_id: int, operation: str) -> tuple[float, float]:
    key = (app_key, shop_id, operation)
    known = world.limits.get(key)
    if known is None:
        row = world.db.execute(
            "SELECT rate, burst FROM call_limit WHERE app_key IN (?1, '*') AND shop_id IN (?2, '*')"
            " AND operation IN (?3, '*')"
            " ORDER BY (operation <> '*') DESC, (shop_id <> '*') DESC, (app_key <> '*') DESC LIMIT 1",
            (app_key, str(shop_id), operation),
        ).fetchone()
        known = world.limits[key] = (row["rate"], row["burst"]) if row else (RATE, BURST)
    return known
