"""The whole page of made markets: both formats say the same, and it obeys the conventions."""

import re

import pytest

from exporter.exposition.catalogue import market_families
from exporter.families import Family
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from tests.exposition.reading import families, samples, series
from tests.made import COINM, OKX, SPOT, USDM, Session, Speaker
from tests.programs import promtool
from tests.shared import page, shipped

FAMILIES = market_families()
EVERY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
RESERVED = {
    *("job", "instance", "cluster", "env", "environment", "region", "zone", "service"),
    *("type", "le", "quantile", "name", "value"),
}
UNITS = {"", "bps", "quote", "percent", "ratio", "seconds", "bytes"}
OUGHT_TO_END_IN_IT = {"bps", "percent", "ratio", "seconds", "bytes"}


def whole(pipeline: Pipeline, *, openmetrics: bool = False) -> str:
    """As `/metrics` gives it: markets, then the exporter itself."""
    return page(pipeline, openmetrics=openmetrics) + Telemetry().text(openmetrics=openmetrics)


def test_both_formats_say_the_same(full: Pipeline) -> None:
    plain = samples(families(page(full)))
    other = samples(families(page(full, openmetrics=True) + "# EOF\n", openmetrics=True))
    assert plain == other
    assert len(plain) > 500


def test_the_whole_page_is_read_in_both_formats_and_has_no_series_twice(full: Pipeline) -> None:
    text, other = whole(full), whole(full, openmetrics=True)
    assert other.endswith("\n# EOF\n")
    assert other.count("# EOF") == 1
    assert series(text).keys() == series(other, openmetrics=True).keys()


@pytest.mark.parametrize("openmetrics", [False, True])
def test_no_family_has_two_heads(full: Pipeline, openmetrics: bool) -> None:
    lines = whole(full, openmetrics=openmetrics).splitlines()
    for word in ("HELP", "TYPE", "UNIT"):
        names = [line.split()[2] for line in lines if line.startswith(f"# {word} ")]
        assert len(names) == len(set(names))


def test_every_family_is_on_the_page_of_four_markets_but_those_for_three_exchanges(
    full: Pipeline,
) -> None:
    types = re.findall(r"^# TYPE (\S+) (\S+)$", page(full), re.MULTILINE)
    declared = [
        (family.name, family.kind) for family in FAMILIES if "price_deviation" not in family.name
    ]
    assert types == declared


SOMETIMES = {"other", "escalated", "ceiling_of", "side", "band_bps"}
"""Labels of alerts and baselines that not every one of them has."""


def test_series_have_the_labels_that_their_family_declares(full: Pipeline) -> None:
    labels = {family.name: set(family.labels) for family in FAMILIES}
    for name, pairs in series(page(full)):
        base = name if name in labels else re.sub(r"_(bucket|sum|count)$", "", name)
        missing = labels[base] - {label for label, _ in pairs}
        assert missing <= SOMETIMES, name
        assert {label for label, _ in pairs} - {"le"} <= labels[base], name


def test_a_page_of_markets_that_were_discovered_names_them_where_they_are_from() -> None:
    pipeline = Pipeline(shipped(), discover=True)
    session = Session(pipeline)
    for feed, symbol in ((SPOT, "ETHUSDT"), (USDM, "ETHUSDT"), (COINM, "BTCUSD_PERP")):
        Speaker(session, feed, symbol).snapshot().update()
    Speaker(session, OKX, "BTC-USD-220527").snapshot()
    up = [
        dict(labels)
        for (name, labels), value in series(page(pipeline)).items()
        if name == "market_feed_up" and value
    ]
    assert up == [
        {"exchange": "binance", "instrument": "spot:ETHUSDT"},
        {"exchange": "binance", "instrument": "usdm:ETHUSDT"},
        {"exchange": "binance", "instrument": "coinm:BTCUSD_PERP"},
        {"exchange": "okx", "instrument": "BTC-USD-220527"},
    ]


@EVERY
def test_names_are_prefixed_snake_case_and_end_as_their_type_and_unit_say(family: Family) -> None:
    assert re.fullmatch(r"market(_[a-z][a-z0-9]*)+", family.name)
    assert family.name.endswith("_total") == (family.kind == "counter")
    assert not re.search(r"_(count|sum|bucket|created|gauge|counter)$", family.name)
    assert family.unit in UNITS
    if family.unit in OUGHT_TO_END_IN_IT:
        assert family.name.removesuffix("_total").endswith(f"_{family.unit}")
    if "timestamp" in family.name:
        assert family.name.endswith("_timestamp_seconds")


_MOST_LABELS = {"market_alert_firing": 9, "market_alert_rule_info": 7}
"""What routing needs must stand on the first; the second is there for its labels."""
_OF_NO_MARKET = {
    "market_exporter_urls_info",
    "market_alert_rule_info",
    "market_alert_wide_instruments",
    "market_maintenance_ending_seconds",
    "market_slo_coverage_target_ratio",
    "market_exchange_notice_active",
    "market_exchange_notice_end_timestamp_seconds",
}


@EVERY
def test_labels_are_few_clash_with_nothing_and_name_the_market_first(family: Family) -> None:
    assert len(set(family.labels)) == len(family.labels) <= _MOST_LABELS.get(family.name, 6)
    assert not RESERVED & set(family.labels)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in family.labels)
    firsts = {("exchange", "instrument"), ("instrument",), ("exchange", "feed")}
    assert (family.labels[:2] in firsts) != (family.name in _OF_NO_MARKET)


@EVERY
def test_help_is_a_sentence_on_one_line(family: Family) -> None:
    assert family.help.endswith(".")
    assert family.help == " ".join(family.help.split())
    assert family.help[0].isupper() or family.help[0].isdigit() or family.help[0] == "("
    assert "|" not in family.help, "it would break the table of the catalogue"


def test_no_family_is_declared_twice_nor_takes_the_name_of_anothers_samples() -> None:
    names = [family.name for family in FAMILIES]
    taken = [*names, *(name.removesuffix("_total") for name in names if name.endswith("_total"))]
    taken += [
        f"{family.name}_{part}"
        for family in FAMILIES
        if family.kind == "histogram"
        for part in ("bucket", "sum", "count")
    ]
    assert len(taken) == len(set(taken))


def test_the_exporters_own_families_obey_too() -> None:
    for name, kind, text in Telemetry().described():
        assert re.fullmatch(r"market_exporter(_[a-z]+)+", name)
        assert kind in {"gauge", "counter", "histogram"}
        assert text.endswith(".")
    usual = {family.name.split("_")[0] for family in families(Telemetry().text(openmetrics=False))}
    assert usual <= {"market", "process", "python"}


def test_promtool_finds_nothing_to_say_about_the_whole_page(full: Pipeline) -> None:
    result = promtool("check", "metrics", text=whole(full))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_promtool_would_say_something_if_there_were_something() -> None:
    result = promtool("check", "metrics", text="# TYPE market_gaps counter\nmarket_gaps 1\n")
    assert result.returncode == 3
