"""A live book gets a new snapshot: nothing is lost, and more is known."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.book.sync import BookSync
from exporter.feeds.feed import Feed
from exporter.model import BookSnapshot
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


@BOTH
def test_a_snapshot_older_than_the_live_book_is_joined_to_what_was_applied_since(
    feed: Feed,
) -> None:
    sync = live(feed)
    sync.refresh()
    for number in range(101, 111):
        sync.update(update(number, number, number - 1, size=str(number)))
    assert sync.snapshot(snapshot(104, "99", "98", "97"))
    assert (sync.live, sync.last_id, best_bid(sync)) == (True, 110, (99, 110))
    assert known(sync.book.bids) == {99: 110, 98: 1, 97: 1}
    assert (dict(sync.gaps), sync.resyncs) == ({}, 0)
    assert dict(+sync.updates) == {"applied": 11}
    assert dict(+sync.snapshots) == {"applied": 2}


@BOTH
@pytest.mark.parametrize("applied", [0, 3])
def test_an_early_snapshot_changes_nothing_and_the_next_one_is_taken(
    feed: Feed, applied: int
) -> None:
    sync = live(feed)
    sync.refresh()
    for number in range(101, 101 + applied):
        sync.update(update(number, number, number - 1, size=str(number)))
    before = (sync.last_id, best_bid(sync), sync.top)
    assert not sync.snapshot(snapshot(99, "50"))
    assert (sync.last_id, best_bid(sync), sync.top) == before
    assert sync.update(update(101 + applied, 110, 100 + applied, size="7"))
    assert sync.snapshot(snapshot(100, "99", "98"))
    assert (sync.last_id, best_bid(sync), dict(sync.gaps)) == (110, (99, 7), {})


@BOTH
def test_a_snapshot_newer_than_the_book_replaces_it(feed: Feed) -> None:
    sync = live(feed)
    sync.refresh()
    sync.update(update(101, 105, 100))
    assert sync.snapshot(snapshot(120, "98"))
    assert not sync.update(update(106, 110, 105, size="9"))
    assert sync.update(update(111, 125, 110, size="7"))
    assert (sync.last_id, best_bid(sync), dict(sync.gaps)) == (125, (99, 7), {})
    assert dict(+sync.updates) == {"applied": 3, "old": 1}


@BOTH
@pytest.mark.parametrize("price", ["0", "1.123456789", "x"])
def test_a_snapshot_that_was_asked_for_and_cannot_be_held_leaves_the_live_book(
    feed: Feed, price: str
) -> None:
    sync = live(feed)
    sync.refresh()
    assert not sync.snapshot(snapshot(100, price))
    assert (sync.live, best_bid(sync), dict(sync.gaps)) == (True, (99, 2), {})
    assert sync.snapshots["refused"] == 1
    assert sync.update(update(101, 105, 100, size="7"))
    assert sync.snapshot(snapshot(103, "99", "98"))
    assert best_bid(sync) == (99, 7)


def test_what_the_book_was_before_cannot_be_seen_through_a_refresh() -> None:
    sync = live(SPOT)
    sync.refresh()
    sync.update(update(101, 101, 100, price="101.5", size="1"))
    sync.update(update(102, 102, 101, price="101.5", size="0"))
    before = sync.top
    assert sync.crossed == 1
    crossed = BookSnapshot("Y", 3, None, 101, (("101.5", "1"), ("99", "2")), (("101", "1"),))
    assert sync.snapshot(crossed)
    assert (sync.top, sync.crossed) == (before, 1)


@BOTH
def test_without_having_been_asked_for_an_older_snapshot_is_old(feed: Feed) -> None:
    sync = live(feed)
    sync.refresh()
    sync.update(update(101, 105, 100))
    assert sync.snapshot(snapshot(103))
    assert not sync.snapshot(snapshot(104))
    assert (sync.snapshots["old"], sync.last_id) == (1, 105)


@BOTH
def test_a_gap_ends_a_refresh_and_its_snapshot_is_judged_by_what_waits(feed: Feed) -> None:
    sync = live(feed)
    sync.refresh()
    sync.update(update(101, 105, 100))
    sync.update(update(112, 115, 111))
    assert dict(sync.gaps) == {"sequence": 1}
    assert not sync.snapshot(snapshot(104))
    assert (sync.live, sync.snapshots["early"]) == (False, 1)
    assert sync.snapshot(snapshot(112))
    assert (sync.live, sync.last_id, sync.resyncs) == (True, 115, 1)


def test_a_book_that_is_not_live_has_nothing_to_refresh() -> None:
    sync = BookSync(MARKET, SPOT)
    sync.refresh()
    sync.snapshot(snapshot(100))
    sync.update(update(101, 105, 100))
    assert not sync.snapshot(snapshot(104))
    assert sync.snapshots["old"] == 1


def test_a_refresh_without_an_answer_keeps_a_bounded_number_of_updates() -> None:
    sync = live(SPOT)
    sync.refresh()
    for number in range(101, 3101):
        sync.update(update(number, number, number - 1))
    assert not sync.snapshot(snapshot(1000))
    assert sync.snapshots["early"] == 1
    assert sync.snapshot(snapshot(3000))
    assert (sync.last_id, dict(sync.gaps)) == (3100, {})


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_a_refreshed_book_is_the_book_that_never_was_and_knows_more(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - repeatable, not secret
    exchange = Exchange(draw.choice((SPOT, USDM)), draw)
    plain, fresh = exchange.sync(), exchange.sync()
    for sync in (plain, fresh):
        assert sync.snapshot(exchange.snapshot(FIRST, levels=10))
    base: int | None = None
    for sent, change in enumerate(exchange.stream(), start=1):
        if base is None and draw.random() < 0.3:
            fresh.refresh()
            base = fresh.last_id
        plain.update(change)
        fresh.update(change)
        if base is not None and draw.random() < 0.3:
            number = draw.randint(base - 5, exchange.last)
            taken = fresh.snapshot(exchange.snapshot(max(number, FIRST), levels=20))
            assert taken or number < base
            base = None if taken else base
        exchange.assert_true(fresh)
        assert counted(fresh) == sent
    assert not fresh.gaps
    for one, other in ((plain.book.bids, fresh.book.bids), (plain.book.asks, fresh.book.asks)):
        if fresh.last_id == plain.last_id:
            both = known(one).keys() & known(other).keys()
            assert {p: known(one)[p] for p in both} == {p: known(other)[p] for p in both}
