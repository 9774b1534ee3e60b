"""How soon people are told, and that they are told once: real servers, shipped times.

    STACK=full python -m pytest tests/stack/test_paging_full.py -s

prints who was told what when. The hundred markets are in test_waves_full.py.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import pytest

from exporter.stack.servers import RESEND
from tests.stack.configuration import CHAT
from tests.stack.full import RESOLVED, SOON, assert_told_once, calm, full, hooks, passes
from tests.stack.measured import table, ways
from tests.stack.stack import Stack

pytestmark = full

OUTAGE = 1.4 * RESEND
"""Seconds for which Prometheus is gone: back again it sends twice before Alertmanager hears of it,
and what was sent last before may be as old again."""
GROUP_WAIT = 5
"""Seconds that what only goes to the chat waits for what else belongs to it."""


class Case(NamedTuple):
    """An incident, and the page that it must lead to."""

    kind: str
    exchange: str
    instrument: str
    size: float | None
    alert: str


CASES = (
    Case("spread-blow-out", "binance", "BTC-USDT-PERP", None, "spread_critical"),
    Case("spread-blow-out", "okx", "ETH-USDT-PERP", 20, "spread_critical"),
    Case("spread-blow-out", "binance", "DOGE-USDT-PERP", None, "spread_critical"),
    Case("depth-evaporation", "okx", "BTC-USDT-PERP", 0.005, "depth_critical"),
    Case("depth-evaporation", "binance", "ETH-USDT-PERP", 0.005, "depth_critical"),
    Case("depth-evaporation", "okx", "BNB-USDT-PERP", 0.005, "depth_critical"),
    Case("basis-step", "binance", "SOL-USDT-PERP", 70, "basis_critical"),
    Case("basis-step", "okx", "XRP-USDT-PERP", 70, "basis_critical"),
    Case("basis-drift", "binance", "BNB-USDT-PERP", 120, "basis_critical"),
    Case("basis-drift", "okx", "DOGE-USDT-PERP", 120, "basis_critical"),
    Case("mark-decoupling", "binance", "XRP-USDT-PERP", 80, "mark_deviation_critical"),
    Case("mark-decoupling", "okx", "SOL-USDT-PERP", 80, "mark_deviation_critical"),
)
CROSSED = Case("crossed-book", "binance", "DOGE-USDT-SPOT", None, "book_crossed")
ROUNDS = 2
"""Ports and folders decide when within a second Prometheus looks: each round has others."""


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_a_page_comes_within_seconds_and_once(tmp_path: Path, number: int) -> None:
    random = Random(number)  # noqa: S311 - the same each time
    async with calm(tmp_path, pairs=6, page=(*CHAT, "pagerduty")) as it:
        for case in (*CASES, CROSSED):
            await it.begin(case.kind, case.exchange, case.instrument, size=case.size)
            await asyncio.sleep(random.uniform(0, 1))
        targets = [(one.alert, one.exchange, one.instrument) for one in CASES]
        crossed = (CROSSED.alert, CROSSED.exchange, CROSSED.instrument)
        await it.until(
            lambda: all(hooks(it, *target, status="firing") for target in targets), 60 + SOON
        )
        await it.until(lambda: hooks(it, *crossed, status="firing", place="chat"))
        await it.end()
        await it.until(
            lambda: all(hooks(it, *target, status="resolved") for target in targets), 60 + SOON
        )
        await it.until(lambda: hooks(it, *crossed, status="resolved", place="chat"))
        await passes(it, 3)
    for target in targets:
        assert_told_once(it, *target)
    assert_told_once(it, *crossed, place="chat")
    fired = ways(it, place="page", status="firing")
    print(table(fired))
    seconds = [way.seconds for way in fired]
    assert len(seconds) >= len(CASES)
    assert median(seconds) <= 2
    assert max(seconds) <= 5
    (chatted,) = (way for way in ways(it, place="chat", status="firing") if way.alert == crossed[0])
    assert chatted.seconds <= 5 + GROUP_WAIT
    assert max(way.seconds for way in ways(it, status="resolved")) <= RESOLVED


async def test_whatever_is_killed_nobody_is_told_twice_or_too_early(tmp_path: Path) -> None:
    spread = ("spread_critical", "binance", "BTC-USDT-PERP")
    mark = ("mark_deviation_warning", "okx", "BTC-USDT-PERP")
    async with calm(tmp_path, pairs=1) as it:
        await it.begin("spread-blow-out", *spread[1:])
        await it.begin("mark-decoupling", *mark[1:], size=22)
        await it.until(lambda: hooks(it, *spread, status="firing"))
        await it.until(lambda: hooks(it, *mark, status="firing", place="chat"))
        await passes(it, 3)

        await it.exporter.kill()
        await it.until(lambda: hooks(it, "exporter_down", status="firing"))
        await it.exporter.start()
        await it.sure("min(market_feed_up) == 1")
        await it.exporter.restart()
        await it.sure("min(market_feed_up) == 1")
        await it.until(lambda: hooks(it, "exporter_down", status="resolved"), RESOLVED + SOON)

        await it.prometheus.kill()
        await asyncio.sleep(OUTAGE)
        await it.prometheus.start()
        await it.sure('ALERTS{alertname="market_alert",alertstate="firing"}')
        await passes(it, 25)

        await it.alertmanager.restart()
        await passes(it, 25)
        assert not it.messages(kind="webhook", status="resolved", alert=spread[0])
        assert not it.messages(kind="webhook", status="resolved", alert=mark[0])

        await it.end()
        await it.until(lambda: hooks(it, *spread, status="resolved"), RESOLVED + SOON)
        await it.until(lambda: hooks(it, *mark, status="resolved", place="chat"), RESOLVED + SOON)
        await passes(it, 3)
    assert_told_once(it, *spread)
    assert_told_once(it, *mark, place="chat")
    assert_told_once(it, "exporter_down")


async def test_what_cannot_be_delivered_is_told_elsewhere(tmp_path: Path) -> None:
    async with calm(tmp_path, pairs=1) as it:
        it.receivers.failing["pagerduty", "page"] = 503
        await it.begin("spread-blow-out", "binance", "BTC-USDT-PERP")
        chat = {"alert": "notifications_failing", "kind": "slack", "status": "firing"}
        await it.until(lambda: it.messages(**chat))
        (told,) = it.messages(**chat)
        assert "pagerduty" in told.read.headline
        it.receivers.failing.clear()
        page = {"kind": "pagerduty", "place": "page", "alert": "spread_critical"}
        await it.until(lambda: it.messages(**page), 2 * SOON)


def all_spreads(it: Stack, markets: Sequence[tuple[str, str]], status: str) -> bool:
    return all(hooks(it, "spread_critical", *market, status=status) for market in markets)


async def test_a_chat_message_pages_after_five_minutes_and_a_cut_feed_mutes_its_market(
    tmp_path: Path,
) -> None:
    mark = ("mark_deviation_warning", "binance", "SOL-USDT-PERP")
    cut, other = ("okx", "ETH-USDT-PERP"), ("binance", "ETH-USDT-PERP")
    async with calm(tmp_path, pairs=3) as it:
        await it.begin("mark-decoupling", *mark[1:], size=22)
        for market in (cut, other):
            await it.begin("spread-blow-out", *market, size=20)
        await it.until(lambda: all_spreads(it, (cut, other), "firing"))
        await it.until(lambda: hooks(it, *mark, status="firing", place="chat"))

        stale = await it.begin("stale-stream", *cut)
        await it.until(lambda: hooks(it, "feed_stale", *cut, status="firing", place="chat"))
        assert await it.muted("spread_critical", *cut)
        assert not await it.muted("spread_critical", *other)
        assert not await it.muted(*mark)
        await it.end(stale)
        await it.until(
            lambda: hooks(it, "feed_stale", *cut, status="resolved", place="chat"), RESOLVED + SOON
        )
        assert not await it.muted("spread_critical", *cut)

        gone = await it.begin("disconnect", "okx")
        await it.until(lambda: hooks(it, "exchange_down", "okx", status="firing"))
        assert await it.muted("spread_critical", *cut)
        assert not await it.muted("spread_critical", *other)
        await it.end(gone)
        await it.until(lambda: hooks(it, "exchange_down", "okx", status="resolved"), 2 * SOON)
        assert not it.messages(alert="spread_critical", status="resolved")

        await it.until(lambda: hooks(it, *mark, status="firing"), 300 + SOON)
        assert hooks(it, *mark, status="firing")[0].labels["escalated"] == "true"
        await it.end()
        await it.until(lambda: hooks(it, *mark, status="resolved"), RESOLVED + SOON)
        await it.until(lambda: hooks(it, *mark, status="resolved", place="chat"), RESOLVED)
        await it.until(lambda: all_spreads(it, (cut, other), "resolved"), RESOLVED)
        await passes(it, 3)
    for place in ("page", "chat"):
        assert_told_once(it, *mark, place=place)
    for market in (cut, other):
        assert_told_once(it, "spread_critical", *market)
    assert_told_once(it, "feed_stale", *cut, place="chat")
    assert_told_once(it, "exchange_down", "okx")
    assert max(way.seconds for way in ways(it, status="resolved")) <= RESOLVED
