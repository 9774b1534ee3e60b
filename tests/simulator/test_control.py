"""The control endpoint, a simulation's beginning and end, and the command that runs one."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession

from exporter import clock
from exporter.errors import ExporterError
from exporter.simulator.incidents import KINDS
from exporter.simulator.script import Planned, Script
from exporter.simulator.simulation import Simulation
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from tests.simulator.serving import OKX_WS, SPOT, Site, ask, ending, running, text, until


async def _post(site: Site, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    async with site.http.post(f"{site.base}/control/{path}", json=body) as response:
        return response.status, await response.json()


async def test_the_state_says_what_there_is_and_what_goes_on() -> None:
    async with running() as site:
        socket = await site.socket(f"{SPOT}/ws/btcusdt@bookTicker")
        await text(socket)
        okx = await site.socket(OKX_WS)
        await ask(okx, {"op": "dance"})
        site.simulation.begin("rest-errors", exchange="okx", seconds=20)
        status, state = await site.get("/control")
        assert status == 200
        assert abs(state["time"] - site.simulation.now) < 1000
        assert state["paused"] is False
        assert [(one["exchange"], one["name"]) for one in state["symbols"]] == [
            ("binance", "BTCUSDT"),
            ("binance", "BTCUSDT"),
            ("okx", "BTC-USDT"),
            ("okx", "BTC-USDT-SWAP"),
        ]
        assert state["sessions"] == {"binance/spot": 1, "binance/usdm": 0, "okx/public": 1}
        assert state["messages"]["okx/public"] == 1
        assert state["messages"]["binance/spot"] >= 1
        assert state["violations"] == {}
        (incident,) = state["incidents"]
        assert 19 < incident.pop("seconds_left") <= 20
        assert incident == {
            "number": 1,
            "kind": "rest-errors",
            "exchange": "okx",
            "instrument": None,
            "size": 503,
            "unit": "status",
        }


async def test_the_kinds_are_those_of_the_catalogue() -> None:
    async with running(rate=1) as site:
        _, kinds = await site.get("/control/kinds")
        assert [kind["name"] for kind in kinds] == list(KINDS)
        assert set(kinds[0]) == {"name", "place", "unit", "size", "seconds", "meaning"}


async def test_incidents_are_started_and_ended() -> None:
    async with running(rate=1) as site:
        wanted = {"kind": "spread-blow-out", "exchange": "binance", "instrument": "BTC-USDT-PERP"}
        status, first = await _post(site, "incidents", {**wanted, "size": 8, "seconds": 45})
        assert (status, first["number"], first["size"], first["unit"]) == (201, 1, 8, "times")
        assert (await _post(site, "incidents", {"kind": "disconnect"}))[0] == 201
        await until(lambda: len(site.said) == 2)
        assert site.said[0] == (
            "incident 1 begins: spread-blow-out on binance BTC-USDT-PERP, 8 times, for 45 s"
        )
        assert site.said[1] == "incident 2 begins: disconnect on all exchanges, for 20 s"
        async with site.http.delete(f"{site.base}/control/incidents/1") as response:
            left = (await response.json())["incidents"]
            assert [one["number"] for one in left] == [2]
        async with site.http.delete(f"{site.base}/control/incidents/1") as response:
            assert response.status == 404
            assert await response.json() == {"error": "no incident 1 is under way"}
        async with site.http.delete(f"{site.base}/control/incidents") as response:
            assert (await response.json())["incidents"] == []


REFUSED = [
    ({"kind": "spread-blowout"}, "did you mean spread-blow-out?"),
    ({"kind": "disconnect", "exchange": "bynance"}, "no exchange is called 'bynance'; did you"),
    (
        {"kind": "stale-stream", "exchange": "okx", "instrument": "BTC-USDT-PREP"},
        "no instrument on okx is called 'BTC-USDT-PREP'; did you mean BTC-USDT-PERP?",
    ),
    (
        {"kind": "half-open", "instrument": "BTC-USDT-SPOT"},
        "half-open happens to a whole exchange; leave out the instrument",
    ),
    (
        {"kind": "disconnect", "seconds": -1},
        "seconds of disconnect must be a number above zero, not -1",
    ),
    ({"kind": "rest-errors", "size": 200}, "size of rest-errors must be an HTTP status"),
    ({"exchange": "okx"}, "kind"),
    ({"kind": "disconnect", "second": 3}, "second"),
    ({"kind": "disconnect", "seconds": "3"}, "seconds"),
]


async def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    async with running(rate=1) as site:
        for wanted, sentence in REFUSED:
            status, answer = await _post(site, "incidents", wanted)
            assert status == 400
            assert sentence in str(answer["error"]), wanted
        async with site.http.post(f"{site.base}/control/incidents", data=b"{") as response:
            assert response.status == 400
        assert (await site.get("/control"))[1]["incidents"] == []


async def test_in_a_pause_the_markets_stand_still_and_then_go_on() -> None:
    async with running(rate=200) as site:
        incident = site.simulation.begin("frozen-book", exchange="okx", seconds=30)
        assert (await _post(site, "pause"))[1]["paused"] is True
        place = "/control/books/binance/BTC-USDT-SPOT"
        _, book = await site.get(place)
        market_time = site.simulation.now
        _, state = await site.get("/control")
        while (await site.get("/control"))[1]["time"] < state["time"] + 150:
            pass
        assert site.simulation.now == market_time < incident.ends
        assert (await site.get(place))[1] == book
        assert (await _post(site, "resume"))[1]["paused"] is False
        while (await site.get(place))[1]["id"] == book["id"]:
            pass
        async with site.http.get(f"{site.base}{SPOT}/api/v3/time") as response:
            wire = (await response.json())["serverTime"]
        assert wire - site.simulation.now >= 150


async def test_a_book_is_shown_as_published() -> None:
    async with running() as site:
        await _post(site, "pause")
        for exchange, instrument in site.simulation.world.markets:
            number, bids, asks = site.simulation.book(exchange, instrument)
            _, shown = await site.get(f"/control/books/{exchange}/{instrument}")
            assert list(shown) == ["id", "bids", "asks"]
            assert shown["id"] == number
            assert [tuple(level) for level in shown["bids"]] == bids
            assert [tuple(level) for level in shown["asks"]] == asks
        status, answer = await site.get("/control/books/okx/NOPE")
        assert (status, answer) == (404, {"error": "there is no market NOPE on okx"})


async def test_a_script_starts_its_incidents_in_time_and_again() -> None:
    planned = [Planned(50, "duplicate", "okx", seconds=0.03), Planned(100, "reorder", seconds=0.03)]
    async with running(rate=1, script=Script(planned, 200)) as site:
        await until(lambda: len(site.said) >= 7)
        kinds = [sentence.split()[3] for sentence in site.said if "begins" in sentence]
        assert kinds[:3] == ["duplicate", "reorder", "duplicate"]


async def test_nothing_is_left_of_a_simulation_that_was_stopped() -> None:
    before = asyncio.all_tasks()
    async with running() as site:
        url = site.base
        sockets = [
            await site.socket(f"{SPOT}/ws/btcusdt@bookTicker"),
            await site.socket(OKX_WS),
            await site.socket(OKX_WS),
        ]
        await text(sockets[0])
        await site.begin("half-open", exchange="okx")
        await site.get("/control")
        await site.simulation.stop()
        assert not any(site.simulation.sessions.values())
        assert await ending(sockets[0]) == 1001
        with pytest.raises(ClientConnectionError):
            await site.socket(OKX_WS)
    assert asyncio.all_tasks() == before
    async with ClientSession() as http:
        with pytest.raises(ClientConnectionError):
            await http.get(url)


async def test_a_port_that_is_taken_is_a_sentence() -> None:
    async with running(rate=1) as site:
        port = int(site.base.rpartition(":")[2])
        world = World(symbols(1), 1, clock.now() // 1_000_000, 1)
        second = Simulation(world)
        with pytest.raises(ExporterError, match=rf"cannot listen on 127.0.0.1:{port}: Address"):
            await second.start(port=port)
        await second.stop()


async def test_the_endpoints_are_base_addresses_by_exchange_and_service() -> None:
    async with running(rate=1) as site:
        place = site.base.removeprefix("http://")
        assert site.simulation.endpoints == {
            "binance": {
                "spot": (f"ws://{place}/binance/spot", f"http://{place}/binance/spot"),
                "usdm": (f"ws://{place}/binance/usdm", f"http://{place}/binance/usdm"),
            },
            "okx": {"public": (f"ws://{place}/okx/public", f"http://{place}/okx/public")},
        }


PROGRAM = """
import sys
from pathlib import Path
from rich.console import Console
from exporter.commands.simulate import SimulateOptions, simulate
options = SimulateOptions(port=0, rate=1, script=Path(sys.argv[1]))
sys.exit(simulate(options, Console(), Console(stderr=True)))
"""


async def test_the_command_says_where_it_is_and_ends_when_told(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("[{at: 0, kind: stale-stream, exchange: okx, seconds: 60}]")
    await asyncio.gather(*(_commanded(script, end) for end in (signal.SIGINT, signal.SIGTERM)))


async def _commanded(script: Path, end: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(script), stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    first = json.loads(await process.stdout.readline())
    said = [(await process.stderr.readline()).decode() for _ in range(2)]
    process.send_signal(end)
    _, rest = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, rest.decode().count("Traceback")) == (0, 0)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", first["address"])
    assert first["endpoints"]["okx"]["public"]["rest"] == f"{first['address']}/okx/public"
    assert f"simulated exchanges at {first['address']}: /binance/spot, " in said[0]
    assert "incident 1 begins: stale-stream on okx, for 60 s" in said[1]
