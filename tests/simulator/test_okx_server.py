"""OKX as simulated: payloads as documented, requests and their answers, the book's window, REST."""

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from exporter.simulator.limits import Limits, OkxLimits
from exporter.simulator.okx_index import OkxIndex
from exporter.simulator.okx_market import Key, OkxMarket
from exporter.simulator.publication import Window
from exporter.simulator.situation import Situation
from exporter.simulator.symbols import symbols
from exporter.simulator.text import padded, shortest
from exporter.simulator.world import World
from tests.simulator.followers import compare, following
from tests.simulator.serving import OKX, OKX_WS, ask, ending, running, shape, text, until

SWAP = "BTC-USDT-SWAP"
SAMPLES = {
    "books": '{"arg":{"channel":"books","instId":"SOL-USDT"},"action":"snapshot","data":[{"asks":'
    '[["120.67","90.475897","0","6"]],"bids":[["120.66","28.448458","0","3"]],'
    '"ts":"1790394877200","checksum":0,"seqId":32032594283,"prevSeqId":-1}]}',
    "bbo-tbt": '{"arg":{"channel":"bbo-tbt","instId":"BCH-USDT-SWAP"},"data":[{"asks":[["111.06",'
    '"55154","0","2"]],"bids":[["111.05","57745","0","2"]],"ts":"1670324386802",'
    '"seqId":363996337}]}',
    "trades": '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",'
    '"tradeId":"1062992715","px":"83772.6","sz":"0.0000178","side":"buy","ts":"1790358565298",'
    '"count":"1","source":"1","seqId":81625379835}]}',
    "mark-price": '{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instId":'
    '"BTC-USDT-SWAP","instType":"SWAP","markPx":"83679.8","ts":"1790358817778"}]}',
    "index-tickers": '{"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[{"instId":'
    '"BTC-USDT","idxPx":"83700.1","high24h":"85258.8","low24h":"83174.7","open24h":"84180.1",'
    '"sodUtc0":"84409.9","sodUtc8":"83800","ts":"1790358817778"}]}',
    "funding-rate": '{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{'
    '"formulaType":"withRate","fundingRate":"0.0000263463215391","fundingTime":"1790380800000",'
    '"impactValue":"20000.0000000000000000","instId":"BTC-USDT-SWAP","instType":"SWAP",'
    '"interestRate":"0.0001000000000000","maxFundingRate":"0.00375","method":"current_period",'
    '"minFundingRate":"-0.00375","nextFundingRate":"","nextFundingTime":"1790409600000",'
    '"premium":"-0.0004010920207754","prevFundingTime":"1790352000000",'
    '"settFundingRate":"0.0000341625964238","settState":"settled","ts":"1790358563915"}]}',
}


def _argument(channel: str) -> dict[str, str]:
    return {"channel": channel, "instId": "BTC-USDT" if channel == "index-tickers" else SWAP}


def _subscribe(*channels: str) -> dict[str, object]:
    return {"op": "subscribe", "args": [_argument(channel) for channel in channels]}


async def test_payloads_have_the_documented_keys_in_order() -> None:
    async with running() as site:
        socket = await site.socket(OKX_WS)
        await socket.send_json({"id": "1512", **_subscribe(*SAMPLES)})
        acknowledged, found, updates = await _first_of_each(socket)
        assert [one["arg"] for one in acknowledged] == [_argument(channel) for channel in SAMPLES]
        for one in acknowledged:
            assert list(one) == ["id", "event", "arg", "connId"]
            assert (one["id"], one["event"], len(one["connId"])) == ("1512", "subscribe", 8)
        for channel, sample in SAMPLES.items():
            assert shape(found[channel]) == shape(json.loads(sample)), channel
            assert found[channel]["arg"] == _argument(channel)
        for one in updates:
            assert list(one) == ["arg", "action", "data"]
            assert list(one["data"][0]) == list(json.loads(SAMPLES["books"])["data"][0])


async def _first_of_each(
    socket: ClientWebSocketResponse,
) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Answers, the first message of each channel, and some updates of the book."""
    answers: list[Any] = []
    updates: list[Any] = []
    found: dict[str, Any] = {}
    while found.keys() != SAMPLES.keys() or len(updates) < 2:
        message = json.loads(await text(socket))
        if "event" in message:
            answers.append(message)
        elif message.get("action") == "update":
            updates.append(message)
        else:
            found.setdefault(message["arg"]["channel"], message)
    return answers, found, updates


async def test_a_book_starts_with_400_levels_a_side_and_its_ids_chain() -> None:
    async with running(rate=200) as site:
        socket = await site.socket(OKX_WS)
        answer = await ask(socket, _subscribe("books"))
        assert list(answer) == ["event", "arg", "connId"]
        messages = [json.loads(await text(socket)) for _ in range(6)]
        assert [one["action"] for one in messages] == ["snapshot"] + 5 * ["update"]
        rows = [one["data"][0] for one in messages]
        assert (len(rows[0]["bids"]), len(rows[0]["asks"])) == (400, 400)
        for one, two in pairwise(rows):
            assert two["prevSeqId"] == one["seqId"]
        sizes = [level for row in rows for level in (*row["bids"], *row["asks"])]
        assert all(price == _short(price) and size == _short(size) for price, size, *_ in sizes)
        assert {zero for _, _, zero, _ in sizes} == {"0"}
        assert all((size == "0") == (count == "0") for _, size, _, count in sizes)


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


async def test_a_follower_holds_exactly_400_levels_a_side() -> None:
    async with running(rate=300) as site, following(site) as followers:
        okx = [one for market, one in followers.items() if market[0] == "okx"]
        await until(lambda: all(len(one.states) > 6 for one in okx))
        await compare(site, followers)
        assert {(len(one.bids), len(one.asks)) for one in okx} == {(400, 400)}
        edges = [row for one in okx for row in one.book_messages if _removals_at_the_edge(row)]
        assert edges


def _removals_at_the_edge(row: Mapping[str, Any]) -> bool:
    return any(size == "0" for _, size, *_ in (*row["bids"], *row["asks"]))


async def test_what_is_unknown_is_refused_and_the_rest_subscribed() -> None:
    async with running(rate=1) as site:
        socket = await site.socket(OKX_WS)
        arguments = [
            {"channel": "candle1m", "instId": "BTC-USDT"},
            {"channel": "books", "instId": "NO-SUCH"},
            {"channel": "mark-price", "instId": "BTC-USDT"},
            {"channel": "trades", "instId": "BTC-USDT"},
        ]
        await socket.send_json({"op": "subscribe", "args": arguments})
        answers = [json.loads(await text(socket)) for _ in arguments]
        assert [one.get("code") for one in answers] == ["60018", "60018", "60018", None]
        assert answers[0]["msg"] == (
            "Subscribe failed, wrong URL or channel:candle1m,instId:BTC-USDT doesn't exist. Please "
            "use the correct URL, channel and parameters referring to API document."
        )
        assert answers[3]["event"] == "subscribe"


async def test_a_request_that_cannot_be_read_is_refused() -> None:
    async with running(rate=1) as site:
        socket = await site.socket(OKX_WS)
        for request in ("nonsense", "[]", '{"op":"jump","args":[]}', '{"op":"subscribe"}'):
            await socket.send_str(request)
            answer = json.loads(await text(socket))
            assert (answer["event"], answer["code"]) == ("error", "60012")
            assert answer["msg"] == f"Invalid request: {request}"


async def test_an_ended_subscription_is_acknowledged_and_then_silent() -> None:
    async with running(rate=200) as site:
        socket = await site.socket(OKX_WS)
        await socket.send_json(_subscribe("bbo-tbt", "trades"))
        ended = {"op": "unsubscribe", "args": [_argument("bbo-tbt")]}
        await socket.send_json(ended)
        while json.loads(await text(socket)).get("event") != "unsubscribe":
            pass
        channels = {json.loads(await text(socket))["arg"]["channel"] for _ in range(10)}
        assert channels == {"trades"}


async def test_a_text_ping_or_a_push_keeps_the_connection() -> None:
    limits = Limits(okx=OkxLimits(silence_seconds=0.3))
    async with running(limits=limits) as site:
        pinging, pushed = await site.socket(OKX_WS), await site.socket(OKX_WS)
        await pushed.send_json(_subscribe("books"))
        started = site.simulation.now
        while site.simulation.now < started + 600:
            await text(pushed)
            await pinging.send_str("ping")
            assert await text(pinging) == "pong"
        assert site.simulation.sessions["okx/public"] == 2


async def test_silence_closes_the_connection_with_4004_and_frames_are_no_excuse() -> None:
    limits = Limits(okx=OkxLimits(silence_seconds=0.2))
    async with running(rate=1, limits=limits) as site:
        socket = await site.socket(OKX_WS)
        await socket.pong(b"I am here")
        assert await ending(socket) == 4004
        assert site.simulation.violations == {"okx/public silence": 1}


async def test_a_standing_book_beats_its_heart() -> None:
    limits = Limits(okx=OkxLimits(heartbeat_seconds=0.2))
    async with running(limits=limits) as site:
        socket = await site.socket(OKX_WS)
        await ask(socket, _subscribe("books"))
        site.simulation.pause()
        number = site.simulation.book("okx", "BTC-USDT-PERP")[0]
        while (row := json.loads(await text(socket))["data"][0])["seqId"] != number:
            pass
        for _ in range(2):
            row = json.loads(await text(socket))["data"][0]
            assert (row["bids"], row["asks"]) == ([], [])
            assert (row["prevSeqId"], row["seqId"]) == (number, number)


async def test_rest_answers_in_the_envelope() -> None:
    async with running(rate=1, pairs=2) as site:
        site.simulation.pause()
        _, swaps = await site.get(f"{OKX}/api/v5/public/instruments?instType=SWAP")
        assert (list(swaps), swaps["code"]) == (["code", "msg", "data"], "0")
        keys = ("instId", "uly", "ctVal", "ctMult", "ctType", "ctValCcy", "tickSz", "lotSz")
        assert [[row[key] for key in keys] for row in swaps["data"]] == [
            [SWAP, "BTC-USDT", "0.01", "1", "linear", "BTC", "0.1", "0.01"],
            ["ETH-USDT-SWAP", "ETH-USDT", "0.1", "1", "linear", "ETH", "0.01", "0.01"],
        ]
        _, spot = await site.get(f"{OKX}/api/v5/public/instruments?instType=SPOT&instId=ETH-USDT")
        (row,) = spot["data"]
        assert (row["baseCcy"], row["quoteCcy"], row["ctVal"]) == ("ETH", "USDT", "")
        assert row["state"] == "live"
        _, books = await site.get(f"{OKX}/api/v5/market/books?instId=BTC-USDT&sz=400")
        number, bids, asks = site.simulation.book("okx", "BTC-USDT-SPOT")
        (book,) = books["data"]
        assert list(book) == ["asks", "bids", "ts", "seqId"]
        assert book["seqId"] == number
        assert [tuple(level[:2]) for level in book["bids"]] == bids
        assert [tuple(level[:2]) for level in book["asks"]] == asks


async def test_rest_references_are_those_of_the_channels() -> None:
    async with running(rate=1, pairs=2) as site:
        for path, channel, count in (
            ("public/mark-price?instType=SWAP", "mark-price", 2),
            (f"public/mark-price?instType=SWAP&instId={SWAP}", "mark-price", 1),
            (f"public/funding-rate?instId={SWAP}", "funding-rate", 1),
            ("public/funding-rate?instId=ANY", "funding-rate", 2),
            ("market/index-tickers?instId=BTC-USDT", "index-tickers", 1),
            ("market/index-tickers?quoteCcy=USDT", "index-tickers", 2),
        ):
            _, answer = await site.get(f"{OKX}/api/v5/{path}")
            assert len(answer["data"]) == count, path
            assert shape(answer["data"]) == shape(json.loads(SAMPLES[channel])["data"])
        _, time = await site.get(f"{OKX}/api/v5/public/time")
        assert abs(int(time["data"][0]["ts"]) - site.simulation.now) < 1000


async def test_a_bad_rest_request_is_answered_with_its_code() -> None:
    async with running(rate=1) as site:
        for path, expected in {
            "market/books?instId=NOPE": (200, "51001"),
            "market/books?instId=BTC-USDT&sz=401": (400, "51000"),
            "public/instruments": (400, "51000"),
            "public/funding-rate": (200, "51001"),
            "market/index-tickers?instId=NOPE": (200, "51001"),
        }.items():
            status, body = await site.get(f"{OKX}/api/v5/{path}")
            assert (status, body["code"], body["data"]) == (*expected, []), path


def test_channels_go_by_their_clocks() -> None:
    start = 1_790_526_540_000
    world = World(symbols(1), seed=3, start=start, rate=5)
    situation = Situation(world.incidents, start)
    times: dict[str, list[int]] = {}

    def publish(key: Key, payload: str) -> None:
        times.setdefault(key[0], []).append(int(json.loads(payload)["data"][0]["ts"]))

    world.step(start)
    market = world.markets["okx", "BTC-USDT-PERP"]
    every = {(channel, SWAP) for channel in SAMPLES} | {("index-tickers", "BTC-USDT")}
    channels = OkxMarket(market, 60_000, situation, publish, every)
    index = OkxIndex("BTC-USDT", world.indices, situation, publish, every)
    for now in range(start, start + 300_000, 10):
        situation.advance(now, standing=now >= start + 100_000)
        if now < start + 100_000:
            channels.take(world.step(now)["okx", "BTC-USDT-PERP"])
        channels.tick()
        index.tick()
    steps = {channel: [b - a for a, b in pairwise(found)] for channel, found in times.items()}
    assert min(steps["books"]) == 100
    assert steps["books"][-2:] == [60_000, 60_000]
    assert min(steps["mark-price"]) == 200
    assert steps["mark-price"][-3:] == [10_000, 10_000, 10_000]
    assert set(steps["index-tickers"]) == {1000}
    assert 30_000 <= min(steps["funding-rate"]) <= max(steps["funding-rate"]) <= 90_000


def test_a_window_tells_what_enters_and_leaves() -> None:
    window = Window(True, {100: 1, 99: 1, 98: 1, 97: 1}, 2)
    assert window.levels() == [(100, 1), (99, 1)]
    assert window.update({98: 5}) == []
    assert sorted(window.update({100: 0})) == [(98, 5), (100, 0)]
    assert sorted(window.update({101: 3, 99: 2})) == [(98, 0), (99, 2), (101, 3)]
    assert window.update({101: 3}) == []
    assert window.update({96: 9}) == []
    assert window.levels(1) == [(101, 3)]
    assert sorted(window.update({101: 0, 99: 0, 98: 0, 97: 0})) == [(96, 9), (99, 0), (101, 0)]
    assert sorted(window.update({50: 1, 40: 1, 30: 1})) == [(50, 1)]


def test_a_window_is_always_the_best_of_the_book() -> None:
    world = World(symbols(1), seed=9, start=0, rate=2000)
    market = world.markets["okx", "BTC-USDT-SPOT"]
    sides = [(True, market.bids), (False, market.asks)]
    windows = {bid: Window(bid, levels, 50) for bid, levels in sides}
    told = {bid: dict(window.published) for bid, window in windows.items()}
    held = {bid: dict(levels) for bid, levels in sides}
    for now in range(100, 3_000, 100):
        world.step(now)
        for bid, levels in sides:
            before = held[bid]
            changes = {t: levels.get(t, 0) for t in before.keys() | levels.keys()}
            rows = windows[bid].update({t: n for t, n in changes.items() if n != before.get(t, 0)})
            held[bid] = dict(levels)
            told[bid].update(rows)
            best = sorted(levels, reverse=bid)[:50]
            kept = {ticks: lots for ticks, lots in told[bid].items() if lots}
            assert kept == {ticks: levels[ticks] for ticks in best}


def test_numbers_are_written_exactly() -> None:
    assert padded(Decimal("0.01"), 8)(6_180_012) == "61800.12000000"
    assert padded(Decimal("0.001"), 3)(2027) == "2.027"
    assert padded(Decimal(10), 0)(7) == "70"
    assert shortest(Decimal("0.1"))(618_010) == "61801"
    assert shortest(Decimal("0.00000001"))(123_000_000) == "1.23"
    assert shortest(Decimal("1E+1"))(50) == "500"
    assert shortest(Decimal("0.01"))(0) == "0"
    with pytest.raises(ValueError, match="does not fit 2 decimals"):
        padded(Decimal("0.001"), 2)
