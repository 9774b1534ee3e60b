"""Input that once did harm, or could: each fact here was found by trying to break the pipeline."""

import json
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from exporter.book.sync import BookSync
from exporter.errors import DecodeError
from exporter.families import Histogram
from exporter.feeds import binance_spot, binance_usdm, okx
from exporter.model import BookSnapshot, BookUpdate, Listing, MarketId
from exporter.pipeline import Pipeline
from exporter.scale import decimals_of
from tests.books import BOOK_A, World
from tests.shared import page, shipped

PERP, OKX_PERP = "binance/BTC-USDT-PERP", "okx/BTC-USDT-PERP"
SWAP = "BTC-USDT-SWAP"


def update(world: World, name: str, first: int, last: int, previous: int) -> None:
    market = world.market(name)
    levels = (("99.90", "9"),)
    symbol = market.spec.symbol
    market.on(BookUpdate(symbol, world.now, None, first, last, previous, levels, ()), 100)


def test_updates_that_are_all_dropped_as_old_do_not_keep_a_dead_book_alive() -> None:
    world = World()
    world.book(OKX_PERP, *BOOK_A)
    market = world.market(OKX_PERP)
    market.sync.snapshot(BookSnapshot(SWAP, world.now, None, 1_000_000, BOOK_A[0], BOOK_A[1]))
    changed = market.last_change
    for number in range(3, 20):  # the frame that reset the ids to 3 was lost
        world.later(1)
        update(world, OKX_PERP, 0, number + 1, number)
    assert market.health(world.now).reason == "stale"
    assert market.last_change == changed


def test_snapshots_that_are_thrown_away_do_not_keep_a_silent_stream_alive() -> None:
    world = World()
    world.book(PERP, *BOOK_A)
    market = world.market(PERP)
    update(world, PERP, 5, 5, 1)
    for _ in range(5):
        world.later(2)
        market.on(BookSnapshot("BTCUSDT", world.now, None, 2, *BOOK_A), 100)
    assert market.sync.snapshots["old"] == 5
    assert market.health(world.now).reason == "stale"
    assert world.readings(PERP)["market_spread_observed_seconds_total",] == 5


@pytest.mark.parametrize("price", ["1" + "0" * 400, "1e99", "0." + "0" * 100 + "1", "-5", "0"])
def test_a_mark_price_that_no_market_has_is_refused_and_the_page_stands(price: str) -> None:
    pipeline = Pipeline(shipped())
    data = {"e": "markPriceUpdate", "E": 1790526539000, "s": "BTCUSDT", "p": price, "i": "1"}
    frame = json.dumps({"stream": "btcusdt@markPrice@1s", "data": data}).encode()
    pipeline.ingest(binance_usdm.FEED, frame, 1790526539000 * 10**6)
    assert pipeline.intakes["binance/usdm"].frames["refused"] == 1
    assert page(pipeline)


@pytest.mark.parametrize("time", [10**400, 10**13, -1])
def test_a_time_that_no_calendar_has_is_refused(time: int) -> None:
    data = {"e": "depthUpdate", "E": time, "s": "BTCUSDT", "U": 1, "u": 2, "b": [], "a": []}
    frame = json.dumps({"stream": "btcusdt@depth@100ms", "data": data}).encode()
    with pytest.raises(DecodeError):
        binance_spot.FEED.decode(frame, 1)


def test_a_row_without_steps_does_not_cost_the_rest_of_an_instrument_list() -> None:
    row = {"instType": "SWAP", "ctType": "linear", "ctMult": "1", "uly": "BTC-USDT"}
    good = {**row, "instId": SWAP, "tickSz": "0.1", "lotSz": "0.01", "ctVal": "0.01"}
    opening = {**row, "instId": "NEW-USDT-SWAP", "tickSz": "", "lotSz": "", "ctVal": ""}
    body = json.dumps({"code": "0", "data": [opening, good]}).encode()
    url = urlsplit("https://www.okx.com/api/v5/public/instruments?instType=SWAP")
    (listing,) = okx.FEED.decode_rest(url, body, 1, None)
    assert isinstance(listing, Listing)
    assert (listing.symbol, listing.multiplier) == (SWAP, Decimal("0.01"))


def test_an_error_answer_of_okx_is_refused_though_http_says_200() -> None:
    url = urlsplit("https://www.okx.com/api/v5/public/instruments")
    with pytest.raises(DecodeError, match="50011"):
        okx.FEED.decode_rest(url, b'{"code":"50011","msg":"Too Many Requests","data":[]}', 1, None)


def test_a_step_finer_than_any_scale_stops_nothing() -> None:
    assert decimals_of(Decimal("1e-70")) == 30


def test_an_event_stamped_before_pipeline_time_counts_no_second_twice() -> None:
    world = World()
    world.book(PERP, *BOOK_A)
    world.later(3)
    market = world.market(PERP)
    levels = (("99.95", "9"),)
    market.on(BookUpdate("BTCUSDT", world.now - 2 * 10**9, None, 2, 2, 1, levels, ()), 100)
    world.later(1)
    assert world.readings(PERP)["market_spread_observed_seconds_total",] == 4


def test_frames_are_never_received_before_what_was_already_sampled() -> None:
    pipeline = Pipeline(shipped(), discover=True)
    pipeline.advance(10**18)
    quote = b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
    frame = b'{"stream":"btcusdt@bookTicker","data":%b}' % quote
    pipeline.ingest(binance_spot.FEED, frame, 10**17)
    last = [
        value
        for series, value in pipeline.readings()
        if series.family.name == "market_feed_last_message_timestamp_seconds"
    ]
    assert last == [10**9]


def test_no_counter_ever_falls() -> None:
    world = World()
    market = world.market(PERP)
    before: dict[tuple[str, ...], float] = {}
    for step in range(8):
        if step == 4:
            world.book(PERP, *BOOK_A)
        else:
            update(world, PERP, step * 10, step * 10 + 9, step * 10 - 1)
        now = {
            (series.family.name, *series.values): float(value)
            for series, value in world.pipeline.market_readings(market)
            if series.family.kind == "counter" and not isinstance(value, Histogram)
        }
        assert all(now[key] >= value for key, value in before.items())
        before = now


def test_the_comparison_of_tops_goes_on_after_ids_began_anew() -> None:
    sync = BookSync(MarketId("okx", "X"), okx.FEED)
    for start in (1000, 3):
        sync.snapshot(BookSnapshot("X", 1, None, start, *BOOK_A))
        sync.tops.quote(start, ("99.9", "2", "100.1", "1"))
        sync.tops.quote(start + 1, ("99.9", "2", "100.1", "1"))
    assert (sync.tops.compared, sync.tops.equal) == (2, 2)


def test_a_snapshot_with_a_wrong_checksum_is_no_recovery() -> None:
    sync = BookSync(MarketId("okx", "X"), okx.FEED)
    sync.snapshot(BookSnapshot("X", 1, None, 1, *BOOK_A))
    for _ in range(5):
        sync.snapshot(BookSnapshot("X", 2, None, 2, *BOOK_A, checksum=12345))
    assert (sync.live, sync.resyncs, dict(sync.gaps)) == (False, 0, {"checksum": 1})
    assert sync.snapshots["refused"] == 5


def test_a_checksum_is_verified_also_where_the_snapshot_had_none() -> None:
    sync = BookSync(MarketId("okx", "X"), okx.FEED)
    sync.snapshot(BookSnapshot("X", 1, None, 1, *BOOK_A))
    sync.update(BookUpdate("X", 2, None, None, 2, 1, (("99.90", "7"),), (), 12345))
    assert dict(sync.checksums) == {"failed": 1}
    assert not sync.live


def test_a_row_of_another_instrument_on_a_channel_is_refused() -> None:
    frame = json.dumps(
        {
            "arg": {"channel": "mark-price", "instId": SWAP},
            "data": [{"instId": "ETH-USDT-SWAP", "markPx": "4000", "ts": "1790358817778"}],
        }
    ).encode()
    with pytest.raises(DecodeError, match="ETH-USDT-SWAP"):
        okx.FEED.decode(frame, 1)


def test_levels_beyond_the_snapshot_give_no_imbalance() -> None:
    world = World()
    world.book(PERP, *BOOK_A)
    market = world.market(PERP)
    removed = (("98.00", "0"), ("90.00", "5"))
    market.on(BookUpdate("BTCUSDT", world.now, None, 2, 2, 1, removed, ()), 100)
    readings = world.readings(PERP)
    assert ("market_imbalance_ratio", "1") in readings
    assert ("market_imbalance_ratio", "5") not in readings
