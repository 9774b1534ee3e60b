"""The dashboards are as Grafana's own types have them, and what is not so is found."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.grafana.dashboards import Board, shipped
from tests.grafana.rules.panel import CORE
from tests.grafana.sample import GRAPH, STAT, TABLE, Mutation, broken, every_kind
from tests.grafana.schema import generate
from tests.grafana.schema.deviations import DEVIATIONS, Deviation
from tests.grafana.schema.faults import Schema

BOARDS = shipped()


def stop(error: generate.CannotMakeError) -> NoReturn:
    """Without the schema nothing is proven: a failure in CI, a skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(f"the dashboards' schema is needed in CI: {error}")
    pytest.skip(f"the dashboards' schema cannot be made: {error}")


@pytest.fixture(scope="module")
def generated(request: pytest.FixtureRequest) -> dict[str, Any]:
    cache = request.config.cache
    assert cache is not None
    try:
        return generate.schema(cache.mkdir("grafana-schema"))
    except generate.CannotMakeError as error:
        stop(error)


@pytest.fixture(scope="module")
def schema(generated: dict[str, Any]) -> Schema:
    return Schema(generated)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_shipped_dashboard_is_as_grafana_s_types_have_it(board: Board, schema: Schema) -> None:
    faults = list(schema.faults(board))
    assert not faults, "\n".join(faults)


def test_panels_as_the_sdk_writes_them_are_without_a_fault(schema: Schema) -> None:
    assert list(schema.faults(every_kind())) == []
    assert list(schema.faults(broken(lambda spec: None))) == []


def test_the_kinds_of_panels_that_the_rules_allow_have_their_types_here(schema: Schema) -> None:
    assert set(schema.plugins) == CORE


def options(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at]["options"].update(changed)


def panel(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at].update(changed)


def custom(at: int, **changed: object) -> Mutation:
    return lambda spec: spec["panels"][at]["fieldConfig"]["defaults"]["custom"].update(changed)


def override(name: str, value: object) -> Mutation:
    def add(spec: dict[str, Any]) -> None:
        (one,) = spec["panels"][TABLE]["fieldConfig"]["overrides"]
        one["properties"].append({"id": name, "value": value})

    return add


def transformation(name: str, **taken: object) -> Mutation:
    one = {"id": name, "options": taken}
    return lambda spec: spec["panels"][TABLE]["transformations"].append(one)


@pytest.mark.parametrize(
    ("mutation", "fault"),
    [
        (lambda spec: spec.update(refesh="5s"), "('refesh' was unexpected)"),
        (lambda spec: spec.update(editable="no"), "editable: 'no' is not of type 'boolean'"),
        (lambda spec: spec.update(graphTooltip=7), "graphTooltip: 7 is not one of"),
        (lambda spec: spec.pop("schemaVersion"), "'schemaVersion' is a required property"),
        (
            lambda spec: spec["templating"]["list"][1].update(refresh=5),
            "templating.list[1].refresh: 5 is not one of",
        ),
        (
            lambda spec: spec["annotations"]["list"][0].update(exprs="up"),
            "('exprs' was unexpected)",
        ),
        (lambda spec: spec["panels"][0].update(colapsed=True), "'Now': row: Additional"),
        (panel(STAT, descripton="?"), "'Widest': panel: Additional properties"),
        (panel(STAT, gridPos={"h": "6", "w": 6, "x": 0, "y": 1}), "gridPos.h: '6' is not of type"),
        (
            lambda spec: spec["panels"][GRAPH]["fieldConfig"]["defaults"]["links"][0].pop("url"),
            "link Sample: ",
        ),
        (transformation("sortBye"), "the transformation sortBye is not among"),
        (transformation("organize", renameByname={}), "organize: Additional properties"),
        (transformation("organize", indexByName={"A": "1"}), "indexByName.A: '1' is not of type"),
        (panel(STAT, type="singlestat"), "the type singlestat is not among"),
        (options(STAT, colourMode="value"), "options: Additional properties"),
        (options(STAT, colorMode="purple"), "options: colorMode: 'purple' is not one of"),
        (options(STAT, wideLayout="wide"), "options: wideLayout: 'wide' is not of type 'boolean'"),
        (options(STAT, reduceOptions={}), "reduceOptions: 'calcs' is a required property"),
        (options(TABLE, footer={"show": True}), "options: footer: {'"),
        (custom(GRAPH, lineWdith=1), "custom: Additional properties"),
        (custom(GRAPH, lineWidth="1"), "custom: lineWidth: '1' is not of type 'number'"),
        (custom(GRAPH, drawStyle="lines"), "custom: drawStyle: 'lines' is not one of"),
        (override("custom.widht", 1), "override Spread: custom.widht is unknown"),
        (override("custom.width", "1"), "override Spread: custom.width: '1' is not of type"),
        (override("units", "s"), "override Spread: units is unknown"),
        (override("color", {"mode": "fix"}), "color: mode: 'fix' is not one of"),
        (override("links", [{"title": "x", "href": "/d/x"}]), "links: [0]: "),
        (
            override("mappings", [{"type": "value", "options": {"1": {"colour": "red"}}}]),
            "('colour' was unexpected)",
        ),
        (
            lambda spec: spec["panels"][GRAPH]["targets"][0].update(legendformat="x"),
            "query A: Additional properties",
        ),
    ],
)
def test_what_is_not_of_grafana_s_types_is_found(
    mutation: Mutation, fault: str, schema: Schema
) -> None:
    assert any(fault in one for one in schema.faults(broken(mutation)))


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda one: one.why)
def test_no_deviation_is_allowed_that_the_sdk_does_not_need(
    deviation: Deviation, generated: dict[str, Any]
) -> None:
    rest: Sequence[Deviation] = [one for one in DEVIATIONS if one is not deviation]
    assert list(Schema(generated, rest).faults(broken(lambda spec: None)))


def test_without_the_programs_the_schema_is_missed_in_ci_and_skipped_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(generate.CannotMakeError, match="node is not installed") as error:
        generate.schema(tmp_path)
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="node is not installed"):
        stop(error.value)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="node is not installed"):
        stop(error.value)


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (generate.FOLDER / "package-lock.json").read_text()
