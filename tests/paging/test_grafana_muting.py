"""What Grafana's queries answer: who is told, and what mutes whom; evaluated by Prometheus itself.

The exporter's series go through the shipped rules. Each case says what an expression answers then:
1 for what people are told, 0 for the rest; nothing else and nothing less.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.paging.alerting import queries
from tests.programs import promtool
from tests.prometheus.catalogue import RULES

LONG = 900
"""Seconds for which each series goes on."""
TARGET = {"job": "market-exporter", "instance": "a"}
MARKET = {"exchange": "binance", "instrument": "BTC-USDT-PERP"}
OTHER = {"exchange": "binance", "instrument": "ETH-USDT-PERP"}
OKX = {"exchange": "okx", "instrument": "BTC-USDT-PERP"}
SEVERITIES = {"P1": "critical", "P2": "warning", "P3": "info"}

Given = tuple[str, str]
"""A series and its values, one a second from 0 s, as promtool reads them."""


class Case(NamedTuple):
    """What a rule's expression answers `at` a second, by the values of these labels."""

    what: str
    series: Iterable[Given]
    at: int
    answer: Mapping[str, int]
    rule: str = "market_alert"
    by: tuple[str, ...] = ("alert", "escalated")

    def __str__(self) -> str:
        return self.what


def selector(name: str, **labels: str) -> str:
    inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inner}}}"


def spans(*values: tuple[int, int | str]) -> str:
    """Values, each with the second at which it begins."""
    ends = [begin for begin, _ in values[1:]] + [LONG]
    parts = (
        "stale" if value == "stale" else f"{value}x{end - begin - 1}"
        for (begin, value), end in zip(values, ends, strict=True)
    )
    return " ".join(parts)


def alert(
    name: str,
    begins: int,
    ends: int = LONG - 1,
    *,
    priority: str = "P1",
    family: str = "spread",
    market: Mapping[str, str] = MARKET,
    **more: str,
) -> Given:
    """A configured alert that fires from one second to another."""
    told = {"family": family, "severity": SEVERITIES[priority], "priority": priority}
    series = selector("market_alert_firing", **TARGET, **market, alert=name, **told, **more)
    return series, spans((0, 0), (begins, 1), (ends, 0))


def feed(name: str, begins: int, ends: int = LONG - 1, market: Mapping[str, str] = MARKET) -> Given:
    """An alert that says of a feed that it is broken."""
    return alert(name, begins, ends, priority="P2", family="feed", market=market)


def gauge(
    name: str, *values: tuple[int, int | str], market: Mapping[str, str] | None = None
) -> Given:
    """A series of the exporter, of a market or of none."""
    return selector(name, **{**TARGET, **(market or {})}), spans(*values)


UP = gauge("up", (0, 1))
DOWN_FROM_20 = gauge("up", (0, 1), (20, 0))
FIVE = gauge("market_alert_wide_instruments", (0, 5))
"""So many instruments are one notification."""
CUT = gauge("market_feed_up", (0, 1), (20, 0), market=MARKET)
"""The one feed of an exchange; exchange_down fires ten seconds later."""
SILENT = (
    gauge("market_feed_last_message_timestamp_seconds", (0, 0), market=MARKET),
    gauge("market_feed_silence_limit_seconds", (0, 3), market=MARKET),
)
"""feed_silent is pending from 4 s and fires from 14 s."""
HERE, THERE = MARKET["instrument"], OTHER["instrument"]


def many(begins: int, **more: int) -> list[Given]:
    """An alert on each of five instruments, each with a name of its own."""
    return [
        alert(name, more.get(name, begins), market={**MARKET, "instrument": f"{name}-USDT-PERP"})
        for name in ("a", "b", "c", "d", "e")
    ]


def maintained(begins: int, ends: int = LONG - 1, market: Mapping[str, str] = MARKET) -> Given:
    return gauge("market_maintenance_active", (0, 0), (begins, 1), (ends, 0), market=market)


P1, P2 = alert("critical", 20), alert("warning", 20, priority="P2")
OF = "critical"
BY_PRIORITY = (
    Case("what fires is told, what does not is not", (P1, alert("off", 500)), 30,
         {"critical": 1, "off": 0}),
    Case("before and after nothing is", (alert("critical", 20, 30),), 32, {"critical": 0}),
    Case("a P1 mutes the P2 that fires with it", (P1, P2), 30, {"critical": 1, "warning": 0}),
    Case("and the P2 that fires later",
         (P1, alert("warning", 60, priority="P2")), 70, {"critical": 1, "warning": 0}),
    Case("and the P2 of the ten seconds before, of which nobody is told yet",
         (P1, alert("warning", 10, priority="P2")), 30, {"critical": 1, "warning": 0}),
    Case("not the P2 that has been told: it would seem to be over",
         (P1, alert("warning", 9, priority="P2")), 30, {"critical": 1, "warning": 1}),
    Case("not a P3", (P1, alert("drop", 20, priority="P3")), 30, {"critical": 1, "drop": 1}),
    Case("not the P2 of another family",
         (P1, alert("depth", 20, priority="P2", family="depth")), 30, {"critical": 1, "depth": 1}),
    Case("not the P2 of another instrument",
         (P1, alert("warning", 20, priority="P2", market=OTHER)), 30,
         {"critical": 1, "warning": 1}),
    Case("not the P2 of another exchange",
         (P1, alert("warning", 20, priority="P2", market=OKX)), 30, {"critical": 1, "warning": 1}),
    Case("not the P2 against another exchange",
         (P1, alert("warning", 20, priority="P2", other="okx")), 30,
         {"critical": 1, "warning": 1}),
    Case("a drill mutes nothing in earnest",
         (alert("critical", 20, drill="true"), P2), 30, {"critical": 1, "warning": 1}),
    Case("a P2 mutes no P1",
         (alert("critical", 40), alert("warning", 20, priority="P2")), 50,
         {"critical": 1, "warning": 1}),
    Case("what is muted stays so for fifteen seconds after what mutes it",
         (alert("critical", 20, 40), P2), 54, {"critical": 0, "warning": 0}),
    Case("and then is told", (alert("critical", 20, 40), P2), 56, {"critical": 0, "warning": 1}),
    Case("what escalates does not mute the P2 that it comes from",
         (P2, alert("warning", 60, escalated="true")), 70,
         {"warning": 1, "warning true": 1}),
    Case("a P1 mutes its ceiling", (P1, alert("ceiling", 25, ceiling_of=OF)), 30,
         {"critical": 1, "ceiling": 0}),
    Case("not a ceiling that has paged: P1 are told at once",
         (P1, alert("ceiling", 19, ceiling_of=OF)), 30, {"critical": 1, "ceiling": 1}),
    Case("a ceiling mutes a P2", (P2, alert("ceiling", 25, ceiling_of=OF)), 30,
         {"warning": 0, "ceiling": 1}),
    Case("a ceiling mutes no P1", (alert("ceiling", 20, ceiling_of=OF), alert("critical", 25)), 30,
         {"ceiling": 1, "critical": 1}),
)  # fmt: skip
BY_FEED = (
    Case("a broken feed does not page as a broken market",
         (feed("stale", 20), alert("critical", 21)), 30, {"stale": 1, "critical": 0}),
    Case("nor in the same second", (feed("stale", 20), P1, P2), 30,
         {"stale": 1, "critical": 0, "warning": 0}),
    Case("not another instrument", (feed("stale", 20, market=OTHER), P1), 30,
         {"stale": 1, "critical": 1}),
    Case("not another exchange", (feed("stale", 20, market=OKX), P1), 30,
         {"stale": 1, "critical": 1}),
    Case("not another alert of the feed", (feed("stale", 20), feed("frozen", 25)), 30,
         {"stale": 1, "frozen": 1}),
    Case("what has paged goes on", (feed("stale", 25), P1), 30, {"stale": 1, "critical": 1}),
    Case("information mutes nothing",
         (alert("gap", 20, priority="P3", family="feed"), alert("critical", 25)), 30,
         {"gap": 1, "critical": 1}),
    Case("what ended while it was muted is never told, though it is kept as long",
         (feed("stale", 20, 60), alert("critical", 25, 40)), 61, {"stale": 0, "critical": 0}),
    Case("nor is it told later",
         (feed("stale", 20, 60), alert("critical", 25, 40)), 90, {"stale": 0, "critical": 0}),
    Case("feed_silent is told", SILENT, 15, {HERE: 1, "": 0}, "feed_silent", ("instrument",)),
    Case("not before it fires", SILENT, 13, {"": 0}, "feed_silent", ("instrument",)),
    Case("an alert of the feed mutes it", (*SILENT, feed("stale", 24)), 30,
         {HERE: 0, "": 0}, "feed_silent", ("instrument",)),
    Case("not one that comes when it is told",
         (*SILENT, feed("stale", 25)), 30, {HERE: 1, "": 0}, "feed_silent", ("instrument",)),
    Case("not that of another instrument", (*SILENT, feed("stale", 20, market=OTHER)), 30,
         {HERE: 1, "": 0}, "feed_silent", ("instrument",)),
)  # fmt: skip
BY_OUTAGE = (
    Case("exchange_down is told", (CUT,), 31, {"binance": 1, "": 0}, "exchange_down",
         ("exchange",)),
    Case("its end, too", (gauge("market_feed_up", (0, 0), (20, 1), market=MARKET),), 25,
         {"binance": 0, "": 0}, "exchange_down", ("exchange",)),
    Case("what began with it is muted", (CUT, feed("stale", 25)), 32, {"stale": 0}),
    Case("on another instrument, too", (CUT, alert("critical", 35, market=OTHER)), 40,
         {"critical": 0}),
    Case("not on another exchange", (CUT, alert("critical", 35, market=OKX)), 40,
         {"critical": 1}),
    Case("what has paged goes on", (CUT, P1), 40, {"critical": 1}),
    Case("exporter_down is told", (gauge("up", (0, 1), (20, 0)),), 41,
         {"market-exporter": 1, "": 0}, "exporter_down", ("job",)),
    Case("a restart of the exporter ends nothing",
         (gauge("up", (0, 1), (40, 0), (45, 1)), (P1[0], spans((0, 0), (20, 1), (40, "stale")))),
         44, {"critical": 1}),
    Case("nor does an exporter that stays away", (DOWN_FROM_20,
         (P1[0], spans((0, 0), (10, 1), (20, "stale")))), 600, {"critical": 1}),
    Case("what comes all the same is muted then", (DOWN_FROM_20, alert("critical", 45)), 50,
         {"critical": 0}),
)  # fmt: skip
WIDE = ("family", "priority")
BY_MANY = (
    Case("many markets are one notification", (FIVE, *many(20)), 30,
         {"spread P1": 1, "": 0}, "market_wide", WIDE),
    Case("and none of each", (FIVE, *many(20)), 30, dict.fromkeys("abcde", 0)),
    Case("what has paged before goes on", (FIVE, *many(20, a=18, b=19)), 30,
         {"a": 1, "b": 1, "c": 0, "d": 0, "e": 0}),
    Case("four are told each", (FIVE, *many(20, e=500)), 30,
         {**dict.fromkeys("abcd", 1), "e": 0}),
    Case("another family and another exchange are told",
         (FIVE, *many(20), alert("depth", 20, family="depth"), alert("okx", 20, market=OKX)), 30,
         {**dict.fromkeys("abcde", 0), "depth": 1, "okx": 1}),
)  # fmt: skip
ALL_MAINTAINED = [
    maintained(30, market={**MARKET, "instrument": f"{name}-USDT-PERP"}) for name in "abcde"
]
BY_MAINTENANCE = (
    Case("what begins in maintenance is told to nobody",
         (maintained(30), alert("critical", 35)), 50, {"critical": 0}),
    Case("what began before goes on", (maintained(30), P1), 50, {"critical": 1}),
    Case("what still fires after it is told", (maintained(30, 60), alert("critical", 35)), 65,
         {"critical": 1}),
    Case("another instrument is told", (maintained(30), alert("critical", 35, market=OTHER)), 50,
         {"critical": 1}),
    Case("nor is what compares another exchange with it",
         (maintained(30, market=OKX), alert("apart", 35, other="okx")), 50, {"apart": 0}),
    Case("exchange_down is told in maintenance", (maintained(10), CUT), 31,
         {"binance": 1, "": 0}, "exchange_down", ("exchange",)),
    Case("many markets in maintenance are told to nobody",
         (FIVE, *ALL_MAINTAINED, *many(35)), 50, {"spread P1": 0, "": 0}, "market_wide", WIDE),
    Case("nor each of them", (FIVE, *ALL_MAINTAINED, *many(35)), 50, dict.fromkeys("abcde", 0)),
    Case("many that fired before go on", (FIVE, *ALL_MAINTAINED, *many(20)), 50,
         {"spread P1": 1, "": 0}, "market_wide", WIDE),
)  # fmt: skip
CASES = (*BY_PRIORITY, *BY_FEED, *BY_OUTAGE, *BY_MANY, *BY_MAINTENANCE)


@cache
def asked(rule: str) -> str:
    """What Grafana asks to know whether an alert fires."""
    return queries()[rule]["A"]


def as_promtool_reads(case: Case) -> Mapping[str, object]:
    """A test of its own."""
    samples = [
        {"labels": selector("", **dict(zip(case.by, key.split(), strict=False))), "value": value}
        for key, value in case.answer.items()
    ]
    expression = f"max by ({', '.join(case.by)}) (\n{asked(case.rule)}\n)"
    given = dict([UP, *case.series])
    return {
        "interval": "1s",
        "input_series": [{"series": key, "values": value} for key, value in given.items()],
        "promql_expr_test": [
            {"expr": expression, "eval_time": f"{case.at}s", "exp_samples": samples}
        ],
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_who_is_told(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "case.yml"
    content = {
        "rule_files": [str(path) for path in sorted(RULES.glob("*.yml"))],
        "evaluation_interval": "1s",
        "tests": [as_promtool_reads(case)],
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    result = promtool("test", "rules", str(path))
    assert result.returncode == 0, result.stdout + result.stderr
