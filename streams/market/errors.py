"""What is wrong with a market file, said so that its owner can correct it: setting, value, remedy."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

REMEDIES = {
    "missing": "add the setting",
    "extra_forbidden": "remove it, or correct its spelling",
    "literal_error": "use one of the words named",
    "bool_type": "write true or false",
    "timezone_aware": "write the time with its offset, such as 2026-11-27T08:00:00+00:00",
    "string_pattern_mismatch": "use the form named",
}
"""By pydantic's error type; the others say in their own message what is allowed."""


class MarketError(ValueError):
    """A market file cannot be used."""

    def __init__(self, file: str, setting: str, value: object, reason: str, remedy: str) -> None:
        shown = "" if value is None else f" = {value!r}"
        super().__init__(f"{file}: {setting}{shown}: {reason}. Remedy: {remedy}.")
        self.file = file
        self.setting = setting
        self.value = value
        self.remedy = remedy


def market_error(file: str, error: ValidationError, root: type[BaseModel]) -> MarketError:
    """The first finding of a validation, as an error of ours."""
    return MarketError(file, *finding_of(error, root))


def finding_of(error: ValidationError, root: type[BaseModel]) -> tuple[str, object, str, str]:
    """Setting, value, reason and remedy of the first finding of a validation."""
    findings = error.errors(include_url=False)
    finding = next((one for one in findings if one["type"] == "extra_forbidden"), findings[0])  # a misspelling first
    path = finding["loc"]
    setting = ".".join(str(part) for part in path) or "file"
    kind = finding["type"]
    remedy = REMEDIES.get(kind, "correct the value in the file")
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _names_beside(root, path[:-1]), 1)
        remedy += f": did you mean {near[0]}?" if near else ""
    value = finding.get("input")
    if kind == "missing" or isinstance(value, (Mapping, list)):
        value = None
    reason = finding["msg"].removeprefix("Value error, ").rstrip(".")
    if "; remedy: " in reason:
        reason, remedy = reason.split("; remedy: ", 1)
    return setting, value, reason, remedy.rstrip("?.") if not remedy.endswith("?") else remedy[:-1]


def _names_beside(root: type[BaseModel], path: Sequence[Any]) -> list[str]:
    """The settings known at a place of the file."""
    model: Any = root
    for part in path:
        if isinstance(part, int):
            continue
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        model = _model_of(field.annotation)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_of(annotation: Any) -> Any:
    """The model inside an annotation such as ``tuple[Warehouse, ...]`` or ``DeadBand | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_of(part)
        if found is not None:
            return found
    return None
