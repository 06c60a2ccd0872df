"""Pages of a search: the token is opaque, and an empty or missing one ends the list."""

from collections.abc import Sequence

from streams.outcome import Delivered
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.envelope import text

PAGE_TOKEN = "page_token"  # noqa: S105 (a name)


def next_page_token(answer: Answer) -> str | None:
    """The token of the next page; none after the last, and none after a failure."""
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    return text(answer.data.get("next_page_token")) or None


def with_page_token(query: Sequence[tuple[str, str]], token: str | None) -> tuple[tuple[str, str], ...]:
    """The same query, filters and sort unchanged, for the page of this token."""
    kept = tuple(pair for pair in query if pair[0] != PAGE_TOKEN)
    return kept if token is None else (*kept, (PAGE_TOKEN, token))
