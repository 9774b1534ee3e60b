"""Disconnects, dropped frames, notices, polls and instrument lists on their way in."""

import json
from urllib.parse import urlsplit

import pytest

from exporter.markets.market import Market
from exporter.model import NoticeKind, Stream
from exporter.pipeline import Pipeline
from tests import made
from tests.made import OKX, PERP_NAME, SPOT, SPOT_NAME, USDM, Session, Speaker, house

SWAP_NAME, OKX_SPOT_NAME = "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"
ALL = tuple(Stream)
DEPTH = urlsplit("https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=500")
SPOT_LIST = urlsplit("https://api.binance.com/api/v3/exchangeInfo")
OKX_LIST = urlsplit("https://www.okx.com/api/v5/public/instruments?instType=SWAP")

World = tuple[Pipeline, Session, dict[str, Speaker]]


def market(pipeline: Pipeline, name: str) -> Market:
    return made.market(pipeline, name)


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


def test_a_dropped_update_makes_its_book_unknown_and_is_counted(live: World) -> None:
    pipeline, session, speakers = live
    for name, feed in ((SPOT_NAME, SPOT), (PERP_NAME, USDM), (SWAP_NAME, OKX)):
        pipeline.overflow(feed, frame(speakers[name], session), session.now)
        assert gaps(pipeline, name) == {"overflow": 1}
        assert pipeline.intakes[feed.name].frames["dropped"] == 1
    assert gaps(pipeline, OKX_SPOT_NAME) == {}


def test_further_drops_are_counted_as_frames_and_not_as_gaps(live: World) -> None:
    pipeline, session, speakers = live
    for _ in range(3):
        pipeline.overflow(SPOT, frame(speakers[SPOT_NAME], session), session.now)
    assert gaps(pipeline, SPOT_NAME) == {"overflow": 1}
    assert pipeline.intakes[SPOT.name].frames["dropped"] == 3


def test_a_book_that_waited_while_a_frame_was_dropped_finds_the_hole(live: World) -> None:
    pipeline, session, speakers = live
    speaker = speakers[SPOT_NAME]
    pipeline.disconnect(SPOT, ["BTCUSDT"], ALL, session.now)
    speaker.update()
    number = speaker.id
    pipeline.overflow(SPOT, frame(speaker, session), session.now)
    speaker.update()
    for last, true in ((number - 1, False), (number, False), (number + 1, True)):
        pipeline.ingest(SPOT, made.snapshot(last), session.now, url=DEPTH)
        assert market(pipeline, SPOT_NAME).sync.live is true
    assert market(pipeline, SPOT_NAME).sync.last_id == speaker.id
    assert gaps(pipeline, SPOT_NAME) == {"disconnect": 1, "sequence": 1}


@pytest.mark.parametrize("lost", [b"", b"{", b"pong", b'{"result":null,"id":1}'])
def test_a_dropped_frame_of_no_market_is_counted_and_breaks_nothing(
    live: World, lost: bytes
) -> None:
    pipeline, session, speakers = live
    for feed in (SPOT, USDM, OKX):
        pipeline.overflow(feed, lost, session.now)
        assert pipeline.intakes[feed.name].frames["dropped"] == 1
    assert all(not gaps(pipeline, name) for name in speakers)


def test_what_a_frame_says_about_the_connection_is_handed_back(live: World) -> None:
    pipeline, session, _ = live
    (notice,) = pipeline.ingest(SPOT, b'{"result":null,"id":7}', session.now)
    assert (notice.kind, notice.key) == (NoticeKind.ACKNOWLEDGED, "7")
    (notice,) = pipeline.ingest(OKX, b"pong", session.now)
    assert notice.kind is NoticeKind.PONG
    assert pipeline.ingest(SPOT, made.trade("BTCUSDT", 1, "100"), session.now) == []
    assert pipeline.ingest(SPOT, b"garbage", session.now) == ()
    assert pipeline.intakes[SPOT.name].frames["notice"] == 1


def listed(pipeline: Pipeline, session: Session, *symbols: str) -> list[str]:
    """The whole spot list is read; the names of the markets that it lacks."""
    intake = pipeline.intakes[SPOT.name]
    intake.relist()
    pipeline.ingest(SPOT, made.exchange_info(*symbols), session.now, url=SPOT_LIST)
    return [str(found.id) for found in intake.unlisted()]


def test_a_market_trades_by_the_newest_list_and_nothing_is_said_before_one() -> None:
    pipeline, session = house()
    found = market(pipeline, SPOT_NAME)
    assert found.trading is None
    assert listed(pipeline, session, "BTCUSDT", "ETHUSDT") == []
    assert found.trading is True
    assert listed(pipeline, session, "ETHUSDT") == [SPOT_NAME]
    assert found.trading is False
    assert market(pipeline, PERP_NAME).trading is None
    assert listed(pipeline, session, "BTCUSDT") == []
    assert found.trading is True


@pytest.mark.parametrize(("state", "trading"), [("live", True), ("suspend", False)])
def test_a_halted_market_is_listed_and_does_not_trade(state: str, trading: bool) -> None:
    pipeline, session = house()
    row = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "tickSz": "0.1", "lotSz": "0.01"}
    row |= {"ctVal": "0.01", "ctMult": "1", "ctType": "linear", "uly": "BTC-USDT", "state": state}
    body = json.dumps({"code": "0", "msg": "", "data": [row]}).encode()
    pipeline.ingest(OKX, body, session.now, url=OKX_LIST)
    assert market(pipeline, SWAP_NAME).trading is trading
    assert [str(m.id) for m in pipeline.intakes["okx"].unlisted()] == [OKX_SPOT_NAME]


def test_a_list_in_parts_is_whole_when_all_parts_were_read() -> None:
    pipeline, session = house()
    intake = pipeline.intakes[SPOT.name]
    intake.relist()
    for symbol in ("ETHUSDT", "BTCUSDT"):
        pipeline.ingest(SPOT, made.exchange_info(symbol), session.now, url=SPOT_LIST)
    assert list(intake.unlisted()) == []
