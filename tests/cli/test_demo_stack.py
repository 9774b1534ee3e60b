"""`demo` with Prometheus and Alertmanager beside it: an incident is told on the terminal."""

import asyncio
import re
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.cli.processes import BOUND, Program, children, exists, program
from tests.programs import needed
from tests.stack.processes import until

_SCRIPT = """
- at: 4
  kind: depth-evaporation
  exchange: okx
  instrument: BTC-USDT-PERP
  size: 0.002
  seconds: 60
"""
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="/proc tells which processes there are"
)


def installed() -> None:
    """Both are there; otherwise this is no place for the test."""
    needed("prometheus")
    needed("alertmanager")


def descendants(pid: int) -> list[int]:
    """All processes that came from this one and have not ended."""
    found = children(pid)
    return [*found, *(one for child in found for one in descendants(child))]


async def test_an_incident_is_printed_as_a_person_would_read_it_and_all_of_it_ends(
    tmp_path: Path,
) -> None:
    installed()
    script = tmp_path / "script.yaml"
    script.write_text(_SCRIPT)
    async with program("demo", "--listen", "127.0.0.1:0", "--script", script) as it:
        address = await it.address()
        await it.said("what it notifies is printed here")
        title = await it.said("] depth_")
        assert title in (
            "[P1] depth_critical: okx BTC-USDT-PERP",
            "[P1] depth_ceiling: okx BTC-USDT-PERP",
        )
        at = it.err.index(title)
        assert re.fullmatch(r"\d\d:\d\d:\d\d UTC, for page", it.err[at - 1])
        text = await it.said("Runbook: ")
        assert text.startswith(f"Runbook: {address}runbooks/depth_")
        assert any(line.startswith(f"Explain: {address}explain?exchange=okx&") for line in it.err)
        started = descendants(it.process.pid)
        assert len(started) == 6, "exchanges, receiver, and two servers that are held each"
        assert await it.ended(signal.SIGINT, group=True) == 0
        assert not any(map(exists, started))


async def test_killed_it_leaves_nothing_behind(tmp_path: Path) -> None:
    installed()
    async with program("demo", "--listen", "127.0.0.1:0") as it:
        await it.said("what it notifies is printed here")
        await it.until(lambda: len(descendants(it.process.pid)) == 6)
        started = descendants(it.process.pid)
        it.process.kill()
        await it.process.wait()
        await until_gone(started)


async def answers(it: Program, url: str) -> bool:
    """Whether somebody answers there that all is well."""
    try:
        return (await it.get(url))[0] == 200
    except aiohttp.ClientError:
        return False


async def until_gone(pids: list[int]) -> None:
    """Wait until none of these is there."""
    async with asyncio.timeout(30):
        while any(map(exists, pids)):  # noqa: ASYNC110 - other processes cannot set an event
            await asyncio.sleep(0.05)


async def test_without_them_it_says_how_to_get_them_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with program("demo", "--listen", "127.0.0.1:0") as it:
        address = await it.address()
        for name in ("prometheus", "alertmanager"):
            assert "apt-get install" in await it.said(f"{name} is not installed")
        await it.ready(address)
        assert len(children(it.process.pid)) == 1
        assert await it.ended(signal.SIGINT) == 0


async def test_without_alertmanager_prometheus_runs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prometheus").symlink_to(needed("prometheus"))
    monkeypatch.setenv("PATH", str(tmp_path))
    async with program("demo", "--listen", "127.0.0.1:0") as it:
        assert "apt-get install" in await it.said("alertmanager is not installed")
        place = (await it.said("Prometheus is at")).removeprefix("Prometheus is at ")
        await it.until(lambda: len(descendants(it.process.pid)) == 3)
        await until(lambda: answers(it, f"{place.removesuffix('.')}-/ready"), BOUND, "it is ready")
        assert await it.ended(signal.SIGINT) == 0
