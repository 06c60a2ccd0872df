"""Paths into a value: ``stock.levels[0].qty``, ``items[*]``, ``stock.*``, ``["name.with.dots"].x``.

Names are those of the record, separated by dots; what has a dot, a bracket or a quote in it is written in brackets and
quotes.  ``[n]`` is a place in an array, from its end when negative; ``[*]`` is every place, ``*`` every member of an
object.  A path is looked for in the innermost part that a setting is about; ``$.`` begins at the record instead, ``^.``
one part further out, and the record is the outermost.  The empty path, or ``.``, is the part itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from streams.adapter.outcome import MISSING, joined

Base = Literal["here", "record", "outer"]
EVERY: Final = object()
"""A step to every place of an array."""
MEMBERS: Final = object()
"""A step to every member of an object."""

_STEP: Final = re.compile(
    r"""(?:^|\.)(?P<every>\*)(?=[.\[]|$)
    | (?:^|\.)(?P<name>[^.\[\]"*]+)
    | \[(?:(?P<index>-?[0-9]{1,9})|(?P<all>\*)|"(?P<quoted>(?:[^"\\]|\\.)*)")\]""",
    re.VERBOSE,
)

Get = Callable[[Any], Any]


class Steps(NamedTuple):
    """A path, taken apart."""

    base: Base
    steps: tuple[Any, ...]

    @property
    def one(self) -> bool:
        """It leads to one value at most."""
        return EVERY not in self.steps and MEMBERS not in self.steps


def parse(text: str) -> Steps:
    """A ValueError says what is wrong with the path."""
    base: Base = "here"
    rest = text
    if text[:1] in ("$", "^"):
        base = "record" if text[0] == "$" else "outer"
        rest = text[1:].removeprefix(".")
    if rest == ".":
        rest = ""
    steps: list[Any] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at) if at == 0 or rest[at] in ".[" else None
        if found is None:
            raise ValueError(
                f"{text!r} is no path at {rest[at:]!r}; remedy: write names with dots between them, [n] or [*] for "
                'places, and ["…"] around names that hold dots, brackets, quotes or stars'
            )
        steps.append(_step(found))
        at = found.end()
    return Steps(base, tuple(steps))


def _step(found: re.Match[str]) -> Any:
    if found["every"]:
        return MEMBERS
    if found["all"]:
        return EVERY
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"])
    return found["name"]


def getter(steps: tuple[Any, ...]) -> Get:
    """A function that finds the one value of a path in a part; MISSING where there is none, or null."""
    match steps:
        case ():
            return _itself
        case (str() as name,):
            return _member(name)
        case (str() as first, str() as second):
            return _member_of_member(first, second)
    return _walk(steps)


def _itself(part: Any) -> Any:
    return MISSING if part is None else part


def _member(name: str) -> Get:
    def get(part: Any) -> Any:
        if isinstance(part, dict):
            found = part.get(name)
            return MISSING if found is None else found
        return MISSING

    return get


def _member_of_member(first: str, second: str) -> Get:
    def get(part: Any) -> Any:
        if isinstance(part, dict):
            inner = part.get(first)
            if isinstance(inner, dict):
                found = inner.get(second)
                return MISSING if found is None else found
        return MISSING

    return get


def _walk(steps: tuple[Any, ...]) -> Get:
    def get(part: Any) -> Any:
        for step in steps:
            part = _into(part, step)
            if part is MISSING:
                return MISSING
        return part

    return get


def _into(part: Any, step: str | int) -> Any:
    if isinstance(step, str):
        found = part.get(step) if isinstance(part, Mapping) else None
    elif isinstance(part, (list, tuple)) and -len(part) <= step < len(part):
        found = part[step]
    else:
        found = None
    return MISSING if found is None else found


class Found(NamedTuple):
    """One of the values of a path with stars."""

    place: str
    """Where it stands."""
    member: str | None
    """Name of the object's member that the last star met; None: it met a place of an array."""
    value: Any


def found_by(steps: tuple[Any, ...], part: Any) -> Iterator[Found] | None:
    """Every value of a path, nulls included; None: the array or object that the first star is about is not there."""
    fixed = next((at for at, step in enumerate(steps) if step is EVERY or step is MEMBERS), len(steps))
    holder = _walk(steps[:fixed])(part)
    if fixed < len(steps) and not isinstance(holder, (list, tuple) if steps[fixed] is EVERY else Mapping):
        return None
    return _expanded(holder, steps[fixed:], written(steps[:fixed]), None)


def _expanded(part: Any, steps: tuple[Any, ...], place: str, member: str | None) -> Iterator[Found]:
    if not steps:
        yield Found(place, member, part)
        return
    step, rest = steps[0], steps[1:]
    if step is EVERY:
        if isinstance(part, (list, tuple)):
            for at, one in enumerate(part):
                yield from _expanded(one, rest, f"{place}[{at}]", member)
    elif step is MEMBERS:
        if isinstance(part, Mapping):
            for name, one in part.items():
                yield from _expanded(one, rest, joined(place, written((str(name),))), str(name))
    else:
        yield from _expanded(_into(part, step), rest, joined(place, written((step,))), member)


_PLAIN: Final = re.compile(r'[^.\[\]"*]+')


def written(steps: tuple[Any, ...]) -> str:
    """A path as people write it."""
    text = ""
    for step in steps:
        if step is EVERY:
            text += "[*]"
        elif step is MEMBERS:
            text = joined(text, "*")
        elif isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text = joined(text, step)
        else:
            text += '["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text
