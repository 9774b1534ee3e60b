"""How numbers, labels, histograms and heads are spelled, read back by prometheus_client."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.text import Page, number
from exporter.families import Family, Histogram
from exporter.model import Value
from tests.exposition.reading import families, series

GAUGE = Family("market_width_bps", "gauge", ("exchange", "instrument"), "bps", "Width.")
COUNTER = Family("market_breach_seconds_total", "counter", ("exchange",), "seconds", "Time.")
BARE = Family("market_book_locked_total", "counter", (), "", "Times it was locked.")
TIMES = Family("market_wait_seconds", "histogram", ("exchange",), "seconds", "Waits.")


def both(page: Page) -> tuple[str, str]:
    return page.text(), page.text(openmetrics=True) + "# EOF\n"


def shown(*values: str) -> Page:
    page = Page((GAUGE,))
    page.add([(GAUGE.series(*values), 1)])
    return page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-3, "-3"),
        (10**20 + 1, "100000000000000000001"),
        (Fraction(1, 10), "0.1"),
        (Fraction(1, 3), "0.3333333333333333"),
        (Fraction(-61_820_050, 1000), "-61820.05"),
        (Fraction(2, 1), "2.0"),
        (Fraction(10**30, 10**30 + 1), "1.0"),
        (1.5, "1.5"),
        (1e-09, "1e-09"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_a_number_is_spelled_so_that_nothing_of_it_is_lost(value: Value, text: str) -> None:
    assert number(value) == text


@given(st.fractions(max_denominator=10**18))
def test_a_fraction_becomes_the_nearest_float(exact: Fraction) -> None:
    given_out = float(number(exact))
    error = abs(Fraction(given_out) - exact)
    for neighbour in (math.nextafter(given_out, math.inf), math.nextafter(given_out, -math.inf)):
        assert error <= abs(Fraction(neighbour) - exact)


@given(st.floats() | st.integers(-(10**18), 10**18))
def test_a_reader_gets_back_the_number_that_was_meant(value: float) -> None:
    page = Page((BARE,))
    page.add([(BARE.series(), value)])
    for text, openmetrics in zip(both(page), (False, True), strict=True):
        if openmetrics and (value < 0 or math.isnan(value)):
            continue  # a counter cannot be that there
        (read,) = series(text, openmetrics=openmetrics).values()
        assert read == float(value) or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_is_read_as_what_it_is(value: float) -> None:
    page = Page((GAUGE,))
    page.add([(GAUGE.series("binance", "A"), value)])
    for text, openmetrics in zip(both(page), (False, True), strict=True):
        (read,) = series(text, openmetrics=openmetrics).values()
        assert str(read) == str(value)


def test_label_values_are_escaped() -> None:
    line = shown('a"b', "c\\d\ne").text().splitlines()[-1]
    assert line == 'market_width_bps{exchange="a\\"b",instrument="c\\\\d\\ne"} 1'


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "\\n", '\\"', "\n"]))
def test_label_values_of_any_text_come_back_whole(one: str, other: str) -> None:
    for text, openmetrics in zip(both(shown(one, other)), (False, True), strict=True):
        ((_, labels),) = series(text, openmetrics=openmetrics)
        named = {"exchange": one, "instrument": other}
        assert dict(labels) == {name: value for name, value in named.items() if value}


def test_a_family_without_labels_has_no_braces() -> None:
    page = Page((BARE,))
    page.add([(BARE.series(), 7)])
    assert page.text().splitlines()[-1] == "market_book_locked_total 7"


def test_a_series_needs_a_value_for_every_label() -> None:
    with pytest.raises(ValueError, match="market_width_bps has labels"):
        GAUGE.series("binance")


def test_a_histogram_has_cumulative_buckets_then_sum_then_count() -> None:
    page = Page((TIMES,))
    page.add([(TIMES.series("okx"), Histogram((0.005, 1), (1, 2, 4), 7.25))])
    assert page.text().splitlines() == [
        "# HELP market_wait_seconds Waits.",
        "# TYPE market_wait_seconds histogram",
        'market_wait_seconds_bucket{exchange="okx",le="0.005"} 1',
        'market_wait_seconds_bucket{exchange="okx",le="1.0"} 2',
        'market_wait_seconds_bucket{exchange="okx",le="+Inf"} 4',
        'market_wait_seconds_sum{exchange="okx"} 7.25',
        'market_wait_seconds_count{exchange="okx"} 4',
    ]


def test_families_keep_their_order_and_one_head_however_the_readings_come() -> None:
    page = Page((TIMES, GAUGE, COUNTER, BARE))
    for exchange in ("okx", "binance"):
        page.add([(COUNTER.series(exchange), 1.5)])
        page.add([(GAUGE.series(exchange, "A"), 2), (COUNTER.series(exchange + "2"), 0)])
    lines = page.text().splitlines()
    heads = [line for line in lines if line.startswith("#")]
    assert heads == [
        "# HELP market_width_bps Width.",
        "# TYPE market_width_bps gauge",
        "# HELP market_breach_seconds_total Time.",
        "# TYPE market_breach_seconds_total counter",
    ]
    assert [line.split("{")[0] for line in lines if line not in heads] == [
        *["market_width_bps"] * 2,
        *["market_breach_seconds_total"] * 4,
    ]


def test_a_page_without_readings_is_empty() -> None:
    assert both(Page((GAUGE, COUNTER))) == ("", "# EOF\n")


@pytest.mark.parametrize(
    ("family", "plain", "open_metrics"),
    [
        (
            COUNTER,
            [
                "# HELP market_breach_seconds_total Time.",
                "# TYPE market_breach_seconds_total counter",
            ],
            [
                "# HELP market_breach_seconds Time.",
                "# UNIT market_breach_seconds seconds",
                "# TYPE market_breach_seconds counter",
            ],
        ),
        (
            Family("market_mid_price", "gauge", ("exchange",), "quote", "Mid."),
            ["# HELP market_mid_price Mid.", "# TYPE market_mid_price gauge"],
            ["# HELP market_mid_price Mid.", "# TYPE market_mid_price gauge"],
        ),
        (
            Family("market_gap_total", "counter", ("exchange",), "", "a\\b\nc"),
            ["# HELP market_gap_total a\\\\b\\nc", "# TYPE market_gap_total counter"],
            ["# HELP market_gap a\\\\b\\nc", "# TYPE market_gap counter"],
        ),
    ],
    ids=["a counter with a unit", "a unit that is not in the name", "no unit, text to escape"],
)
def test_heads_differ_where_the_formats_do(
    family: Family, plain: list[str], open_metrics: list[str]
) -> None:
    page = Page((family,))
    page.add([(family.series("okx"), 1)])
    texts = page.text(), page.text(openmetrics=True)
    assert [text.splitlines()[:-1] for text in texts] == [plain, open_metrics]
    assert (
        texts[0].splitlines()[-1]
        == texts[1].splitlines()[-1]
        == f'{family.name}{{exchange="okx"}} 1'
    )


def test_the_reader_gets_type_unit_and_help_of_openmetrics() -> None:
    page = Page((COUNTER, TIMES))
    page.add([(COUNTER.series("okx"), 1)])
    page.add([(TIMES.series("okx"), Histogram((1,), (0, 0), 0.0))])
    counter, histogram = families(both(page)[1], openmetrics=True)
    assert (counter.name, counter.type, counter.unit) == (
        "market_breach_seconds",
        "counter",
        "seconds",
    )
    assert (histogram.type, histogram.unit, histogram.documentation) == (
        "histogram",
        "seconds",
        "Waits.",
    )
