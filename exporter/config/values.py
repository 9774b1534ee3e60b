"""What the models are made of: frozen sections, tables by name, exact numbers, rising lists."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
)
from pydantic.fields import FieldInfo

from exporter.config.sentences import refused
from exporter.config.wording import listed

K = TypeVar("K")
V = TypeVar("V")
Number = TypeVar("Number", int, Decimal)


class Section(BaseModel):
    """A mapping with known keys: frozen, nothing converted silently, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def exact(value: object) -> object:
    """The Decimal that a YAML number spells (0.1 is 0.1); anything else is left to be refused."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


def rising(values: tuple[Number, ...]) -> tuple[Number, ...]:
    """The same values; raises where one is not above the one before it."""
    for before, after in pairwise(values):
        if after <= before:
            ordered = ", ".join(str(value) for value in sorted(set(values)))
            raise refused(f"must rise strictly, but {after} follows {before}; write [{ordered}]")
    return values


def one_of(choices: Collection[int]) -> Callable[[int], int]:
    """A validator that takes nothing but `choices`."""

    def check(value: int) -> int:
        if value not in choices:
            raise refused(f"must be {listed(map(str, choices), 'or')}, found {value}")
        return value

    return check


def up_to(limit: int) -> FieldInfo:
    """The bounds of a Decimal above zero and at most `limit`, in the JSON schema too."""
    bounds: FieldInfo = Field(gt=0, le=limit, json_schema_extra={"maximum": limit})
    return bounds


Table = Annotated[
    Mapping[K, V],
    Field(min_length=1),
    AfterValidator(MappingProxyType),
    PlainSerializer(dict),
]
"""A mapping by free names, with at least one entry, read-only once it is loaded."""

Positive = Annotated[Decimal, Field(gt=0), BeforeValidator(exact)]
BasisPoints = Annotated[Decimal, Field(gt=0, lt=10_000), BeforeValidator(exact)]
Percent = Annotated[Decimal, Field(gt=0, lt=100), BeforeValidator(exact)]
Share = Annotated[Decimal, up_to(1), BeforeValidator(exact)]
Seconds = Annotated[Decimal, up_to(3600), BeforeValidator(exact)]
WindowSeconds = Annotated[int, Field(ge=2, le=3600)]

RisingBasisPoints = Annotated[
    tuple[BasisPoints, ...], Strict(False), Field(min_length=1), AfterValidator(rising)
]
RisingSeconds = Annotated[
    tuple[Positive, ...], Strict(False), Field(min_length=1), AfterValidator(rising)
]
