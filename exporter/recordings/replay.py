"""Recorded frames through the pipeline, as fast as it goes or at a multiple of real time."""

import asyncio
from collections.abc import Callable, Sequence

from exporter import clock
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from exporter.recordings.recording import Recording, merged
from exporter.recordings.summary import Summary, summarise

_BATCH = 64
_NAP = 0.1


class Replay:
    """One replay of several recordings through one pipeline.

    `speed` is recorded time over real time, 0 for as fast as it goes. `progress` is told how many
    frames are done, every now and then.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        recordings: Sequence[Recording],
        speed: float = 0,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.pipeline = pipeline
        self.frames = 0
        self._recordings = recordings
        self._speed = speed
        self._progress = progress

    async def run(self) -> Summary:
        """Replay everything and say what was found."""
        started = turn = clock.monotonic()
        pipeline = self.pipeline
        first: int | None = None
        for number, item in enumerate(merged(self._recordings)):
            if self._speed:
                first = item.time if first is None else first
                await self._wait(first, item.time, started)
            pipeline.ingest(item.feed, item.data, item.time, url=item.url, symbol=item.symbol)
            self.frames += item.url is None
            if number % _BATCH == 0 and clock.monotonic() - turn > clock.SLICE:
                self._progress(self.frames)
                await asyncio.sleep(0)
                turn = clock.monotonic()
        self._progress(self.frames)
        return summarise(
            pipeline,
            frames=self.frames,
            recorded=max(r.last for r in self._recordings) - min(r.first for r in self._recordings),
            wall=clock.monotonic() - started,
            damaged_lines=sum(len(recording.damage) for recording in self._recordings),
        )

    async def _wait(self, first: int, due: int, started: int) -> None:
        """Sleep until recorded time `due`, letting pipeline time run on meanwhile."""
        while (now := first + int((clock.monotonic() - started) * self._speed)) < due:
            self.pipeline.advance(now)
            self._progress(self.frames)
            ahead = (due - now) / self._speed / NANOSECONDS
            await asyncio.sleep(min(ahead, _NAP))
