"""What remote storage gets: `make test-versions`, where VictoriaMetrics is installed.

A pair of Prometheus and one in agent mode scrape the same exporter; the storage is once away.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
import yaml

from exporter.stack.files import prometheus_config
from exporter.stack.servers import free_port
from tests.programs import needed
from tests.shared import ROOT
from tests.stack import processes
from tests.stack.configuration import exporter_config
from tests.stack.exchanges import simulation
from tests.stack.processes import Server, until

STORAGE = shutil.which("victoria-metrics")
SHIPPED = ROOT / "prometheus" / "prometheus.yml"
NOT_FOR_AGENTS = ("alerting", "rule_files")
AWAY, WINDOW = 15, 10
"""Seconds that the storage is away at least, and over which samples of that time are counted."""

pytestmark = pytest.mark.skipif(
    STORAGE is None, reason="victoria-metrics is not installed (Debian's package of that name)"
)


class Chain(NamedTuple):
    """What runs: two servers named a and b, an agent, and the storage that they write to."""

    prometheus: dict[str, Server]
    storage: Server

    async def stored(self, asked: str, **more: str) -> list[tuple[dict[str, str], float]]:
        """What the storage answers: labels and value of each series."""
        given = {"query": asked, "nocache": "1", **more}
        answer = await self.storage.get("/api/v1/query", **given)
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    async def names(self) -> set[str]:
        """The replicas of which the storage has live books."""
        found = await self.stored("count by (replica) (market_feed_up == 1)")
        return {labels["replica"] for labels, _ in found}

    async def scraped_at(self, name: str) -> float:
        """Unix seconds of the last scrape of a server."""
        asked = 'max(timestamp(up{job="market-exporter"}))'
        answer = await self.prometheus[name].get("/api/v1/query", query=asked)
        return float(answer["data"]["result"][0]["value"][1])


@asynccontextmanager
async def chain(folder: Path) -> AsyncIterator[Chain]:
    """All of it, ready; ended after."""
    async with AsyncExitStack() as open_:
        limit = aiohttp.ClientTimeout(total=10)
        asking = await open_.enter_async_context(aiohttp.ClientSession(timeout=limit))
        simulated = await open_.enter_async_context(simulation(1, 10, asking))
        config, port = exporter_config(folder, simulated.endpoints, 1, quick=True), free_port()
        exporter = processes.exporter(config, folder / "state", port, asking)
        storage = stored_at(folder / "stored", asking)
        remote = f"{storage.url}/api/v1/write"
        them = {}
        for name in ("a", "b", "agent"):
            path = folder / f"{name}.yml"
            targets = {"market-exporter": f"127.0.0.1:{port}"}
            path.write_text(
                prometheus_config(SHIPPED, targets, {}, replica=name, remote_write=remote)
            )
            make = agent if name == "agent" else processes.prometheus
            them[name] = make(path, folder / f"tsdb-{name}", free_port(), asking)
        for server in (storage, exporter, *them.values()):
            open_.push_async_callback(server.close)
            await server.start()
        yield Chain(them, storage)


def stored_at(folder: Path, asking: aiohttp.ClientSession) -> Server:
    """VictoriaMetrics, which answers of what it got a moment ago."""
    port = free_port()
    command = [
        str(STORAGE), f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}",
        "-search.latencyOffset=0s", "-inmemoryDataFlushInterval=1s",
    ]  # fmt: skip
    return Server("victoria-metrics", command, port, asking, ready="/health")


def agent(config: Path, data: Path, port: int, asking: aiohttp.ClientSession) -> Server:
    """Prometheus that only scrapes and sends: what it cannot have is taken out."""
    tree = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({key: tree[key] for key in tree if key not in NOT_FOR_AGENTS}))
    program = needed("prometheus")
    told = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)  # noqa: S603
    mode = "--agent" if "--[no-]agent" in told.stdout + told.stderr else "--enable-feature=agent"
    command = [
        program, mode, f"--config.file={config}", f"--storage.agent.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    return Server("agent", command, port, asking)


async def test_all_samples_come_with_the_name_of_their_server_and_none_is_lost(
    tmp_path: Path,
) -> None:
    async with chain(tmp_path) as it:
        await until(lambda: all_there(it), 60, "the storage has live books of all three")
        recorded = await it.stored('count by (replica) ({__name__=~"market:.+"})')
        assert {labels["replica"] for labels, _ in recorded} == {"a", "b"}, "an agent has no rules"
        await it.storage.kill()
        gone = await it.scraped_at("a")
        await until(lambda: passed(it, gone + AWAY), 60, "the storage is away for a while")
        await it.storage.start()
        for name in it.prometheus:
            await until(lambda name=name: whole(it, name, gone + AWAY), 90, f"{name} caught up")  # type: ignore[misc]
        print(await it.stored("count by (replica) (market_feed_up == 1)"))


async def all_there(it: Chain) -> bool:
    return await it.names() == set(it.prometheus)


async def passed(it: Chain, moment: float) -> bool:
    await asyncio.gather(*(server.ready() for server in it.prometheus.values()))
    return await it.scraped_at("a") >= moment


async def whole(it: Chain, name: str, moment: float) -> bool:
    """Whether the storage has each second of what was scraped before a moment; a scrape may fall
    on either edge of the window."""
    asked = f'count_over_time(up{{replica="{name}"}}[{WINDOW}s])'
    found = await it.stored(asked, time=str(moment))
    return bool(found) and found[0][1] >= WINDOW - 1
