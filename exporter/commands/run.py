"""`run`: live feeds through the pipeline, and the pages, until told to stop."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exporter import clock
from exporter.commands.looping import run_until_told
from exporter.commands.reloading import Reloader
from exporter.config import Config
from exporter.config.environment import Address
from exporter.drills.record import DrillRecord
from exporter.keeping.alertstore import AlertStore
from exporter.keeping.statefiles import StateFiles
from exporter.live.live import LiveFeeds
from exporter.log import Log
from exporter.pipeline import Pipeline
from exporter.telemetry import DrillTimes, Telemetry
from exporter.web.server import Server


@dataclass(frozen=True)
class RunOptions:
    """Where to listen, the folder for what must survive a restart, what the page says of it.

    `serving` is told the address of the landing page. `read` gives the configuration anew, for
    SIGHUP; None where it stays as it is. `reload_by_http`: also for `POST /-/reload`. `runbooks` is
    the folder of the runbooks.
    """

    listen: Address
    state: Path
    doing: str = "Live feeds."
    serving: Callable[[str], None] = lambda page: None
    read: Callable[[], Config] | None = None
    reload_by_http: bool = False
    runbooks: Path | None = None


def run(config: Config, options: RunOptions) -> int:
    """Run until SIGINT or SIGTERM. Raises ExporterError where the address cannot be listened on."""
    run_until_told(_run(config, options))
    return 0


async def _run(config: Config, options: RunOptions) -> None:
    log = Log()
    store = AlertStore(StateFiles(options.state), log)
    pipeline = Pipeline(config, observer=store)
    began = clock.now()
    store.restore(pipeline.alerts, began)
    pipeline.advance(began)
    try:
        await _serve(pipeline, log, store, options)
    finally:
        store.close(clock.now())


async def _serve(pipeline: Pipeline, log: Log, store: AlertStore, options: RunOptions) -> None:
    telemetry = Telemetry()
    telemetry.drills.ask = _drill_times(pipeline, log, options.state)
    feeds = LiveFeeds(pipeline, telemetry, log, options.state)
    reload = None
    if options.read is not None:
        reload = Reloader(options.read, pipeline, feeds, telemetry, log).reload
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    server = Server(
        pipeline,
        telemetry,
        lambda: options.doing,
        feeds.unready,
        reload if options.reload_by_http else None,
        options.runbooks,
    )
    address = await server.start(options.listen)
    options.serving(address)
    log.event("serving", clock.now(), url=address, metrics=f"{address}metrics")
    store.begin(pipeline.alerts, clock.now())
    try:
        await feeds.run()
    finally:
        log.event("stopping", clock.now())
        await server.stop()


def _drill_times(pipeline: Pipeline, log: Log, state: Path) -> Callable[[], DrillTimes]:
    """What is known of drills, by the record and the configuration of the moment."""

    def troubled(why: str) -> None:
        log.event("drill_record_refused", clock.now(), warning=True, why=why)

    record = DrillRecord(state, troubled)
    return lambda: DrillTimes(record.times(), pipeline.config.features.drills.every_seconds)
