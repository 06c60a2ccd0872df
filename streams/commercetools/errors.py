"""What an answer of commercetools means: one outcome each, by literal tables of codes and statuses.

The body's code decides where it is listed, else the status; an unlisted answer is never success.  What a client id, a
scope or a switched-off project is to blame for stops the source as a whole (``ShopStopped``: here, of the project).
Everything here is about reading; a write whose answer is lost is unknown, and nothing of ours writes but the set-up.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped

Reaction = Literal["again", "slower", "renew-token", "stop", "refuse", "narrow"]
"""again: later.  slower: later, and everything else too.  renew-token: once, with a fresh token.  stop: nothing can be
read until a person acts.  refuse: this request never succeeds.  narrow: the request asks too much at once."""


class Row(NamedTuple):
    """What one code means."""

    reaction: Reaction
    meaning: str
    remedy: str = ""


CHECK_CLIENT: Final = "check TTS_COMMERCETOOLS_CLIENT_ID and the secret COMMERCETOOLS_CLIENT_SECRET"
CHECK_SCOPES: Final = (
    "let the API client have view_products and view_orders of the project, and TTS_COMMERCETOOLS_SCOPES ask for no more"
)
CHECK_PROJECT: Final = "check TTS_COMMERCETOOLS_PROJECT, and that TTS_COMMERCETOOLS_API_URL is the host of its region"

CODES: Final[dict[str, Row]] = {
    "invalid_token": Row("renew-token", "the token has expired or was revoked"),
    "invalid_client": Row("stop", "the client id or its secret is wrong", CHECK_CLIENT),
    "unauthorized_client": Row("stop", "the client may not ask for tokens in this way", CHECK_CLIENT),
    "invalid_scope": Row("stop", "the client has not the scopes that are asked for", CHECK_SCOPES),
    "insufficient_scope": Row("stop", "the token lacks a scope", CHECK_SCOPES),
    "access_denied": Row("stop", "the client may not do this", CHECK_SCOPES),
    "ResourceNotFound": Row("refuse", "there is no such resource"),
    "InvalidInput": Row("narrow", "the request cannot be read"),
    "InvalidJsonInput": Row("refuse", "the body is not what the resource wants"),
    "InvalidField": Row("refuse", "a field has a value that is not allowed"),
    "InvalidOperation": Row("refuse", "not possible in the present state"),
    "RequiredField": Row("refuse", "a field is missing"),
    "DuplicateField": Row("refuse", "another resource has this value"),
    "DuplicateFieldWithConflictingResource": Row("refuse", "another resource has this value"),
    "ReferencedResourceNotFound": Row("refuse", "a resource that is referred to does not exist"),
    "MaxResourceLimitExceeded": Row("refuse", "the project has as many of them as it may"),
    "QueryTimedOut": Row("narrow", "the query took too long"),
    "QueryComplexityLimitExceeded": Row("narrow", "the query is too complex"),
    "ContentTooLarge": Row("narrow", "the query is too long"),
    "ConcurrentModification": Row("again", "somebody else changed it in between"),
    "General": Row("again", "failed on their side"),
    "BadGateway": Row("slower", "the service is scaling"),
    "OverCapacity": Row("slower", "the service is overloaded"),
    "PendingOperation": Row("again", "an earlier operation is still under way"),
}

STATUSES: Final[dict[int, Row]] = {
    401: Row("renew-token", "not authorized"),
    403: Row("stop", "forbidden", CHECK_SCOPES),
    404: Row("refuse", "not found"),
    409: Row("again", "conflict"),
    413: Row("narrow", "the request is too large"),
    414: Row("narrow", "the address is too long"),
    429: Row("slower", "too many requests"),
    431: Row("narrow", "the headers are too large"),
    500: Row("again", "failed on their side"),
    502: Row("slower", "bad gateway"),
    503: Row("slower", "not available"),
    504: Row("slower", "no answer behind the gateway"),
}
"""For answers without a code that is listed; they may be HTML or empty."""


class Verdict(NamedTuple):
    """An outcome, and what it asks of the client."""

    outcome: Outcome
    reaction: Reaction | None = None


def verdict(status: int, code: str | None, message: str, retry_after_ms: int = 0) -> Verdict:
    """Judge a whole answer; ``code`` is None when its body named none."""
    if 200 <= status < 300:
        return Verdict(Delivered())
    row = CODES.get(code or "") or STATUSES.get(status)
    name = code or f"http-{status}"
    if row is None:
        words = f"status {status}" if not message else f"status {status}: {message}"
        if status >= 500:
            return Verdict(RetryLater(name, words, True, retry_after_ms), "slower")
        return Verdict(Rejected(name, words, remedy="see the message; the answer is not in our table"), "refuse")
    reason = f"{row.meaning}: {message}" if message else row.meaning
    match row.reaction:
        case "again" | "slower" | "renew-token":
            return Verdict(RetryLater(name, reason, False, retry_after_ms), row.reaction)
        case "stop":
            return Verdict(ShopStopped(name, reason, row.remedy), "stop")
        case "refuse" | "narrow":
            return Verdict(Rejected(name, reason, remedy=row.remedy or None), row.reaction)


def no_answer(reason: str) -> Verdict:
    """The network failed, or the deadline passed."""
    return Verdict(RetryLater("no-answer", reason, False), "slower")


def too_much(pages: int, within_ms: int) -> Verdict:
    """Pages came all the time, and there are more than fit into it: nothing is wrong with commercetools."""
    return Verdict(
        RetryLater(
            "too-much-at-once",
            f"{pages} pages came within {within_ms} ms, and not the last: ask for fewer SKUs at once "
            "(TTS_COMMERCETOOLS_SKUS_PER_REQUEST), or allow more time (TTS_COMMERCETOOLS_DEADLINE_MS)",
            False,
        ),
        "narrow",
    )


def wrong_project(message: str) -> ShopStopped:
    """Everything is answered with 404: the project is another one's, or of another region."""
    return ShopStopped("project-unknown", f"the project is not found: {message}", CHECK_PROJECT)
