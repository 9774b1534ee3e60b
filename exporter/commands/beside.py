"""Prometheus and Alertmanager beside a demonstration, with notifications on the terminal."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from exporter.commands.children import child
from exporter.commands.render import TEMPLATE, RenderOptions, render_command
from exporter.config.urls import UrlsFile
from exporter.stack import servers
from exporter.stack.files import prometheus_config
from exporter.stack.programs import missing

_PROMETHEUS = TEMPLATE.with_name("prometheus.yml")
_PORTS = {"prometheus": 9090, "alertmanager": 9093}
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
    """What can run beside an exporter on this machine. Alertmanager alone has nothing to do."""
    lacking, without = missing(), _without_files()
    said = [*lacking.values(), *without]
    if "prometheus" in lacking or without:
        last = "Nobody is notified without it; the exporter's own pages are whole."
        return Beside({}, [*said, last])
    running = (name for name in _PORTS if name not in lacking)
    return Beside({name: servers.free_port(_PORTS[name]) for name in running}, said)


def start_beside(
    beside: Beside, page: str, urls: UrlsFile, folder: Path, open_: ExitStack
) -> Sequence[str]:
    """Start it for the exporter that serves `page`; all ends with `open_`.

    Returns what to say of it. `folder` is for the files of the servers.
    """
    ports, said = beside.ports, [*beside.said]
    if not ports:
        return said
    base = page.rstrip("/")
    place = {name: f"{_LOOPBACK}:{port}" for name, port in ports.items()}
    log = folder / "stack.log"
    if "alertmanager" in ports:
        links = _links(base, urls, place["alertmanager"])
        receiver = open_.enter_context(child("receive", "--listen", f"{_LOOPBACK}:0"))["address"]
        config = _routed(receiver, links, folder)
        command = servers.alertmanager(config, folder / "notified", ports["alertmanager"])
        open_.enter_context(servers.attached(command, log))
        said.append(f"Alertmanager is at {links.alertmanager}/; what it notifies is printed here.")
    written = folder / "prometheus.yml"
    targets = {"market-exporter": base.partition("//")[2], **place}
    written.write_text(prometheus_config(_PROMETHEUS, targets, {}))
    command = servers.prometheus(written, folder / "history", ports["prometheus"])
    open_.enter_context(servers.attached(command, log))
    return [*said, f"Prometheus is at http://{place['prometheus']}/."]


def _links(base: str, urls: UrlsFile, alertmanager: str) -> UrlsFile:
    """Links to what runs here."""
    return UrlsFile(
        exporter=base,
        runbooks=f"{base}/runbooks",
        grafana=urls.grafana,
        alertmanager=f"http://{alertmanager}",
    )


def _without_files() -> list[str]:
    files = (TEMPLATE, _PROMETHEUS)
    return [
        f"{path} is not here; start it where the project is" for path in files if not path.exists()
    ]


def _routed(receiver: str, links: UrlsFile, folder: Path) -> Path:
    """Alertmanager's configuration that tells the receiver on this terminal."""
    options = RenderOptions(TEMPLATE, folder, folder / "alertmanager", receiver=receiver)
    render_command(links, options, StringIO())
    return options.out / "alertmanager.yml"
