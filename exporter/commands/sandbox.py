"""The sandbox of a drill: simulated exchanges, the exporter, Prometheus and Alertmanager.

All are processes of their own that end with this one. Nothing of it reaches anybody outside: the
only receiver is the drill's own.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from exporter.commands.render import TEMPLATE, RenderOptions, render_command
from exporter.config.urls import UrlsFile
from exporter.drills import files
from exporter.drills.asking import TIMEOUT, Asking
from exporter.drills.markets import Ground
from exporter.drills.received import Received, receiver
from exporter.drills.sandbox import Sandbox, until
from exporter.errors import ExporterError
from exporter.stack import servers
from exporter.stack.files import prometheus_config
from exporter.stack.programs import missing

PROMETHEUS = TEMPLATE.with_name("prometheus.yml")
_LOOPBACK = "127.0.0.1"
_STARTS_WITHIN = 60
_LAST_LINES = 5
_OURS = (sys.executable, "-m", "exporter")
_Ports = Mapping[str, int]
_Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Files:
    """What is drilled: the configuration folder, the template of Alertmanager's configuration with
    its messages beside it, and the configuration of Prometheus with its rules beside it."""

    config: Path
    template: Path = TEMPLATE
    prometheus: Path = PROMETHEUS


@asynccontextmanager
async def sandbox(given: Files, urls: UrlsFile, ground: Ground) -> AsyncIterator[Sandbox]:
    """All of it, running; it has ended after. Raises ExporterError where a part does not start."""
    if lacking := missing():
        raise ExporterError(" ".join(lacking.values()))
    async with AsyncExitStack() as open_:
        folder = Path(open_.enter_context(TemporaryDirectory(prefix="drill-")))
        asking = await open_.enter_async_context(aiohttp.ClientSession(timeout=TIMEOUT))
        received = await open_.enter_async_context(receiver())
        started = _Started(folder, asking, open_)
        names = ("exporter", "prometheus", "alertmanager", "exchanges")
        ports = {name: servers.free_port() for name in names}
        yield Sandbox(
            exchanges=await started.exchanges(ports["exchanges"], ground.pairs),
            alertmanager=await started.alertmanager(given, urls, ports, received),
            exporter=await started.exporter(given, ground, ports),
            prometheus=await started.prometheus(given, ports),
            received=received,
        )


class _Started:
    """Starts the parts, each with a log in the folder."""

    def __init__(self, folder: Path, asking: aiohttp.ClientSession, open_: AsyncExitStack) -> None:
        self._folder = folder
        self._asking = asking
        self._open = open_
        self._endpoints: files.Endpoints = {}

    async def exchanges(self, port: int, pairs: int) -> Asking:
        """The simulated exchanges; they have said where each of their services is."""
        listen = f"--listen={_LOOPBACK}:{port}"
        process = self._start("exchanges", (*_OURS, "simulate", listen, f"--pairs={pairs}"))
        await self._so("exchanges", process, self._introduced)
        return Asking("exchanges", f"http://{_LOOPBACK}:{port}", self._asking)

    async def alertmanager(
        self, given: Files, urls: UrlsFile, ports: _Ports, received: Received
    ) -> Asking:
        """Alertmanager with the user's routes; the only receiver is the drill's."""
        secret = self._folder / "secrets" / "drill" / "slack_webhook_url"
        secret.parent.mkdir(parents=True)
        secret.write_text(f"{received.address}/drill")
        base = f"http://{_LOOPBACK}:{ports['exporter']}"
        links = UrlsFile(
            exporter=base,
            runbooks=f"{base}/runbooks",
            grafana=urls.grafana,
            alertmanager=f"http://{_LOOPBACK}:{ports['alertmanager']}",
        )
        out = self._folder / "alertmanager"
        options = RenderOptions(given.template, secret.parent.parent, out, no_pager=True)
        render_command(links, options, StringIO())
        command = servers.alertmanager(
            out / "alertmanager.yml", self._folder / "notified", ports["alertmanager"]
        )
        return await self._server("alertmanager", command, ports["alertmanager"])

    async def exporter(self, given: Files, ground: Ground, ports: _Ports) -> Asking:
        """The exporter with the user's thresholds and times, on the simulated exchanges."""
        told = f"http://{_LOOPBACK}:{ports['alertmanager']}"
        config = files.configuration(
            given.config, self._folder / "config", ground, self._endpoints, told
        )
        places = {
            "config": config,
            "state": self._folder / "state",
            "listen": f"{_LOOPBACK}:{ports['exporter']}",
        }
        command = (*_OURS, "run", *(f"--{name}={place}" for name, place in places.items()))
        return await self._server("exporter", command, ports["exporter"])

    async def prometheus(self, given: Files, ports: _Ports) -> Asking:
        """Prometheus with the user's rules; all series are a drill's."""
        targets = {
            "market-exporter": f"{_LOOPBACK}:{ports['exporter']}",
            **{name: f"{_LOOPBACK}:{ports[name]}" for name in ("prometheus", "alertmanager")},
        }
        try:
            shipped = prometheus_config(given.prometheus, targets, {"drill": "true"})
        except OSError as error:
            raise ExporterError(f"{error.filename}: {error.strerror}") from error
        path = self._folder / "prometheus.yml"
        path.write_text(files.prometheus(shipped, ports["prometheus"]), encoding="utf-8")
        command = servers.prometheus(path, self._folder / "history", ports["prometheus"])
        return await self._server("prometheus", command, ports["prometheus"])

    async def _server(self, name: str, command: Sequence[str], port: int) -> Asking:
        asking = Asking(name, f"http://{_LOOPBACK}:{port}", self._asking)

        async def waits() -> str:
            return "" if await asking.is_ready() else "not ready"

        await self._so(name, self._start(name, command), waits)
        return asking

    def _start(self, name: str, command: Sequence[str]) -> _Process:
        """The files of the sandbox hold, whatever the environment says instead of the user's."""
        attached = servers.attached(command, self._log(name), ALERTMANAGERS="")
        return self._open.enter_context(attached)

    async def _so(
        self, name: str, process: _Process, missing: Callable[[], Awaitable[str]]
    ) -> None:
        """Wait until nothing is missing. Raises ExporterError with the end of the log."""

        async def ended_or_missing() -> str:
            return "" if process.poll() is not None else await missing()

        late = await until(ended_or_missing, _STARTS_WITHIN)
        if late or process.poll() is not None:
            log = self._log(name).read_text(encoding="utf-8", errors="replace")
            last = "\n".join(log.splitlines()[-_LAST_LINES:])
            raise ExporterError(f"{name} did not start in the sandbox; it wrote last:\n{last}")

    async def _introduced(self) -> str:
        for line in self._log("exchanges").read_text(encoding="utf-8").splitlines(keepends=True):
            if line.startswith("{") and line.endswith("\n"):
                self._endpoints = json.loads(line)["endpoints"]
                return ""
        return "has not said where it is"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"
