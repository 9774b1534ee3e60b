"""Binance as simulated: payloads as documented, requests and their answers, REST."""

import asyncio
import json
import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from exporter.simulator.binance_market import BinanceMarket
from exporter.simulator.binance_messages import FuturesMessages
from exporter.simulator.binance_product import USDM as USDM_PRODUCT
from exporter.simulator.limits import BinanceLimits, Limits
from exporter.simulator.situation import Situation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from tests.simulator.serving import (
    PATIENCE,
    SPOT,
    USDM,
    ask,
    ending,
    running,
    shape,
    text,
    until,
)

SPOT_SAMPLES = {
    "btcusdt@depth@100ms": '{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,'
    '"b":[["0.0024","10"]],"a":[["0.0026","100"]]}',
    "btcusdt@depth": '{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,'
    '"b":[["0.0024","10"]],"a":[["0.0026","100"]]}',
    "btcusdt@bookTicker": '{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000",'
    '"a":"25.36520000","A":"40.66000000"}',
    "btcusdt@trade": '{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",'
    '"T":1672515782136,"m":true,"M":true}',
    "btcusdt@aggTrade": '{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001",'
    '"q":"100","f":100,"l":105,"T":1672515782136,"m":true,"M":true}',
}
PUBLIC_SAMPLES = {
    "btcusdt@depth@100ms": '{"e":"depthUpdate","E":1790526538985,"T":1790526538981,"s":"BTCUSDT",'
    '"ps":"BTCUSDT","U":11671659683245,"u":11671659687966,"pu":11671659683147,'
    '"b":[["84551.00","2.027"],["82548.60","0.000"]],"a":[["84551.10","5.302"]],"st":1}',
    "btcusdt@bookTicker": '{"e":"bookTicker","u":11671659685961,"s":"BTCUSDT","ps":"BTCUSDT",'
    '"b":"84551.00","B":"2.646","a":"84551.10","A":"5.302","T":1790526538939,'
    '"E":1790526538940,"st":1}',
    "btcusdt@trade": '{"e":"trade","E":1790370834849,"T":1790370834848,"s":"BTCUSDT",'
    '"t":8121136411,"p":"83680.00","q":"0.001","X":"MARKET","m":true,"st":1}',
}
MARKET_SAMPLES = {
    "btcusdt@aggTrade": '{"e":"aggTrade","E":1790526539033,"a":3466782974,"s":"BTCUSDT",'
    '"p":"84551.10","q":"0.030","nq":"0.030","f":8123344783,"l":8123344783,'
    '"T":1790526538883,"m":false,"st":1}',
    "btcusdt@markPrice@1s": '{"e":"markPriceUpdate","E":1790526539000,"s":"BTCUSDT",'
    '"p":"84551.10762319","ap":"84551.10762319","P":"84559.09090930","i":"84590.87304348",'
    '"r":"0.00000801","T":1790553600000,"st":1}',
}
PATHS = [
    (f"{SPOT}/stream", SPOT_SAMPLES),
    (f"{USDM}/public/stream", PUBLIC_SAMPLES),
    (f"{USDM}/market/stream", MARKET_SAMPLES),
]


async def _first_of_each(socket: ClientWebSocketResponse, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while found.keys() != names:
        message = json.loads(await text(socket))
        data = message["data"]
        if data.get("e") != "depthUpdate" or (data["b"] and data["a"]):
            found.setdefault(message["stream"], data)
    return found


@pytest.mark.parametrize(("path", "samples"), PATHS)
async def test_payloads_have_the_documented_keys_in_order(
    path: str, samples: dict[str, str]
) -> None:
    async with running() as site:
        socket = await site.socket(path)
        request = {"method": "SUBSCRIBE", "params": list(samples), "id": 1}
        assert await ask(socket, request) == {"result": None, "id": 1}
        for stream, data in (await _first_of_each(socket, set(samples))).items():
            assert shape(data) == shape(json.loads(samples[stream])), stream
            assert abs(data.get("E", site.simulation.now) - site.simulation.now) < 60_000
            price, size = _numbers(data)
            assert re.fullmatch(r"\d{5}\.\d{8}" if path.startswith(SPOT) else _FUTURES, price)
            assert re.fullmatch(r"\d+\.\d{8}" if path.startswith(SPOT) else r"\d+\.\d{3}", size)


_FUTURES = r"\d{5}\.(\d{2}|\d{8})"


def _numbers(data: dict[str, Any]) -> tuple[str, str]:
    if data.get("e") == "depthUpdate":
        price, size = data["b"][0]
        return price, size
    if data.get("e") == "markPriceUpdate":
        return data["p"], "0.000"
    return (data["p"], data["q"]) if "p" in data else (data["b"], data["B"])


async def test_spot_ids_are_without_holes_and_those_of_usdm_chain_by_pu() -> None:
    async with running() as site:
        spot = await site.socket(f"{SPOT}/ws/btcusdt@depth@100ms")
        usdm = await site.socket(f"{USDM}/public/ws/btcusdt@depth@100ms")
        ranges = [json.loads(await text(spot)) for _ in range(4)]
        chained = [json.loads(await text(usdm)) for _ in range(4)]
        for one, two in pairwise(ranges):
            assert two["U"] == one["u"] + 1
        for one, two in pairwise(chained):
            assert two["pu"] == one["u"]
            assert two["U"] > one["u"] + 1


async def test_the_raw_path_sends_no_envelope_and_the_property_changes_that() -> None:
    async with running() as site:
        socket = await site.socket(f"{SPOT}/ws/btcusdt@trade/btcusdt@bookTicker")
        assert "stream" not in json.loads(await text(socket))
        await socket.send_json({"method": "SET_PROPERTY", "params": ["combined", True], "id": 5})
        while (answer := json.loads(await text(socket))) != {"result": None, "id": 5}:
            assert "stream" not in answer
        assert set(json.loads(await text(socket))) == {"stream", "data"}


async def test_subscriptions_are_listed_and_can_be_ended() -> None:
    async with running(rate=1) as site:
        socket = await site.socket(f"{SPOT}/stream?streams=ethusdt@trade")
        names = ["btcusdt@depth@100ms", "nosuch@aggTrade"]
        subscribe = {"method": "SUBSCRIBE", "params": names, "id": "a1"}
        assert await ask(socket, subscribe) == {"result": None, "id": "a1"}
        unsubscribe = {"method": "UNSUBSCRIBE", "params": names[:1], "id": None}
        while await ask(socket, unsubscribe) != {"result": None, "id": None}:
            pass
        listed = await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 3})
        assert listed == {"result": ["ethusdt@trade", "nosuch@aggTrade"], "id": 3}


SILENT = [
    (f"{SPOT}/ws", "nosuchusdt@bookTicker"),
    (f"{SPOT}/ws", "BTCUSDT@bookTicker"),
    (f"{SPOT}/ws", "btcusdt@markPrice@1s"),
    (f"{USDM}/market/ws", "btcusdt@bookTicker"),
    (f"{USDM}/market/ws", "btcusdt@depth@100ms"),
    (f"{USDM}/public/ws", "btcusdt@aggTrade"),
    (f"{USDM}/public/ws", "btcusdt@markPrice@1s"),
]


async def test_a_stream_unknown_on_its_path_is_acknowledged_and_silent() -> None:
    async with running(rate=200) as site:
        sockets = {}
        for path, stream in SILENT:
            socket = sockets[stream] = await site.socket(path)
            request = {"method": "SUBSCRIBE", "params": [stream], "id": 1}
            assert await ask(socket, request) == {"result": None, "id": 1}
        heard = await site.socket(f"{SPOT}/ws/btcusdt@bookTicker")
        for _ in range(30):
            await text(heard)
        for stream, socket in sockets.items():
            listed = await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 2})
            assert listed == {"result": [stream], "id": 2}


BAD_REQUESTS = [
    ("{", 3, None),
    ("[]", 2, None),
    ('{"method":"NONSENSE","params":["x"],"id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","params":[],"id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","params":"btcusdt@trade","id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","params":[5],"id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1.5}', 2, None),
    ('{"method":"SET_PROPERTY","params":["colour",true],"id":7}', 0, 7),
    ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":7}', 1, 7),
]


async def test_a_bad_request_is_answered_in_the_shape_of_its_service() -> None:
    limits = Limits(spot=BinanceLimits(messages=100), usdm=BinanceLimits(messages=100))
    async with running(rate=1, limits=limits) as site:
        spot, usdm = await site.socket(f"{SPOT}/ws"), await site.socket(f"{USDM}/public/ws")
        for request, code, number in BAD_REQUESTS:
            await spot.send_str(request)
            await usdm.send_str(request)
            flat, nested = json.loads(await text(spot)), json.loads(await text(usdm))
            assert list(flat) == ["code", "msg", "id"]
            assert list(nested) == ["error", "id"]
            assert (flat["code"], flat["id"]) == (nested["error"]["code"], nested["id"])
            assert (flat["code"], flat["id"]) == (code, number), request


async def test_ids_of_requests_may_be_text_on_spot_only() -> None:
    async with running(rate=1) as site:
        spot, usdm = await site.socket(f"{SPOT}/ws"), await site.socket(f"{USDM}/public/ws")
        request = {"method": "LIST_SUBSCRIPTIONS", "id": "abc"}
        assert await ask(spot, request) == {"result": [], "id": "abc"}
        assert "error" in await ask(usdm, request)


async def test_pings_of_the_client_are_answered_with_their_payload() -> None:
    async with running(rate=1) as site:
        socket = await site.socket(f"{SPOT}/ws", autoping=False)
        await socket.ping(b"echo")
        message = await socket.receive(PATIENCE)
        assert (message.type, bytes(message.data)) == (WSMsgType.PONG, b"echo")


PINGING = Limits(
    spot=BinanceLimits(ping_seconds=0.1, pong_seconds=0.3, messages=100),
    usdm=BinanceLimits(ping_seconds=600),
)


async def test_a_client_that_answers_pings_stays() -> None:
    async with running(rate=1, limits=PINGING) as site:
        socket = await site.socket(f"{SPOT}/ws", autoping=False)
        for _ in range(6):
            message = await socket.receive(PATIENCE)
            assert message.type is WSMsgType.PING
            await socket.pong(message.data)
        assert not site.simulation.violations


async def test_clients_that_do_not_answer_pings_rightly_are_closed() -> None:
    async with running(rate=1, limits=PINGING) as site:
        sockets = [await site.socket(f"{SPOT}/ws", autoping=False) for _ in range(3)]
        codes = await asyncio.gather(
            *(_answering(*pair) for pair in zip(sockets, (None, b"", b"other"), strict=True))
        )
        assert codes == [1008, 1008, 1008]
        assert site.simulation.violations == {"binance/spot pong": 3}


async def _answering(socket: ClientWebSocketResponse, payload: bytes | None) -> int | None:
    """Answer pings with this payload, or not at all; the code with which that ends."""
    async with asyncio.timeout(PATIENCE):
        while (await socket.receive()).type is WSMsgType.PING:
            if payload is not None:
                await socket.pong(payload)
    return socket.close_code


async def test_an_old_connection_is_closed() -> None:
    limits = Limits(spot=BinanceLimits(age_seconds=0.1))
    async with running(rate=1, limits=limits) as site:
        assert await ending(await site.socket(f"{SPOT}/ws")) == 1001
        assert not site.simulation.violations


async def test_a_client_that_closes_is_answered_and_forgotten() -> None:
    async with running() as site:
        socket = await site.socket(f"{USDM}/public/ws/btcusdt@depth@100ms")
        await text(socket)
        await socket.close()
        assert socket.close_code == 1000
        await until(lambda: site.simulation.sessions.total() == 0)


async def test_depth_is_the_published_book_cut_to_the_limit() -> None:
    async with running() as site:
        site.simulation.pause()
        number, bids, asks = site.simulation.book("binance", "BTC-USDT-SPOT")
        status, body = await site.get(f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=5000")
        assert (status, list(body)) == (200, ["lastUpdateId", "bids", "asks"])
        assert body["lastUpdateId"] == number
        assert [tuple(row) for row in body["bids"]] == bids
        assert [tuple(row) for row in body["asks"]] == asks
        _, short = await site.get(f"{SPOT}/api/v3/depth?symbol=BTCUSDT")
        assert short["bids"] == body["bids"][:100]
        _, usdm = await site.get(f"{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=5")
        assert list(usdm) == ["lastUpdateId", "E", "T", "bids", "asks"]
        _, bids, asks = site.simulation.book("binance", "BTC-USDT-PERP")
        assert [tuple(row) for row in usdm["asks"]] == asks[:5]


BAD_PATHS = {
    f"{SPOT}/api/v3/depth?symbol=NOPE": -1121,
    f"{SPOT}/api/v3/depth": -1102,
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=x": -1130,
    f"{SPOT}/api/v3/exchangeInfo?symbol=NOPE": -1121,
    f"{SPOT}/api/v3/exchangeInfo?symbols=NOPE": -1100,
    f"{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=7": -4021,
    f"{USDM}/fapi/v1/premiumIndex?symbol=NOPE": -1121,
}


async def test_a_bad_rest_request_is_answered_with_its_code() -> None:
    async with running(rate=1) as site:
        for path, code in BAD_PATHS.items():
            status, body = await site.get(path)
            assert (status, list(body), body["code"]) == (400, ["code", "msg"], code), path


WEIGHTS = {
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=100": 5,
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=101": 25,
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=501": 50,
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT&limit=9999": 250,
    f"{SPOT}/api/v3/depth?symbol=BTCUSDT": 5,
    f"{SPOT}/api/v3/exchangeInfo": 20,
    f"{SPOT}/api/v3/time": 1,
    f"{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=5": 2,
    f"{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=100": 5,
    f"{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=1000": 20,
    f"{USDM}/fapi/v1/depth?symbol=BTCUSDT": 10,
    f"{USDM}/fapi/v1/exchangeInfo": 1,
    f"{USDM}/fapi/v1/premiumIndex": 10,
    f"{USDM}/fapi/v1/premiumIndex?symbol=BTCUSDT": 1,
    f"{USDM}/fapi/v1/time": 1,
}


async def test_a_request_has_its_documented_weight() -> None:
    async with running(rate=1) as site:
        used = {SPOT: 0, USDM: 0}
        for path, weight in WEIGHTS.items():
            service = SPOT if path.startswith(SPOT) else USDM
            async with site.http.get(site.base + path) as response:
                assert response.status == 200
                now = int(response.headers["X-MBX-USED-WEIGHT-1M"])
            assert now in (used[service] + weight, weight), path  # a minute may have passed
            used[service] = now


async def test_the_instrument_lists_say_the_steps() -> None:
    async with running(rate=1, pairs=2) as site:
        for path, ticks, lots in (
            (f"{SPOT}/api/v3", "0.01000000", "0.00001000"),
            (f"{USDM}/fapi/v1", "0.10", "0.001"),
        ):
            _, body = await site.get(f"{path}/exchangeInfo")
            assert body["rateLimits"][0]["limit"] == (6000 if path.startswith(SPOT) else 2400)
            bitcoin, ether = body["symbols"]
            steps = {one["filterType"]: one for one in bitcoin["filters"]}
            assert steps["PRICE_FILTER"]["tickSize"] == ticks
            assert steps["LOT_SIZE"]["stepSize"] == lots
            assert (ether["baseAsset"], ether["status"]) == ("ETH", "TRADING")
        _, one = await site.get(f'{SPOT}/api/v3/exchangeInfo?symbols=["ETHUSDT"]')
        assert [row["symbol"] for row in one["symbols"]] == ["ETHUSDT"]


async def test_the_premium_index_and_the_time_are_as_documented() -> None:
    sample = json.loads(
        '{"symbol":"BTCUSDT","markPrice":"11793.63104562","indexPrice":"11781.80495970",'
        '"estimatedSettlePrice":"11781.16138815","lastFundingRate":"0.00038246",'
        '"interestRate":"0.00010000","nextFundingTime":1597392000000,"time":1597370495002}'
    )
    async with running(rate=1, pairs=2) as site:
        _, one = await site.get(f"{USDM}/fapi/v1/premiumIndex?symbol=BTCUSDT")
        _, every = await site.get(f"{USDM}/fapi/v1/premiumIndex")
        assert shape(one) == shape(sample)
        assert [row["symbol"] for row in every] == ["BTCUSDT", "ETHUSDT"]
        _, time = await site.get(f"{SPOT}/api/v3/time")
        assert abs(time["serverTime"] - site.simulation.now) < 1000


def test_streams_go_by_their_clocks() -> None:
    start = 1_790_526_540_000
    world = World(symbols(1), seed=3, start=start, rate=400)
    situation = Situation(world.incidents, start)
    told: Counter[str] = Counter()
    times: dict[str, list[int]] = {}

    def publish(stream: str, payload: str) -> None:
        told[stream] += 1
        times.setdefault(stream, []).append(json.loads(payload).get("E", 0))

    world.step(start)
    market = world.markets["binance", "BTC-USDT-PERP"]
    everything = {f"btcusdt@{kind}" for kind in (*USDM_PRODUCT.speeds, "markPrice", "markPrice@1s")}
    wire = FuturesMessages(market.symbol)
    streams = BinanceMarket(market, wire, USDM_PRODUCT.speeds, situation, publish, everything)
    for now in range(start + 10, start + 6_001, 10):
        situation.advance(now, standing=False)
        streams.take(world.step(now)["binance", "BTC-USDT-PERP"])
        streams.tick()
    marks = {stream: set(times[stream]) for stream in ("btcusdt@markPrice@1s", "btcusdt@markPrice")}
    assert {at % 1000 for at in marks["btcusdt@markPrice@1s"]} == {0}
    assert {at % 3000 for at in marks["btcusdt@markPrice"]} == {0}
    assert told["btcusdt@markPrice@1s"] == 7
    assert told["btcusdt@markPrice"] == 3
    for kind, most in (("depth@100ms", 61), ("depth", 25), ("depth@500ms", 13)):
        assert most - 2 <= told[f"btcusdt@{kind}"] <= most
