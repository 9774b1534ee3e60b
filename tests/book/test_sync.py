"""Snapshots, buffered updates, refusals and checksums of one book."""

import msgspec

from exporter.book.sync import BookSync
from exporter.feeds import binance_spot, okx
from exporter.model import BookSnapshot, BookUpdate, MarketId

ID = MarketId("x", "Y")


def snapshot(
    number: int | None, bid: str = "99", ask: str = "101", checksum: int = 0
) -> BookSnapshot:
    return BookSnapshot("Y", 1, None, number, ((bid, "1"),), ((ask, "1"),), checksum)


def update(first: int, last: int, price: str = "99", size: str = "2") -> BookUpdate:
    return BookUpdate("Y", 2, None, first, last, None, ((price, size),), ())


def spot() -> BookSync:
    return BookSync(ID, binance_spot.FEED)


def okx_update(previous: int | None, last: int | None, checksum: int = 0) -> BookUpdate:
    return BookUpdate("Y", 2, None, None, last, previous, (("99", "2"),), (), checksum)


def best_bid(sync: BookSync) -> tuple[float, float]:
    (level,) = sync.book.levels(sync.book.bids, 1)
    return float(level.price), float(level.quantity)


def test_updates_before_the_snapshot_are_buffered_and_applied_after_it() -> None:
    sync = spot()
    for first, last in [(8, 9), (10, 11), (12, 12)]:
        sync.update(update(first, last, size=str(last)))
    assert not sync.live
    sync.snapshot(snapshot(10))
    assert (sync.live, sync.last_id, best_bid(sync)) == (True, 12, (99, 12))
    assert dict(+sync.updates) == {"old": 1, "applied": 2}


def test_a_snapshot_older_than_the_buffer_is_not_taken_and_the_buffer_is_kept() -> None:
    sync = spot()
    sync.update(update(20, 21))
    sync.snapshot(snapshot(10))
    assert (sync.live, sync.snapshots["early"]) == (False, 1)
    sync.snapshot(snapshot(19))
    assert (sync.live, sync.last_id) == (True, 21)


def test_a_snapshot_older_than_the_live_book_changes_nothing() -> None:
    sync = spot()
    sync.snapshot(snapshot(10))
    sync.update(update(11, 12, size="7"))
    sync.snapshot(snapshot(11, bid="50"))
    assert (sync.snapshots["old"], sync.last_id, best_bid(sync)) == (1, 12, (99, 7))


def test_a_break_among_the_buffered_updates_is_a_gap() -> None:
    sync = spot()
    for first, last in [(10, 11), (13, 13), (14, 14)]:
        sync.update(update(first, last))
    sync.snapshot(snapshot(10))
    assert (sync.live, dict(sync.gaps)) == (False, {"sequence": 1})
    sync.snapshot(snapshot(12))
    assert (sync.live, sync.last_id, sync.resyncs) == (True, 14, 1)


def test_a_full_buffer_drops_the_oldest_and_counts_it() -> None:
    sync = spot()
    for number in range(3000):
        sync.update(update(number, number))
    assert sync.updates["dropped"] == 3000 - 2048
    assert sum(sync.updates.values()) + sync.waiting == 3000
    sync.snapshot(snapshot(100))
    assert sync.snapshots["early"] == 1


def test_a_gap_is_marked_with_its_ids_and_its_end() -> None:
    sync = spot()
    sync.snapshot(snapshot(10))
    sync.update(update(15, 16))
    gap = sync.gap
    assert gap is not None
    assert (gap.market, gap.reason, gap.before, gap.after, gap.end) == (
        ID,
        "sequence",
        10,
        15,
        None,
    )
    sync.snapshot(msgspec.structs.replace(snapshot(16), received=9))
    assert sync.gap is not None
    assert (sync.gap.start, sync.gap.end, sync.gap.duration) == (2, 9, 7)


def test_a_value_with_more_decimals_than_the_scale_makes_the_book_invalid() -> None:
    sync = spot()
    sync.snapshot(snapshot(10))
    sync.update(update(11, 11, price="99.123456789"))
    assert (sync.live, sync.top, dict(sync.gaps)) == (False, None, {"precision": 1})
    assert sync.gap is not None
    assert sync.gap.before == 10, "the last id applied, not the one refused"
    assert sync.updates["refused"] == 1


def test_trailing_zeros_are_no_decimals() -> None:
    sync = spot()
    sync.snapshot(snapshot(10, bid="99.50000000000000"))
    assert best_bid(sync) == (99.5, 1)


def test_an_instrument_list_with_finer_steps_widens_the_scale() -> None:
    sync = spot()
    sync.use_decimals(10, 8)
    sync.snapshot(snapshot(10, bid="99.0123456789"))
    assert best_bid(sync) == (99.0123456789, 1)


def test_a_price_of_zero_or_a_negative_size_is_refused() -> None:
    for price, size in [("0", "1"), ("-1", "1"), ("99", "-1"), ("nan", "1"), ("99", "1_0")]:
        sync = spot()
        sync.snapshot(snapshot(10))
        sync.update(update(11, 11, price=price, size=size))
        assert dict(sync.gaps) == {"value": 1}, (price, size)


def test_a_wrong_checksum_makes_the_book_invalid_until_a_snapshot() -> None:
    assert okx.FEED.checksum is not None
    good = okx.FEED.checksum([("99", "1")], [("101", "1")])
    sync = BookSync(ID, okx.FEED)
    sync.snapshot(snapshot(1, checksum=good))
    assert dict(sync.checksums) == {"ok": 1}
    after = okx.FEED.checksum([("99", "2")], [("101", "1")])
    sync.update(okx_update(1, 2, checksum=after))
    sync.update(okx_update(2, 3, checksum=after + 1))
    assert (dict(sync.checksums), dict(sync.gaps)) == ({"ok": 2, "failed": 1}, {"checksum": 1})
    assert not sync.live
    sync.snapshot(snapshot(4))
    assert (sync.live, sync.resyncs) == (True, 1)


def test_a_checksum_of_zero_proves_nothing() -> None:
    sync = BookSync(ID, okx.FEED)
    sync.snapshot(snapshot(1))
    sync.update(okx_update(1, 2))
    assert (sync.live, dict(sync.checksums)) == (True, {})


def test_a_heartbeat_changes_nothing_and_is_no_gap() -> None:
    sync = BookSync(ID, okx.FEED)
    sync.snapshot(snapshot(5))
    sync.update(BookUpdate("Y", 2, None, None, 5, 5, (), ()))
    assert (sync.live, sync.last_id, best_bid(sync)) == (True, 5, (99, 1))


def test_a_stream_that_sends_its_own_snapshots_buffers_nothing() -> None:
    sync = BookSync(ID, okx.FEED)
    sync.update(okx_update(4, 5))
    sync.snapshot(snapshot(5))
    sync.update(okx_update(5, 6))
    assert (sync.live, sync.last_id, sync.updates["dropped"]) == (True, 6, 1)


def test_crossed_and_locked_are_counted_once_each_time_they_begin() -> None:
    sync = spot()
    sync.snapshot(snapshot(10))
    for number, (price, size) in enumerate(
        [("102", "1"), ("103", "1"), ("103", "0"), ("102", "0"), ("101", "1")], start=11
    ):
        sync.update(update(number, number, price, size))
    assert (sync.crossed, sync.locked) == (1, 1)
