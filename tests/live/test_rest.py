"""REST against a server on loopback; time is the test's own."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import formatdate

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from exporter.errors import RestError
from exporter.feeds.feed import Rate, RestRequest, RestRules
from exporter.live.rest import RestClient
from exporter.model import MILLISECOND, NANOSECONDS

START = 1_800_000_000 * NANOSECONDS
BOUND = 10
"""Seconds after which a test that waits for something has failed."""
DEPTH = RestRequest("/api/v3/depth?symbol=BTCUSDT&limit=1000", 50, "BTCUSDT")
TIME = RestRequest("/api/v3/time", 1)
MINUTE = Rate(6000, 60)
TOO_FREQUENT = '{"code":"50011","data":[],"msg":"Too Many Requests"}'

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Time:
    """A clock that only sleepers move: to sleep is to let as much time pass."""

    def __init__(self) -> None:
        self.passed = 0

    def now(self) -> int:
        return START + self.passed

    async def sleep(self, seconds: float) -> None:
        self.later(seconds)
        await asyncio.sleep(0)  # others may go on meanwhile

    def later(self, seconds: float) -> None:
        self.passed += round(seconds * NANOSECONDS)


def said(status: int, body: str | bytes = "", **headers: str) -> Reply:
    """A reply; `Retry_After` stands for the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body.encode() if isinstance(body, str) else body

    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=raw, headers=named)

    return reply


class Exchange:
    """Answers every request by `reply`, and keeps what was asked."""

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[str] = []
        self.arrived = asyncio.Event()
        self.reply = said(200, "{}")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.raw_path)
        self.arrived.set()
        return await self.reply(request)


def not_before(seconds: int) -> str:
    """How the end of a hold that begins at the start is told."""
    return f"not before {formatdate(START // NANOSECONDS + seconds, usegmt=True)}"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange()
    application = web.Application()
    application.router.add_get("/{path:.*}", exchange.handle)
    async with TestServer(application) as server:
        exchange.base = str(server.make_url("")).rstrip("/")
        yield exchange


@pytest.fixture
def time() -> Time:
    return Time()


Make = Callable[..., RestClient]


@pytest.fixture
async def make(exchange: Exchange, time: Time) -> AsyncIterator[Make]:
    """Makes a client of the exchange; its requests reach it one after the other."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:

        def make(
            budget: Rate = MINUTE,
            base: str = exchange.base,
            timeout: float = BOUND,
            sleep: Callable[[float], Awaitable[None]] = time.sleep,
        ) -> RestClient:
            rules = RestRules(budget, (), lambda symbol, levels: (), used_header="X-Used-Weight")
            return RestClient(base, rules, session, timeout, now=time.now, sleep=sleep)

        yield make


async def refusal(client: RestClient, request: RestRequest = DEPTH) -> RestError:
    """The error that a request ends in."""
    with pytest.raises(RestError) as caught:
        await client.get(request)
    return caught.value


async def test_an_answer_bears_the_address_that_was_asked(make: Make, exchange: Exchange) -> None:
    exchange.reply = said(200, '{"lastUpdateId":1}')
    client = make(base=exchange.base + "/prefix")
    answer = await client.get(DEPTH)
    assert answer.body == b'{"lastUpdateId":1}'
    assert (answer.url.path, answer.url.query) == (
        "/prefix/api/v3/depth",
        "symbol=BTCUSDT&limit=1000",
    )
    assert exchange.asked == ["/prefix" + DEPTH.path]
    assert client.requests == {"ok": 1}


async def test_a_large_answer_comes_whole(make: Make, exchange: Exchange) -> None:
    body = bytes(range(256)) * 20_000
    exchange.reply = said(200, body)
    assert (await make().get(TIME)).body == body


async def test_a_client_needs_no_clock_of_the_test(exchange: Exchange) -> None:
    rules = RestRules(MINUTE, (), lambda symbol, levels: ())
    async with aiohttp.ClientSession() as session:
        client = RestClient(exchange.base, rules, session, BOUND, share=0.5)
        assert (await client.get(TIME)).body == b"{}"
    assert client.budget.limit == 3000


async def test_what_is_asked_is_spent(make: Make, time: Time) -> None:
    client = make()
    await client.get(DEPTH)
    await client.get(TIME)
    assert client.budget.used(time.now()) == 51


async def test_what_the_exchange_counts_is_taken_over(
    make: Make, exchange: Exchange, time: Time
) -> None:
    client = make()
    exchange.reply = said(200, "{}", X_Used_Weight="700")
    await client.get(DEPTH)
    assert client.budget.used(time.now()) == 700
    exchange.reply = said(503, "", X_Used_Weight="900")
    await refusal(client)
    assert client.budget.used(time.now()) == 900


@pytest.mark.parametrize("count", ["", "many", "-5", "1e9", "9" * 100, "٣"])
async def test_a_count_that_cannot_be_read_changes_nothing(
    make: Make, exchange: Exchange, time: Time, count: str
) -> None:
    client = make()
    exchange.reply = said(200, "{}", X_Used_Weight=count)
    await client.get(DEPTH)
    assert client.budget.used(time.now()) == 50


async def test_a_request_waits_until_the_budget_allows_it(make: Make, time: Time) -> None:
    client = make(Rate(100, 60))
    for minutes in (0, 0, 1, 1, 2):
        await client.get(DEPTH)
        assert time.passed == minutes * 60 * NANOSECONDS


async def test_requests_are_asked_in_the_order_of_asking(
    make: Make, exchange: Exchange, time: Time
) -> None:
    client = make(Rate(50, 60))
    requests = [RestRequest(f"/{number}", 50 if number % 2 else 1) for number in range(10)]
    async with asyncio.timeout(BOUND):
        await asyncio.gather(*(client.get(request) for request in requests))
    assert exchange.asked == [f"/{number}" for number in range(10)]
    assert time.passed >= 4 * 60 * NANOSECONDS


@pytest.mark.parametrize(
    ("status", "sentence", "seconds"),
    [
        (429, "GET /api/v3/depth: 429", 60),
        (418, "GET /api/v3/depth: 418 (banned)", 120),
        (403, "GET /api/v3/depth: 403 (web firewall)", 60),
        (451, "GET /api/v3/depth: 451 (blocked region)", 60),
    ],
)
async def test_a_refusal_holds_everything_on_the_address(
    make: Make, exchange: Exchange, time: Time, status: int, sentence: str, seconds: int
) -> None:
    client = make()
    exchange.reply = said(status, "<html>no</html>")
    error = await refusal(client)
    assert (str(error), error.status, error.retry_after) == (
        f"{sentence}, {not_before(seconds)}",
        status,
        seconds * NANOSECONDS,
    )
    assert client.budget.held_until == START + seconds * NANOSECONDS
    assert client.requests == {str(status): 1}


@pytest.mark.parametrize("status", [429, 418, 403, 451])
async def test_retry_after_is_obeyed_to_the_second(
    make: Make, exchange: Exchange, status: int
) -> None:
    exchange.reply = said(status, "", Retry_After="12")
    client = make()
    error = await refusal(client)
    assert error.retry_after == 12 * NANOSECONDS
    assert client.budget.held_until == START + 12 * NANOSECONDS


async def test_retry_after_may_be_a_date(make: Make, exchange: Exchange) -> None:
    ends = START // NANOSECONDS + 34
    exchange.reply = said(429, "", Retry_After=formatdate(ends, usegmt=True))
    assert (await refusal(make())).retry_after == 34 * NANOSECONDS


@pytest.mark.parametrize("text", ["0", formatdate(0, usegmt=True)])
async def test_a_hold_that_is_over_already_holds_nothing(
    make: Make, exchange: Exchange, text: str
) -> None:
    exchange.reply = said(429, "", Retry_After=text)
    client = make()
    error = await refusal(client)
    assert (str(error), error.retry_after) == ("GET /api/v3/depth: 429", None)
    exchange.reply = said(200, "{}")
    await client.get(DEPTH)


@pytest.mark.parametrize("text", ["soon", "-1", "1.5", "1 Jan 99999 00:00:00 GMT", "1" * 5000])
async def test_a_retry_after_that_cannot_be_read_counts_as_none(
    make: Make, exchange: Exchange, text: str
) -> None:
    exchange.reply = said(429, "", Retry_After=text)
    assert (await refusal(make())).retry_after == 60 * NANOSECONDS


async def test_during_a_hold_nothing_is_asked_and_nobody_waits(
    make: Make, exchange: Exchange, time: Time
) -> None:
    client = make()
    exchange.reply = said(429, "", Retry_After="12")
    await refusal(client)
    exchange.reply = said(200, "{}")
    time.later(11.5)
    error = await refusal(client, TIME)
    assert (str(error), error.status, error.retry_after) == (
        f"GET /api/v3/time: not asked, {not_before(12)}",
        None,
        NANOSECONDS // 2,
    )
    assert time.passed == 11.5 * NANOSECONDS
    time.later(0.5)
    await client.get(TIME)
    assert exchange.asked == [DEPTH.path, TIME.path]
    assert client.requests == {"429": 1, "ok": 1}


async def test_a_hold_ends_the_waiting_for_the_budget(make: Make, exchange: Exchange) -> None:
    """One request is being answered, two wait for the budget; the answer is a ban."""
    answer, asleep, awake = asyncio.Event(), asyncio.Event(), asyncio.Event()
    slept: list[float] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        await answer.wait()
        return web.Response(status=418, headers={"Retry-After": "300"})

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        asleep.set()
        await awake.wait()

    exchange.reply = reply
    client = make(Rate(50, 60), sleep=sleep)
    async with asyncio.timeout(BOUND), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(refusal(client))
        await exchange.arrived.wait()
        waiting = [tasks.create_task(refusal(client)) for _ in range(2)]
        await asleep.wait()
        answer.set()
        await first
        awake.set()
    assert [str(task.result()) for task in waiting] == [
        f"GET /api/v3/depth: not asked, {not_before(300)}"
    ] * 2
    assert exchange.asked == [DEPTH.path]
    assert slept == [1], "it is looked at again each second, not after the whole minute"


async def test_a_hold_is_told_at_once_though_others_wait_for_the_budget(make: Make) -> None:
    asleep, never = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await never.wait()

    client = make(Rate(50, 60), sleep=sleep)
    await client.get(DEPTH)
    async with asyncio.timeout(BOUND), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(client.get(DEPTH))
        await asleep.wait()
        client.budget.hold(START + 12 * NANOSECONDS)
        assert (await refusal(client)).retry_after == 12 * NANOSECONDS
        waiting.cancel()


@pytest.mark.parametrize("status", [418, 429])
async def test_a_ban_that_ends_later_than_the_header_says_lasts_until_its_end(
    make: Make, exchange: Exchange, status: int
) -> None:
    ends = START // MILLISECOND + 90_500
    message = f"Way too much request weight used; IP banned until {ends}. Please use streams."
    exchange.reply = said(status, f'{{"code":-1003,"msg":"{message}"}}', Retry_After="12")
    error = await refusal(make())
    assert error.retry_after == 90_500 * MILLISECOND


async def test_a_ban_that_ends_earlier_than_the_header_says_shortens_nothing(
    make: Make, exchange: Exchange
) -> None:
    ends = START // MILLISECOND + 5_000
    exchange.reply = said(418, f"IP banned until {ends}.", Retry_After="12")
    assert (await refusal(make())).retry_after == 12 * NANOSECONDS


@pytest.mark.parametrize(
    ("body", "header"), [("IP banned until 9999999999999", "1"), ("", "999999999999")]
)
async def test_a_mistaken_end_of_a_ban_holds_no_longer_than_a_week(
    make: Make, exchange: Exchange, body: str, header: str
) -> None:
    exchange.reply = said(418, body, Retry_After=header)
    assert (await refusal(make())).retry_after == 7 * 86_400 * NANOSECONDS


@pytest.mark.parametrize("status", [200, 429, 500])
async def test_okx_may_say_too_frequent_with_any_status(
    make: Make, exchange: Exchange, status: int
) -> None:
    exchange.reply = said(status, TOO_FREQUENT)
    client = make(Rate(50, 2))
    error = await refusal(client)
    assert (error.status, error.retry_after) == (429, 2 * NANOSECONDS)
    assert str(error) == f"GET /api/v3/depth: 429 {TOO_FREQUENT}, {not_before(2)}"
    assert client.requests == {"429": 1}


async def test_okx_is_obeyed_to_the_second_where_it_names_one(
    make: Make, exchange: Exchange
) -> None:
    exchange.reply = said(429, TOO_FREQUENT, Retry_After="1")
    assert (await refusal(make())).retry_after == NANOSECONDS


async def test_numbers_of_a_book_are_no_error_codes(make: Make, exchange: Exchange) -> None:
    body = '{"code":"0","msg":"","data":[{"asks":[["50011","50011","0","1"]],"bids":[]}]}'
    exchange.reply = said(200, body)
    assert (await make().get(DEPTH)).body == body.encode()


@pytest.mark.parametrize("status", [302, 400, 404, 408, 500, 503])
async def test_other_errors_hold_nothing(make: Make, exchange: Exchange, status: int) -> None:
    exchange.reply = said(status, "<html>", Location="/elsewhere", Retry_After="12")
    client = make()
    error = await refusal(client)
    assert (str(error), error.status, error.retry_after) == (
        f"GET /api/v3/depth: {status}",
        status,
        None,
    )
    assert client.budget.held_until == 0
    assert client.requests == {str(status): 1}
    assert exchange.asked == [DEPTH.path]


async def test_the_exchanges_own_words_are_told(make: Make, exchange: Exchange) -> None:
    exchange.reply = said(400, '{"code":-1121,"msg":"Invalid symbol."}')
    error = await refusal(make())
    assert str(error) == 'GET /api/v3/depth: 400 {"code":-1121,"msg":"Invalid symbol."}'


async def test_no_answer_in_time_is_a_timeout(make: Make, exchange: Exchange) -> None:
    never = asyncio.Event()

    async def reply(request: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    exchange.reply = reply
    client = make(timeout=0.05)
    error = await refusal(client)
    assert (str(error), error.status) == ("GET /api/v3/depth: no answer within 0.05 s", None)
    assert client.requests == {"timeout": 1}
    assert client.budget.held_until == 0


async def test_where_nobody_listens_the_address_is_unreachable(
    make: Make, unused_tcp_port: int
) -> None:
    client = make(base=f"http://127.0.0.1:{unused_tcp_port}")
    error = await refusal(client)
    assert str(error).startswith("GET /api/v3/depth: unreachable, Cannot connect to host")
    assert (error.status, error.retry_after) == (None, None)
    assert client.requests == {"unreachable": 1}
    assert client.budget.held_until == 0


def cut_off(status: int, **headers: str) -> Reply:
    """Sends a tenth of the body it announces, and closes the connection."""

    async def reply(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = web.StreamResponse(status=status, headers={"Content-Length": "1000", **named})
        await response.prepare(request)
        await response.write(b"x" * 100)
        assert request.transport is not None
        request.transport.close()
        return response

    return reply


async def test_an_answer_that_breaks_off_is_no_answer(make: Make, exchange: Exchange) -> None:
    exchange.reply = cut_off(200)
    client = make()
    assert str(await refusal(client)).startswith("GET /api/v3/depth: unreachable, ")
    assert client.requests == {"unreachable": 1}


async def test_a_refusal_is_obeyed_though_its_body_breaks_off(
    make: Make, exchange: Exchange
) -> None:
    exchange.reply = cut_off(418, Retry_After="12")
    client = make()
    error = await refusal(client)
    assert (error.status, error.retry_after) == (418, 12 * NANOSECONDS)
    assert client.requests == {"418": 1}


async def test_the_size_of_an_answer_is_bounded_after_decompression(
    make: Make, exchange: Exchange
) -> None:
    packed = gzip.compress(bytes(64 * 2**20 + 1), compresslevel=1)
    exchange.reply = said(200, packed, Content_Encoding="gzip")
    client = make()
    assert str(await refusal(client)) == "GET /api/v3/depth: more than 64 MiB"
    assert client.requests == {"oversize": 1}


async def test_who_gives_up_waiting_for_the_budget_spends_nothing(
    make: Make, exchange: Exchange, time: Time
) -> None:
    asleep, never = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await never.wait()

    client = make(Rate(50, 60), sleep=sleep)
    await client.get(DEPTH)
    waiting = asyncio.create_task(client.get(DEPTH))
    async with asyncio.timeout(BOUND):
        await asleep.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    time.later(60)
    assert client.budget.used(time.now()) == 0
    await client.get(DEPTH)
    assert exchange.asked == [DEPTH.path] * 2


async def test_who_gives_up_while_asking_leaves_a_client_that_goes_on(
    make: Make, exchange: Exchange, time: Time
) -> None:
    never = asyncio.Event()

    async def reply(request: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    exchange.reply = reply
    client = make()
    asking = asyncio.create_task(client.get(DEPTH))
    async with asyncio.timeout(BOUND):
        await exchange.arrived.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    exchange.reply = said(200, "{}")
    await client.get(DEPTH)
    assert client.budget.used(time.now()) == 100
    assert client.requests == {"ok": 1}
