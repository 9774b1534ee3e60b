"""Each incident of streams, connections and REST: what clients see, and that it ends well.

After each of them the books of all clients that follow the documented procedures are the published
ones again, level by level.
"""

from collections import Counter
from collections.abc import Iterable

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from tests.simulator.followers import Follower, compare, following, live, sent_at
from tests.simulator.serving import OKX, OKX_WS, SPOT, USDM, ending, running, text, until


async def test_books_followed_are_the_published_ones_and_the_best_quotes_are_theirs() -> None:
    async with running() as site, following(site) as followers:
        await until(lambda: all(len(one.states) > 8 for one in followers.values()))
        await compare(site, followers)
        assert {one.gaps for one in followers.values()} == {0}
        assert {one.connections for one in followers.values()} == {1}
        for market, one in followers.items():
            compared, equal = _tops(one)
            assert compared == equal > 3, market
        assert not site.simulation.violations


async def test_a_stale_stream_is_silent_while_quotes_and_trades_go_on_then_shows_a_gap() -> None:
    async with running(rate=120) as site, following(site) as followers:
        incident = await site.begin("stale-stream")
        await _quotes_go_on(followers.values())
        for one in followers.values():
            assert sent_at(one.book_messages[-1]) <= incident.started
        await site.end(incident)
        await until(lambda: all(one.gaps == 1 for one in followers.values()))
        await compare(site, followers)


async def test_a_book_subscribed_to_while_stale_gets_its_snapshot_afterwards() -> None:
    async with running() as site:
        incident = await site.begin("stale-stream", exchange="okx", instrument="BTC-USDT-SPOT")
        socket = await site.socket(OKX_WS)
        channels = [{"channel": name, "instId": "BTC-USDT"} for name in ("books", "bbo-tbt")]
        await socket.send_json({"op": "subscribe", "args": channels})
        assert '"event":"subscribe"' in await text(socket)
        assert '"channel":"bbo-tbt"' in await text(socket)
        await site.end(incident)
        while '"channel":"books"' not in (answer := await text(socket)):
            pass
        assert '"action":"snapshot"' in answer


async def test_a_frozen_book_shows_no_gap_and_no_change_and_catches_up_in_the_end() -> None:
    async with running() as site, following(site) as followers:
        incident = await site.begin("frozen-book")
        seen = {market: len(one.book_messages) for market, one in followers.items()}
        await until(
            lambda: all(len(one.book_messages) > seen[m] + 1 for m, one in followers.items())
        )
        for market, one in followers.items():
            frozen = [row for row in one.book_messages if sent_at(row) > incident.started]
            assert all(_empty(row) for row in frozen), market
            if market[0] == "okx":
                assert {(row["prevSeqId"], row["seqId"]) for row in frozen} == {(one.last,) * 2}
        await site.end(incident)
        await compare(site, followers)
        assert {one.gaps for one in followers.values()} == {0}


async def test_trades_go_on_over_a_frozen_book_and_best_quotes_only_at_binance() -> None:
    async with running(rate=200) as site, following(site) as followers:
        incident = await site.begin("frozen-book")
        trades = {market: len(one.trades) for market, one in followers.items()}
        await until(lambda: all(len(one.trades) > trades[m] + 2 for m, one in followers.items()))
        spot, okx = followers["binance", "BTC-USDT-SPOT"], followers["okx", "BTC-USDT-SPOT"]
        quotes = len(spot.quotes)
        await until(lambda: len(spot.quotes) > quotes + 5)
        assert int(okx.quotes[-1]["ts"]) <= incident.started
        compared, equal = _tops(spot)
        assert compared > equal
        await site.end(incident)
        await until(lambda: int(okx.quotes[-1]["ts"]) > incident.started)


async def test_a_snapshot_fetched_while_frozen_is_consistent_with_the_stream() -> None:
    async with running() as site, following(site) as followers:
        incident = await site.begin("frozen-book", exchange="binance")
        for market, one in followers.items():
            if market[0] == "binance":
                before = len(one.book_messages)
                one.forget()
                await until(lambda o=one, n=before: len(o.book_messages) > n + 1)  # type: ignore[misc]
        await site.end(incident)
        await compare(site, followers)
        assert {one.gaps for one in followers.values()} == {0}


async def test_a_sequence_gap_loses_so_many_messages_once() -> None:
    async with running() as site, following(site) as followers:
        before = {market: len(one.book_messages) for market, one in followers.items()}
        incident = await site.begin("sequence-gap", size=2)
        await until(lambda: all(one.gaps == 1 for one in followers.values()))
        await live(followers)
        await until(
            lambda: all(len(one.book_messages) > before[m] + 4 for m, one in followers.items())
        )
        assert site.simulation.incidents.under_way(site.simulation.now) == [incident]
        await compare(site, followers)
        assert {one.gaps for one in followers.values()} == {1}


async def test_duplicates_come_twice_and_break_nothing() -> None:
    async with running() as site, following(site) as followers:
        incident = await site.begin("duplicate")
        await until(lambda: all(_twice(one) > 2 for one in followers.values()))
        await site.end(incident)
        await compare(site, followers)
        assert {one.gaps for one in followers.values()} == {0}


async def test_reordered_messages_come_after_their_successors() -> None:
    async with running() as site, following(site) as followers:
        incident = await site.begin("reorder")
        await until(lambda: all(one.gaps > 0 for one in followers.values()))
        await site.end(incident)
        for one in followers.values():
            key = "seqId" if one.market[0] == "okx" else "u"
            numbers = [row[key] for row in one.book_messages if row.get("prevSeqId") != -1]
            assert sorted(numbers) != numbers
            assert len(set(numbers)) == len(numbers)
        await compare(site, followers)


async def test_an_incident_of_one_instrument_leaves_the_others_alone() -> None:
    async with running() as site, following(site) as followers:
        await site.begin("sequence-gap", exchange="binance", instrument="BTC-USDT-PERP")
        await until(lambda: followers["binance", "BTC-USDT-PERP"].gaps == 1)
        await compare(site, followers)
        assert sum(one.gaps for one in followers.values()) == 1


async def test_a_disconnect_cuts_all_sockets_and_refuses_new_ones_while_rest_works() -> None:
    async with running() as site, following(site) as followers:
        incident = await site.begin("disconnect", exchange="binance")
        binance = [one for one in followers.values() if one.market[0] == "binance"]
        await until(lambda: all(one.last is None for one in binance))
        for path in (f"{SPOT}/stream", f"{USDM}/public/stream"):
            with pytest.raises(WSServerHandshakeError) as refused:
                await site.socket(path)
            assert refused.value.status == 503
        assert (await site.get(f"{SPOT}/api/v3/time"))[0] == 200
        assert followers["okx", "BTC-USDT-SPOT"].last is not None
        await site.end(incident)
        await compare(site, followers)
        assert [one.connections for one in followers.values()] == [2, 2, 1, 1]


async def test_half_open_sockets_say_nothing_until_they_are_cut_and_new_ones_work() -> None:
    async with running() as site:
        dead = await site.socket(OKX_WS)
        quiet = await site.socket(f"{SPOT}/ws/btcusdt@bookTicker", autoping=False)
        await text(quiet)
        incident = await site.begin("half-open")
        await dead.send_str("ping")
        await quiet.ping(b"there?")
        assert "serverTime" in (await site.get(f"{SPOT}/api/v3/time"))[1]
        new = await site.socket(OKX_WS)
        await new.send_str("ping")
        assert await text(new) == "pong"
        with pytest.raises(TimeoutError):
            await dead.receive(0.2)
        assert await _last_heard(quiet) is None
        await site.end(incident)
        assert await ending(dead) == 1006
        assert await ending(quiet) == 1006
        await new.send_str("ping")
        assert await text(new) == "pong"


async def test_who_leaves_a_half_open_socket_is_forgotten() -> None:
    async with running() as site:
        socket = await site.socket(OKX_WS, patience=0.1)
        await site.begin("half-open", exchange="okx")
        await socket.close()
        await until(lambda: site.simulation.sessions["okx/public"] == 0)


@pytest.mark.parametrize(
    ("path", "notice"),
    [
        (f"{SPOT}/stream", '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":'),
        (f"{USDM}/market/ws", '{"e":"serverShutdown","E":'),
        (OKX_WS, '{"event":"notice","code":"64008","msg":"The connection will soon be closed'),
    ],
)
async def test_a_shutdown_is_announced_and_closes_the_sockets_open_then(
    path: str, notice: str
) -> None:
    async with running() as site:
        old = await site.socket(path)
        incident = await site.begin("server-shutdown", size=0.05)
        assert (await text(old)).startswith(notice)
        new = await site.socket(path)
        assert await ending(old) == 1001
        await site.end(incident)
        assert len(site.said) == 2
        with pytest.raises(TimeoutError):
            await new.receive(0.05)
        assert site.simulation.sessions.total() == 1


@pytest.mark.parametrize("status", [418, 429, 503])
async def test_rest_errors_have_the_status_asked_for(status: int) -> None:
    async with running() as site:
        incident = await site.begin("rest-errors", size=status, seconds=30)
        async with site.http.get(f"{site.base}{USDM}/fapi/v1/time") as binance:
            assert binance.status == status
            assert set(await binance.json()) == {"code", "msg"}
            waits = binance.headers.get("Retry-After")
        assert (int(waits) in {29, 30}) if waits else status == 503
        async with site.http.get(f"{site.base}{OKX}/api/v5/public/time") as okx:
            assert okx.status == status
            answer = await okx.json()
        codes = {418: "50026", 429: "50011", 503: "50001"}
        assert (answer["code"], answer["data"]) == (codes[status], [])
        await site.end(incident)
        assert (await site.get(f"{USDM}/fapi/v1/time"))[0] == 200
        assert (await site.get(f"{OKX}/api/v5/public/time"))[1]["code"] == "0"


async def test_an_incident_ends_by_itself() -> None:
    async with running() as site:
        await site.begin("rest-errors", exchange="okx", seconds=0.05)
        await until(lambda: len(site.said) == 2)
        assert site.said == [
            "incident 1 begins: rest-errors on okx, 503 status, for 0.05 s",
            "incident 1 is over: rest-errors",
        ]


def _touch(quote: dict[str, object]) -> list[object]:
    if "bids" in quote:
        return [row[0][:2] for row in (quote["bids"], quote["asks"])]  # type: ignore[index]
    return [[quote["b"], quote["B"]], [quote["a"], quote["A"]]]


def _tops(one: Follower) -> tuple[int, int]:
    """States of the book that have a quote to compare with, and those that equal it."""
    key = "seqId" if one.market[0] == "okx" else "u"
    quotes = {quote[key]: _touch(quote) for quote in one.quotes}
    compared = equal = 0
    for number, touch in one.states:
        earlier = [other for other in quotes if one.since <= other <= number]
        compared += bool(earlier)
        equal += bool(earlier) and quotes[max(earlier)] == touch
    return compared, equal


async def _quotes_go_on(followers: Iterable[Follower]) -> None:
    seen = {one: len(one.quotes) for one in followers}
    await until(lambda: all(len(one.quotes) > count + 2 for one, count in seen.items()))


def _empty(row: dict[str, object]) -> bool:
    return not any(row[key] for key in ("b", "a", "bids", "asks") if key in row)


def _twice(one: Follower) -> int:
    key = "seqId" if one.market[0] == "okx" else "u"
    return sum(count == 2 for count in Counter(row[key] for row in one.book_messages).values())


async def _last_heard(socket: ClientWebSocketResponse) -> object:
    """Read what was sent before; then the answer to a ping, None where there is none."""
    while True:
        try:
            message = await socket.receive(0.2)
        except TimeoutError:
            return None
        if message.type is not WSMsgType.TEXT:
            return message
