"""What a book or a stream needs, and when it needs nothing."""

from fractions import Fraction

import pytest

from exporter.config.live import Live
from exporter.live.needs import Need, silent_streams, snapshot_need, stream_need
from exporter.live.plan import Plan, plans
from exporter.markets.market import Market
from exporter.model import NANOSECONDS, BookSnapshot, BookUpdate, GapReason, Stream, Trade
from tests.books import BOOK_A, Levels, World

SPOT, PERP, SWAP = "binance/BTC-USDT-SPOT", "binance/BTC-USDT-PERP", "okx/BTC-USDT-PERP"
SETTINGS = Live()
BAND = Fraction(10)
CROSSED: tuple[Levels, Levels] = (("101", "1"),), (("100", "1"),)


class Watched(World):
    """A world in which every stream was acknowledged at its start."""

    def __init__(self) -> None:
        super().__init__()
        self.since = self.now

    def snapshot(self, name: str = SPOT) -> Need | None:
        """What a book synchronised by REST needs now."""
        return snapshot_need(self.market(name), self.since, self.now, SETTINGS, BAND)

    def stream(self, name: str = SWAP) -> Need | None:
        """What a book whose snapshots come on its stream needs now."""
        return stream_need(self.market(name), self.since, self.now, SETTINGS)

    def silent(self, plan: Plan) -> set[Stream]:
        """Streams of the plan's symbol that are silent now."""
        (symbol,) = plan.symbols
        market = self.pipeline.intakes[plan.feed.name].markets[symbol]
        return set(silent_streams(plan, market, self.since, self.now, SETTINGS))

    def update(self, name: str, previous: int, number: int) -> None:
        """An update of the book without a level."""
        self.market(name).on_book(
            BookUpdate("", self.now, None, number, number, previous, (), ()), 9
        )


@pytest.fixture
def world() -> Watched:
    return Watched()


def planned(market: Market, route: int = 0) -> Plan:
    return plans(market.spec.feed, "wss://x", [market.spec.symbol])[route]


def test_a_book_without_a_snapshot_waits_for_its_first_update_before_it_asks(
    world: Watched,
) -> None:
    assert world.snapshot() is None
    world.later(1)
    world.update(SPOT, 1, 2)
    assert world.snapshot() is Need.GAP


def test_where_no_update_comes_it_asks_after_three_seconds(world: Watched) -> None:
    world.later(3)
    assert world.snapshot() is None
    world.later(0.001)
    assert world.snapshot() is Need.GAP


def test_a_live_book_that_is_known_around_mid_needs_nothing(world: Watched) -> None:
    world.book(SPOT, *BOOK_A, limit=1000)
    world.later(4)
    assert world.snapshot() is None


def test_a_broken_book_asks_at_once(world: Watched) -> None:
    world.later(60)
    world.book(SPOT, *BOOK_A, limit=1000)
    world.update(SPOT, 8, 9)
    assert world.market(SPOT).sync.gaps == {"sequence": 1}
    assert world.snapshot() is Need.GAP


def test_a_polled_book_still_needs_its_snapshot(world: Watched) -> None:
    world.market(SPOT).on_poll(BookSnapshot("", world.now, None, 1, *BOOK_A))
    assert world.snapshot() is None
    world.later(3.001)
    assert world.snapshot() is Need.GAP


@pytest.mark.parametrize(("worst", "need"), [("99.9", None), ("99.91", Need.NARROW)])
def test_a_book_known_within_less_than_the_band_asks(
    world: Watched, worst: str, need: Need | None
) -> None:
    """Mid is 100: the band goes from 99.9 to 100.1, ends included."""
    bids, asks = (("99.99", "1"), (worst, "1")), (("100.01", "1"), ("100.1", "1"))
    world.book(SPOT, bids, asks, limit=2)
    assert world.snapshot() is need


def test_it_is_enough_that_one_side_is_not_known(world: Watched) -> None:
    world.book(SPOT, (("99.99", "1"),), (("100.01", "1"), ("101", "1")), limit=2)
    assert world.snapshot() is None
    world.book(SPOT, (("99.99", "1"), ("99.98", "1")), (("100.01", "1"), ("101", "1")), limit=2)
    assert world.snapshot() is Need.NARROW


def test_a_book_without_a_mid_is_not_called_narrow(world: Watched) -> None:
    world.book(SPOT, (("99.99", "1"),), (), limit=1)
    assert world.snapshot() is None
    world.book(SPOT, (("99.99", "1"),), (("100.01", "1"),), limit=1)
    assert world.snapshot() is Need.NARROW
    world.later(5.001)
    assert world.snapshot() is None  # stale


@pytest.mark.parametrize("name", [SPOT, SWAP])
def test_a_book_that_stays_crossed_asks_after_two_seconds(world: Watched, name: str) -> None:
    need = world.snapshot if name == SPOT else world.stream
    world.book(name, *CROSSED)
    world.later(1.999)
    assert need(name) is None
    world.later(0.001)
    assert need(name) is Need.CROSSED


def test_a_crossing_that_ends_in_between_begins_anew(world: Watched) -> None:
    world.book(SPOT, *CROSSED)
    world.later(1.5)
    world.book(SPOT, *BOOK_A, limit=1000)
    world.book(SPOT, *CROSSED)
    world.later(1.5)
    assert world.snapshot() is None
    world.book(SPOT, (("102", "1"),), (("100", "1"),))  # crossed otherwise, but still crossed
    world.later(0.5)
    assert world.snapshot() is Need.CROSSED


def test_a_crossed_book_that_is_lost_is_broken_and_crossed_still_if_it_comes_back_so(
    world: Watched,
) -> None:
    world.book(SPOT, *CROSSED)
    since = world.now
    world.later(4)
    world.market(SPOT).lose(world.now, GapReason.DISCONNECT)
    assert world.snapshot() is Need.GAP
    world.later(1)
    world.book(SPOT, *CROSSED)
    assert world.market(SPOT).crossed_since == since
    world.book(SPOT, *BOOK_A, limit=1000)
    assert world.market(SPOT).crossed_since is None


def test_a_stream_that_brings_snapshots_has_ten_seconds_for_the_first(world: Watched) -> None:
    world.later(10)
    assert world.stream() is None
    world.later(0.001)
    assert world.stream() is Need.GAP
    world.book(SWAP, *BOOK_A)
    assert world.stream() is None


def test_a_gap_on_such_a_stream_asks_at_once(world: Watched) -> None:
    world.later(1)
    world.book(SWAP, *BOOK_A)
    world.update(SWAP, 8, 9)
    assert world.stream() is Need.GAP


def test_a_gap_from_before_it_was_subscribed_asks_for_nothing_yet(world: Watched) -> None:
    world.book(SWAP, *BOOK_A)
    world.update(SWAP, 8, 9)
    world.later(5)
    world.since = world.now
    world.later(10)
    assert world.stream() is None
    world.later(0.001)
    assert world.stream() is Need.GAP


def test_a_disconnect_is_left_to_the_next_subscription(world: Watched) -> None:
    world.later(1)
    world.book(SWAP, *BOOK_A)
    world.market(SWAP).disconnect(world.now, [Stream.BOOK])
    assert world.stream() is None
    world.later(9.001)
    assert world.stream() is Need.GAP


def test_a_stream_that_says_nothing_is_silent_after_its_patience_and_a_trade_stream_never(
    world: Watched,
) -> None:
    plan = planned(world.market(PERP))
    world.later(20)
    assert world.silent(plan) == set()
    world.later(0.001)
    assert world.silent(plan) == {Stream.BOOK}
    world.later(45)
    assert world.silent(plan) == {Stream.BOOK, Stream.QUOTE}
    other = planned(world.market(PERP), route=1)
    assert Stream.TRADE in other.streams
    assert world.silent(other) == {Stream.MARK}


def test_the_stale_limit_of_a_stream_counts_where_it_is_longer(world: Watched) -> None:
    plan = planned(world.market(SWAP))
    for seconds, silent in (
        (20.001, {Stream.BOOK, Stream.MARK}),
        (65.001, {Stream.BOOK, Stream.MARK, Stream.QUOTE, Stream.INDEX}),
        (120.001, {Stream.BOOK, Stream.MARK, Stream.QUOTE, Stream.INDEX, Stream.FUNDING}),
    ):
        world.later((world.since - world.now) / NANOSECONDS + seconds)
        assert world.silent(plan) == silent


def test_what_was_said_last_or_acknowledged_last_counts(world: Watched) -> None:
    plan = planned(world.market(PERP))
    world.later(15)
    world.book(PERP, *BOOK_A)
    world.later(20)
    assert world.silent(plan) == set()
    world.later(0.001)
    assert world.silent(plan) == {Stream.BOOK}
    world.since = world.now
    world.later(20)
    assert world.silent(plan) == set()


def test_a_message_that_is_dropped_is_still_a_sign_of_life(world: Watched) -> None:
    plan = planned(world.market(PERP))
    world.later(15)
    world.update(PERP, 1, 2)
    world.later(10)
    assert world.silent(plan) == set()


def test_streams_that_a_market_does_not_have_are_never_silent(world: Watched) -> None:
    market = world.market("okx/BTC-USDT-SPOT")
    world.later(1000)
    plan = planned(market)
    assert {Stream.MARK, Stream.INDEX, Stream.FUNDING} < set(plan.streams)
    assert world.silent(plan) == {Stream.BOOK, Stream.QUOTE}


def test_a_trade_says_nothing_of_the_book(world: Watched) -> None:
    market = world.market(SPOT)
    world.later(19)
    market.on(Trade("", world.now, None, "1", "100", "1", buyer_initiated=True), 9)
    world.later(2)
    assert world.silent(planned(market)) == {Stream.BOOK}
