"""The order-book procedures of each exchange, step by step."""

import pytest

from exporter.feeds import binance_coinm, binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed, Verdict
from exporter.model import BookUpdate

APPLY, OLD, GAP = Verdict.APPLY, Verdict.OLD, Verdict.GAP


def update(first: int | None, last: int | None, previous: int | None = None) -> BookUpdate:
    return BookUpdate("X", 0, 0, first, last, previous, (), ())


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (95, 100, OLD),
        (90, 99, OLD),
        (99, 102, APPLY),
        (101, 101, APPLY),
        (101, 105, APPLY),
        (102, 105, GAP),
    ],
)
def test_spot_joins_and_follows_by_one_rule(first: int, last: int, verdict: Verdict) -> None:
    assert binance_spot.FEED.joins(update(first, last), 100) is verdict
    assert binance_spot.FEED.follows(update(first, last), 100) is verdict


@pytest.mark.parametrize("feed", [binance_usdm.FEED, binance_coinm.FEED], ids=lambda f: f.name)
@pytest.mark.parametrize(
    ("first", "last", "previous", "verdict"),
    [
        (90, 99, 85, OLD),
        (95, 100, 90, APPLY),
        (100, 110, 98, APPLY),
        (104, 110, 100, APPLY),
        (104, 110, 99, APPLY),
        (104, 110, 101, GAP),
    ],
)
def test_futures_join_where_the_snapshot_lies_in_the_event(
    feed: Feed, first: int, last: int, previous: int, verdict: Verdict
) -> None:
    assert feed.joins(update(first, last, previous), 100) is verdict


@pytest.mark.parametrize("feed", [binance_usdm.FEED, binance_coinm.FEED], ids=lambda f: f.name)
def test_futures_follow_by_pu_and_never_by_first_id(feed: Feed) -> None:
    assert feed.follows(update(198, 250, 100), 100) is APPLY
    assert feed.follows(update(101, 250, 99), 100) is GAP
    assert feed.follows(update(101, 250, 120), 100) is GAP
    assert feed.follows(update(90, 100, 85), 100) is OLD


def test_okx_documented_chain_with_heartbeat_and_reset() -> None:
    """Made: (-1,10) (10,15) (15,15 heartbeat) (15,3 reset) (3,5)."""
    last: int | None = 10
    for previous, number in [(10, 15), (15, 15), (15, 3), (3, 5)]:
        assert okx.FEED.follows(update(None, number, previous), last) is APPLY
        last = number


def test_okx_old_messages_are_dropped_and_breaks_are_gaps() -> None:
    assert okx.FEED.follows(update(None, 10, 5), 15) is OLD
    assert okx.FEED.follows(update(None, 15, 10), 15) is OLD
    assert okx.FEED.follows(update(None, 25, 20), 15) is GAP
    assert okx.FEED.follows(update(None, None, None), 15) is GAP


def test_okx_frames_without_ids_leave_loss_to_the_checksum() -> None:
    assert okx.FEED.follows(update(None, None, None), None) is APPLY


def test_okx_checksum_examples() -> None:
    checksum = okx.FEED.checksum
    assert checksum is not None
    bids = [("3366.1", "7"), ("3366", "6")]
    asks = [("3366.8", "9"), ("3368", "8"), ("3372", "8")]
    assert checksum(bids, asks[:2]) == -1_881_014_294
    assert checksum(bids[:1], asks) == 831_078_360
