"""One row of the table of codes: what we do next, and words for a person.

The reactions are ours; the codes are TikTok Shop's.  A row says nothing about HTTP status, because
a refusal can come with status 200.
"""

from typing import Literal, NamedTuple

Reaction = Literal[
    "again",
    "limit",
    "wait",
    "look",
    "refuse",
    "inside",
    "stop",
    "refresh-token",
    "refetch-shops",
    "by-message",
]
"""again: failed on their side, a write may have been applied.  limit: too fast.  wait: not now,
nobody's failure.  look: probably done before, read it.  refuse: cannot succeed as it is.  inside:
the item's nested errors say why.  stop: the whole shop refuses.  refresh-token and refetch-shops:
one cure, then one more try.  by-message: one code with many causes."""


class Row(NamedTuple):
    """What one code means and what helps."""

    reaction: Reaction
    meaning: str
    remedy: str
    field: str | None = None
    """The field of the request it is about, in TikTok Shop's words."""


def again(meaning: str) -> Row:
    """A failure on TikTok Shop's side."""
    return Row("again", meaning, "nothing to do: it is tried again; tell TikTok Shop when it stays")


def wait(meaning: str, remedy: str) -> Row:
    """Refused for now; a later look may find it possible."""
    return Row("wait", meaning, remedy)


def look(meaning: str) -> Row:
    """It seems to have been done before."""
    return Row("look", meaning, "nothing to do: the state is read before anything is sent again")


def refuse(field: str | None, meaning: str, remedy: str) -> Row:
    """It cannot succeed as it is."""
    return Row("refuse", meaning, remedy, field)


def stop(meaning: str, remedy: str) -> Row:
    """The shop as a whole refuses."""
    return Row("stop", meaning, remedy)
