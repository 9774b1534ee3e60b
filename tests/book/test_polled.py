"""A book that is polled while its stream is down: shown, never mixed with a live one."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.book.sync import BookSync
from exporter.feeds import okx
from exporter.feeds.feed import Feed
from exporter.model import BookSnapshot, BookUpdate, GapReason
from tests.book.truth import (
    BOTH,
    FIRST,
    MARKET,
    SPOT,
    USDM,
    Exchange,
    best_bid,
    counted,
    known,
    live,
    snapshot,
    update,
)


def lost(feed: Feed) -> BookSync:
    """A book whose connection broke at id 100."""
    sync = live(feed)
    sync.lose(3, GapReason.DISCONNECT)
    return sync


@BOTH
def test_a_live_book_is_never_replaced_by_a_poll(feed: Feed) -> None:
    sync = live(feed)
    before = sync.top
    assert not sync.poll(snapshot(200, "50"))
    assert (sync.live, sync.polled, sync.top, sync.last_id) == (True, False, before, 100)
    assert sync.snapshots["old"] == 1


@BOTH
def test_a_lost_book_is_shown_as_polled_and_stays_lost(feed: Feed) -> None:
    sync = lost(feed)
    assert sync.poll(snapshot(200, "98"))
    assert (sync.live, sync.polled, best_bid(sync)) == (False, True, (98, 1))
    assert sync.top is not None
    assert (dict(sync.gaps), sync.resyncs) == ({"disconnect": 1}, 0)
    assert sync.gap is not None
    assert sync.gap.end is None
    assert sync.poll(snapshot(210, "97"))
    assert (best_bid(sync), sync.snapshots["polled"]) == ((97, 1), 2)


@BOTH
def test_updates_that_wait_survive_polls_and_the_snapshot_that_ends_them_is_joined(
    feed: Feed,
) -> None:
    sync = lost(feed)
    sync.poll(snapshot(200, "98"))
    sync.update(update(300, 310, 299, size="6"))
    sync.poll(snapshot(315, "97"))
    sync.update(update(311, 320, 310, size="7"))
    assert (sync.polled, sync.waiting, best_bid(sync)) == (True, 2, (97, 1))
    assert sync.snapshot(snapshot(305))
    assert (sync.live, sync.polled, sync.last_id, best_bid(sync)) == (True, False, 320, (99, 7))
    assert (dict(sync.gaps), sync.resyncs) == ({"disconnect": 1}, 1)


@BOTH
def test_an_early_snapshot_leaves_what_is_polled(feed: Feed) -> None:
    sync = lost(feed)
    sync.poll(snapshot(200, "98"))
    sync.update(update(300, 310, 299))
    assert not sync.snapshot(snapshot(250))
    assert (sync.polled, best_bid(sync)) == (True, (98, 1))


@BOTH
@pytest.mark.parametrize("side", ["bid", "ask"])
@pytest.mark.parametrize("price", ["0", "-1", "1.123456789", "x"])
def test_a_poll_that_cannot_be_held_leaves_nothing_shown(feed: Feed, side: str, price: str) -> None:
    sync = lost(feed)
    sync.poll(snapshot(200))
    bid, ask = (price, "101") if side == "bid" else ("99", price)
    assert not sync.poll(BookSnapshot("Y", 4, None, 201, ((bid, "1"),), ((ask, "1"),)))
    assert (sync.polled, sync.live, sync.top) == (False, False, None)
    assert not sync.book.bids.keys
    assert not sync.book.asks.keys
    assert dict(+sync.snapshots) == {"applied": 1, "polled": 1, "refused": 1}
    assert sync.poll(snapshot(202))


@BOTH
def test_a_connection_that_breaks_again_leaves_what_is_polled_and_counts_no_gap(feed: Feed) -> None:
    sync = lost(feed)
    sync.poll(snapshot(200, "98"))
    sync.update(update(300, 310, 299))
    sync.lose(9, GapReason.DISCONNECT)
    assert (sync.polled, best_bid(sync), sync.waiting) == (True, (98, 1), 0)
    assert (dict(sync.gaps), sync.updates["dropped"]) == ({"disconnect": 1}, 1)
    assert sync.gap is not None
    assert sync.gap.start == 3


def test_a_market_that_was_never_live_can_be_polled_and_has_no_gap() -> None:
    sync = BookSync(MARKET, SPOT)
    assert sync.poll(snapshot(200))
    sync.lose(9, GapReason.DISCONNECT)
    assert sync.snapshot(snapshot(210))
    assert (sync.live, sync.polled, dict(sync.gaps), sync.resyncs) == (True, False, {}, 0)


def test_a_polled_book_of_a_bounded_channel_is_known_no_further_than_it_was_asked_for() -> None:
    sync = BookSync(MARKET, okx.FEED)
    bids, asks = ([(str(100 + sign * n), "1") for n in range(1, 11)] for sign in (-1, 1))
    assert sync.poll(BookSnapshot("Y", 1, None, 7, bids, asks))
    assert min(known(sync.book.bids)) == 90
    assert sync.book.quantities(11) is None
    assert sync.snapshot(BookSnapshot("Y", 2, None, 9, bids, asks))
    assert sync.book.quantities(11) is not None


def test_an_exchange_that_sends_its_own_snapshots_ends_a_poll_with_one() -> None:
    sync = BookSync(MARKET, okx.FEED)
    sync.poll(snapshot(50, "98"))
    sync.update(BookUpdate("Y", 2, None, None, 60, 55, (("99", "2"),), ()))
    assert (sync.polled, best_bid(sync), sync.updates["dropped"]) == (True, (98, 1), 1)
    sync.snapshot(snapshot(70))
    assert sync.update(BookUpdate("Y", 2, None, None, 75, 70, (("99", "3"),), ()))
    assert (sync.live, sync.polled, best_bid(sync)) == (True, False, (99, 3))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_happens_a_book_is_true_polled_or_empty_and_everything_adds_up(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - repeatable, not secret
    exchange = Exchange(draw.choice((SPOT, USDM)), draw)
    sync, stream, sent, at = exchange.sync(), exchange.stream(), 0, FIRST
    asked, breaks, polled = 0, 0, None
    while (change := next(stream, None)) is not None:
        at = change.last_id or at
        match draw.randrange(12):
            case 0:
                breaks += sync.live
                sync.lose(5, GapReason.DISCONNECT)
                continue
            case 1 | 2:
                polled = exchange.snapshot(draw.randint(FIRST, at), levels=10)
                sync.poll(polled)
                asked += 1
            case 3 | 4:
                sync.snapshot(exchange.snapshot(draw.randint(FIRST, exchange.last), levels=10))
                asked += 1
            case 5:
                sync.refresh()
            case 6:
                continue  # never received
            case _:
                pass
        sync.update(change)
        sent += 1
        if sync.live:
            exchange.assert_true(sync)
        elif sync.polled:
            assert polled is not None
            assert known(sync.book.bids) == {int(p): int(size) for p, size in polled.bids}
            assert known(sync.book.asks) == {int(p): int(size) for p, size in polled.asks}
        else:
            assert (sync.top, sync.book.bids.keys, sync.book.asks.keys) == (None, [], [])
        assert counted(sync) == sent
        assert sum(sync.snapshots.values()) == asked
        assert sync.gaps["disconnect"] == breaks
