"""What exchanges say about a connection: acknowledgements, refusals, pongs, shutdowns."""

import json

import pytest

from exporter.errors import DecodeError
from exporter.feeds import binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed
from exporter.model import Notice, NoticeKind

SPOT, USDM, OKX = binance_spot.FEED, binance_usdm.FEED, okx.FEED
BINANCE = pytest.mark.parametrize("feed", [SPOT, USDM], ids=lambda feed: feed.name)
ACKNOWLEDGED, REFUSED, LEAVING, OTHER = (
    NoticeKind.ACKNOWLEDGED,
    NoticeKind.REFUSED,
    NoticeKind.LEAVING,
    NoticeKind.OTHER,
)
NOW = 1_790_526_538_000_000_000


def notice(feed: Feed, frame: str) -> Notice:
    (event,) = feed.decode(frame.encode(), NOW)
    assert isinstance(event, Notice)
    assert (event.symbol, event.received) == ("", NOW)
    return event


def said_by(frame: str) -> str:
    """Code and message of an error of OKX; its other fields differ on each connection."""
    error = json.loads(frame)
    return f"{error['code']} {error['msg']}"[:200]


@BINANCE
@pytest.mark.parametrize(
    ("frame", "kind", "key"),
    [
        ('{"result":null,"id":1}', ACKNOWLEDGED, "1"),
        ('{"id":1,"result":null}', ACKNOWLEDGED, "1"),
        ('{"result":["btcusdt@aggTrade"],"id":3}', ACKNOWLEDGED, "3"),
        ('{"result":null,"id":"a1b2"}', ACKNOWLEDGED, "a1b2"),
        ('{"result":null,"id":null}', ACKNOWLEDGED, ""),
        ('{"code":2,"msg":"Invalid request: ...","id":1}', REFUSED, "1"),
        ('{"code":3,"msg":"Invalid JSON: ..."}', REFUSED, ""),
        ('{"code":0,"msg":"Unknown property"}', REFUSED, ""),
        ('{"error":{"code":2,"msg":"Invalid request: ..."},"id":2}', REFUSED, "2"),
        ('{"e":"serverShutdown","E":1770123456789}', LEAVING, ""),
        (
            '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
            LEAVING,
            "",
        ),
    ],
)
def test_binance_on_the_connection(feed: Feed, frame: str, kind: NoticeKind, key: str) -> None:
    event = notice(feed, frame)
    assert (event.kind, event.key, event.text) == (kind, key, frame)


@pytest.mark.parametrize(
    ("frame", "kind", "key"),
    [
        (
            '{"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},'
            '"connId":"a4d3ae55"}',
            ACKNOWLEDGED,
            "books:BTC-USDT",
        ),
        (
            '{"id":"2","event":"unsubscribe","arg":{"channel":"index-tickers",'
            '"instId":"BTC-USDT"},"connId":"a4d3ae55"}',
            ACKNOWLEDGED,
            "index-tickers:BTC-USDT",
        ),
        (
            '{"id":"1512","event":"error","code":"60012","msg":"Invalid request: ...",'
            '"connId":"a4d3ae55"}',
            REFUSED,
            "",
        ),
        (
            '{"event":"error","msg":"Subscribe failed, wrong URL or channel:candle1m,'
            "instId:BTC-USDT doesn't exist. Please use the correct URL, channel and parameters "
            'referring to API document.","code":"60018","connId":"e1f69f02"}',
            REFUSED,
            "candle1m:BTC-USDT",
        ),
        (
            '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a '
            'service upgrade. Please reconnect.","connId":"a4d3ae55"}',
            LEAVING,
            "",
        ),
        ('{"event":"notice","code":"64999","msg":"Something else","connId":"a4d3ae55"}', OTHER, ""),
        ('{"event":"channel-conn-count","channel":"orders","connCount":"2"}', OTHER, ""),
    ],
)
def test_okx_on_the_connection(frame: str, kind: NoticeKind, key: str) -> None:
    event = notice(OKX, frame)
    assert (event.kind, event.key) == (kind, key)
    assert event.text == (frame[:200] if kind is not REFUSED else said_by(frame))
    assert OKX.symbol_of(frame.encode()) is None


def test_okx_answers_a_ping_with_a_text_that_is_not_json() -> None:
    assert notice(OKX, "pong").kind is NoticeKind.PONG
    assert OKX.symbol_of(b"pong") is None
    with pytest.raises(DecodeError):
        OKX.decode(b"ping", NOW)


def test_an_acknowledgement_is_one_in_whatever_order_its_keys_come() -> None:
    arg = '"arg":{"channel":"books","instId":"LTC-USDT"}'
    OKX.decode(f'{{{arg},"action":"update","data":[]}}'.encode(), NOW)
    assert notice(OKX, f'{{{arg},"event":"subscribe"}}').key == "books:LTC-USDT"


@BINANCE
@pytest.mark.parametrize("operation", ["subscribe", "unsubscribe"])
def test_the_answer_to_a_request_bears_the_key_that_the_request_names(
    feed: Feed, operation: str
) -> None:
    assert feed.service is not None
    request = feed.service.request(operation, ["a@b"], 9)  # type: ignore[arg-type]
    number = json.loads(request.frame)["id"]
    assert {notice(feed, f'{{"result":null,"id":{number}}}').key} == request.answers
