"""Refusals: one value with the status, the code and the fields commercetools gives it."""

from dataclasses import dataclass, field

from streams.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is not carried out, and nothing of it is."""

    status: int
    code: str
    message: str
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """Refused at the door, in the words of OAuth: 400 and 401 of the token endpoint, 401 and 403 of the API."""

    status: int
    error: str
    message: str


def invalid_input(message: str) -> Refused:
    return Refused(400, "InvalidInput", message)


def invalid_json(detail: str) -> Refused:
    return Refused(
        400, "InvalidJsonInput", "Request body does not contain valid JSON.", {"detailedErrorMessage": detail}
    )


def invalid_operation(message: str) -> Refused:
    return Refused(400, "InvalidOperation", message)


def invalid_field(name: str, value: object) -> Refused:
    return Refused(
        400,
        "InvalidField",
        f"The value '{value}' is not valid for field '{name}'.",
        {"field": name, "invalidValue": value},
    )


def required_field(name: str) -> Refused:
    return Refused(400, "RequiredField", f"A value is required for field '{name}'.", {"field": name})


def duplicate_field(name: str, value: object) -> Refused:
    return Refused(
        400,
        "DuplicateField",
        f"A duplicate value '{value}' exists for field '{name}'.",
        {"field": name, "duplicateValue": value},
    )


def reference_not_found(type_id: str, named: Json) -> Refused:
    name, value = next(iter(named.items()))
    text = f"The referenced object of type '{type_id}' with {'identifier' if name == 'id' else name} '{value}'"
    return Refused(400, "ReferencedResourceNotFound", f"{text} was not found.", {"typeId": type_id, **named})


def not_found(type_id: str, name: str) -> Refused:
    return Refused(404, "ResourceNotFound", f"The Resource of type '{type_id}' with {name} was not found.")


def conflict(type_id: str, resource: str, expected: int, current: int) -> Refused:
    text = f"Object {resource} of type {type_id} has a different version than expected."
    return Refused(
        409, "ConcurrentModification", f"{text} Expected: {expected} - Actual: {current}.", {"currentVersion": current}
    )
