"""The chain twice: two exporters on the same exchanges, two Prometheus, two Alertmanagers.

Each Prometheus scrapes everything and sends to both Alertmanagers, which are a cluster.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import yaml

from exporter.stack.files import prometheus_config
from exporter.stack.servers import free_port
from tests.shared import ROOT
from tests.stack import processes
from tests.stack.configuration import exporter_config, secrets
from tests.stack.exchanges import Exchanges, simulation
from tests.stack.processes import Server
from tests.stack.receivers import Message, Receivers, receivers
from tests.stack.stack import GROUP_INTERVAL, rendered

MEMBERS = ("a", "b")
KINDS = ("exporter", "prometheus", "alertmanager")
_KINDS = {"market-exporter": "exporter", "prometheus": "prometheus", "alertmanager": "alertmanager"}
_SETTLED = "min(alertmanager_cluster_members) == 2"


class Pair(NamedTuple):
    """All that runs; `servers` by kind and member: `exporter-a`."""

    exchanges: Exchanges
    receivers: Receivers
    servers: dict[str, Server]
    configs: dict[str, Path]

    async def begin(self, kind: str, exchange: str, instrument: str, **more: Any) -> int:
        """Start an incident that goes on until it is ended; its number."""
        about = {"kind": kind, "exchange": exchange, "instrument": instrument}
        return await self.exchanges.begin(**about, seconds=3600, **more)

    def told(self, alert: str, status: str, place: str = "page", **wanted: Any) -> list[Message]:
        """What the webhook of a place was told of an alert."""
        about: Any = {"alert": alert, "status": status, "place": place, "kind": "webhook"}
        return self.receivers.messages(**about, **wanted)

    async def sure(self, asked: str, members: tuple[str, ...] = MEMBERS) -> None:
        """Wait until these Prometheus answer a query with something."""
        for member in members:
            server = self.servers[f"prometheus-{member}"]

            async def answered(server: Server = server) -> bool:
                answer = await server.get("/api/v1/query", query=asked)
                return bool(answer["data"]["result"])

            await processes.until(answered, 120, f"{asked} at {server.name}")

    async def warm(self, samples: int) -> None:
        """All books are live in both, each baseline has so many samples, they know each other."""
        await self.sure("count(up) == 6 and min(up) == 1")
        await self.sure("count(market_feed_up) > 0 and min(market_feed_up) == 1")
        await self.sure(f"min(market_baseline_samples) >= {samples}")
        await self.sure(_SETTLED)

    async def kill(self, *names: str) -> None:
        """End these as a crash would."""
        await asyncio.gather(*(self.servers[name].kill() for name in names))

    async def start(self, *names: str) -> None:
        """Start these again, with the same data, and wait until all see all."""
        await asyncio.gather(*(self.servers[name].start() for name in names))
        await self.warm(1)


@asynccontextmanager
async def pair(
    folder: Path, *, pairs: int = 1, group_interval: int = GROUP_INTERVAL
) -> AsyncIterator[Pair]:
    """A pair of everything with shortened alerts, ready; ended after.

    Webhooks at `page` and `chat` alone are told.
    """
    async with AsyncExitStack() as open_:
        asking = await open_.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        )
        simulated = await open_.enter_async_context(simulation(pairs, 10, asking))
        them = await open_.enter_async_context(receivers())
        ports = {f"{kind}-{member}": free_port() for kind in KINDS for member in MEMBERS}
        gossip = [free_port() for _ in MEMBERS]
        servers: dict[str, Server] = {}
        configs: dict[str, Path] = {}
        for member in MEMBERS:
            own = folder / member
            own.mkdir()
            config = exporter_config(own, simulated.endpoints, pairs, quick=True)
            if member != MEMBERS[0]:
                _without_notices(config)
            given = secrets(own, them, page=["webhook"], chat=["webhook"])
            routed = await rendered(config, given, own / "alertmanager", group_interval)
            configs[member] = config
            servers |= {
                f"exporter-{member}": processes.exporter(
                    config, own / "state", ports[f"exporter-{member}"], asking
                ),
                f"prometheus-{member}": processes.prometheus(
                    _prometheus(own, member, ports), own / "tsdb",
                    ports[f"prometheus-{member}"], asking,
                ),
                f"alertmanager-{member}": processes.alertmanager(
                    routed, own / "notified", ports[f"alertmanager-{member}"], asking,
                    gossip if member == "a" else gossip[::-1],
                ),
            }  # fmt: skip
        for name, server in servers.items():
            server.name = name
            open_.push_async_callback(server.close)
        await asyncio.gather(*(server.start() for server in servers.values()))
        try:
            yield Pair(simulated, them, servers, configs)
        finally:
            print("\n".join(f"{one.time / 1e9:.2f}  {one}" for one in them.messages()))
        assert not them.refusals(), [str(one) for one in them.refusals()]
        assert not (broken := await simulated.broken_rules()), broken


def _prometheus(folder: Path, member: str, ports: dict[str, int]) -> Path:
    """The shipped prometheus.yml with the two targets of each job, and a name of its own."""
    targets = {job: _both(kind, ports) for job, kind in _KINDS.items()}
    path = folder / "prometheus.yml"
    path.write_text(
        prometheus_config(ROOT / "prometheus" / "prometheus.yml", targets, {}, replica=member)
    )
    return path


def _without_notices(config: Path) -> None:
    """Of two behind one address one asks what exchanges announce: OKX allows one in 5 seconds."""
    path = config / "maintenance.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "notices": False}))


def _both(kind: str, ports: dict[str, int]) -> list[str]:
    return [f"127.0.0.1:{ports[f'{kind}-{member}']}" for member in MEMBERS]
