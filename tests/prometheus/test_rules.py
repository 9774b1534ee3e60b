"""The rules do what their tests say, every rule is tested, and all that they name exists."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.alerts.readings import FAMILIES
from tests.programs import promtool
from tests.prometheus import annotations
from tests.prometheus.catalogue import RULES, faults, rules
from tests.shared import ROOT

Rule = Mapping[str, Any]

FOLDER = ROOT / "prometheus"
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
ALERTS: list[Rule] = [rule for rule in rules() if "alert" in rule]
RECORDED: list[Rule] = [rule for rule in rules() if "record" in rule]
NEVER_SILENT = {"watchdog"}
FROM_SERIES: Mapping[str, set[str]] = {
    "market_alert": {"severity", "priority"},
    "market_wide": {"priority"},
}
"""Labels that an alert has from the exporter's series."""
KINDS: Mapping[str, set[str | None]] = {
    "market": {"P1", "P2", "P3"},
    "health": {"P1", "P2", "P3"},
    "slo": {"P1", "P2", "P3"},
    "paging": {"P2"},
    "watchdog": {None},
}
"""Priorities that alerts of each kind may have."""


def name(rule: Rule) -> str:
    return str(rule.get("alert") or rule["record"])


def cases(key: str) -> Iterator[Mapping[str, Any]]:
    """What is expected, everywhere in the tests: `alert_rule_test` or `promql_expr_test`."""
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            yield from test.get(key, ())


def expected(alert: str) -> list[list[Mapping[str, Any]]]:
    """What the tests expect of an alert, for each time they look."""
    return [
        case.get("exp_alerts") or []
        for case in cases("alert_rule_test")
        if case["alertname"] == alert
    ]


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path: Path) -> None:
    result = promtool("test", "rules", str(path))
    assert result.returncode == 0, result.stdout + result.stderr


def test_promtool_accepts_the_rules() -> None:
    result = promtool("check", "rules", *map(str, sorted(RULES.glob("*.yml"))))
    assert result.returncode == 0, result.stdout + result.stderr


def test_promtool_accepts_the_configuration() -> None:
    result = promtool("check", "config", str(FOLDER / "prometheus.yml"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(list(RULES.glob('*.yml')))} rule files found" in result.stdout


def test_each_group_has_tests_of_its_own() -> None:
    groups = [
        group["name"]
        for path in RULES.glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    assert sorted(groups) == [path.stem for path in TESTS]


@pytest.mark.parametrize("alert", [name(rule) for rule in ALERTS])
def test_each_alert_is_seen_to_fire_and_to_stay_silent(alert: str) -> None:
    found = expected(alert)
    assert any(found), "no test expects it to fire"
    assert all(found) == (alert in NEVER_SILENT), "tests expect it to be silent, unless it never is"


@pytest.mark.parametrize("recorded", [name(rule) for rule in RECORDED])
def test_each_recording_rule_is_asked_for_its_value(recorded: str) -> None:
    assert any(
        recorded in case["expr"] and case.get("exp_samples") for case in cases("promql_expr_test")
    )


@pytest.mark.parametrize("rule", ALERTS, ids=name)
def test_each_alert_says_how_bad_it_is_and_what_it_is_about(rule: Rule) -> None:
    labels, series = rule["labels"], FROM_SERIES.get(name(rule), set())
    assert labels["kind"] in KINDS
    assert not series & set(labels)
    if "severity" not in series:
        assert labels["severity"] in {"info", "warning", "critical"}
    if "priority" not in series:
        assert labels.get("priority") in KINDS[labels["kind"]]
    assert all(rule["annotations"][part] for part in ("summary", "description"))


def test_the_series_has_what_an_alert_takes_from_it() -> None:
    (firing,) = (family for family in FAMILIES if family.name == "market_alert_firing")
    assert {"severity", "priority", "family"} <= set(firing.labels)


def test_the_exporter_decides_when_a_market_alert_fires() -> None:
    market = [rule for rule in ALERTS if rule["labels"]["kind"] == "market"]
    assert {name(rule) for rule in market} == set(FROM_SERIES)
    assert not any("for" in rule for rule in market)


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDED], ids=name)
def test_each_series_that_a_rule_names_exists(rule: Rule) -> None:
    assert faults(rule["expr"]) == []


@pytest.mark.parametrize("rule", ALERTS, ids=name)
def test_each_series_that_an_annotation_names_exists(rule: Rule) -> None:
    asked = [query for text in rule["annotations"].values() for query in annotations.queries(text)]
    assert {query: found for query in asked if (found := set(faults(query)))} == {}


@pytest.mark.parametrize("rule", ALERTS, ids=name)
def test_an_alert_has_the_labels_that_its_annotations_name(rule: Rule) -> None:
    named = set().union(*map(annotations.labels, rule["annotations"].values()))
    seen = {
        label for alerts in expected(name(rule)) for one in alerts for label in one["exp_labels"]
    }
    assert named - {"drill"} <= seen


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_each_series_in_a_test_exists(path: Path) -> None:
    given = {
        one["series"]
        for test in yaml.safe_load(path.read_text())["tests"]
        for one in test["input_series"]
    }
    assert {series: found for series in given if (found := faults(series))} == {}


def test_queries_are_found_in_a_template() -> None:
    template = """{{ $one := `a="b"` }}{{ $two := printf `x{%[1]s,c="%[2]s"}` $one $labels.c }}
    {{ range query (printf `sum(%s) > on (d) y{e="%s"}` $two .Labels.e) }}{{ end }}"""
    assert annotations.queries(template) == ['sum(x{a="b",c="c"}) > on (d) y{e="e"}']
    assert annotations.labels(template) == {"c"}
    with pytest.raises(AssertionError, match="not `query"):
        annotations.queries('{{ query "up" }}')
