"""Answers of the exchanges' REST services, and what is asked of them."""

import json
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from exporter.errors import DecodeError
from exporter.feeds import binance_coinm, binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed, RestRequest
from exporter.model import MILLISECOND, BookSnapshot, Event, Listing, Stream, Ticker

SPOT, USDM, COINM, OKX = binance_spot.FEED, binance_usdm.FEED, binance_coinm.FEED, okx.FEED
BINANCE = pytest.mark.parametrize("feed", [SPOT, USDM], ids=lambda feed: feed.name)
NOW = 1_790_526_538_000_000_000


def answer(feed: Feed, path: str, body: str | bytes, symbol: str | None = None) -> list[Event]:
    """What a feed makes of an answer to this path."""
    data = body if isinstance(body, bytes) else body.encode()
    return list(feed.decode_rest(urlsplit(f"https://host.example{path}"), data, NOW, symbol))


@BINANCE
def test_binance_depth_is_cut_where_the_address_says(feed: Feed) -> None:
    body = '{"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"]],"asks":[["4.1","2"]]}'
    (event,) = answer(feed, "/v1/depth?symbol=BTCUSDT&limit=500", body)
    assert isinstance(event, BookSnapshot)
    assert (event.symbol, event.last_id, event.limit) == ("BTCUSDT", 1027024, 500)
    assert list(event.bids) == [("4.00000000", "431.00000000")]
    assert event.exchange_time is None
    assert answer(feed, "/v1/depth", body, "ETHUSDT")[0].symbol == "ETHUSDT"


def test_futures_depth_has_a_time() -> None:
    body = '{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[],"asks":[]}'
    (event,) = answer(USDM, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", body)
    assert event.exchange_time == 1589436922972 * MILLISECOND


PREMIUM = (
    '{"symbol":"BTCUSDT","markPrice":"11793.63104562","indexPrice":"11781.80495970",'
    '"estimatedSettlePrice":"11781.16138815","lastFundingRate":"0.00038246",'
    '"interestRate":"0.00010000","nextFundingTime":1597392000000,"time":1597370495002}'
)


def test_mark_index_and_funding_of_futures_by_rest() -> None:
    assert answer(USDM, "/fapi/v1/premiumIndex?symbol=BTCUSDT", PREMIUM) == [
        Ticker(
            "BTCUSDT",
            NOW,
            1597370495002 * MILLISECOND,
            Stream.MARK,
            mark=Decimal("11793.63104562"),
            index=Decimal("11781.80495970"),
            funding_rate=Decimal("0.00038246"),
            next_funding_time=1597392000000 * MILLISECOND,
        )
    ]


def test_a_dated_contract_has_no_funding() -> None:
    body = (
        '{"symbol":"BTCUSDT_260925","markPrice":"1","indexPrice":"","lastFundingRate":"",'
        '"nextFundingTime":0,"time":1597370495002}'
    )
    (event,) = answer(USDM, "/fapi/v1/premiumIndex?symbol=BTCUSDT_260925", body)
    assert isinstance(event, Ticker)
    assert (event.index, event.funding_rate, event.next_funding_time) == (None, None, None)


@pytest.mark.parametrize("feed", [SPOT, COINM], ids=lambda feed: feed.name)
def test_premium_is_asked_of_futures_only(feed: Feed) -> None:
    assert answer(feed, "/v1/premiumIndex?symbol=BTCUSDT", PREMIUM) == []


BOOKS = (
    '{"code":"0","msg":"","data":[{"asks":[["41006.8","0.60038921","0","1"]],'
    '"bids":[["41006.3","0.30178218","0","2"]],"ts":"1629966436396","seqId":3235851742}]}'
)


def test_an_okx_book_by_rest() -> None:
    (event,) = answer(OKX, "/api/v5/market/books?instId=BTC-USDT&sz=400", BOOKS)
    assert isinstance(event, BookSnapshot)
    assert (event.symbol, event.last_id) == ("BTC-USDT", 3235851742)
    assert event.exchange_time == 1629966436396 * MILLISECOND
    assert [row[:2] for row in event.asks] == [("41006.8", "0.60038921")]
    assert answer(OKX, "/api/v5/market/books", BOOKS, "ETH-USDT")[0].symbol == "ETH-USDT"


@pytest.mark.parametrize(
    ("path", "row", "expected"),
    [
        (
            "public/mark-price?instType=SWAP&instId=BTC-USDT-SWAP",
            '{"instId":"BTC-USDT-SWAP","instType":"SWAP","markPx":"83679.8","ts":"1790358817778"}',
            (Stream.MARK, "BTC-USDT-SWAP", {"mark": Decimal("83679.8")}),
        ),
        (
            "market/index-tickers?instId=BTC-USDT",
            '{"instId":"BTC-USDT","idxPx":"83700.1","high24h":"85258.8","ts":"1790358817778"}',
            (Stream.INDEX, "BTC-USDT", {"index": Decimal("83700.1")}),
        ),
        (
            "public/funding-rate?instId=BTC-USDT-SWAP",
            '{"fundingRate":"0.0000263463215391","fundingTime":"1790380800000",'
            '"instId":"BTC-USDT-SWAP","instType":"SWAP","nextFundingRate":"",'
            '"nextFundingTime":"1790409600000","ts":"1790358817778"}',
            (
                Stream.FUNDING,
                "BTC-USDT-SWAP",
                {
                    "funding_rate": Decimal("0.0000263463215391"),
                    "next_funding_time": 1790380800000 * MILLISECOND,
                    "funding_interval": 28_800_000 * MILLISECOND,
                },
            ),
        ),
    ],
    ids=["mark", "index", "funding"],
)
def test_okx_references_by_rest(
    path: str, row: str, expected: tuple[Stream, str, dict[str, Decimal | int]]
) -> None:
    stream, symbol, fields = expected
    body = f'{{"code":"0","msg":"","data":[{row}]}}'
    assert answer(OKX, f"/api/v5/{path}", body, "BTC-USDT-SWAP") == [
        Ticker(symbol, NOW, 1790358817778 * MILLISECOND, stream, **fields)  # type: ignore[arg-type]
    ]


def test_an_okx_answer_about_another_instrument_is_refused() -> None:
    body = '{"code":"0","data":[{"instId":"ETH-USDT-SWAP","markPx":"1","ts":"1"}]}'
    with pytest.raises(DecodeError) as error:
        answer(OKX, "/api/v5/public/mark-price?instId=BTC-USDT-SWAP", body)
    assert error.value.symbol == "BTC-USDT-SWAP"


def requests(feed: Feed) -> list[RestRequest]:
    """Everything that is ever asked of a feed's REST service."""
    assert feed.service is not None
    rest, symbol = feed.service.rest, "BTC-USDT-SWAP" if feed is OKX else "BTCUSDT"
    snapshots = [] if rest.snapshot is None else [rest.snapshot(symbol, 1000)]
    return [*rest.listings, *rest.poll(symbol, 500), *snapshots]


@pytest.mark.parametrize(
    ("feed", "path"),
    [(feed, request.path) for feed in (SPOT, USDM, OKX) for request in requests(feed)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"code":-1121,"msg":"Invalid symbol."}',
        b'{"code":"51001","data":[],"msg":"Instrument ID does not exist."}',
        b'{"code":"50011","msg":"Too Many Requests"}',
        b'{"code":"0","msg":""}',
        b"<html>403 Forbidden</html>",
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_whatever_is_asked_for_is_read_and_what_is_no_answer_to_it_is_refused(
    feed: Feed, path: str, body: bytes
) -> None:
    with pytest.raises(DecodeError):
        answer(feed, path, body)


def test_an_okx_error_inside_an_answer_says_its_code_and_its_words() -> None:
    body = '{"code":"51001","data":[],"msg":"Instrument ID does not exist."}'
    for request in requests(OKX):
        with pytest.raises(DecodeError, match=r"51001: Instrument ID does not exist\."):
            answer(OKX, request.path, body)


@pytest.mark.parametrize(
    ("status", "trading"),
    [
        ("TRADING", True),
        ("HALT", False),
        ("BREAK", False),
        ("CANCEL_ONLY", False),
        ("SETTLING", False),
    ],
)
@BINANCE
def test_a_binance_symbol_trades_by_its_status(feed: Feed, status: str, trading: bool) -> None:
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "stepSize": "0.00001000"},
    ]
    row = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": status}
    body = json.dumps({"symbols": [{**row, "filters": filters}]})
    (event,) = answer(feed, "/v1/exchangeInfo", body)
    assert isinstance(event, Listing)
    assert (event.symbol, event.trading, event.price_step) == ("BTCUSDT", trading, Decimal("0.01"))


@pytest.mark.parametrize(
    ("state", "trading"), [("live", True), ("suspend", False), ("preopen", False), ("test", False)]
)
def test_an_okx_instrument_trades_by_its_state(state: str, trading: bool) -> None:
    row = {"instId": "BTC-USDT", "instType": "SPOT", "tickSz": "0.1", "lotSz": "0.00000001"}
    body = json.dumps({"code": "0", "msg": "", "data": [{**row, "state": state}]})
    (event,) = answer(OKX, "/api/v5/public/instruments?instType=SPOT", body)
    assert isinstance(event, Listing)
    assert event.trading is trading


def test_what_is_asked_for_costs_what_the_exchange_says() -> None:
    for feed, levels, weights in (
        (SPOT, (1, 100, 101, 500, 1000, 5000, 9999), (5, 5, 25, 25, 50, 250, 250)),
        (USDM, (1, 50, 100, 500, 501, 1000, 5000), (2, 2, 5, 10, 20, 20, 20)),
    ):
        assert feed.service is not None
        assert feed.service.rest.snapshot is not None
        requests = [feed.service.rest.snapshot("BTCUSDT", number) for number in levels]
        assert tuple(request.weight for request in requests) == weights
        for request, number in zip(requests, levels, strict=True):
            asked = int(request.path.rpartition("=")[2])
            assert asked >= min(number, 5000 if feed is SPOT else 1000)
