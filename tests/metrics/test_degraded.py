"""A book that is polled while its stream is down is shown, and nothing is learnt from it."""

import pytest

from exporter.model import BookSnapshot, BookUpdate, Stream
from tests.books import BOOK_A, Levels, World

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
BOOK_STREAMS = (Stream.BOOK, Stream.QUOTE)
MARKET_STREAMS = (Stream.MARK, Stream.TRADE)
GAUGES = {
    "market_mid_price",
    "market_best_price",
    "market_spread_bps",
    "market_depth_quote",
    "market_depth_complete",
    "market_imbalance_ratio",
}
UP, DEGRADED = ("market_feed_up",), ("market_feed_degraded",)
OBSERVED = ("market_spread_observed_seconds_total",)
BASIS_OBSERVED = ("market_basis_observed_seconds_total",)
BEYOND = ("market_spread_beyond_seconds_total", "5")


class Polling(World):
    """A world whose connections break, and whose books are then polled."""

    def broken(self, name: str, streams: tuple[Stream, ...] = BOOK_STREAMS) -> None:
        """The connection with these streams of the market is gone."""
        spec = self.market(name).spec
        self.pipeline.disconnect(spec.feed, [spec.symbol], streams, self.now)

    def poll(self, name: str, bids: Levels, asks: Levels) -> None:
        """A REST answer with the whole book comes in."""
        symbol = self.market(name).spec.symbol
        answer = BookSnapshot(symbol, self.now, None, 10**9, bids, asks, limit=1000)
        self.market(name).on_poll(answer)

    def state(self, name: str = PERP) -> tuple[object, object, str]:
        """Up, degraded, and why it is not up."""
        said = self.readings(name)
        return said[UP], said[DEGRADED], self.market(name).health(self.now).reason


@pytest.fixture
def world() -> Polling:
    """A live book, 10 bps wide, for two seconds."""
    world = Polling()
    world.top(PERP, "99.95", "100.05")
    world.later(2)
    assert world.state() == (1, 0, "")
    assert world.readings(PERP)[OBSERVED] == 2
    return world


def test_a_polled_book_is_shown_while_its_feed_is_down_and_degraded(world: Polling) -> None:
    world.broken(PERP)
    assert world.state() == (0, 0, "gap")
    assert not GAUGES & {key[0] for key in world.readings(PERP)}
    world.poll(PERP, *BOOK_A)
    assert world.state() == (0, 1, "polled")
    said = world.readings(PERP)
    assert {key[0] for key in said} >= GAUGES
    assert said["market_mid_price",] == 100
    assert said["market_book_snapshots_total", "polled"] == 1


def test_time_does_not_run_on_a_polled_book(world: Polling) -> None:
    world.broken(PERP)
    for bid, ask in (("99", "101"), ("98", "102"), ("98", "102")):
        world.poll(PERP, ((bid, "1"),), ((ask, "1"),))
        world.later(1)
    said = world.readings(PERP)
    assert said["market_spread_bps",] == 400
    assert (said[OBSERVED], said[BEYOND]) == (2, 2)
    assert said["market_spread_average_bps",] == 10


def test_a_poll_is_no_message_and_no_change_of_the_stream(world: Polling) -> None:
    world.broken(PERP)
    before, changed = world.readings(PERP), world.market(PERP).last_change
    world.later(1)
    world.poll(PERP, *BOOK_A)
    said = world.readings(PERP)
    for family in (
        "market_feed_messages_total",
        "market_feed_received_bytes_total",
        "market_feed_last_message_timestamp_seconds",
    ):
        assert said[family, "book"] == before[family, "book"]
    assert world.market(PERP).last_change == changed


def test_a_polled_book_is_stale_after_its_limit_and_no_longer_degraded(world: Polling) -> None:
    world.broken(PERP)
    world.poll(PERP, *BOOK_A)
    world.later(5)
    assert world.state() == (0, 1, "polled")
    world.later(0.001)
    assert world.state() == (0, 0, "stale")
    assert not GAUGES & {key[0] for key in world.readings(PERP)}
    world.poll(PERP, *BOOK_A)
    assert world.state() == (0, 1, "polled")
    world.later(1)
    assert world.readings(PERP)[OBSERVED] == 2


def test_a_crossed_polled_book_shows_nothing(world: Polling) -> None:
    world.broken(PERP)
    world.poll(PERP, (("102", "1"),), (("101", "1"),))
    assert world.state() == (0, 0, "polled")
    assert not GAUGES & {key[0] for key in world.readings(PERP)}


def test_a_poll_that_cannot_be_held_leaves_nothing_of_the_one_before(world: Polling) -> None:
    world.broken(PERP)
    world.poll(PERP, (("102", "1"),), (("101", "1"),))
    world.poll(PERP, (("99", "1"),), (("0", "1"),))
    assert world.state() == (0, 0, "gap")
    assert not GAUGES & {key[0] for key in world.readings(PERP)}
    assert world.market(PERP).crossed_since is None


def test_the_stream_takes_over_with_no_gap_but_that_of_the_disconnect(world: Polling) -> None:
    world.broken(PERP)
    world.poll(PERP, *BOOK_A)
    world.later(3)
    world.top(PERP, "99.95", "100.05")
    assert world.state() == (1, 0, "")
    said = world.readings(PERP)
    gaps = {key[1]: said[key] for key in said if key[0] == "market_feed_gaps_total"}
    assert {reason: count for reason, count in gaps.items() if count} == {"disconnect": 1}
    assert said["market_feed_resyncs_total",] == 1
    gap = world.market(PERP).sync.gap
    assert gap is not None
    assert gap.duration == 3 * 10**9


@pytest.mark.parametrize("breaks", [0, 1, 2])
@pytest.mark.parametrize("waiting", [0, 1, 2])
def test_time_runs_again_from_the_first_streamed_top_also_where_it_is_the_polled_one(
    world: Polling, breaks: int, waiting: int
) -> None:
    world.broken(PERP)
    world.poll(PERP, (("99.95", "1"),), (("100.05", "1"),))
    world.later(1)
    for _ in range(breaks):
        world.broken(PERP)
        world.later(1)
    for number in range(waiting):
        world.market(PERP).on_book(BookUpdate("", world.now, None, 0, 1, number, (), ()), 9)
        world.later(1)
    world.top(PERP, "99.95", "100.05")
    world.later(3)
    said = world.readings(PERP)
    assert (said[OBSERVED], said[BEYOND]) == (5, 5)


def test_a_poll_that_comes_after_the_stream_is_back_changes_nothing(world: Polling) -> None:
    world.broken(PERP)
    world.top(PERP, "99.95", "100.05")
    world.poll(PERP, *BOOK_A)
    world.later(3)
    assert world.state() == (1, 0, "")
    assert world.readings(PERP)["market_spread_bps",] == 10
    assert world.readings(PERP)[OBSERVED] == 5


def test_a_poll_of_a_stale_live_book_does_not_make_it_fresh(world: Polling) -> None:
    world.later(5)
    assert world.state() == (0, 0, "stale")
    world.poll(PERP, *BOOK_A)
    assert world.state() == (0, 0, "stale")


@pytest.mark.parametrize("polled", [PERP, SPOT])
def test_time_of_the_basis_needs_both_legs_from_their_streams(polled: str) -> None:
    world = Polling()
    for name in (PERP, SPOT):
        world.top(name, "99.95", "100.05")
    world.later(2)
    world.broken(polled)
    world.poll(polled, (("99.95", "1"),), (("100.05", "1"),))
    world.later(2)
    said = world.readings(PERP)
    assert said["market_basis_bps", "spot"] == 0
    assert said[BASIS_OBSERVED] == 2
    world.top(polled, "99.95", "100.05")
    world.later(0.5)
    assert world.readings(PERP)[BASIS_OBSERVED] == 2.5


def test_a_disconnect_drops_the_references_of_its_streams_and_no_others(world: Polling) -> None:
    world.reference(PERP, mark="100", index="100")
    world.reference(PERP, Stream.FUNDING, funding_rate="0.0001")
    families = {"market_mark_price", "market_index_price", "market_funding_rate_ratio"}
    world.broken(PERP)
    assert {key[0] for key in world.readings(PERP)} >= families
    world.broken(PERP, MARKET_STREAMS)
    assert families & {key[0] for key in world.readings(PERP)} == {"market_funding_rate_ratio"}
    world.broken(PERP, (Stream.FUNDING,))
    assert not families & {key[0] for key in world.readings(PERP)}


def test_the_end_of_another_connection_leaves_the_book(world: Polling) -> None:
    world.broken(PERP, MARKET_STREAMS)
    world.later(1)
    assert world.state() == (1, 0, "")
    assert world.readings(PERP)[OBSERVED] == 3


def test_a_refresh_costs_no_second_and_no_gap(world: Polling) -> None:
    market, number = world.market(PERP), 1
    assert market.sync.last_id == number
    market.sync.refresh()
    for last in range(number + 1, number + 4):
        change = ((f"99.{last}", "1"),)
        market.on_book(BookUpdate("", world.now, None, last, last, last - 1, change, ()), 9)
        world.later(1)
    wider: tuple[Levels, Levels] = (("99.95", "1"), ("90", "1")), (("100.05", "1"), ("110", "1"))
    market.on_book(BookSnapshot("", world.now, None, number + 1, *wider, limit=1000), 9)
    world.later(1)
    said = world.readings(PERP)
    assert (market.sync.last_id, said[UP], said[OBSERVED], said[BEYOND]) == (number + 3, 1, 6, 6)
    assert (dict(market.sync.gaps), market.sync.crossed) == ({}, 0)
    assert len(market.sync.book.asks.keys) == 2
