"""Asks exchanges for the maintenance that they announce, and proposes it, or makes it so."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from random import Random

import aiohttp

from exporter import clock
from exporter.config.maintenance import MaintenanceFile
from exporter.errors import DecodeError, RestError
from exporter.feeds.announcement import Announcement, NoticeBoard
from exporter.live import proposal
from exporter.live.alertmanager import Alertmanager
from exporter.live.rest import RestClient
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry
from exporter.timestamps import timestamp

Asked = Iterable[tuple[str, NoticeBoard, RestClient]]
"""Each exchange that can be asked, where it announces, and who asks there."""
_LEAST_SECONDS = 6
"""Between two requests of the same, whatever happens; OKX allows one in five seconds."""
_SPREAD_SECONDS = 2.0
"""Of several exporters that read the same, one is the first to make it so."""


class Notices:
    """Keeps `pipeline.maintenance.announced`, and logs what is new and what to do."""

    def __init__(
        self,
        pipeline: Pipeline,
        telemetry: Telemetry,
        observer: Observer,
        random: Random,
        asked: Callable[[], Asked],
    ) -> None:
        self._pipeline = pipeline
        self._telemetry = telemetry
        self._observer = observer
        self._random = random
        self._asked = asked
        self._said: dict[str, set[str]] = {}
        self._failing: set[str] = set()
        self._changed = asyncio.Event()

    async def run(self, session: aiohttp.ClientSession, applied: Callable[[], None]) -> None:
        """Ask, for ever; `applied` is told when silences were made or ended.

        Not at once: whoever ran here before a restart may just have asked.
        """
        await asyncio.sleep(_LEAST_SECONDS)
        while True:
            settings = self._pipeline.config.maintenance
            await self.ask(session, applied)
            await self._pause(settings)

    async def ask(self, session: aiohttp.ClientSession, applied: Callable[[], None]) -> None:
        """Ask each exchange once, if any is to be asked."""
        settings = self._pipeline.config.maintenance
        asked = list(self._asked()) if settings.notices else []
        self._forget_but({exchange for exchange, *_ in asked})
        for exchange, board, rest in asked:
            if await self._ask(exchange, board, rest) and settings.apply_notices:
                alertmanager = Alertmanager(session, settings.alertmanagers)
                await self._apply(exchange, alertmanager, applied)

    def reconfigured(self) -> None:
        """There is another configuration: ask anew if it says anything else of maintenance."""
        self._changed.set()

    async def _pause(self, settings: MaintenanceFile) -> None:
        """Until it is time to ask again, or the settings are others."""
        await asyncio.sleep(_LEAST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(60 * settings.notices_every_minutes - _LEAST_SECONDS):
                while self._pipeline.config.maintenance == settings:
                    self._changed.clear()
                    await self._changed.wait()

    def _forget_but(self, exchanges: set[str]) -> None:
        announced = self._pipeline.maintenance.announced
        kept = {exchange: those for exchange, those in announced.items() if exchange in exchanges}
        self._pipeline.maintenance.announced = kept

    async def _ask(self, exchange: str, board: NoticeBoard, rest: RestClient) -> bool:
        """Whether the exchange said what it announces."""
        try:
            answer = await rest.get(board.request)
            announced = board.decode(answer.body, clock.now())
        except (RestError, DecodeError) as error:
            result = "failed" if isinstance(error, RestError) else "refused"
            self._telemetry.notice_reads.labels(exchange, result).inc()
            self._fail(exchange, str(error))
            return False
        self._telemetry.notice_reads.labels(exchange, "ok").inc()
        if exchange in self._failing:
            self._failing.discard(exchange)
            self._observer.event("notices_readable_again", clock.now(), exchange=exchange)
        known = self._pipeline.maintenance.announced
        self._pipeline.maintenance.announced = {**known, exchange: announced}
        self._tell(exchange, announced)
        return True

    def _fail(self, exchange: str, why: str) -> None:
        if exchange not in self._failing:
            self._failing.add(exchange)
            self._observer.event(
                "notices_unreadable", clock.now(), warning=True, exchange=exchange, why=why
            )

    def _tell(self, exchange: str, announced: Sequence[Announcement]) -> None:
        """Log what was not announced before; what is announced again is new."""
        now, said = clock.now(), self._said.get(exchange, ())
        self._said[exchange] = {one.id for one in announced}
        for one in announced:
            if one.id not in said:
                proposed = proposal.window(exchange, one, now)
                self._observer.event(
                    "maintenance_notice",
                    now,
                    warning=True,
                    exchange=exchange,
                    title=one.title,
                    begin="" if one.begin is None else timestamp(one.begin),
                    end="" if one.end is None else timestamp(one.end),
                    proposal=proposal.command(proposed, now),
                )

    async def _apply(
        self, exchange: str, alertmanager: Alertmanager, applied: Callable[[], None]
    ) -> None:
        """Silence what is announced and has not been answered; end what no longer is."""
        announced = self._pipeline.maintenance.announced[exchange]
        await asyncio.sleep(self._random.uniform(0, _SPREAD_SECONDS))
        try:
            kept = await alertmanager.kept()
            for one in proposal.unanswered(announced, kept):
                await alertmanager.add(proposal.window(exchange, one, clock.now()))
                applied()
            for window in proposal.outdated(exchange, announced, kept):
                await alertmanager.end(window, kept)
                applied()
        except (RestError, DecodeError) as error:
            self._observer.event(
                "notice_not_applied", clock.now(), warning=True, exchange=exchange, why=str(error)
            )
