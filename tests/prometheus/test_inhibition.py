"""What mutes what, and above all what does not: the shipped file in a real Alertmanager."""

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from exporter.stack.servers import free_port
from tests.shared import ROOT
from tests.stack.processes import Server, alertmanager, until

Labels = Mapping[str, str]

CONFIG = ROOT / "prometheus" / "alertmanager.yml"
HERE: Labels = {"exchange": "binance", "instrument": "BTC-USDT-PERP"}
OKX: Labels = {"exchange": "okx"}


def market(
    alert: str, family: str, priority: str, severity: str = "critical", **more: str
) -> Labels:
    """An alert of this market, unless `more` says another."""
    told = {"kind": "market", "family": family, "priority": priority, "severity": severity}
    return {"alertname": alert, **told, **HERE, **more}


def wide(family: str, priority: str, exchange: str = "binance") -> Labels:
    """Many markets of an exchange."""
    labels = market("market_wide", family, priority, exchange=exchange)
    return {name: value for name, value in labels.items() if name != "instrument"}


def health(alert: str, priority: str, **more: str) -> Labels:
    """What the rules say of the exporter and its feeds."""
    return {"alertname": alert, "kind": "health", "priority": priority, **more}


SPREAD = market("spread_critical", "spread", "P1")
SPREAD_P2 = market("spread_warning", "spread", "P2", "warning")
ESCALATED = {**SPREAD_P2, "priority": "P1", "escalated": "true"}
CEILING = market("spread_ceiling", "spread", "P1", ceiling_of="spread_critical")
DEPTH = market("depth_critical", "depth", "P1")
DEPTH_P3 = market("depth_drop_warning", "depth", "P3", "warning")
AGAINST_OKX = market("cross_exchange_divergence", "cross_exchange", "P2", "warning", other="okx")
AGAINST_OKX_P1 = {**AGAINST_OKX, "priority": "P1", "escalated": "true"}
DEVIATION = market("price_deviation", "cross_exchange", "P1")
STALE = market("feed_stale", "feed", "P2", "warning")
STALE_P1 = {**STALE, "priority": "P1", "escalated": "true"}
FROZEN = market("book_frozen", "feed", "P2", "warning")
GAP = market("data_gap", "feed", "P3", "info")
FEED_SILENT = health("feed_silent", "P2", **HERE)
GAP_RATE = health("gap_rate_high", "P2", **HERE)
UNEVALUATED = health("alert_unevaluated", "P3", rule="spread_critical", **HERE)
EXCHANGE_DOWN = health("exchange_down", "P1", exchange="binance")
CLOCK_SKEW = health("clock_skew", "P2", exchange="binance")
EXPORTER_DOWN = health("exporter_down", "P1", job="market-exporter")
REPLICA_DOWN = health("exporter_replica_down", "P2", job="market-exporter", instance="a")
RELOAD_FAILED = health("config_reload_failed", "P2", instance="a")
WATCHDOG: Labels = {"alertname": "watchdog", "kind": "watchdog", "severity": "info"}
FAILING = {
    "alertname": "notifications_failing",
    "kind": "paging",
    "priority": "P2",
    "integration": "slack",
}
FAILING_HERE: Labels = {**FAILING, **HERE, "family": "spread"}
SOURCES = (
    *(SPREAD, ESCALATED, STALE, STALE_P1, EXCHANGE_DOWN, EXPORTER_DOWN),
    *(wide("spread", "P1"), wide("feed", "P2")),
)


class Case(NamedTuple):
    """An alert, and another that it must mute, or must not."""

    source: Labels
    target: Labels
    muted: bool

    def __str__(self) -> str:
        verb = "mutes" if self.muted else "does not mute"
        return f"{_told(self.source)} {verb} {_told(self.target)}"


MUTED = (
    Case(source, target, muted=True)
    for source, targets in (
        (SPREAD, (SPREAD_P2, market("spread_extra", "spread", "P2"))),
        (SPREAD, (CEILING,)),
        (CEILING, (SPREAD_P2,)),
        (ESCALATED, (SPREAD_P2,)),
        (AGAINST_OKX_P1, (AGAINST_OKX,)),
        (DEVIATION, (market("price_apart", "cross_exchange", "P2"),)),
        (STALE, (SPREAD, SPREAD_P2, ESCALATED, DEPTH_P3, AGAINST_OKX, FEED_SILENT, GAP_RATE)),
        (STALE_P1, (SPREAD, STALE, FROZEN)),
        (EXCHANGE_DOWN, (SPREAD, SPREAD_P2, STALE, GAP, wide("spread", "P1"), AGAINST_OKX)),
        (EXCHANGE_DOWN, (FEED_SILENT, GAP_RATE, CLOCK_SKEW, UNEVALUATED)),
        (EXPORTER_DOWN, (SPREAD, SPREAD_P2, DEPTH_P3, STALE, GAP, wide("spread", "P1"))),
        (EXPORTER_DOWN, (market("spread_critical", "spread", "P1", **OKX),)),
        (wide("spread", "P1"), (SPREAD, ESCALATED, wide("spread", "P2"))),
        (
            wide("spread", "P1"),
            (market("spread_ceiling", "spread", "P1", instrument="ETH-USDT-SPOT"),),
        ),
        (wide("feed", "P2"), (STALE, FROZEN)),
        (wide("feed", "P3"), (GAP,)),
    )
    for target in targets
)
NOT_MUTED = (
    Case(source, target, muted=False)
    for source, targets in (
        (DEPTH, (SPREAD_P2, SPREAD, DEPTH_P3, CEILING)),
        (ESCALATED, (CEILING,)),
        (CEILING, (SPREAD, ESCALATED, CEILING, {**CEILING, "alertname": "other_ceiling"})),
        (SPREAD, ({**CEILING, "instrument": "BTC-USDT-SPOT"}, {**CEILING, **OKX})),
        (SPREAD, (market("spread_ceiling", "spread", "P1"), {**SPREAD_P2, "priority": "P3"})),
        (SPREAD, ({**SPREAD_P2, "instrument": "BTC-USDT-SPOT"}, {**SPREAD_P2, **OKX})),
        (SPREAD, (FEED_SILENT, EXCHANGE_DOWN, EXPORTER_DOWN)),
        (SPREAD, (market("basis_info", "basis", "P3", "info"),)),
        (STALE, ({**FEED_SILENT, **OKX},)),
        (wide("feed", "P2"), (CLOCK_SKEW,)),
        (wide("spread", "P1"), (health("of_no_market", "P1", family="spread", **HERE),)),
        (health("of_no_market", "P1", family="spread", **HERE), (SPREAD_P2,)),
        (health("of_no_market", "P2", family="feed", **HERE), (SPREAD, SPREAD_P2, FEED_SILENT)),
        (SPREAD_P2, (SPREAD, ESCALATED, market("spread_extra", "spread", "P2"))),
        (AGAINST_OKX_P1, ({**AGAINST_OKX, "other": "kraken"},)),
        (DEVIATION, (AGAINST_OKX,)),
        (GAP, (SPREAD, SPREAD_P2, DEPTH_P3, FEED_SILENT, STALE)),
        (wide("feed", "P3"), (SPREAD, STALE, wide("spread", "P1"))),
        (
            STALE,
            (FROZEN, GAP, STALE_P1, {**SPREAD, "instrument": "BTC-USDT-SPOT"}, {**SPREAD, **OKX}),
        ),
        (STALE, (EXCHANGE_DOWN, CLOCK_SKEW, UNEVALUATED, wide("spread", "P1"), wide("feed", "P2"))),
        (STALE, ({**AGAINST_OKX, "exchange": "aex", "other": "binance"},)),
        (EXCHANGE_DOWN, (EXCHANGE_DOWN, {**EXCHANGE_DOWN, **OKX}, EXPORTER_DOWN, REPLICA_DOWN)),
        (EXCHANGE_DOWN, ({**SPREAD, **OKX}, {**CLOCK_SKEW, **OKX}, wide("spread", "P1", "okx"))),
        (EXCHANGE_DOWN, (RELOAD_FAILED,)),
        (EXPORTER_DOWN, (EXPORTER_DOWN, EXCHANGE_DOWN, REPLICA_DOWN, RELOAD_FAILED, FEED_SILENT)),
        (
            wide("spread", "P1"),
            (SPREAD_P2, DEPTH, STALE, {**SPREAD, **OKX}, wide("spread", "P1", "okx")),
        ),
        (
            wide("spread", "P1"),
            (wide("depth", "P1"), wide("depth", "P2"), EXCHANGE_DOWN, FEED_SILENT),
        ),
        (wide("feed", "P2"), (wide("spread", "P1"), wide("spread", "P2"), SPREAD, SPREAD_P2)),
        (wide("feed", "P2"), (STALE_P1, FEED_SILENT)),
        *((source, (WATCHDOG, FAILING, FAILING_HERE)) for source in SOURCES),
        *((source, (source,)) for source in SOURCES),
    )
    for target in targets
)
CASES = (*MUTED, *NOT_MUTED)
MUTE_NOTHING = (
    *(SPREAD_P2, AGAINST_OKX, DEPTH_P3, GAP),
    *(FEED_SILENT, GAP_RATE, CLOCK_SKEW, UNEVALUATED),
)
"""Alerts of which each is muted by one of the sources, and none mutes another."""
CANARY = (
    {**SPREAD, "exchange": "canary", "drill": "canary"},
    {**SPREAD_P2, "exchange": "canary", "drill": "canary"},
)
"""The last pair that is posted: once it is muted, so is all that was posted before and must be."""


def _told(labels: Labels) -> str:
    return " ".join(value for name, value in labels.items() if name not in ("kind", "severity"))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with aiohttp.ClientSession() as asking:
        running = alertmanager(CONFIG, tmp_path, free_port(), asking)
        try:
            await running.start()
            yield running
        finally:
            await running.close()


async def muted(server: Server, alerts: Iterable[Labels]) -> list[Labels]:
    """Those of these alerts that others of them mute."""
    content = [{"labels": labels} for labels in (*alerts, *CANARY)]
    await server.post("/api/v2/alerts", content)

    async def found() -> list[Labels]:
        answer = await server.get("/api/v2/alerts")
        return [one["labels"] for one in answer if one["status"]["inhibitedBy"]]

    async def canary() -> bool:
        return CANARY[1] in await found()

    await until(canary, 30, "the last pair is muted")
    return await found()


def apart(labels: Labels, drill: object) -> Labels:
    return {**labels, "drill": str(drill)}


async def test_what_is_muted_and_what_is_not(server: Server) -> None:
    """Each case is a drill of its own, so that none has to do with another."""
    alerts = [apart(one, n) for n, case in enumerate(CASES) for one in (case.source, case.target)]
    silent = await muted(server, alerts)
    found = [case._replace(muted=apart(case.target, n) in silent) for n, case in enumerate(CASES)]
    assert [*map(str, found)] == [*map(str, CASES)]


async def test_a_drill_mutes_its_own(server: Server) -> None:
    targets = [apart(one, "true") for one in MUTE_NOTHING]
    silent = await muted(server, [*targets, *(apart(one, "true") for one in SOURCES)])
    assert [target for target in targets if target not in silent] == []


async def test_a_drill_mutes_nothing_in_earnest(server: Server) -> None:
    silent = await muted(server, [*MUTE_NOTHING, *(apart(one, "true") for one in SOURCES)])
    assert [target for target in MUTE_NOTHING if target in silent] == []


async def test_what_is_in_earnest_mutes_no_drill(server: Server) -> None:
    targets = [apart(one, "true") for one in MUTE_NOTHING]
    silent = await muted(server, [*targets, *SOURCES])
    assert [target for target in targets if target in silent] == []
