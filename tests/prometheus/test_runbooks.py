"""Runbooks: one for each alert and none without, whole, and with queries that can be pasted."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from promql_parser import MatchOp
from yarl import URL

from exporter.config.alerts import AlertRule
from exporter.web.asked import wanted
from tests.prometheus.catalogue import faults, matchers, rules
from tests.shared import ROOT, shipped

FOLDER = ROOT / "prometheus" / "runbooks"
RUNBOOKS = sorted(FOLDER.glob("*.md"))
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Escalate when"]
GENERIC = "market_alert"
"""The rule for all market alerts; each is named by its entry in alerts.yaml."""

LOGGED = {"rest_failed", "std_too_low"}
"""Lines of the log, and reasons, that end like an alert."""

EVERY = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)


def configured() -> dict[str, AlertRule]:
    """The market alerts that are shipped."""
    return dict(shipped().alerts.alerts)


def alerts() -> set[str]:
    """Every alert that can reach somebody."""
    return {*configured(), *(rule["alert"] for rule in rules() if "alert" in rule)} - {GENERIC}


def blocks(runbook: Path, language: str) -> Iterator[str]:
    """What stands in the fenced blocks of a language."""
    for token in MarkdownIt().parse(runbook.read_text()):
        if token.type == "fence" and token.info == language:
            yield token.content


def headings(runbook: Path) -> list[tuple[str, str]]:
    """Tag and text of each heading."""
    tokens = MarkdownIt().parse(runbook.read_text())
    return [
        (token.tag, text.content)
        for token, text in pairwise(tokens)
        if token.type == "heading_open"
    ]


def section(runbook: Path, heading: str) -> str:
    """The text under a heading, on one line; "" is what stands before the first."""
    parts = re.split(r"^## (.*)$", "## \n" + runbook.read_text(), flags=re.MULTILINE)
    return " ".join(dict(zip(parts[1::2], parts[2::2], strict=True))[heading].split())


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {runbook.stem for runbook in RUNBOOKS} == alerts()
    assert [path.name for path in FOLDER.iterdir() if path.suffix != ".md"] == []


@EVERY
def test_it_has_its_name_and_the_same_headings_as_all(runbook: Path) -> None:
    assert headings(runbook) == [("h1", runbook.stem), *(("h2", one) for one in HEADINGS)]
    assert all(section(runbook, heading) for heading in HEADINGS)


@EVERY
def test_it_begins_with_how_to_tell_the_market_the_feed_and_us_apart(runbook: Path) -> None:
    first = section(runbook, "")
    assert re.match(rf"# {runbook.stem} [A-Z]", first)
    for whose in ("Market", "feed", "Us"):
        assert re.search(rf"\*\*{whose}\*\*", first, re.IGNORECASE), whose


@EVERY
def test_it_is_short_enough_to_be_read_at_night(runbook: Path) -> None:
    assert 25 <= len(runbook.read_text().splitlines()) <= 65


@EVERY
def test_its_queries_parse_and_name_what_exists(runbook: Path) -> None:
    queries = list(blocks(runbook, "promql"))
    assert queries
    for query in queries:
        assert faults(query) == [], query


@EVERY
def test_its_queries_ask_for_alerts_and_markets_that_exist(runbook: Path) -> None:
    config = shipped()
    known = {
        "alert": set(configured()),
        "exchange": set(config.exchanges.exchanges),
        "other": set(config.exchanges.exchanges),
        "instrument": set(config.instruments.instruments),
        "band_bps": {f"{band:f}" for band in config.features.depth.bands_bps},
        "job": {"market-exporter", "prometheus", "alertmanager"},
    }
    for query in blocks(runbook, "promql"):
        for one in matchers(query):
            if one.name in known and one.op == MatchOp.Equal:
                assert one.value in known[one.name], query


@EVERY
def test_its_blocks_are_queries_or_commands(runbook: Path) -> None:
    tokens = MarkdownIt().parse(runbook.read_text())
    assert {token.info for token in tokens if token.type == "fence"} <= {"promql", "sh"}


@EVERY
def test_what_it_asks_of_the_explanation_is_understood(runbook: Path) -> None:
    for text in re.findall(r"/explain\?([^\s')]+)", runbook.read_text()):
        query = URL(f"/explain?{text}").query
        assert wanted(query).alert in configured()


@EVERY
def test_alerts_that_it_names_exist(runbook: Path) -> None:
    named = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", runbook.read_text())
    endings = tuple(f"_{alert.rpartition('_')[2]}" for alert in alerts())
    assert {one for one in named if one.endswith(endings)} <= alerts() | LOGGED


@EVERY
def test_keys_that_it_names_exist(runbook: Path) -> None:
    config, text = shipped(), runbook.read_text()
    places = (config.features, config.alerts, config.instruments.defaults)
    for name, key in re.findall(r"`([a-z_]+)\.([a-z_]+)`", text):
        sections = [getattr(place, name) for place in places if hasattr(place, name)]
        assert any(hasattr(one, key) or key in dict(one) for one in sections), (name, key)
    for alert, key in re.findall(r"`alerts\.(\w+)\.(\w+)`", text):
        assert hasattr(configured()[alert], key)


@pytest.mark.parametrize("alert", list(configured()))
def test_the_numbers_that_it_tells_are_those_that_are_shipped(alert: str) -> None:
    rule, meaning = configured()[alert], section(FOLDER / f"{alert}.md", "Meaning")
    told = {number.replace(",", "") for number in re.findall(r"-?\d(?:[\d,.]*\d)?", meaning)}
    for number in (*rule.thresholds.values(), rule.persistence_seconds, rule.z):
        if number:
            assert f"{number:g}" in told or f"{number:.0f}" in told
    assert str(rule.priority) in meaning
