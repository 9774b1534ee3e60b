"""Prometheus, Alertmanager and Grafana beside a demonstration; notifications on the terminal."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from exporter.commands.children import child
from exporter.commands.render import TEMPLATE, RenderOptions, render_command
from exporter.config.urls import UrlsFile
from exporter.stack import grafana, servers
from exporter.stack.files import prometheus_config
from exporter.stack.programs import PAGING, missing

_PROMETHEUS = TEMPLATE.with_name("prometheus.yml")
_GRAFANA = Path("grafana")
_PORTS = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000}
_FILES = {
    "prometheus": (TEMPLATE, _PROMETHEUS),
    "grafana": (_GRAFANA / "provisioning", _GRAFANA / "dashboards" / grafana.HOME),
}
"""What each needs of the project."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Beside:
    """What is to run beside: ports by name, and what to say of the rest."""

    ports: Mapping[str, int]
    said: Sequence[str] = ()

    @property
    def alertmanagers(self) -> tuple[str, ...]:
        """The address of its Alertmanager, if there is to be one."""
        port = self.ports.get("alertmanager")
        return () if port is None else (f"http://{_LOOPBACK}:{port}",)


ALONE = Beside({})


def planned() -> Beside:
    """What can run beside an exporter on this machine. All others are there for Prometheus."""
    lacking = {**missing(tuple(_PORTS)), **_without_files()}
    if "prometheus" in lacking:
        said = [sentence for name, sentence in lacking.items() if name in PAGING]
        last = "Nobody is notified without it; the exporter's own pages are whole."
        return Beside({}, [*said, last])
    running = (name for name in _PORTS if name not in lacking)
    return Beside({name: servers.free_port(_PORTS[name]) for name in running}, [*lacking.values()])


def start_beside(
    beside: Beside, page: str, urls: UrlsFile, folder: Path, open_: ExitStack
) -> Sequence[str]:
    """Start it for the exporter that serves `page`; all ends with `open_`.

    Returns what to say of it. `folder` is for the files of the servers.
    """
    starting = _Starting(beside.ports, page.rstrip("/"), urls, folder, open_)
    each = {
        "alertmanager": starting.alertmanager,
        "prometheus": starting.prometheus,
        "grafana": starting.grafana,
    }
    return [*beside.said, *(start() for name, start in each.items() if name in beside.ports)]


@dataclass(frozen=True)
class _Starting:
    """Starts the servers for the exporter at `base`; each says where it is."""

    ports: Mapping[str, int]
    base: str
    urls: UrlsFile
    folder: Path
    open_: ExitStack

    def alertmanager(self) -> str:
        """With notifications to this terminal."""
        listen = f"--listen={_LOOPBACK}:0"
        receiver = self.open_.enter_context(child("receive", listen))["address"]
        options = RenderOptions(
            TEMPLATE, self.folder, self.folder / "alertmanager", receiver=receiver
        )
        render_command(self._links(), options, StringIO())
        config, data = options.out / "alertmanager.yml", self.folder / "notified"
        self._start(servers.alertmanager(config, data, self.ports["alertmanager"]))
        place = self._address("alertmanager")
        return f"Alertmanager is at {place}/; what it notifies is printed here."

    def prometheus(self) -> str:
        """With the shipped rules."""
        written = self.folder / "prometheus.yml"
        targets = {name: f"{_LOOPBACK}:{port}" for name, port in self.ports.items()}
        targets["market-exporter"] = self.base.partition("//")[2]
        written.write_text(prometheus_config(_PROMETHEUS, targets, {}))
        data = self.folder / "history"
        self._start(servers.prometheus(written, data, self.ports["prometheus"]))
        return f"Prometheus is at {self._address('prometheus')}/."

    def grafana(self) -> str:
        """With the shipped dashboards. It makes a database first, for which nobody waits."""
        variables = grafana.settings(
            _GRAFANA,
            self.folder / "grafana",
            self.ports["grafana"],
            prometheus=self._address("prometheus"),
            alertmanager=self._address("alertmanager"),
        )
        self._start(servers.grafana(), **variables)
        return f"Grafana is at {self._address('grafana')}/ in a moment; it asks for no log-in."

    def _start(self, command: Sequence[str], **variables: str) -> None:
        log = self.folder / "stack.log"
        self.open_.enter_context(servers.attached(command, log, **variables))

    def _address(self, name: str) -> str:
        """Where a server is; nowhere, "", if it is not to run."""
        return f"http://{_LOOPBACK}:{self.ports[name]}" if name in self.ports else ""

    def _links(self) -> UrlsFile:
        """Links to what runs here."""
        return UrlsFile(
            exporter=self.base,
            runbooks=f"{self.base}/runbooks",
            grafana=self._address("grafana") or self.urls.grafana,
            alertmanager=self._address("alertmanager"),
        )


def _without_files() -> dict[str, str]:
    """A sentence for each program whose files are not here."""
    return {
        name: f"{path} is not here; start it where the project is"
        for name, paths in _FILES.items()
        for path in paths
        if not path.exists()
    }
