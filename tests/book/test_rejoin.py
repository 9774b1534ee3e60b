"""A stream goes on over another connection, which cuts the same changes elsewhere."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.book.sync import BookSync
from exporter.feeds.feed import Feed
from tests.book.truth import (
    BOTH,
    FIRST,
    MARKET,
    SPOT,
    USDM,
    Exchange,
    best_bid,
    counted,
    live,
    snapshot,
    update,
)


@pytest.mark.parametrize("last", [100, 103], ids=["same end", "later end"])
def test_the_first_update_of_another_connection_may_overlap_what_is_applied(last: int) -> None:
    sync = live(USDM)
    sync.rejoin()
    assert not sync.update(update(80, 97, 79, size="5"))
    assert sync.update(update(98, last, 97, size="7"))
    assert sync.update(update(last + 1, 110, last, size="8"))
    assert (sync.last_id, best_bid(sync), dict(sync.gaps)) == (110, (99, 8), {})
    assert dict(+sync.updates) == {"applied": 3, "old": 1}


def test_without_a_change_of_connection_an_overlap_is_a_gap() -> None:
    sync = live(USDM)
    sync.update(update(98, 103, 97))
    assert dict(sync.gaps) == {"sequence": 1}


@BOTH
def test_a_hole_between_two_connections_is_a_gap(feed: Feed) -> None:
    sync = live(feed)
    sync.rejoin()
    sync.update(update(103, 110, 102))
    assert dict(sync.gaps) == {"sequence": 1}


def test_after_the_first_update_of_another_connection_the_rule_is_strict_again() -> None:
    sync = live(USDM)
    sync.rejoin()
    sync.update(update(98, 103, 97))
    sync.update(update(102, 110, 101))
    assert dict(sync.gaps) == {"sequence": 1}


def test_a_refresh_survives_an_overlap_of_two_connections() -> None:
    sync = live(USDM)
    sync.refresh()
    sync.update(update(101, 110, 100, size="3"))
    sync.rejoin()
    sync.update(update(106, 115, 105, size="4"))
    assert sync.snapshot(snapshot(104, "99", "98"))
    assert (sync.last_id, best_bid(sync), dict(sync.gaps)) == (115, (99, 4), {})


def test_what_waits_for_a_snapshot_does_not_mix_with_another_connection() -> None:
    sync = BookSync(MARKET, USDM)
    sync.update(update(91, 100, 90))
    sync.rejoin()
    assert (sync.waiting, sync.updates["dropped"]) == (0, 1)
    sync.update(update(96, 105, 95))
    assert not sync.snapshot(snapshot(92))
    assert sync.snapshot(snapshot(97))
    assert (sync.live, sync.last_id, dict(sync.gaps)) == (True, 105, {})


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_a_book_is_right_over_any_change_of_connection_without_a_hole(seed: int) -> None:
    draw = Random(seed)  # noqa: S311
    exchange = Exchange(draw.choice((SPOT, USDM)), draw)
    sync = exchange.sync()
    sync.snapshot(exchange.snapshot(FIRST, levels=15))
    stream, sent = exchange.stream(), 0
    while (change := next(stream, None)) is not None:
        sync.update(change)
        sent += 1
        exchange.assert_true(sync)
        assert sync.last_id is not None
        if draw.random() < 0.2:
            sync.refresh()
        if draw.random() < 0.2:
            sync.rejoin()
            stream = exchange.stream(draw.randint(max(FIRST, sync.last_id - 30), sync.last_id))
        if draw.random() < 0.2:
            sync.snapshot(exchange.snapshot(draw.randint(FIRST, sync.last_id), levels=20))
            exchange.assert_true(sync)
    assert (dict(sync.gaps), counted(sync)) == ({}, sent)
    assert sync.last_id is not None
    assert sync.last_id >= exchange.last
