"""`demo` as a process of its own, with the simulated exchanges as another: start, trouble, end."""

import asyncio
import os
import re
import signal
import socket
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from exporter.__main__ import main
from exporter.commands.demo import SCRIPT
from exporter.simulator.script import load_script
from tests.cli.processes import BOUND, Program, children, exists, program

HERE = ("--alone", "--listen", "127.0.0.1:0")
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="/proc tells which processes there are"
)


async def exchanges(it: Program) -> tuple[int, str]:
    """The process of the simulated exchanges, and where they are."""
    await it.until(lambda: children(it.process.pid))
    (child,) = children(it.process.pid)
    found = re.search(r"http://127\.0\.0\.1:\d+", await it.said("simulated exchanges at"))
    assert found
    return child, found[0]


async def nothing_left(it: Program, child: int, place: str) -> None:
    """Neither process is there any more, nor the port of the exchanges."""
    assert not exists(it.process.pid)
    assert not exists(child)
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(place)


class Life(NamedTuple):
    """What a demo said and answered from its start to Ctrl-C, and what it left."""

    address: str
    page: str
    runbook: str
    code: int
    program: Program


@pytest.fixture(scope="module")
def life() -> Life:
    """A whole demo: ready, its page, and its end by Ctrl-C, with nothing left."""

    async def lived() -> Life:
        async with program("demo", *HERE) as it:
            child, place = await exchanges(it)
            address = await it.address()
            assert await it.ready(address) == "ready\n"
            _, page = await it.get(address)
            _, runbook = await it.get(f"{address}runbooks/spread_critical")
            code = await it.ended(signal.SIGINT, group=True)
            await nothing_left(it, child, place)
            return Life(address, page, runbook, code, it)

    return asyncio.run(lived())


def test_it_says_what_will_happen_when(life: Life) -> None:
    listed = [line for line in life.program.err if re.match(r" +\d+:\d\d  ", line)]
    assert len(listed) == len(load_script(SCRIPT).planned) + 1
    assert listed[0] == "   1:00  spread-blow-out on binance BTC-USDT-PERP for 45 s"
    assert listed[-1] == "  15:00  all of it again"


def test_its_page_shows_simulated_markets(life: Life) -> None:
    assert "Simulated exchanges: nothing here is a real market." in life.page
    assert "okx/BTC-USDT-PERP" in life.page


def test_it_has_the_shipped_runbooks(life: Life) -> None:
    assert "<title>Runbook: spread_critical</title>" in life.runbook


def test_ctrl_c_in_a_terminal_ends_all_of_it_in_order(life: Life) -> None:
    assert life.code == 0
    assert life.program.count("stopping") == 1
    assert life.program.count("disconnected") == 0, "the exchanges ended first"


async def test_without_its_exchanges_it_says_so_and_waits_for_them() -> None:
    async with program("demo", *HERE) as it:
        child, place = await exchanges(it)
        address = await it.address()
        await it.ready(address)
        os.kill(child, signal.SIGKILL)
        missing = await it.ready(address, 503)
        assert missing.startswith("not ready: no live book of ")
        await it.until(lambda: it.count("disconnected") >= 4)
        line = await it.said('"event": "disconnected"')
        assert place.removeprefix("http") in line
        _, text = await it.get(f"{address}metrics")
        assert 'market_feed_up{exchange="okx",instrument="BTC-USDT-SPOT"} 0' in text
        assert await it.ended(signal.SIGTERM) == 0
        await nothing_left(it, child, place)


async def test_a_port_in_use_ends_both_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with program("demo", "--alone", "--listen", address) as it:
            child, place = await exchanges(it)
            assert await it.ended() == 1
            assert f"market-quality-exporter: cannot listen on {address}: " in it.err[-1]
            await nothing_left(it, child, place)


async def test_ctrl_c_before_the_exchanges_are_there_ends_both() -> None:
    async with program("demo", *HERE) as it:
        await it.until(lambda: children(it.process.pid))
        (child,) = children(it.process.pid)
        assert await it.ended(signal.SIGINT, group=True) == 130
        await gone(child, BOUND)


async def test_a_kill_leaves_no_exchanges_behind() -> None:
    async with program("demo", *HERE) as it:
        await it.address()
        (child,) = children(it.process.pid)
        it.process.kill()
        await gone(child, BOUND)


@pytest.mark.parametrize("early", [True, False])
async def test_an_early_end_or_a_closed_terminal_leaves_nothing(early: bool) -> None:
    async with program("demo", *HERE) as it:
        await it.until(lambda: children(it.process.pid))
        (child,) = children(it.process.pid)
        if early:
            it.process.terminate()
        else:
            await it.address()
            os.killpg(it.process.pid, signal.SIGHUP)
        try:
            await gone(it.process.pid, BOUND)
            await gone(child, BOUND if early else 2)
        finally:
            if exists(child):
                os.kill(child, signal.SIGKILL)


async def gone(pid: int, seconds: float) -> None:
    """Wait until a process has ended; raises TimeoutError where it does not in so many seconds."""
    async with asyncio.timeout(seconds):
        while exists(pid):  # noqa: ASYNC110 - another process cannot set an event
            await asyncio.sleep(0.02)


def test_it_closes_what_it_opened(life: Life) -> None:
    assert life.program.unclosed() == []


def test_the_page_that_it_names_is_where_it_is(life: Life) -> None:
    (named,) = (line for line in life.program.err if line.startswith("Open "))
    assert named.startswith(f"Open {life.address} for an overview")


def test_a_bad_script_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / "drill.yaml"
    script.write_text("- {at: 1}\n")
    assert main(["demo", *HERE, "--script", str(script)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "drill.yaml: incidents[0]: needs `kind`\n")
