"""Which connections a feed needs, and what is asked for on each."""

import json

import pytest

from exporter.feeds import binance_coinm, binance_spot, binance_usdm, okx
from exporter.feeds.feed import Feed, Operation
from exporter.live.plan import Plan, plans
from exporter.model import Stream

SPOT, USDM, OKX = binance_spot.FEED, binance_usdm.FEED, okx.FEED
SUBSCRIBE, UNSUBSCRIBE = Operation.SUBSCRIBE, Operation.UNSUBSCRIBE


def only(feed: Feed, *symbols: str) -> Plan:
    (plan,) = plans(feed, "wss://x", symbols)
    return plan


def asked(plan: Plan, operation: Operation = SUBSCRIBE, number: int = 1) -> list[dict[str, object]]:
    """The frames for everything of a plan."""
    names = plan.names(plan.symbols, plan.streams)
    return [json.loads(request.frame) for request in plan.requests(operation, names, number)]


def test_spot_has_one_connection_with_book_quotes_and_trades() -> None:
    plan = only(SPOT, "BTCUSDT")
    assert plan.url == "wss://x/stream"
    assert asked(plan) == [
        {
            "method": "SUBSCRIBE",
            "params": ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@aggTrade"],
            "id": 1,
        }
    ]


def test_futures_have_two_and_each_stream_is_asked_for_where_it_is_sent() -> None:
    public, market = plans(USDM, "wss://x", ["BTCUSDT", "ETHUSDT"])
    assert public.url == "wss://x/public/stream"
    assert market.url == "wss://x/market/stream"
    assert public.names(["BTCUSDT"], public.streams) == [
        "btcusdt@depth@100ms",
        "btcusdt@bookTicker",
    ]
    assert market.names(["BTCUSDT"], market.streams) == ["btcusdt@markPrice@1s", "btcusdt@aggTrade"]
    assert public.symbols == market.symbols == ("BTCUSDT", "ETHUSDT")
    assert not set(public.streams) & set(market.streams)


def test_an_okx_swap_has_references_under_its_own_name_and_that_of_its_index() -> None:
    (message,) = asked(only(OKX, "BTC-USDT-SWAP"), number=7)
    assert (message["id"], message["op"]) == ("7", "subscribe")
    swap = [{"channel": name, "instId": "BTC-USDT-SWAP"} for name in ("books", "bbo-tbt", "trades")]
    swap += [{"channel": n, "instId": "BTC-USDT-SWAP"} for n in ("mark-price", "funding-rate")]
    assert message["args"] == [*swap, {"channel": "index-tickers", "instId": "BTC-USDT"}]


def test_okx_spot_has_no_references() -> None:
    (message,) = asked(only(OKX, "BTC-USDT"))
    assert [row["channel"] for row in message["args"]] == ["books", "bbo-tbt", "trades"]  # type: ignore[attr-defined]


def test_a_name_that_symbols_share_is_asked_for_once() -> None:
    plan = only(OKX, "BTC-USDT", "BTC-USDT-SWAP")
    names = plan.names(["BTC-USDT-SWAP", "BTC-USDT-SWAP"], [Stream.INDEX, Stream.BOOK])
    assert names == ["index-tickers:BTC-USDT", "books:BTC-USDT-SWAP"]


def test_what_a_feed_does_not_have_is_not_asked_for() -> None:
    assert only(SPOT, "BTCUSDT").names(["BTCUSDT"], [Stream.MARK, Stream.FUNDING]) == []


def test_a_feed_that_is_not_connected_to_and_one_without_symbols_need_no_connection() -> None:
    assert plans(binance_coinm.FEED, "wss://x", ["BTCUSD_PERP"]) == []
    assert plans(SPOT, "wss://x", []) == []


@pytest.mark.parametrize(
    ("feed", "symbols", "connections"),
    [(SPOT, 341, 1), (SPOT, 342, 2), (USDM, 512, 2), (USDM, 513, 4), (OKX, 25, 1), (OKX, 26, 2)],
)
def test_symbols_are_spread_over_as_many_connections_as_the_exchange_asks_for(
    feed: Feed, symbols: int, connections: int
) -> None:
    names = [f"A{number}-B" for number in range(symbols)]
    made = plans(feed, "wss://x", names)
    assert len(made) == connections
    for url in {plan.url for plan in made}:
        assert [s for plan in made if plan.url == url for s in plan.symbols] == names
    for plan in made:
        assert len(plan.names(plan.symbols, plan.streams)) <= 1024


def test_names_are_split_into_numbered_frames_and_none_is_lost() -> None:
    plan = only(SPOT, *(f"A{number}" for number in range(83)))
    names = plan.names(plan.symbols, plan.streams)
    requests = list(plan.requests(UNSUBSCRIBE, names, 5))
    frames = [json.loads(request.frame) for request in requests]
    assert [len(frame["params"]) for frame in frames] == [100, 100, 49]
    assert [name for frame in frames for name in frame["params"]] == names
    assert {frame["method"] for frame in frames} == {"UNSUBSCRIBE"}
    assert [request.answers for request in requests] == [{"5"}, {"6"}, {"7"}]


def test_okx_answers_every_name_of_a_frame() -> None:
    plan = only(OKX, "BTC-USDT")
    names = plan.names(plan.symbols, plan.streams)
    (request,) = plan.requests(SUBSCRIBE, names, 1)
    assert request.answers == {"books:BTC-USDT", "bbo-tbt:BTC-USDT", "trades:BTC-USDT"}


def test_no_names_need_no_frame() -> None:
    assert list(only(SPOT, "BTCUSDT").requests(SUBSCRIBE, [], 1)) == []
