"""Every incident as an operator sees it on the page, over real sockets; then all is as before."""

from pathlib import Path

import pytest

from exporter.model import GapReason, Stream
from tests.live.rig import Rig, rig

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
SWAP, OKX_SPOT = "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"
EVERY = (PERP, SPOT, SWAP, OKX_SPOT)
MID, SPREAD = ("market_mid_price",), ("market_spread_bps",)
UP, DEGRADED = ("market_feed_up",), ("market_feed_degraded",)
DEPTH = ("market_depth_quote", "total", "10")
OF_PERPETUALS = {
    ("market_mark_price",),
    ("market_index_price",),
    ("market_basis_bps", "spot"),
    ("market_basis_bps", "index"),
    ("market_funding_rate_ratio",),
}
BOOK = {MID, SPREAD, DEPTH, ("market_best_price", "bid")}


def start(world: Rig, kind: str, market: str, *, size: float | None = None, seconds: float) -> None:
    exchange, _, instrument = market.partition("/")
    world.simulation.begin(
        kind, exchange=exchange, instrument=instrument or None, size=size, seconds=seconds
    )


def absent(world: Rig, market: str) -> bool:
    """Nothing is said of the market's book, and its feed is down."""
    said = world.read(market)
    return not BOOK & said.keys() and said[UP] == 0


def gaps(world: Rig, market: str) -> dict[str, int]:
    return {reason: count for reason, count in world.market(market).sync.gaps.items() if count}


async def test_all_four_markets_come_up_with_the_books_of_the_exchange(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        assert world.feeds.unready() == []
        await world.books_equal()
        for market in EVERY:
            said = world.read(market)
            assert said.keys() >= BOOK
            assert (said[UP], said[DEGRADED]) == (1, 0)
            assert said["market_instrument_trading",] == 1
            assert gaps(world, market) == {}
        await world.until(lambda: all(world.read(m).keys() >= OF_PERPETUALS for m in (PERP, SWAP)))
        tops = [world.market(market).sync.tops for market in EVERY]
        await world.until(lambda: all(t.compared > 20 for t in tops))
        assert all(t.equal == t.compared for t in tops)


async def test_a_blow_out_shows_as_spread_on_its_market_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "spread-blow-out", PERP, seconds=2)
        await world.until(lambda: world.read(PERP).get(SPREAD, 0) > 5)
        assert all(world.read(market)[SPREAD] < 2 for market in (SPOT, SWAP, OKX_SPOT))
        await world.until(lambda: world.read(PERP).get(SPREAD, 9) < 2)
        await world.books_equal()


async def test_evaporation_shows_as_depth_of_its_market_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        before = {market: world.read(market)[DEPTH] for market in EVERY}
        start(world, "depth-evaporation", SWAP, seconds=2)
        await world.until(lambda: world.read(SWAP).get(DEPTH, 1e12) < before[SWAP] / 10)
        assert all(world.read(m)[DEPTH] > before[m] / 2 for m in (PERP, SPOT, OKX_SPOT))
        await world.until(lambda: world.read(SWAP).get(DEPTH, 0) > before[SWAP] / 2)
        await world.books_equal()


async def test_a_withdrawal_shows_as_depth_of_one_side(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "one-sided-withdrawal", PERP, seconds=2)
        lean = ("market_depth_imbalance", "10")
        await world.until(lambda: world.read(PERP).get(lean, 0) < -0.5)
        await world.until(lambda: world.read(PERP).get(lean, -1) > -0.5)
        await world.books_equal()


async def test_a_basis_step_shows_as_basis_and_leaves_the_index(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        basis = ("market_basis_bps", "spot")
        await world.until(lambda: abs(world.read(PERP).get(basis, 99)) < 8)
        start(world, "basis-step", PERP, size=30, seconds=3)
        await world.until(lambda: world.read(PERP).get(basis, 0) > 20)
        assert abs(world.read(SWAP)[basis]) < 8
        await world.until(lambda: abs(world.read(PERP).get(basis, 99)) < 8)
        await world.books_equal()


async def test_a_basis_drift_grows(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        basis = ("market_basis_bps", "index")
        await world.until(lambda: basis in world.read(PERP))
        start(world, "basis-drift", PERP, size=600, seconds=3)  # 10 bps a second
        for level in (8, 16, 24):
            await world.until(lambda level=level: world.read(PERP).get(basis, 0) > level)  # type: ignore[misc]


async def test_a_decoupled_mark_shows_against_the_index_and_not_in_the_book(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        off = ("market_mark_index_bps",)
        await world.until(lambda: off in world.read(PERP))
        start(world, "mark-decoupling", PERP, size=200, seconds=4)
        await world.until(lambda: abs(world.read(PERP).get(off, 0)) > 15)
        assert abs(world.read(PERP)["market_basis_bps", "index"]) < 8
        await world.until(lambda: abs(world.read(PERP).get(off, 99)) < 8)


async def test_a_dislocated_exchange_diverges_from_the_other(tmp_path: Path) -> None:
    def divergence() -> float:
        for series, value in world.pipeline.shared_readings():
            if series.family.name == "market_divergence_bps":
                return abs(float(value))  # type: ignore[arg-type]
        return 0

    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "exchange-dislocation", "okx/", size=1.2, seconds=3)
        await world.until(lambda: divergence() > 60)
        await world.until(lambda: 0 < divergence() < 20)
        await world.books_equal()


@pytest.mark.parametrize("market", EVERY)
async def test_a_silent_book_stream_is_absent_and_nothing_else_is(
    tmp_path: Path, market: str
) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "stale-stream", market, seconds=4)
        await world.until(lambda: absent(world, market))
        assert world.market(market).health(world.pipeline.now).reason == "stale"
        assert all(world.live(other) for other in EVERY if other != market)
        await world.until(lambda: world.heard.count("subscribed_anew") > 0)
        await world.all_live()
        await world.books_equal()


@pytest.mark.parametrize("market", EVERY)
async def test_a_frozen_book_speaks_but_does_not_change(tmp_path: Path, market: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "frozen-book", market, seconds=3)
        changed = ("market_book_last_change_timestamp_seconds",)
        spoke = ("market_feed_last_message_timestamp_seconds", "book")
        await world.until(lambda: world.read(market)[spoke] - world.read(market)[changed] > 1.5)
        assert world.live(market)
        await world.until(lambda: world.read(market)[spoke] - world.read(market)[changed] < 0.5)
        await world.books_equal()
        assert gaps(world, market) == {}


@pytest.mark.parametrize("market", EVERY)
async def test_lost_messages_are_one_gap_and_a_new_snapshot(tmp_path: Path, market: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "sequence-gap", market, size=2, seconds=5)
        await world.until(lambda: gaps(world, market) == {"sequence": 1})
        await world.until(lambda: world.market(market).sync.resyncs == 1)
        await world.all_live()
        await world.books_equal()
        opened, closed = world.heard.gaps[-2:]
        assert (opened.reason, opened.end) == (GapReason.SEQUENCE, None)
        assert closed.end is not None
        assert gaps(world, market) == {"sequence": 1}


@pytest.mark.parametrize("market", EVERY)
async def test_repeated_messages_change_nothing(tmp_path: Path, market: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "duplicate", market, seconds=2)
        await world.until(lambda: world.market(market).sync.updates["old"] >= 3)
        await world.books_equal()
        assert gaps(world, market) == {}


@pytest.mark.parametrize("market", EVERY)
async def test_messages_in_the_wrong_order_are_a_gap(tmp_path: Path, market: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "reorder", market, seconds=1)
        await world.until(lambda: gaps(world, market).keys() == {"sequence"})
        await world.until(lambda: not world.simulation.incidents.under_way(world.simulation.now))
        await world.all_live()
        await world.books_equal()


@pytest.mark.parametrize("market", [SPOT, OKX_SPOT])
async def test_a_crossed_book_is_absent_and_fetched_anew(tmp_path: Path, market: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "crossed-book", market, seconds=4)
        await world.until(lambda: absent(world, market))
        assert world.market(market).health(world.pipeline.now).reason == "crossed"
        snapshots = world.market(market).sync.snapshots["applied"]
        await world.until(lambda: world.market(market).sync.snapshots["applied"] > snapshots)
        await world.all_live()
        await world.books_equal()


@pytest.mark.parametrize("exchange", ["binance", "okx"])
async def test_a_disconnect_is_polled_and_handed_back(tmp_path: Path, exchange: str) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        lost = [market for market in EVERY if market.startswith(exchange)]
        kept = [market for market in EVERY if not market.startswith(exchange)]
        start(world, "disconnect", f"{exchange}/", seconds=5)
        await world.until(lambda: all(absent(world, market) for market in lost))
        await world.until(lambda: all(world.read(market)[DEGRADED] for market in lost))
        for market in lost:
            said = world.read(market)
            assert said.keys() >= {MID, SPREAD}
            assert said[UP] == 0
        assert all(world.live(market) for market in kept)
        await world.until(lambda: world.heard.count("polling", markets=0) > 0)
        await world.all_live()
        assert all(world.read(market)[DEGRADED] == 0 for market in lost)
        await world.books_equal()
        assert [gaps(world, market) for market in lost] == [{"disconnect": 1}] * 2


@pytest.mark.parametrize("exchange", ["binance", "okx"])
async def test_a_half_open_connection_is_noticed_by_its_silence(
    tmp_path: Path, exchange: str
) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        lost = [market for market in EVERY if market.startswith(exchange)]
        start(world, "half-open", f"{exchange}/", seconds=5)
        await world.until(lambda: all(absent(world, market) for market in lost))
        await world.until(lambda: world.heard.count("disconnected") > 0)
        assert any(
            "silent" in str(details["why"])
            for name, details in world.heard.events
            if name == "disconnected"
        )
        await world.all_live()
        await world.books_equal()


@pytest.mark.parametrize("exchange", ["binance", "okx"])
async def test_a_shutdown_notice_is_followed_without_losing_a_book(
    tmp_path: Path, exchange: str
) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        expected = 3 if exchange == "binance" else 1
        start(world, "server-shutdown", f"{exchange}/", size=4, seconds=5)
        await world.until(lambda: world.heard.count("replaced") == expected)
        await world.until(lambda: not world.simulation.incidents.under_way(world.simulation.now))
        await world.books_equal()
        assert all(gaps(world, market) == {} for market in EVERY)
        assert world.heard.count("disconnected") == 0
        tops = [world.market(market).sync.tops for market in EVERY]
        assert all(t.equal == t.compared for t in tops)


async def test_rest_errors_leave_the_streams_alone_and_are_told_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        start(world, "rest-errors", "binance/", size=503, seconds=4)
        start(world, "sequence-gap", PERP, size=1, seconds=4)
        await world.until(lambda: world.heard.count("rest_failed", purpose="snapshot") > 0)
        assert absent(world, PERP)
        assert world.live(SPOT)
        await world.all_live()
        assert world.heard.count("rest_failed", purpose="snapshot") == 1
        assert world.heard.count("rest_works_again", purpose="snapshot") == 1
        await world.books_equal()


async def test_every_message_sent_is_counted_by_what_became_of_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as world:
        await world.all_live()
        for kind in ("sequence-gap", "duplicate", "reorder"):
            for market in (PERP, SWAP):
                start(world, kind, market, size=1, seconds=1)
            await world.until(
                lambda: not world.simulation.incidents.under_way(world.simulation.now)
            )
        await world.all_live()
        world.simulation.pause()
        sent = world.simulation.sent
        for intake in world.pipeline.intakes.values():
            service = {"okx": "okx/public"}.get(intake.feed.name, intake.feed.name)
            counts = intake.frames
            await world.until(
                lambda c=counts, s=service: sum(c.values()) == sent[s]  # type: ignore[misc]
            )
            assert counts["refused"] == counts["dropped"] == 0
            updates = sum(
                sum(market.sync.updates.values()) + market.sync.waiting
                for market in intake.markets.values()
            )
            received = sum(m.clocks[Stream.BOOK].messages for m in intake.markets.values())
            snapshots = sum(sum(m.sync.snapshots.values()) for m in intake.markets.values())
            assert updates + snapshots == received
