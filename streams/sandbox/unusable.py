"""The one refusal of the control API."""


class Unusable(ValueError):
    """A control request that cannot be carried out; nothing of it is kept."""
