"""Values that are words: names of entries, one of several, keys that may be left out."""

import re
from collections.abc import Callable, Collection
from typing import Annotated, TypeVar

from pydantic import AfterValidator, WithJsonSchema

from exporter.config.sentences import refused
from exporter.config.wording import advice, found

V = TypeVar("V")

_NAME = "[a-z][a-z0-9_]{0,59}"


def pattern(expression: str) -> WithJsonSchema:
    """What an editor is told of a text that must match all of `expression`."""
    return WithJsonSchema({"type": "string", "pattern": f"^({expression})$"})


def enum(choices: Collection[str]) -> WithJsonSchema:
    """What an editor is told of a text that must be one of `choices`."""
    return WithJsonSchema({"type": "string", "enum": list(choices)})


def choice(what: str, choices: Collection[str]) -> AfterValidator:
    """A validator that takes nothing but `choices`, each of which is `what`."""

    def check(text: str) -> str:
        if text not in choices:
            raise refused(f"must be {what}, found {found(text)}; {advice(text, choices)}")
        return text

    return AfterValidator(check)


def given(value: object) -> object:
    """The same value; raises for nothing. A key that may be left out may still not be empty."""
    if value is None:
        raise refused("must have a value, found nothing; write one, or remove the key")
    return value


def distinct(values: tuple[V, ...]) -> tuple[V, ...]:
    """The same values; raises where one stands twice."""
    if len(set(values)) < len(values):
        raise refused("has an entry twice; remove one of the two")
    return values


def _check_name(example: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(_NAME, text):
            raise refused(f"must match `{_NAME}`, such as {example}, found {found(text)}")
        return text

    return check


AlertName = Annotated[str, AfterValidator(_check_name("spread_warning")), pattern(_NAME)]
RegimeName = Annotated[str, AfterValidator(_check_name("funding_settlement")), pattern(_NAME)]
ObjectiveName = Annotated[str, AfterValidator(_check_name("spread")), pattern(_NAME)]
