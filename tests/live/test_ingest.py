"""Disconnects, dropped frames, notices and polls on their way in."""

import json
from urllib.parse import urlsplit

import pytest

from exporter.model import NoticeKind, Stream
from exporter.pipeline import Pipeline
from tests import made
from tests.made import OKX, PERP_NAME, SPOT, SPOT_NAME, USDM, Session, Speaker, house, market

SWAP_NAME, OKX_SPOT_NAME = "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"
ALL = tuple(Stream)
DEPTH = urlsplit("https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=500")
OKX_BOOKS = urlsplit("https://www.okx.com/api/v5/market/books?instId=BTC-USDT-SWAP&sz=1")
PREMIUM = urlsplit("https://fapi.binance.com/fapi/v1/premiumIndex?symbol=BTCUSDT")

World = tuple[Pipeline, Session, dict[str, Speaker]]


def gaps(pipeline: Pipeline, name: str) -> dict[str, int]:
    return dict(market(pipeline, name).sync.gaps)


@pytest.fixture
def live() -> World:
    """Four live books, and who speaks for them."""
    pipeline, session = house()
    speakers = {
        SPOT_NAME: Speaker(session, SPOT, "BTCUSDT"),
        PERP_NAME: Speaker(session, USDM, "BTCUSDT"),
        OKX_SPOT_NAME: Speaker(session, OKX, "BTC-USDT"),
        SWAP_NAME: Speaker(session, OKX, "BTC-USDT-SWAP"),
    }
    for speaker in speakers.values():
        speaker.snapshot().update(bids=[("99.9", "3")])
    assert all(market(pipeline, name).sync.live for name in speakers)
    return pipeline, session, speakers


def frame(speaker: Speaker, session: Session) -> bytes:
    """The next update of a speaker, taken out of what is received."""
    pipeline, session.pipeline = session.pipeline, None
    speaker.update(bids=[("99.9", "5")])
    session.pipeline = pipeline
    return session.lines[-1].data


def test_a_disconnect_breaks_the_books_of_its_symbols_and_of_no_others(live: World) -> None:
    pipeline, session, _ = live
    pipeline.disconnect(SPOT, ["BTCUSDT", "UNKNOWN"], ALL, session.now)
    assert gaps(pipeline, SPOT_NAME) == {"disconnect": 1}
    for name in (PERP_NAME, OKX_SPOT_NAME, SWAP_NAME):
        assert market(pipeline, name).sync.live
        assert gaps(pipeline, name) == {}


def test_a_disconnect_takes_place_at_its_time_and_never_before_what_was_sampled(
    live: World,
) -> None:
    pipeline, session, _ = live
    pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now - 10**9)
    pipeline.disconnect(USDM, ["BTCUSDT"], ALL, session.now + 10**9)
    starts = [market(pipeline, name).sync.gap for name in (SPOT_NAME, PERP_NAME)]
    assert [gap.start for gap in starts if gap] == [session.now, session.now + 10**9]
    assert pipeline.now == session.now + 10**9


def test_two_disconnects_in_a_row_are_one_gap(live: World) -> None:
    pipeline, session, _ = live
    for _ in range(2):
        pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now)
    assert gaps(pipeline, SPOT_NAME) == {"disconnect": 1}


def test_a_polled_answer_is_shown_and_one_to_synchronise_with_brings_the_book_back(
    live: World,
) -> None:
    pipeline, session, speakers = live
    number = speakers[SPOT_NAME].id
    pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now)
    body = made.snapshot(number + 5)
    assert pipeline.ingest(SPOT, body, session.now, url=DEPTH, polled=True) == []
    sync = market(pipeline, SPOT_NAME).sync
    assert (sync.live, sync.polled) == (False, True)
    pipeline.ingest(SPOT, body, session.now, url=DEPTH)
    assert (sync.live, sync.polled, sync.resyncs) == (True, False, 1)
    assert pipeline.intakes[SPOT.name].answers == {"applied": 3}


def test_a_polled_answer_that_cannot_be_read_is_refused_and_leaves_what_is_shown(
    live: World,
) -> None:
    pipeline, session, _ = live
    pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now)
    pipeline.ingest(SPOT, made.snapshot(500), session.now, url=DEPTH, polled=True)
    pipeline.ingest(SPOT, b'{"code":-1121}', session.now, url=DEPTH, symbol="BTCUSDT", polled=True)
    found = market(pipeline, SPOT_NAME)
    assert (found.sync.polled, found.decode_errors) == (True, 1)
    assert pipeline.intakes[SPOT.name].answers["refused"] == 1


def test_a_change_of_connection_lets_futures_overlap_and_loses_nothing(live: World) -> None:
    pipeline, session, speakers = live
    speaker = speakers[PERP_NAME]
    for _ in range(3):
        speaker.update(bids=[("99.9", "4")])
    pipeline.rejoin(USDM, ["BTCUSDT", "UNKNOWN"], (Stream.BOOK, Stream.QUOTE))
    last = speaker.id
    overlap = made.depth("BTCUSDT", last - 1, last + 2, [("99.9", "9")], previous=last - 2)
    session.take(USDM, overlap)
    sync = market(pipeline, PERP_NAME).sync
    assert (sync.live, sync.last_id, gaps(pipeline, PERP_NAME)) == (True, last + 2, {})


def test_a_change_of_a_connection_without_books_changes_no_rule(live: World) -> None:
    pipeline, session, speakers = live
    pipeline.rejoin(USDM, ["BTCUSDT"], (Stream.MARK, Stream.TRADE))
    last = speakers[PERP_NAME].id
    session.take(USDM, made.depth("BTCUSDT", last, last + 2, previous=last - 1))
    assert gaps(pipeline, PERP_NAME) == {"sequence": 1}


def test_a_dropped_update_is_counted_and_the_next_one_shows_the_gap(live: World) -> None:
    pipeline, session, speakers = live
    for name, feed in ((SPOT_NAME, SPOT), (PERP_NAME, USDM), (SWAP_NAME, OKX)):
        frame(speakers[name], session)
        pipeline.drop(feed)
        assert gaps(pipeline, name) == {}
        speakers[name].update()
        assert gaps(pipeline, name) == {"sequence": 1}
        assert pipeline.intakes[feed.name].frames["dropped"] == 1
    assert gaps(pipeline, OKX_SPOT_NAME) == {}


def test_a_book_that_waited_while_a_frame_was_dropped_finds_the_hole(live: World) -> None:
    pipeline, session, speakers = live
    speaker = speakers[SPOT_NAME]
    pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now)
    speaker.update()
    number = speaker.id
    frame(speaker, session)
    pipeline.drop(SPOT)
    speaker.update()
    for last, true in ((number - 1, False), (number, False), (number + 1, True)):
        pipeline.ingest(SPOT, made.snapshot(last), session.now, url=DEPTH)
        assert market(pipeline, SPOT_NAME).sync.live is true
    assert market(pipeline, SPOT_NAME).sync.last_id == speaker.id
    assert gaps(pipeline, SPOT_NAME) == {"disconnect": 1, "sequence": 1}


def test_what_a_frame_says_about_the_connection_is_handed_back(live: World) -> None:
    pipeline, session, _ = live
    (notice,) = pipeline.ingest(SPOT, b'{"result":null,"id":7}', session.now)
    assert (notice.kind, notice.key) == (NoticeKind.ACKNOWLEDGED, "7")
    (notice,) = pipeline.ingest(OKX, b"pong", session.now)
    assert notice.kind is NoticeKind.PONG
    assert pipeline.ingest(SPOT, made.trade("BTCUSDT", 1, "100"), session.now) == []
    assert pipeline.ingest(SPOT, b"garbage", session.now) == ()
    assert pipeline.intakes[SPOT.name].frames["notice"] == 1


def premium(price: str, at: int) -> bytes:
    """Mark and index by REST, sent by the exchange at that time (ns)."""
    row = {"symbol": "BTCUSDT", "markPrice": price, "indexPrice": price, "time": at // 10**6}
    return json.dumps(row).encode()


def test_a_polled_reference_is_no_message_of_its_stream(live: World) -> None:
    pipeline, session, _ = live
    pipeline.ingest(USDM, premium("100", session.now), session.now, url=PREMIUM, polled=True)
    found = market(pipeline, PERP_NAME)
    assert found.reference("mark", session.now) == 100
    clock = found.clocks[Stream.MARK]
    assert (clock.messages, clock.last, clock.latency()) == (0, None, None)


def test_a_polled_reference_does_not_replace_a_newer_one_of_the_stream(live: World) -> None:
    pipeline, session, speakers = live
    asked = session.now - 2 * 10**9
    speakers[PERP_NAME].mark("101", "101")
    pipeline.ingest(USDM, premium("100", asked), session.now, url=PREMIUM, polled=True)
    assert market(pipeline, PERP_NAME).reference("mark", session.now) == 101


def test_a_rest_book_of_an_exchange_with_snapshots_on_the_stream_leaves_the_live_book(
    live: World,
) -> None:
    pipeline, session, speakers = live
    sync, number = market(pipeline, SWAP_NAME).sync, speakers[SWAP_NAME].id
    row = {"asks": [["102", "1", "0", "1"]], "bids": [["98", "1", "0", "1"]], "ts": "1"}
    body = {"code": "0", "msg": "", "data": [{**row, "seqId": number - 1}]}
    pipeline.ingest(OKX, json.dumps(body).encode(), session.now, url=OKX_BOOKS)
    assert (sync.live, sync.last_id, len(sync.book.bids.keys)) == (True, number, 4)
