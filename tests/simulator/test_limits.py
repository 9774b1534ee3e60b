"""The exchanges' rules: each bites beyond its limit, not at it, and what broke it is recorded."""

import json
from contextlib import suppress

import pytest
from aiohttp import ClientError, ClientWebSocketResponse, WSServerHandshakeError

from exporter.simulator.limits import (
    BinanceLimits,
    Limits,
    OkxLimits,
    Rate,
    Violations,
    WeightBudget,
)
from tests.simulator.serving import OKX, OKX_WS, SPOT, USDM, Site, ask, ending, running, text, until

NOON = 1_790_510_400_000


def test_the_limits_are_the_documented_ones() -> None:
    limits = Limits()
    spot, usdm, okx = limits.spot, limits.usdm, limits.okx
    assert (spot.messages, spot.weight, spot.ping_seconds, spot.pong_seconds) == (5, 6000, 20, 60)
    assert (usdm.messages, usdm.weight, usdm.ping_seconds, usdm.pong_seconds) == (
        10,
        2400,
        180,
        600,
    )
    for one in (spot, usdm):
        assert (one.connections, one.connection_seconds, one.streams) == (300, 300, 1024)
        assert (one.ban_seconds, one.age_seconds) == (120, 86_400)
    assert (okx.connections, okx.connection_seconds) == (3, 1)
    assert (okx.requests, okx.request_seconds, okx.request_bytes) == (480, 3600, 65_536)
    assert (okx.silence_seconds, okx.heartbeat_seconds) == (30, 60)


def test_a_rate_holds_in_any_span_of_time() -> None:
    rate = Rate(2, 1)
    assert [rate.admit(at) for at in (0, 900, 950, 999, 1000, 1899, 1900)] == [
        True,
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_weight_is_counted_by_the_minute_of_the_clock() -> None:
    budget = WeightBudget(BinanceLimits(weight=100))
    assert budget.spend(NOON, 60) == (200, 60, 0)
    assert budget.spend(NOON + 10_000, 40) == (200, 100, 0)
    assert budget.spend(NOON + 20_500, 1) == (429, 101, 40)
    assert budget.spend(NOON + 60_000, 5) == (200, 5, 0)


def test_going_on_in_spite_of_429_is_a_ban_and_the_next_one_is_twice_as_long() -> None:
    budget = WeightBudget(BinanceLimits(weight=1, tolerated=2))
    statuses = [budget.spend(NOON, 1).status for _ in range(4)]
    assert statuses == [200, 429, 429, 418]
    assert budget.spend(NOON + 119_500, 1)[::2] == (418, 1)
    assert budget.spend(NOON + 120_000, 1).status == 200
    again = [budget.spend(NOON + 120_000, 1) for _ in range(3)]
    assert again[-1].retry_after == 240
    assert budget.banned_until == NOON + 360_000


def test_a_ban_is_never_longer_than_three_days() -> None:
    budget = WeightBudget(BinanceLimits(weight=0, tolerated=0))
    now = NOON
    waits = []
    for _ in range(14):
        spent = budget.spend(now, 1)
        waits.append(spent.retry_after)
        now = budget.banned_until
    assert waits[:3] == [120, 240, 480]
    assert waits[-2:] == [259_200, 259_200]


def test_violations_are_counted_by_service_and_rule() -> None:
    violations = Violations()
    for _ in range(2):
        violations.add("okx/public", "silence", "nothing for 30 s")
    assert violations.counts == {"okx/public silence": 2}
    assert list(violations.sentences) == 2 * ["okx/public: nothing for 30 s"]


@pytest.mark.parametrize(("path", "most"), [(f"{SPOT}/ws", 5), (f"{USDM}/public/ws", 10)])
async def test_too_many_messages_in_a_second_end_the_connection(path: str, most: int) -> None:
    async with running(rate=1) as site:
        socket = await site.socket(path, autoping=False)
        for number in range(most - 1):
            assert await ask(socket, {"method": "LIST_SUBSCRIPTIONS", "id": number})
        await socket.ping(b"counts")
        await socket.receive(5)
        assert not site.simulation.violations
        await socket.send_str("one more")
        assert await ending(socket) == 1008
        service = path.removeprefix("/").partition("/ws")[0].removesuffix("/public")
        assert site.simulation.violations == {f"{service} message rate": 1}
        assert f"more than {most} messages in a second" in site.simulation.broken_rules[0]


FEW = Limits(
    spot=BinanceLimits(streams=3, connections=2, messages=100),
    usdm=BinanceLimits(weight=40, tolerated=1),
    okx=OkxLimits(requests=3, request_bytes=500),
)


async def test_streams_of_a_connection_are_limited() -> None:
    async with running(rate=1, limits=FEW) as site:
        socket = await site.socket(f"{SPOT}/ws")
        three = ["a@trade", "b@trade", "c@trade"]
        assert await _subscribed(socket, three)
        assert await _subscribed(socket, three)
        assert not site.simulation.violations
        assert not await _subscribed(socket, ["d@trade"])
        assert site.simulation.violations == {"binance/spot streams": 1}
        await ask(socket, {"method": "UNSUBSCRIBE", "params": three[:1], "id": 1})
        assert await _subscribed(socket, ["d@trade"])
        named = await site.socket(f"{SPOT}/stream?streams=a/b/c/d")
        assert await ending(named) == 1008


async def _subscribed(socket: ClientWebSocketResponse, names: list[str]) -> bool:
    answer = await ask(socket, {"method": "SUBSCRIBE", "params": names, "id": 1})
    return "result" in answer


async def test_new_connections_to_binance_are_limited() -> None:
    async with running(rate=1, limits=FEW) as site:
        for _ in range(2):
            await site.socket(f"{SPOT}/ws")
        assert not site.simulation.violations
        assert await _refused(site, f"{SPOT}/ws") == 429
        assert site.simulation.violations == {"binance/spot connection rate": 1}
        await site.socket(f"{USDM}/market/ws")


async def test_new_connections_to_okx_are_limited_for_a_while() -> None:
    limits = Limits(okx=OkxLimits(connection_seconds=0.3))
    async with running(rate=1, limits=limits) as site:
        first = site.simulation.now
        for _ in range(3):
            await site.socket(OKX_WS)
        assert await _refused(site, OKX_WS) == 429
        assert site.simulation.violations == {"okx/public connection rate": 1}
        await until(lambda: site.simulation.now > first + 350)
        await site.socket(OKX_WS)


async def _refused(site: Site, path: str) -> int:
    with pytest.raises(WSServerHandshakeError) as refused:
        await site.socket(path)
    return refused.value.status


async def test_too_much_weight_is_answered_with_429_and_then_418() -> None:
    async with running(rate=1, limits=FEW) as site:
        await until(lambda: site.simulation.now % 60_000 < 58_000)  # within one minute
        url = f"{site.base}{USDM}/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
        answers = []
        for _ in range(4):
            async with site.http.get(url) as response:
                answers.append((response.status, response.headers, await response.json()))
        assert [status for status, _, _ in answers] == [200, 200, 429, 418]
        assert [headers["X-MBX-USED-WEIGHT-1M"] for _, headers, _ in answers] == [
            "20",
            "40",
            "60",
            "80",
        ]
        assert "Retry-After" not in answers[1][1]
        assert 1 <= int(answers[2][1]["Retry-After"]) <= 60
        assert answers[3][1]["Retry-After"] == "120"
        assert {body["code"] for _, _, body in answers[2:]} == {-1003}
        assert "IP banned until" in answers[3][2]["msg"]
        assert site.simulation.violations == {
            "binance/usdm request weight": 1,
            "binance/usdm request while banned": 1,
        }
        assert (await site.get(f"{SPOT}/api/v3/time"))[0] == 200


async def test_requests_to_subscribe_at_okx_are_limited() -> None:
    async with running(rate=1, limits=FEW) as site:
        socket = await site.socket(OKX_WS)
        request = {"op": "unsubscribe", "args": [{"channel": "trades", "instId": "BTC-USDT"}]}
        for _ in range(3):
            assert (await ask(socket, request))["event"] == "unsubscribe"
        await socket.send_str("ping")
        assert await text(socket) == "pong"
        assert not site.simulation.violations
        assert (await ask(socket, request))["code"] == "60014"
        assert site.simulation.violations == {"okx/public request rate": 1}


async def test_a_request_to_okx_that_is_too_long_ends_the_connection() -> None:
    async with running(rate=1, limits=FEW) as site:
        socket = await site.socket(OKX_WS)
        await socket.send_str("x" * 499)
        assert json.loads(await text(socket))["code"] == "60012"
        await socket.send_str("x" * 501)
        assert await ending(socket) == 1009


async def test_rest_requests_to_okx_are_limited_by_path_and_parameter() -> None:
    limits = Limits(okx=OkxLimits(rest_seconds=600))
    async with running(rate=1, limits=limits) as site:
        for kind in ("SWAP", "SPOT"):
            path = f"{OKX}/api/v5/public/instruments?instType={kind}"
            assert {(await site.get(path))[0] for _ in range(20)} == {200}
        assert not site.simulation.violations
        status, body = await site.get(path)
        assert (status, body["code"]) == (429, "50011")
        assert site.simulation.violations == {"okx/public request rate of a path": 1}
        assert (await site.get(f"{OKX}/api/v5/public/time"))[0] == 200


async def test_a_client_that_does_not_read_is_cut_and_others_are_not() -> None:
    async with running(rate=1, limits=Limits(backlog_bytes=100_000)) as site:
        reading, stuck = await site.socket(OKX_WS), await site.socket(OKX_WS)
        book = {"channel": "books", "instId": "BTC-USDT"}
        request = json.dumps({"op": "subscribe", "args": 200 * [book]})
        with suppress(ClientError):  # cut meanwhile
            for _ in range(20):
                await stuck.send_str(request)
                await reading.send_str("ping")
                assert await text(reading) == "pong"
        await until(lambda: site.simulation.violations == {"okx/public slow reader": 1})
        await until(lambda: site.simulation.sessions["okx/public"] == 1)
        await reading.send_str("ping")
        assert await text(reading) == "pong"
