"""From pydantic's errors to problems: where, what is wrong, what to write instead."""

from collections.abc import Iterator, Sequence
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exporter.config.sentences import sentence
from exporter.config.wording import advice, place
from exporter.errors import Problem

KEY = "[key]"
"""Pydantic's mark at the end of a location that means a key of a mapping, not its value."""

Location = Sequence[str | int]


def problems(file: str, model: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    """One problem for each error of `model` in `file`."""
    for details in error.errors(include_url=False):
        location = [part for part in details["loc"] if part != KEY]
        if not _is_echo(details):
            yield Problem(file, place(location), _sentence(model, location, details))


def _is_echo(details: ErrorDetails) -> bool:
    """Pydantic calls a list too short when its entries are wrong, which they already said."""
    return details["type"] == "too_short" and bool(details["input"])


def _sentence(model: type[BaseModel], location: Location, details: ErrorDetails) -> str:
    if details["type"] not in {"missing", "extra_forbidden"}:
        return sentence(details)
    *parents, key = location
    fields = _section(model, parents).model_fields
    if details["type"] == "missing":
        return f"is missing; add `{key}:`, {fields[str(key)].description}"
    return f"is not a known key; {advice(str(key), fields)}"


def _section(kind: object, location: Location) -> type[BaseModel]:
    """The model that describes the mapping at `location` beneath a value of type `kind`."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not location:
            return kind
        return _section(kind.model_fields[str(location[0])].annotation, location[1:])
    return _section(get_args(kind)[-1], location[1:])
