"""Which names of the environment are ours: what begins like a setting and is none would be ignored without a word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from streams.secrets import FORMS, SECRETS, SECRETS_OF_MARKETS

PREFIX = "TTS_"
_OF_A_MARKET = re.compile(rf"(?P<stem>SHOP_[A-Z0-9_]+)_({'|'.join(SECRETS_OF_MARKETS)})({'|'.join(FORMS)})")


def unknown_names(given: Iterable[str], settings: Collection[str]) -> dict[str, str | None]:
    """Names that begin with ``TTS_`` and mean nothing, each with the nearest that does; ``settings``: in capitals.

    Kubernetes tells every container where the services of its namespace are; a service whose name begins with ``tts``
    makes such variables, and they are nobody's mistake.
    """
    names = sorted(name for name in given if name.upper().startswith(PREFIX))
    services = tuple(name.removesuffix("_SERVICE_HOST") for name in names if name.endswith("_SERVICE_HOST"))
    foreign = tuple(f"{service}{end}" for service in services for end in ("_SERVICE_", "_PORT"))
    secrets = [f"{one}{form}" for one in SECRETS for form in FORMS]
    known = [f"{PREFIX}{one}" for one in (*settings, *secrets)]
    found: dict[str, str | None] = {}
    for name in names:
        own = name[len(PREFIX) :]
        if own.upper() in settings or own in secrets or _OF_A_MARKET.fullmatch(own) or name.startswith(foreign):
            continue
        found[name] = next(iter(get_close_matches(name.upper(), known, 1, 0.75)), None)
    return found


def of_unknown_markets(given: Iterable[str], markets: Iterable[str]) -> list[str]:
    """Names of secrets of markets that have no file; ``markets``: as their secrets begin, such as ``SHOP_UK``."""
    stems = set(markets)
    found = ((name, _OF_A_MARKET.fullmatch(name.removeprefix(PREFIX))) for name in given if name.startswith(PREFIX))
    return sorted(name for name, match in found if match is not None and match["stem"] not in stems)


def wrong_names(unknown: dict[str, str | None]) -> list[str]:
    """The same in words.  Values are left out: one of them may be a secret."""
    return [
        f"{name} is no setting and no secret: " + ("remove it" if near is None else f"did you mean {near}?")
        for name, near in unknown.items()
    ]
