"""Query predicates read: the part of commercetools' language that callers of stock, orders and messages need.

`sku in ("A", "B")`, `id > "…"`, `supplyChannel(id = :ch)`, `supplyChannel is not defined`, `and`, `or`, `not (…)` and
parentheses. Anything else is refused, as a misspelt predicate is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Value = str | int | bool
Path = tuple[str, ...]


class Malformed(ValueError):
    """The predicate cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one value."""

    path: Path
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """One field against a list of values."""

    path: Path
    values: tuple[Value, ...]
    listed: bool
    """False for `not in`."""


@dataclass(frozen=True, slots=True)
class Defined:
    """Whether a field is there."""

    path: Path
    there: bool


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Predicate"


Predicate = Compare | OneOf | Defined | Every | Some | Not

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+)(?![\w.])|(?P<variable>:[A-Za-z_][\w-]*)'
    r"|(?P<word>[A-Za-z_][\w-]*)|(?P<sign><=|>=|<>|!=|[=<>(),]))"
)
OPERATORS = {"=": "=", "!=": "<>", "<>": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


def read(text: str, variables: Mapping[str, Sequence[str]]) -> Predicate:
    """The predicate; raises `Malformed`."""
    reader = _Reader(list(_tokens(text)), variables)
    predicate = reader.some(())
    reader.end()
    return predicate


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(f"unexpected input at position {at + 1}: {text[at : at + 20]!r}")
        yield found.lastgroup or "", found[found.lastgroup or 0]
        at = found.end()


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], variables: Mapping[str, Sequence[str]]) -> None:
        self._tokens, self._at, self._variables = tokens, 0, variables

    def some(self, inside: Path) -> Predicate:
        parts = [self._every(inside)]
        while self._took("or"):
            parts.append(self._every(inside))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise Malformed(f"unexpected {self._tokens[self._at][1]!r}")

    def _every(self, inside: Path) -> Predicate:
        parts = [self._one(inside)]
        while self._took("and"):
            parts.append(self._one(inside))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self, inside: Path) -> Predicate:
        if self._took("not"):
            self._must("(")
            part = self.some(inside)
            self._must(")")
            return Not(part)
        if self._took("("):
            part = self.some(inside)
            self._must(")")
            return part
        path = (*inside, self._next("word"))
        if self._took("("):
            part = self.some(path)
            self._must(")")
            return part
        if self._took("is"):
            there = not self._took("not")
            self._must("defined")
            return Defined(path, there)
        if self._took("not"):
            self._must("in")
            return OneOf(path, self._values(), listed=False)
        if self._took("in"):
            return OneOf(path, self._values(), listed=True)
        operator = self._next("sign")
        if operator not in OPERATORS:
            raise Malformed(f"unexpected {operator!r} after {'.'.join(path)}")
        return Compare(path, OPERATORS[operator], self._value())

    def _values(self) -> tuple[Value, ...]:
        if self._kind() == "variable":
            return tuple(self._variable())
        self._must("(")
        values: list[Value] = []
        while True:
            values += self._variable() if self._kind() == "variable" else [self._value()]
            if not self._took(","):
                break
        self._must(")")
        return tuple(values)

    def _value(self) -> Value:
        match self._kind():
            case "text":
                return re.sub(r"\\(.)", r"\1", self._next("text")[1:-1])
            case "number":
                return int(self._next("number"))
            case "variable":
                values = self._variable()
                if len(values) != 1:
                    raise Malformed("a variable with several values where one is wanted")
                return values[0]
            case _:
                word = self._next("word")
                if word not in ("true", "false"):
                    raise Malformed(f"unexpected {word!r} where a value is wanted")
                return word == "true"

    def _variable(self) -> list[Value]:
        name = self._next("variable")[1:]
        if name not in self._variables:
            raise Malformed(f"variable {name!r} has no value: var.{name} is missing")
        return list(self._variables[name])

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self, kind: str) -> str:
        if self._kind() != kind:
            found = repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"
            raise Malformed(f"unexpected {found} where a {kind} is wanted")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _took(self, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] in (("word", text), ("sign", text)):
            self._at += 1
            return True
        return False

    def _must(self, text: str) -> None:
        if not self._took(text):
            found = repr(self._tokens[self._at][1]) if self._at < len(self._tokens) else "the end"
            raise Malformed(f"unexpected {found} where {text!r} is wanted")
