"""`receive` as a process of its own: what a Slack webhook is sent, as lines for a person."""

import json
import signal

import aiohttp

from tests.cli.processes import Program, program

MESSAGE = {
    "channel": "",
    "attachments": [
        {
            "title": "[P1] spread_critical: binance BTC-USDT-PERP",
            "text": "quoted spread 8.01 bps\nFeed live.\n"
            "<http://127.0.0.1:3000/d/market-instrument?from=1&to=now|Dashboard> | "
            "<http://127.0.0.1:9710/explain?exchange=binance|Explain>",
            "color": "danger",
        }
    ],
}


async def address(it: Program) -> str:
    await it.until(lambda: it.out)
    return str(json.loads(it.out[0])["address"])


async def test_a_notification_is_printed_with_its_time_its_receiver_and_its_links() -> None:
    async with (
        program("receive", "--listen", "127.0.0.1:0") as it,
        aiohttp.ClientSession() as http,
        http.post(f"{await address(it)}/page", json=MESSAGE) as answer,
    ):
        assert await answer.text() == "ok"
        await it.said("Explain: ")
        rule, head, *lines = it.err
        assert set(rule) == {"─"}
        assert head.endswith(" UTC, for page")
        assert lines[:5] == [
            "[P1] spread_critical: binance BTC-USDT-PERP",
            "quoted spread 8.01 bps",
            "Feed live.",
            "Dashboard: http://127.0.0.1:3000/d/market-instrument?from=1&to=now",
            "Explain: http://127.0.0.1:9710/explain?exchange=binance",
        ]
        assert await it.ended(signal.SIGINT) == 0


async def test_what_is_no_such_message_is_refused_and_not_printed() -> None:
    async with program("receive", "--listen", "127.0.0.1:0") as it, aiohttp.ClientSession() as http:
        place = await address(it)
        for text in ("", "no JSON", "{}", '{"attachments": 3}'):
            async with http.post(f"{place}/page", data=text) as answer:
                assert answer.status == 400
                assert (await answer.text()).startswith("no Slack message: ")
        assert await it.ended(signal.SIGTERM) == 0
        assert it.err == []


async def test_an_address_in_use_is_a_sentence() -> None:
    async with program("receive", "--listen", "127.0.0.1:0") as first:
        place = (await address(first)).removeprefix("http://")
        async with program("receive", "--listen", place) as it:
            assert await it.ended() == 1
            assert it.err == [
                f"market-quality-exporter: cannot listen on {place}: Address already in use; "
                "choose another address with --listen"
            ]
