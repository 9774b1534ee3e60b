"""The check of queries finds what is wrong with one, and nothing else."""

import pytest

from tests.prometheus.catalogue import faults, series


@pytest.mark.parametrize(
    "query",
    [
        'topk(1, market_spread_bps{exchange="binance",job="market-exporter"})',
        "histogram_quantile(0.99, sum by (le) (rate(market_feed_latency_seconds_bucket[5m])))",
        'increase(market_exporter_reconnects_total{reason!="replaced"}[1h]) > 0',
        "market_alert_value and on (alert, exchange, instrument, other) market_alert_firing == 1",
        "max_over_time(market_depth_quote{side='total'}[10m:1s])",
        'up{job="market-exporter"} == 0 and on (job) process_start_time_seconds',
        '{__name__=~"market_baseline_(mean|deviation)",signal="spread_bps"}',
        'last_over_time({__name__=~"market_(mid|mark)_price"}[5m])',
        'ALERTS{alertname="market_alert",alert="spread_critical"}',
        'sum by (host) (label_replace(up, "host", "$1", "instance", "(.*):.*"))',
        'count_values by (job) ("version", market_exporter_build_info)',
        "sum without (instance) (rate(alertmanager_notifications_failed_total[5m]))",
        "vector(1)",
    ],
)
def test_a_query_that_is_right_has_no_fault(query: str) -> None:
    assert faults(query) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("market_spread_bps{", "does not parse: unexpected end of input inside braces"),
        ("rate(market_spread_bps)", "does not parse: expected type matrix"),
        ("market_spred_bps", "there is no series market_spred_bps"),
        ("rate(market_feed_gaps[5m])", "there is no series market_feed_gaps"),
        ("market_feed_latency_seconds", "there is no series market_feed_latency_seconds"),
        ("market_exporter_reconnects", "there is no series market_exporter_reconnects"),
        ('market_spread_bps{symbol="x"}', "market_spread_bps has no label symbol"),
        ('market_feed_latency_seconds_sum{le="1"}', "has no label le"),
        ('market_exporter_connections{market="x"}', "has no label market"),
        ('up{exchange="okx"}', "up has no label exchange"),
        ("sum by (exchnage) (market_feed_up)", "no series of it has the label exchnage"),
        ("market_feed_up == on (venue) up", "no series of it has the label venue"),
        ('{exchange="okx"}', 'exchange="okx"} names no series'),
        ('{__name__=~"market_none_.+"}', "there is no series market_none_.+"),
        ('market_feed_up{job="a" or job="b"}', "is unknown to Prometheus 2.42"),
        ('delta({__name__=~"market_(mid|mark)_price"}[5m])', "delta drops the names market_m"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(query: str, fault: str) -> None:
    (found,) = faults(query)
    assert fault in found


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("market_spread_bps", {"exchange", "instrument"}),
        ("market_exporter_reconnects_total", {"exchange", "feed", "reason"}),
        ("market_exporter_build_info", {"version"}),
        ("process_resident_memory_bytes", set()),
        ("alertmanager_notifications_failed_total", {"integration"}),
    ],
)
def test_series_have_the_labels_of_their_family_and_of_the_scrape(
    name: str, labels: set[str]
) -> None:
    assert series()[name] == frozenset(labels | {"job", "instance", "drill"})
