"""What is wrong with an adapter file: file, setting, value, remedy."""

from pydantic import BaseModel, ValidationError

from streams.market.errors import finding_of


class AdapterError(ValueError):
    """An adapter file cannot be used."""

    def __init__(self, file: str, setting: str, value: object, reason: str, remedy: str) -> None:
        shown = "" if value is None else f" = {value!r}"
        super().__init__(f"{file}: {setting}{shown}: {reason}. Remedy: {remedy}.")
        self.file = file
        self.setting = setting
        self.value = value
        self.remedy = remedy


def adapter_error(file: str, error: ValidationError, root: type[BaseModel]) -> AdapterError:
    """The first finding of a validation, as an error of ours."""
    return AdapterError(file, *finding_of(error, root))
