"""One socket against a peer that does what it is told: answers, pings, silence, refusals, ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from exporter.config.live import Live
from exporter.feeds.feed import Rate, SocketRules
from exporter.live.plan import Plan, plans
from exporter.live.socket import Socket, UnreachableError, Why, dial
from exporter.model import Notice
from tests.made import OKX, SPOT

QUICK = Live().model_copy(
    update={
        "connect_timeout_seconds": Decimal(2),
        "answer_timeout_seconds": Decimal("0.3"),
        "ping_after_seconds": Decimal("0.3"),
    }
)
Serve = Callable[[web.WebSocketResponse], Coroutine[None, None, None]]


class Peer:
    """The other side: keeps what it gets, and does what `serve` says once it was asked."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.texts: list[str] = []
        self.pings = 0
        self.pongs: list[bytes] = []

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        serving: list[asyncio.Task[None]] = []
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.texts.append(message.data)
                    if not serving:
                        serving.append(asyncio.create_task(self.serve(socket)))
                elif message.type is WSMsgType.PING:
                    self.pings += 1
                elif message.type is WSMsgType.PONG:
                    self.pongs.append(message.data)
        finally:
            for task in serving:
                task.cancel()
        return socket


@asynccontextmanager
async def connected(
    serve: Serve, plan: Plan, settings: Live = QUICK
) -> AsyncIterator[tuple[Socket, Peer, list[bytes]]]:
    """A socket of this plan to a peer, and the frames that it delivered; answers are told to it."""
    peer = Peer(serve)
    application = web.Application()
    application.router.add_get("/{path:.*}", peer.handle)
    frames: list[bytes] = []

    def deliver(socket: Socket, frame: bytes, received: int) -> None:
        frames.append(frame)
        for event in plan.feed.decode(frame, received):
            if isinstance(event, Notice):
                socket.told(event)

    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        local = replace(plan, url=str(server.make_url("/stream")).replace("http", "ws"))
        socket = Socket(local, settings, await dial(local, settings, session), deliver)
        socket.start()
        try:
            yield socket, peer, frames
        finally:
            await socket.close()


def plan_of(symbol: str = "BTCUSDT", rules: SocketRules | None = None) -> Plan:
    """The plan of one Binance spot symbol, under other rules if such are given."""
    (plan,) = plans(SPOT, "ws://nowhere", [symbol])
    return plan if rules is None else replace(plan, service=replace(plan.service, socket=rules))


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, at most ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - any condition, not an event of ours
            await asyncio.sleep(0.01)


async def nothing(socket: web.WebSocketResponse) -> None:
    """The peer says nothing."""


async def acknowledging(socket: web.WebSocketResponse) -> None:
    """The peer acknowledges the first request."""
    await socket.send_str('{"result":null,"id":1}')


async def test_it_subscribes_and_is_settled_by_the_acknowledgement() -> None:
    async with connected(acknowledging, plan_of()) as (socket, peer, _):
        await until(socket.settled.is_set)
        assert socket.acknowledged is not None
        assert [text.count("SUBSCRIBE") for text in peer.texts] == [1]
        assert not socket.refusals


async def test_without_any_acknowledgement_it_ends() -> None:
    async def talking(socket: web.WebSocketResponse) -> None:
        while True:
            await socket.send_str('{"something":"else"}')
            await asyncio.sleep(0.05)

    async with connected(talking, plan_of()) as (socket, *_):
        async with asyncio.timeout(10):
            end = await socket.ended
        assert (end.why, end.text) == (Why.UNANSWERED, "no subscription was acknowledged")


async def test_a_part_that_is_not_acknowledged_is_told_and_the_rest_goes_on() -> None:
    async def half(socket: web.WebSocketResponse) -> None:
        await socket.send_str('{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}')

    (plan,) = plans(OKX, "ws://nowhere", ["BTC-USDT"])
    async with connected(half, plan) as (socket, *_):
        await until(socket.settled.is_set)
        assert socket.refusals == ["not acknowledged: bbo-tbt:BTC-USDT, trades:BTC-USDT"]
        assert not socket.ended.done() or socket.ended.result().why is Why.SILENT


async def test_a_refusal_is_kept_with_its_words() -> None:
    refusal = '{"code":2,"msg":"Invalid request: unknown variant","id":1}'

    async def refusing(socket: web.WebSocketResponse) -> None:
        await socket.send_str(refusal)

    async with connected(refusing, plan_of()) as (socket, *_):
        await until(socket.settled.is_set)
        assert socket.refusals == [refusal]


async def test_the_payload_of_a_ping_comes_back_as_pong() -> None:
    async def pinging(socket: web.WebSocketResponse) -> None:
        await acknowledging(socket)
        await socket.ping(b"1790526538985")

    async with connected(pinging, plan_of()) as (_, peer, _frames):
        await until(lambda: peer.pongs == [b"1790526538985"])


async def test_silence_is_pinged_and_ends_it_where_it_goes_on() -> None:
    async with connected(acknowledging, plan_of()) as (socket, peer, _):
        async with asyncio.timeout(10):
            end = await socket.ended
        assert end.why is Why.SILENT
        assert peer.pings == 1


async def test_an_exchange_that_wants_text_is_pinged_with_text() -> None:
    rules = SocketRules(100, 100, Rate(100, 1), Rate(100, 1), ping="ping")
    async with connected(nothing, plan_of(rules=rules)) as (_, peer, _frames):
        await until(lambda: "ping" in peer.texts)


async def test_an_exchange_that_wants_a_ping_at_fixed_times_gets_it_without_silence() -> None:
    async def talking(socket: web.WebSocketResponse) -> None:
        await acknowledging(socket)
        while True:
            await socket.send_str('{"op":"pong"}')
            await asyncio.sleep(0.02)

    rules = SocketRules(100, 100, Rate(100, 1), Rate(100, 1), ping='{"op":"ping"}', ping_every=1)
    async with connected(talking, plan_of(rules=rules)) as (socket, peer, _):
        await until(lambda: peer.texts.count('{"op":"ping"}') == 2)
        assert not socket.ended.done()


async def test_requests_are_no_faster_than_the_exchange_allows() -> None:
    rules = SocketRules(1, 100, Rate(2, 1), Rate(100, 1))
    async with connected(acknowledging, plan_of(rules=rules), Live()) as (_, peer, _frames):
        await until(lambda: len(peer.texts) >= 2)
        assert len(peer.texts) == 2
        await until(lambda: len(peer.texts) == 3)


async def test_a_close_says_its_code() -> None:
    async def closing(socket: web.WebSocketResponse) -> None:
        await acknowledging(socket)
        await socket.close(code=4004, message=b"no data")

    async with connected(closing, plan_of()) as (socket, *_):
        async with asyncio.timeout(10):
            end = await socket.ended
        assert end.why is Why.CLOSED
        assert "4004" in end.text


async def test_a_notice_of_closing_is_heard() -> None:
    async def leaving(socket: web.WebSocketResponse) -> None:
        await acknowledging(socket)
        await socket.send_str('{"e":"serverShutdown","E":1770123456789}')

    async with connected(leaving, plan_of()) as (socket, *_):
        async with asyncio.timeout(10):
            await socket.leaving


async def test_nobody_there_is_a_sentence() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(UnreachableError, match="Cannot connect"):
            await dial(replace(plan_of(), url="ws://127.0.0.1:9"), QUICK, session)


async def test_a_wrong_path_is_a_sentence() -> None:
    async with TestServer(web.Application()) as server, aiohttp.ClientSession() as session:
        plan = replace(plan_of(), url=str(server.make_url("/nothing")).replace("http", "ws"))
        with pytest.raises(UnreachableError, match="the handshake was answered with 404"):
            await dial(plan, QUICK, session)


async def test_a_fault_of_this_program_is_not_taken_for_a_lost_connection() -> None:
    async def speaking(socket: web.WebSocketResponse) -> None:
        await socket.send_str("not json")

    def deliver(socket: Socket, frame: bytes, received: int) -> None:
        raise RuntimeError("a defect")

    peer = Peer(speaking)
    application = web.Application()
    application.router.add_get("/", peer.handle)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        plan = replace(plan_of(), url=str(server.make_url("/")).replace("http", "ws"))
        socket = Socket(plan, QUICK, await dial(plan, QUICK, session), deliver)
        socket.start()
        with pytest.raises(RuntimeError, match="a defect"):
            async with asyncio.timeout(10):
                await socket.ended
        await socket.close()
