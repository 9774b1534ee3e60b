"""`run`: live feeds through the pipeline, and the pages, until told to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporter import clock
from exporter.commands.looping import run_until_told
from exporter.config import Config
from exporter.config.environment import Address
from exporter.live.live import LiveFeeds
from exporter.log import Log
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from exporter.web.server import Server


@dataclass(frozen=True)
class RunOptions:
    """Where to listen, the folder for what must survive a restart, what the page says of it.

    `serving` is told the address of the landing page.
    """

    listen: Address
    state: Path
    doing: str = "Live feeds."
    serving: Callable[[str], None] = lambda page: None


def run(config: Config, options: RunOptions) -> int:
    """Run until SIGINT or SIGTERM. Raises ExporterError where the address cannot be listened on."""
    run_until_told(_run(config, options))
    return 0


async def _run(config: Config, options: RunOptions) -> None:
    log, telemetry = Log(), Telemetry()
    pipeline = Pipeline(config, observer=log)
    feeds = LiveFeeds(pipeline, telemetry, log, options.state)
    server = Server(pipeline, telemetry, lambda: options.doing, feeds.unready)
    address = await server.start(options.listen)
    options.serving(address)
    log.event("serving", clock.now(), url=address, metrics=f"{address}metrics")
    try:
        await feeds.run()
    finally:
        log.event("stopping", clock.now())
        await server.stop()
