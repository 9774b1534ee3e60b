"""The whole chain on loopback: simulated exchanges, exporter, Prometheus, Alertmanager, receivers.

async with stack(tmp_path, pairs=6) as it:
    began = await it.begin("spread-blow-out", "binance", "ETH-USDT-PERP")
    await it.until(lambda: it.receivers.messages(alert="spread_critical"))
    await it.end(began)
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from exporter.stack.servers import free_port
from tests.cli.processes import program
from tests.stack import processes
from tests.stack.configuration import (
    CHAT,
    PAGE,
    exporter_config,
    prometheus_config,
    secrets,
)
from tests.stack.exchanges import Exchanges, simulation
from tests.stack.processes import Server
from tests.stack.receivers import BOUND, Message, Receivers, receivers

GROUP_INTERVAL = 60
"""Seconds, as shipped."""
_ASKING = aiohttp.ClientTimeout(total=10)


class Change(NamedTuple):
    """A transition as the exporter logged it; `time` is Unix seconds."""

    time: float
    alert: str
    exchange: str
    instrument: str
    other: str
    before: str
    after: str
    reason: str
    priority: str

    @classmethod
    def read(cls, line: str) -> "Change":
        """From a line of its log."""
        found = json.loads(line)
        time = datetime.fromisoformat(found["time"]).timestamp()
        names = ("alert", "exchange", "instrument", "other", "from", "to", "reason", "priority")
        return cls(time, *(found.get(name, "") for name in names))


class Stack:
    """All that runs; `exchanges`, `receivers`, and the three servers by name.

    `kinds` are the kinds of receiver by place, `page` and `chat`.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        them: Receivers,
        servers: Mapping[str, Server],
        kinds: Mapping[str, Sequence[str]],
    ) -> None:
        self.exchanges = exchanges
        self.receivers = them
        self.servers = servers
        self.exporter = servers["exporter"]
        self.prometheus = servers["prometheus"]
        self.alertmanager = servers["alertmanager"]
        self.kinds = kinds

    async def begin(
        self,
        kind: str,
        exchange: str | None = None,
        instrument: str | None = None,
        *,
        size: float | None = None,
        seconds: float = 3600,
    ) -> int:
        """Start an incident that goes on until it is ended, unless told otherwise; its number."""
        return await self.exchanges.begin(
            kind=kind, exchange=exchange, instrument=instrument, size=size, seconds=seconds
        )

    async def end(self, number: int | None = None) -> None:
        """End this incident, or all."""
        await self.exchanges.end(number)

    async def until(self, condition: Callable[[], object], seconds: float = BOUND) -> None:
        """Wait for a condition on what came, or was logged."""
        await self.receivers.until(condition, seconds)

    async def sure(self, asked: str, seconds: float = BOUND) -> None:
        """Wait until Prometheus answers a query with something."""
        await processes.until(lambda: self.query(asked), seconds, asked)

    def messages(self, **wanted: Any) -> list[Message]:
        """What receivers took, as `Receivers.messages`."""
        return self.receivers.messages(**wanted)

    def changes(
        self,
        alert: str | None = None,
        exchange: str | None = None,
        instrument: str | None = None,
        *,
        to: str | None = None,
    ) -> list[Change]:
        """What the exporter logged of these alerts, but for what it restored, in order."""
        wanted = {"alert": alert, "exchange": exchange, "instrument": instrument, "after": to}
        lines = (line for line in self.exporter.log if '"event": "alert"' in line)
        return [
            change
            for change in map(Change.read, lines)
            if change.reason != "restored"
            and all(getattr(change, key) == value for key, value in wanted.items() if value)
        ]

    def running_alerts(self) -> set[tuple[str, str, str, str]]:
        """Those that fire, by the exporter's log: alert, exchange, instrument, other."""
        last = {change[1:5]: change.after for change in self.changes()}
        return {alert for alert, state in last.items() if state == "firing"}

    async def query(self, asked: str) -> list[tuple[Mapping[str, str], float]]:
        """What Prometheus answers to PromQL now: labels and value of each series."""
        answer = await self.prometheus.get("/api/v1/query", query=asked)
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    async def prometheus_alerts(self) -> list[dict[str, Any]]:
        """What its rules raise, pending or firing."""
        found: list[dict[str, Any]] = (await self.prometheus.get("/api/v1/alerts"))["data"][
            "alerts"
        ]
        return found

    async def alertmanager_alerts(self) -> list[dict[str, Any]]:
        """What Alertmanager has, with what mutes it in `status`."""
        found: list[dict[str, Any]] = await self.alertmanager.get("/api/v2/alerts")
        return found

    async def muted(self, alert: str, exchange: str, instrument: str) -> bool:
        """Whether Alertmanager holds this back because of another alert."""
        wanted = {"alertname": alert, "exchange": exchange, "instrument": instrument}
        return any(
            one["status"]["inhibitedBy"]
            for one in await self.alertmanager_alerts()
            if wanted.items() <= one["labels"].items()
        )

    async def warm(self, samples: int) -> None:
        """All books are live, and each baseline has so many samples."""
        await self.sure("count(market_feed_up) > 0 and min(market_feed_up) == 1", 120)
        await self.sure(f"min(market_baseline_samples) >= {samples}", 120)

    def story(self) -> str:
        """All that happened, in order of time, for a person."""
        told = [
            (one.time, f"exporter  {one.alert} {one.exchange}/{one.instrument}{one.other and ' '}"
            f"{one.other} {one.before} -> {one.after} ({one.reason})")
            for one in self.changes()
        ]  # fmt: skip
        told += [(one.time / 1e9, f"receiver  {one}") for one in self.receivers.everything]
        first = min((time for time, _ in told), default=0)
        return "\n".join(f"{time - first:8.2f}  {line}" for time, line in sorted(told))


@asynccontextmanager
async def stack(
    folder: Path,
    *,
    pairs: int = 1,
    rate: float = 10,
    quick: bool = True,
    page: Sequence[str] = PAGE,
    chat: Sequence[str] = CHAT,
    exchanges: Sequence[str] = (),
    group_interval: int = GROUP_INTERVAL,
) -> AsyncIterator[Stack]:
    """The chain for so many pairs (four markets each), all of its parts ready; ended after.

    `rate` is book changes a second and market. `quick` shortens the times of the alerts; all else
    is as shipped, but for the `group_interval` of Alertmanager, in seconds, if one is given. `page`
    and `chat` are the kinds of receiver in those places. The exporter watches `exchanges`, or all.
    """
    async with AsyncExitStack() as open_:
        asking = await open_.enter_async_context(aiohttp.ClientSession(timeout=_ASKING))
        simulated = await open_.enter_async_context(simulation(pairs, rate, asking))
        them = await open_.enter_async_context(receivers())
        config = exporter_config(
            folder, simulated.endpoints, pairs, quick=quick, exchanges=exchanges
        )
        given = secrets(folder, them, page=page, chat=chat)
        ports = {name: free_port() for name in ("exporter", "prometheus", "alertmanager")}
        servers = {
            "alertmanager": processes.alertmanager(
                await rendered(config, given, folder / "alertmanager", group_interval),
                folder / "notified", ports["alertmanager"], asking,
            ),
            "exporter": processes.exporter(config, folder / "state", ports["exporter"], asking),
            "prometheus": processes.prometheus(
                prometheus_config(folder, ports), folder / "tsdb", ports["prometheus"], asking,
            ),
        }  # fmt: skip
        for server in servers.values():
            open_.push_async_callback(server.close)
        await asyncio.gather(*(server.start() for server in servers.values()))
        yield Stack(simulated, them, servers, {"page": page, "chat": chat})
        assert not them.refusals(), [str(one) for one in them.refusals()]
        assert not (broken := await simulated.broken_rules()), broken


async def rendered(
    config: Path, given: Path, out: Path, group_interval: int = GROUP_INTERVAL
) -> Path:
    """Alertmanager's configuration for these secrets, as the project makes it, but for how often it
    looks at a group, in seconds."""
    async with program("render", "--config", config, "--secrets", given, "--out", out) as render:
        assert await render.ended() == 0, "\n".join(render.err)
    path, shipped = out / "alertmanager.yml", f"group_interval: {GROUP_INTERVAL}s"
    text = path.read_text()
    assert shipped in text, f"{path.name} has no {shipped}"
    path.write_text(text.replace(shipped, f"group_interval: {group_interval}s"))
    return path
