"""Buffer terms of a market file: units held back from sale, so that we never sell what we cannot ship.

Each term is optional, and may be given for the market, for a category and for a single SKU; the nearest
one counts, term by term.  A term of 0 (an empty list of campaigns) switches off what is inherited.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Units = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class Values(BaseModel):
    """A part of a market file: unchangeable, and nothing in it that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Velocity(Values):
    """What sells fast is held back more: units ordered in the last minutes, times a factor."""

    minutes: int = Field(ge=1, le=1440, strict=True)
    """Length of the window that is looked back."""
    factor: Decimal = Field(ge=0, le=100, decimal_places=3)
    """Units held back per unit sold within the window; 0 switches the term off."""


class Campaign(Values):
    """More is held back while a campaign runs."""

    name: str = Field(min_length=1)
    """For people; the explanation of a quantity names the term ``campaign``."""
    starts: AwareDatetime
    """First moment of the window, with offset."""
    ends: AwareDatetime
    """First moment after the window, with offset."""
    absolute: Units = 0
    """Units held back during the window."""
    percentage: Percent = Decimal(0)
    """Percent of the units shared to the market that are held back during the window."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("the campaign ends before it starts; remedy: let ends be later than starts")
        return self


class BufferTerms(Values):
    """Terms at one place: the market, a category or a SKU.  None: what the wider place says."""

    absolute: Units | None = None
    """Units always held back."""
    percentage: Percent | None = None
    """Percent of the units shared to the market, rounded up."""
    threshold: Units | None = None
    """Below so many units shared to the market nothing is offered at all."""
    velocity: Velocity | None = None
    """Held back by the speed of sales."""
    campaigns: tuple[Campaign, ...] | None = None
    """Windows in which more is held back."""


class Buffer(BufferTerms):
    """The market's terms and what deviates from them."""

    combine: Literal["max", "sum"] = "max"
    """max: the largest term counts.  sum: the terms add up."""
    category: dict[str, BufferTerms] = Field(default_factory=dict)
    """By category key."""
    sku: dict[str, BufferTerms] = Field(default_factory=dict)
    """By SKU; stronger than its category."""

    def terms(self, category: str | None, sku: str) -> BufferTerms:
        """The terms in force for one SKU, each from the nearest place that names it."""
        places = (self.sku.get(sku), self.category.get(category) if category is not None else None, self)
        found = {}
        for term in BufferTerms.model_fields:
            values = (getattr(place, term) for place in places if place is not None)
            found[term] = next((value for value in values if value is not None), None)
        return BufferTerms.model_construct(**found)
