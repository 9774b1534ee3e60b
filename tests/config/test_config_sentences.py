"""Every error that the models can raise has a sentence, and no sentence is without an error."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from exporter.config.schema import MODELS
from exporter.config.sentences import REFUSED, SENTENCES
from exporter.config.translation import problems
from exporter.config.wording import advice, found, listed, place

OWN = {"missing", "extra_forbidden"}
"""Error types that are worded with the names of the keys beside them."""

CONSTRAINTS = {
    "gt": "greater_than",
    "ge": "greater_than_equal",
    "lt": "less_than",
    "le": "less_than_equal",
    "min_length": "too_short",
    "max_length": "too_long",
}
ERRORS: Mapping[str, set[str]] = {
    "model": {"model_type"},
    "model-fields": {"model_type", "missing", "extra_forbidden"},
    "dict": {"dict_type"},
    "tuple": {"tuple_type"},
    "bool": {"bool_type"},
    "str": {"string_type"},
    "int": {"int_type"},
    "decimal": {"is_instance_of", "finite_number"},
    "function-before": {REFUSED},
    "function-after": {REFUSED},
    "default": set(),
    "nullable": set(),
    "model-field": set(),
    "definitions": set(),
    "definition-ref": set(),
}
"""What each validator of pydantic can say in strict mode, but for the constraints above."""

ODD: list[object] = [
    None,
    True,
    "5",
    "",
    5,
    0,
    -1,
    10**30,
    2.5,
    float("nan"),
    float("inf"),
    [],
    [1, 1],
    list(range(1, 200)),
    ["x"],
    {},
    {"x": 1},
]

_NO_VALIDATORS = {"serialization", "metadata", "default", "function", "json_schema_input_schema"}


def validators(node: object) -> Iterator[dict[str, Any]]:
    """Every validator inside a core schema; serializers and metadata are none."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for key, value in node.items():
            if key not in _NO_VALIDATORS:
                yield from validators(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from validators(value)


def possible(model: type[BaseModel]) -> set[str]:
    """The types of all errors that validation by `model` can end with."""
    types: set[str] = set()
    for validator in validators(model.__pydantic_core_schema__):
        types |= ERRORS[validator["type"]]
        types |= {error for word, error in CONSTRAINTS.items() if word in validator}
    return types


def mutations(tree: Any) -> Iterator[Any]:
    """Copies of `tree`, each with one value, of any depth, replaced by an odd one."""
    yield from ODD
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from ({**tree, key: odd} for odd in mutations(value))
            yield {name: other for name, other in tree.items() if name != key}
        yield {**tree, "odd": 1}
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from ([*tree[:index], odd, *tree[index + 1 :]] for odd in mutations(value))


def refusal(model: type[BaseModel], value: object) -> ValidationError | None:
    """Why `model` refuses `value`; None where it accepts it."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        return error
    return None


def test_the_table_has_exactly_the_errors_that_the_models_can_raise() -> None:
    assert set.union(*(possible(model) for model in MODELS.values())) == SENTENCES.keys() | OWN


@pytest.mark.parametrize("name", sorted(MODELS))
def test_no_odd_value_anywhere_reaches_the_fallback_or_pydantic_s_words(
    shipped: Path, name: str
) -> None:
    tree = yaml.safe_load((shipped / f"{name}.yaml").read_text())
    count = 0
    for odd in mutations(tree):
        error = refusal(MODELS[name], odd)
        if error is None:
            continue
        assert {details["type"] for details in error.errors()} <= SENTENCES.keys() | OWN
        for problem in problems(f"{name}.yaml", MODELS[name], error):
            count += 1
            assert "Input should" not in problem.sentence
            assert "{" not in problem.sentence
            assert "\n" not in str(problem)
    assert count > 50


def test_places() -> None:
    assert place(()) == ""
    assert place(("depth", "bands_bps", 1)) == "depth.bands_bps[1]"
    assert place(("a\nb", "")) == 'a\\nb.""'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "true"),
        (5, "5"),
        (2.5, "2.5"),
        (Decimal("1E-8"), "1E-8"),
        (float("nan"), "nan"),
        ("a", 'the text "a"'),
        ("a\nb", 'the text "a\\nb"'),
        ("x" * 61, f'the text "{"x" * 60}…"'),
        ([1], "a list"),
        ({}, "a mapping"),
    ],
)
def test_what_was_found_is_put_on_one_line(value: object, words: str) -> None:
    assert found(value) == words


def test_names_are_listed_and_near_misses_found() -> None:
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
    assert advice("Binance", ["binance", "okx"]) == "did you mean `binance`?"
    assert advice("kraken", ["binance", "okx"]) == "write binance or okx"
