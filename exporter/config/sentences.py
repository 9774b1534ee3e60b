"""What each kind of validation error says to a person; pydantic's own wording stays inside."""

from collections.abc import Mapping

from pydantic_core import ErrorDetails, PydanticCustomError

from exporter.config.wording import found

REFUSED = "refused"
"""The kind of the errors raised by this package's own validators; they bring their sentence."""

FALLBACK = "cannot be used, found {found}; compare it with the shipped configuration"

SENTENCES: Mapping[str, str] = {
    REFUSED: "{sentence}",
    "dict_type": "must be a mapping, found {found}; indent lines of `name: value` beneath it",
    "model_type": "must be a mapping, found {found}; indent lines of `name: value` beneath it",
    "tuple_type": "must be a list, found {found}; write it like [1, 2, 3]",
    "bool_type": "must be true or false, found {found}; write one of them, without quotes",
    "string_type": "must be text, found {found}; put it in quotes",
    "int_type": "must be a whole number, found {found}; write it like 60, without quotes",
    "is_instance_of": "must be a number, found {found}; write it like 2.5, without quotes",
    "finite_number": "must be a finite number, found {found}; write digits",
    "greater_than": "must be more than {gt}, found {found}",
    "greater_than_equal": "must be at least {ge}, found {found}",
    "less_than": "must be less than {lt}, found {found}",
    "less_than_equal": "must be at most {le}, found {found}",
    "too_short": "must have at least one entry, found none; add one",
    "too_long": "must have at most {max_length} entries, found {actual_length}; remove some",
}
"""Sentence by pydantic's error type; unknown and missing keys are worded in `translation.py`."""


def refused(sentence: str) -> PydanticCustomError:
    """The error that a validator of this package raises; the sentence reaches the person as is."""
    return PydanticCustomError(REFUSED, "{sentence}", {"sentence": sentence})


def sentence(error: ErrorDetails) -> str:
    """The sentence for one error of pydantic."""
    template = SENTENCES.get(error["type"], FALLBACK)
    return template.format_map({**error.get("ctx", {}), "found": found(error["input"])})
