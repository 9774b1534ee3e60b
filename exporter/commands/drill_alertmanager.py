"""`drill --alertmanager`: one marked alert through a real Alertmanager, up to its services."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from rich.console import Console

from exporter import clock
from exporter.commands.drill import INTERRUPTED, record
from exporter.commands.drill_report import verdict
from exporter.commands.looping import run_until_told
from exporter.config import Config
from exporter.drills import delivery
from exporter.drills.asking import TIMEOUT, Asking
from exporter.drills.delivery import Look, Marked
from exporter.drills.following import Half, Row, follow
from exporter.drills.markets import ground
from exporter.drills.plan import plan
from exporter.drills.record import ALERTMANAGER, PAGE
from exporter.drills.routes import Routes
from exporter.drills.table import DRILLS
from exporter.errors import ExporterError
from exporter.model import NANOSECONDS

_LASTS = 600 * NANOSECONDS
"""After so long the alert is over by itself, whatever becomes of this program."""
_TAKEN_WITHIN, _DELIVERED_WITHIN = 10, 20
"""Seconds for Alertmanager to have it, and for the services to have taken the message."""

_ALWAYS_TOLD = "watchdog"
"""The receiver that gets messages all the time."""


@dataclass(frozen=True)
class AlertmanagerOptions:
    """The kind of incident, the address of Alertmanager, the configuration whose routes are tested
    (None for the one in force), the folder of the record, and whether the pager is to ring."""

    kind: str
    url: str
    config: Path | None
    state: Path
    page: bool = False


def drill_alertmanager(config: Config, options: AlertmanagerOptions, out: Console) -> int:
    """Send it, see it delivered, end it, see that delivered. 0 where all of it was in time, 1 where
    not, 130 where it was told to stop. Raises ExporterError where nothing can be sent."""
    expected = plan(DRILLS[options.kind], config, ground(config)).expected
    if expected is None:
        raise ExporterError(f"nobody is told of {options.kind}, so there is nothing to send")
    marked = Marked(expected, "page" if options.page else "true")
    good: list[bool] = []
    run_until_told(_drill(marked, options, out, good))
    return (0 if good[0] else 1) if good else INTERRUPTED


async def _drill(
    marked: Marked, options: AlertmanagerOptions, out: Console, good: list[bool]
) -> None:
    receiver = "page" if options.page else "drill"
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        asking = Asking("Alertmanager", options.url, session)
        in_force = await _in_force(asking)
        _test_routes(_text(options.config) or in_force, marked.labels, receiver)
        routes = Routes(in_force)
        if not routes.integrations(receiver):
            raise ExporterError(
                f"the receiver {receiver} of {options.url} tells nobody; put a secret into "
                f"secrets/{receiver}, render, and reload Alertmanager"
            )
        halves = await _sent(asking, marked, receiver, routes)
    halves[0].rows.insert(0, Row("routes", None, None, f"its labels lead to {receiver} alone"))
    good.append(verdict(f"{marked.expected.alert} through {options.url}", halves, out))
    if good[0]:
        record(options.state, PAGE if options.page else ALERTMANAGER, out)


async def _sent(asking: Asking, marked: Marked, receiver: str, routes: Routes) -> list[Half]:
    """Both ways; only the first where it did not come to its end."""
    ways = routes.integrations(receiver)
    before = (await delivery.look(asking)).page
    began = clock.now()

    async def look() -> Look:
        return await delivery.look(asking)

    await asking.send("POST", "/api/v2/alerts", marked.content(began, began + _LASTS))
    try:
        goals = delivery.arrives(marked, receiver, ways, before)
        faults = delivery.Faults(marked, receiver, ways, before)
        first = await follow(goals, (_TAKEN_WITHIN, _DELIVERED_WITHIN), look, faults)
    finally:
        before = (await delivery.look(asking)).page
        await asking.send("POST", "/api/v2/alerts", marked.content(began, clock.now()))
    first.wrong += delivery.unproven(ways, routes.integrations(_ALWAYS_TOLD))
    if not first.whole:
        return [first]
    told = routes.integrations(receiver, resolved=True)
    limits = (_TAKEN_WITHIN, _DELIVERED_WITHIN + routes.group_interval(receiver))
    faults = delivery.Faults(marked, receiver, told, before)
    return [first, await follow(delivery.is_over(marked, told, before), limits, look, faults)]


async def _in_force(asking: Asking) -> str:
    """The configuration of an Alertmanager. Raises ExporterError where it is none."""
    try:
        text: str = (await asking.json("/api/v2/status"))["config"]["original"]
    except (KeyError, TypeError) as error:
        raise ExporterError(f"{asking.base} does not answer as an Alertmanager does") from error
    return text


def _text(config: Path | None) -> str:
    try:
        return "" if config is None else config.read_text(encoding="utf-8")
    except OSError as error:
        raise ExporterError(f"{config}: {error.strerror}") from error


def _test_routes(config: str, labels: Mapping[str, str], receiver: str) -> None:
    """Ask Alertmanager's own tool. Raises ExporterError where it says another receiver, or none."""
    tool = shutil.which("amtool")
    if tool is None:
        raise ExporterError(
            "amtool is not installed (apt-get install prometheus-alertmanager, or "
            "https://prometheus.io/download); it says whom the routes lead to"
        )
    with TemporaryDirectory(prefix="drill-") as folder:
        file = Path(folder) / "alertmanager.yml"
        file.write_text(config, encoding="utf-8")
        result = subprocess.run(  # noqa: S603 - found above, with labels of our own
            [tool, "config", "routes", "test", f"--config.file={file}",
             *(f"{name}={value}" for name, value in labels.items())],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if result.returncode:
        raise ExporterError(f"routes: amtool: {result.stderr.strip()}")
    if result.stdout.strip() != receiver:
        raise ExporterError(
            f"routes: it would go to {result.stdout.strip()}, not to {receiver} alone"
        )
