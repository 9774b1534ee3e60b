"""`demo` with the stack beside it: an incident is told on the terminal, and all of it ends."""

import asyncio
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.cli.processes import BOUND, Program, children, exists, program
from tests.programs import needed
from tests.shared import ROOT
from tests.stack.processes import until

_SCRIPT = """
- at: 4
  kind: depth-evaporation
  exchange: okx
  instrument: BTC-USDT-PERP
  size: 0.002
  seconds: 60
"""
_GRAFANA = f"""#!{sys.executable}
import json, os, sys, signal, pathlib
home = pathlib.Path(__file__).parent.parent
told = dict(command=sys.argv[1:], folder=os.listdir(os.environ["GF_PATHS_DATA"]), **os.environ)
(home / "new").write_text(json.dumps(told))
(home / "new").rename(home / "told.json")
signal.pause()
"""
"""Tells how it was started, and stays until it is ended."""
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="/proc tells which processes there are"
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only place where Grafana may be; there is none yet."""
    folder = tmp_path / "grafana"
    monkeypatch.setenv("GRAFANA_HOME", str(folder))
    return folder


def with_grafana(home: Path) -> None:
    """Something that can be started as Grafana is there."""
    for name, text in (("conf/defaults.ini", ""), ("bin/grafana", _GRAFANA)):
        path = home / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)


def installed() -> None:
    """Both are there; otherwise this is no place for the test."""
    needed("prometheus")
    needed("alertmanager")


def is_folder(path: str) -> bool:
    """Whether it is there."""
    return Path(path).is_dir()


def descendants(pid: int) -> list[int]:
    """All processes that came from this one and have not ended."""
    found = children(pid)
    return [*found, *(one for child in found for one in descendants(child))]


async def test_an_incident_is_printed_as_a_person_would_read_it_and_all_of_it_ends(
    tmp_path: Path, home: Path
) -> None:
    installed()
    with_grafana(home)
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
        (line,) = (line for line in it.err if line.startswith("Grafana is at "))
        dashboards = f"Dashboard: {line.split()[3]}d/market-instrument?var-exchange=okx&"
        assert any(line.startswith(dashboards) for line in it.err)
        started = descendants(it.process.pid)
        assert len(started) == 8, "exchanges, receiver, and three servers that are held each"
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
        advice = await it.said("grafana is not installed")
        assert "https://grafana.com/grafana/download" in advice
        place = (await it.said("Prometheus is at")).removeprefix("Prometheus is at ")
        await it.until(lambda: len(descendants(it.process.pid)) == 3)
        await until(lambda: answers(it, f"{place.removesuffix('.')}-/ready"), BOUND, "it is ready")
        assert await it.ended(signal.SIGINT) == 0


async def test_grafana_shows_this_demonstration_and_is_its_own(home: Path) -> None:
    installed()
    with_grafana(home)
    async with program("demo", "--listen", "127.0.0.1:0") as it:
        place = (await it.said("Grafana is at ")).split()[3]
        await it.until(lambda: (home / "told.json").exists())
        told: dict[str, Any] = json.loads((home / "told.json").read_text())
        assert told["command"] == ["server", f"--homepath={home}", "--config=/dev/null"]
        assert told["GF_SERVER_ROOT_URL"] == place
        assert place == f"http://{told['GF_SERVER_HTTP_ADDR']}:{told['GF_SERVER_HTTP_PORT']}/"
        for name in ("Prometheus", "Alertmanager"):
            said = await it.said(f"{name} is at {told[f'MARKET_{name.upper()}_URL']}")
            assert "127.0.0.1" in said
        assert told["MARKET_DASHBOARDS"] == str(ROOT / "grafana" / "dashboards")
        assert told["GF_PATHS_PROVISIONING"] == str(ROOT / "grafana" / "provisioning")
        assert told["folder"] == ["plugins"]
        assert told["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
        assert is_folder(told["GF_PATHS_DATA"])
        assert await it.ended(signal.SIGINT) == 0
        assert not is_folder(told["GF_PATHS_DATA"])


async def test_alone_means_without_grafana_too(home: Path) -> None:
    with_grafana(home)
    async with program("demo", "--alone", "--listen", "127.0.0.1:0") as it:
        await it.ready(await it.address())
        assert len(children(it.process.pid)) == 1
        assert not any("rafana" in line for line in it.err)
        assert await it.ended(signal.SIGINT) == 0
