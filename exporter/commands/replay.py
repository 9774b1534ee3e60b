"""`replay`: recordings through the pipeline, a summary, and the pages if asked for."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from exporter.commands.looping import run_until_told
from exporter.config import Config
from exporter.config.environment import Address
from exporter.errors import ExporterError
from exporter.exposition.transitions import fields
from exporter.log import Log
from exporter.pipeline import Pipeline
from exporter.recordings.recording import Recording, survey
from exporter.recordings.replay import Replay
from exporter.recordings.summary import table
from exporter.telemetry import Telemetry
from exporter.transition import Transition
from exporter.web.server import Server

_SHOWN_DAMAGE = 5


@dataclass(frozen=True)
class ReplayOptions:
    """What to replay and where to leave the results; `speed` 0 is as fast as it goes.

    `runbooks` is the folder of the runbooks, for `serve`.
    """

    files: tuple[Path, ...]
    speed: float = 0
    serve: bool = False
    listen: Address | None = None
    summary: Path | None = None
    page: Path | None = None
    alerts: Path | None = None
    runbooks: Path | None = None


class _Log(Log):
    """Logs, and keeps the changes of alerts as JSON lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        super().transitions(changes)
        self.lines += [json.dumps(fields(change)) + "\n" for change in changes]


def replay(config: Config, options: ReplayOptions, out: Console, err: Console) -> int:
    """Run the replay. 0 if every line could be read, 1 if some were left out."""
    recordings = [survey(path) for path in options.files]
    damage = [sentence for recording in recordings for sentence in recording.damage]
    for sentence in damage[:_SHOWN_DAMAGE]:
        err.print(sentence, markup=False, highlight=False, soft_wrap=True)
    if len(damage) > _SHOWN_DAMAGE:
        err.print(f"… and {len(damage) - _SHOWN_DAMAGE} more damaged lines")
    go = run_until_told if options.serve else asyncio.run
    go(_replay(config, recordings, options, out, err))
    return 1 if damage else 0


async def _replay(
    config: Config,
    recordings: list[Recording],
    options: ReplayOptions,
    out: Console,
    err: Console,
) -> None:
    log = _Log()
    pipeline = Pipeline(config, discover=True, observer=log)
    names = ", ".join(recording.path.name for recording in recordings)
    state = f"Replaying {names}."
    server = Server(
        pipeline,
        Telemetry(),
        lambda: state,
        lambda: _unready(pipeline, recordings),
        runbooks=options.runbooks,
    )
    if options.serve and options.listen is not None:
        address = await server.start(options.listen)
        err.print(f"Serving {address} and {address}metrics", highlight=False, soft_wrap=True)
    try:
        with _progress(err, sum(recording.frames for recording in recordings)) as progress:
            summary = await Replay(pipeline, recordings, options.speed, progress).run()
        out.print(table(summary))
        if options.summary is not None:
            _write(options.summary, json.dumps(summary.json(), indent=2) + "\n")
        if options.page is not None:
            _write(options.page, await server.market_page())
        if options.alerts is not None:
            _write(options.alerts, "".join(log.lines))
        if options.serve:
            state = f"Replayed {names}; the page stands at the end of the recording."
            err.print("The replay is done; the pages stay up until Ctrl-C.")
            await asyncio.Event().wait()
    finally:
        await server.stop()


def _unready(pipeline: Pipeline, recordings: list[Recording]) -> list[str]:
    """Feeds of the recordings that have no live book now."""
    feeds = {feed.name for recording in recordings for feed in recording.feeds.values()}
    live = {
        market.spec.feed.name
        for market in pipeline.markets.values()
        if market.health(pipeline.now).up
    }
    return [f"no live book of {name}" for name in sorted(feeds - live)]


@contextmanager
def _progress(err: Console, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    columns = (
        TextColumn("replaying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("replay", total=total)
        yield lambda done: bar.update(task, completed=done)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExporterError(f"cannot write {path}: {error.strerror}") from error
