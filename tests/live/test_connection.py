"""Connections to simulated exchanges: renewal, silent streams, refusals, narrow books, overflow."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from exporter.feeds.feed import Feed
from exporter.live.inbox import Inbox
from exporter.live.plan import Plan, plans
from exporter.model import Notice
from tests.live.rig import rig
from tests.live.test_socket import until
from tests.made import OKX, Session, Speaker, house, market

EVERY = (
    "binance/BTC-USDT-PERP",
    "binance/BTC-USDT-SPOT",
    "okx/BTC-USDT-PERP",
    "okx/BTC-USDT-SPOT",
)


async def test_a_connection_is_replaced_by_age_and_no_book_notices(tmp_path: Path) -> None:
    age = {"renew_after_hours": Decimal(2) / 3600}
    async with rig(tmp_path, settings=age, rate=60) as world:
        await world.all_live()
        await world.until(lambda: world.heard.count("replaced") >= 8)
        await world.books_equal()
        for name in EVERY:
            sync = world.market(name).sync
            assert not sync.gaps
            assert sync.tops.compared == sync.tops.equal > 0
        assert world.heard.count("disconnected") == 0
        assert max(world.simulation.sessions.values()) <= 2


async def test_a_book_narrower_than_the_band_is_fetched_again_while_it_stays_live(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, settings={"snapshot_levels": 100}) as world:
        complete = ("market_depth_complete", "total", "10")
        by_rest = EVERY[:2]
        await world.all_live()
        await world.until(lambda: all(world.read(name).get(complete) == 1 for name in by_rest))
        for name in by_rest:
            sync = world.market(name).sync
            assert sync.snapshots["applied"] == 2
            assert not sync.gaps
        await world.books_equal()


async def test_a_stream_on_the_wrong_path_is_acknowledged_silent_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misled(feed: Feed, websocket: str, symbols: Sequence[str]) -> list[Plan]:
        found = plans(feed, websocket, symbols)
        return [replace(plan, url=plan.url.replace("/market/", "/public/")) for plan in found]

    monkeypatch.setattr("exporter.live.feedrun.plans", misled)
    async with rig(tmp_path, stale={"book": Decimal("1.5"), "mark": Decimal(1)}) as world:
        await world.all_live()
        await world.until(lambda: world.heard.count("subscribed_anew") > 0)
        told = [d["why"] for name, d in world.heard.events if name == "subscribed_anew"]
        assert told == ["btcusdt@markPrice@1s"]
        assert ("market_mark_price",) not in world.read("binance/BTC-USDT-PERP")


class _Source:
    feed = OKX

    def told(self, notice: Notice) -> None:
        raise AssertionError(notice)


async def test_what_does_not_fit_into_the_queue_is_counted_and_shows_as_a_gap() -> None:
    pipeline, session = house()
    Speaker(session, OKX, "BTC-USDT").snapshot().update()
    book = market(pipeline, "okx/BTC-USDT-SPOT")
    later = Session()
    speaker = Speaker(later, OKX, "BTC-USDT")
    speaker.id = book.sync.last_id or 0
    for _ in range(4):
        speaker.update()
    inbox = Inbox(pipeline, limit=2)
    pump = asyncio.create_task(inbox.pump())
    first, second, lost, last = (line.data for line in later.lines)
    for frame in (first, second, lost):
        inbox.put(_Source(), frame, session.now)
    assert len(inbox) == 2
    assert pipeline.intakes["okx"].frames["dropped"] == 1
    await until(lambda: not len(inbox))
    assert (book.sync.gaps, book.sync.updates["applied"]) == ({}, 3)
    inbox.put(_Source(), last, session.now)
    await until(lambda: book.sync.gaps == {"sequence": 1})
    pump.cancel()
