"""The one refusal of the control API."""

from pydantic import BaseModel, ValidationError

from streams.market.errors import finding_of


class Unusable(ValueError):
    """A control request that cannot be carried out; nothing of it is kept."""


def unusable_as(model: type[BaseModel], problem: ValidationError) -> Unusable:
    """The first thing wrong with a request: field, value, what helps."""
    field, value, reason, remedy = finding_of(problem, model)
    shown = "" if value is None else f" = {value!r}"
    return Unusable(f"{'body' if field == 'file' else field}{shown}: {reason}. Remedy: {remedy}")
