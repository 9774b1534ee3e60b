"""Reads planned maintenance from Alertmanager, whose silences are the only truth about it.

While none answers, what was known last stands: windows end by themselves, and a restart knows them
from a file.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec

from exporter import clock
from exporter.errors import DecodeError, RestError
from exporter.feeds.wire import UNREADABLE
from exporter.live import silence
from exporter.live.alertmanager import Alertmanager
from exporter.markets.maintenance import Window
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from exporter.timestamps import timestamp

_TOLD_AFTER = 3
"""Reads in a row that fail before it is news: a restart of Alertmanager is none."""
_decode = msgspec.json.Decoder(list[Window]).decode


class Silences:
    """Keeps `pipeline.maintenance` as the silences have it."""

    def __init__(
        self, pipeline: Pipeline, telemetry: Telemetry, observer: Observer, state: Path
    ) -> None:
        """`state` is the folder for what must survive a restart."""
        self._pipeline = pipeline
        self._telemetry = telemetry
        self._observer = observer
        self._file = state / "maintenance.json"
        self._failures = 0
        self._wanted = asyncio.Event()

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Begin with what is on disk; then read, for ever."""
        if self._pipeline.config.maintenance.alertmanagers:
            self._restore()
        while True:
            settings = self._pipeline.config.maintenance
            self._wanted.clear()
            if settings.alertmanagers:
                await self._read(Alertmanager(session, settings.alertmanagers))
            else:
                self._forget()
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.read_every_seconds):
                    await self._wanted.wait()

    def read_now(self) -> None:
        """Something has changed that should be seen at once."""
        self._wanted.set()

    async def _read(self, alertmanager: Alertmanager) -> None:
        try:
            windows = silence.windows(await alertmanager.kept())
        except (RestError, DecodeError) as error:
            self._telemetry.silence_reads.labels("failed").inc()
            self._failures += 1
            if self._failures == _TOLD_AFTER:
                self._observer.event(
                    "maintenance_unreadable", clock.now(), warning=True, why=str(error)
                )
            return
        self._telemetry.silence_reads.labels("ok").inc()
        if self._failures >= _TOLD_AFTER:
            self._observer.event("maintenance_readable_again", clock.now())
        self._failures = 0
        self._take(windows)

    def _take(self, windows: Sequence[Window]) -> None:
        maintenance, now = self._pipeline.maintenance, clock.now()
        before, maintenance.windows = maintenance.windows, windows
        maintenance.known = True
        if list(before) != list(windows):
            for window in windows:
                if window not in before:
                    self._tell("maintenance_planned", window, now)
            left = {window.id for window in windows}
            for window in before:
                if window.id not in left:
                    self._tell("maintenance_over", window, now)
            self._keep()

    def _tell(self, event: str, window: Window, now: int) -> None:
        self._observer.event(
            event,
            now,
            exchange=window.exchange,
            instrument=window.instrument or "all",
            begin=timestamp(window.begin),
            end=timestamp(window.end),
            reason=window.reason,
            by=window.by,
            id=window.id,
        )

    def _forget(self) -> None:
        """Nobody is to be asked: nothing is known of maintenance."""
        self._pipeline.maintenance.windows = ()
        self._pipeline.maintenance.known = False

    def _restore(self) -> None:
        """What was known before a restart."""
        try:
            windows = _decode(self._file.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, *UNREADABLE) as error:
            self._trouble("maintenance_not_restored", error)
            return
        self._pipeline.maintenance.windows = windows
        self._pipeline.maintenance.known = True

    def _keep(self) -> None:
        """Write what is known, whole or not at all; without a disk the program goes on."""
        draft = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(self._pipeline.maintenance.windows))
            draft.replace(self._file)
        except OSError as error:
            self._trouble("maintenance_not_kept", error)

    def _trouble(self, event: str, error: Exception) -> None:
        why = f"{self._file}: {error}"
        self._observer.event(event, clock.now(), warning=True, why=why)
