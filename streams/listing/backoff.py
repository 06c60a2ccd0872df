"""How long a failure waits: a schedule, spread by the token of the failed call."""

from zlib import crc32

from streams.listing.shop import ListingPolicy


def after_failure(policy: ListingPolicy, misses: int, token: str) -> int:
    """Milliseconds after the given failure in a row, the first being 1."""
    return _step(policy.backoff_ms, misses) + crc32(token.encode()) % (policy.jitter_ms + 1)


def slowly(policy: ListingPolicy, misses: int, token: str) -> int:
    """Milliseconds for what only people or TikTok Shop can change."""
    return _step(policy.slow_ms, misses) + crc32(token.encode()) % (policy.jitter_ms + 1)


def _step(schedule: tuple[int, ...], misses: int) -> int:
    return schedule[min(max(misses, 1), len(schedule)) - 1]
