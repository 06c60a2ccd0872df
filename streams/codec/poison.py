"""Records that can never be processed, as one error with a stable code.

Whoever reads a record raises ``Poison``; the engine writes the record, with what is said here, to
``sync-dead-letters`` and goes on.  It is never raised for something that may pass by itself: an unreachable registry
is ``RegistryUnavailable``, upon which the step is tried again.
"""

from typing import Final, Literal

PoisonCode = Literal[
    "undecodable", "schema-unknown", "contract-violated", "unmappable", "key-missing", "oversize", "rule-failed"
]

MEANINGS: Final[dict[PoisonCode, str]] = {
    "undecodable": "the bytes are not what their framing says",
    "schema-unknown": "the framing names a schema we do not know",
    "contract-violated": "it can be read, but breaks the topic's contract",
    "unmappable": "an adapter does not find in it what its file says",
    "key-missing": "the record has no key, so nothing says what it is about",
    "oversize": "larger than the topic, or the dead-letter topic, may carry",
    "rule-failed": "a rule of ours raised on it: our bug",
}

LONGEST_VALUE: Final = 80
"""Characters of a value shown to people: enough to recognise it, never a whole payload."""


class Poison(Exception):
    """This record can never be processed: which field, what it holds, what is wrong with it and what helps."""

    def __init__(
        self, code: PoisonCode, field: str | None, value: str | None, remedy: str, trace: str | None = None
    ) -> None:
        place = "" if field is None else f"{field}: "
        held = "" if value is None else f"{value!r}; "
        super().__init__(f"{code}: {place}{held}{remedy}")
        self.code: PoisonCode = code
        self.field = field
        """Path of the field, such as ``levels[0].quantity``; None: the record as a whole."""
        self.value = value
        """What it holds, shortened."""
        self.remedy = remedy
        """What is wrong, and what a person can do."""
        self.trace = trace
        """Python's trace, of a rule that failed."""


class RegistryUnavailable(Exception):
    """The schema registry does not answer: nothing is wrong with the record, try again later."""


def shown(value: object) -> str:
    """A value as people see it: shortened; of bytes only the beginning, in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 16 else f"{value[:16].hex()}… ({len(value)} bytes)"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
