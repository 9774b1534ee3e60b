"""Instrument lists: read at start and now and then, and kept on disk for the next start."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from exporter import clock
from exporter.errors import DecodeError, RestError
from exporter.feeds.feed import Feed, RestRequest
from exporter.live.backoff import Backoff
from exporter.live.means import Means
from exporter.live.rest import Answer, RestClient
from exporter.model import NANOSECONDS


class Listings:
    """The instrument lists of one feed."""

    def __init__(self, feed: Feed, rest: RestClient, directory: Path, means: Means) -> None:
        self._feed = feed
        self._requests = feed.service.rest.listings if feed.service else ()
        self._rest = rest
        self._directory = directory
        self._means = means
        settings = means.settings
        self._again = float(settings.instruments_refresh_minutes) * 60
        self._backoff = Backoff(
            round(settings.backoff_first_seconds * NANOSECONDS),
            round(settings.backoff_limit_seconds * NANOSECONDS),
            means.random,
        )

    async def run(self) -> None:
        """Begin with what is on disk; then read the exchange's lists, for ever."""
        await self._from_disk()
        while True:
            wait = (
                self._again if await self._from_exchange() else self._backoff.next() / NANOSECONDS
            )
            await asyncio.sleep(wait)

    async def _from_disk(self) -> None:
        try:
            bodies = await asyncio.to_thread(
                lambda: [self._path(request).read_bytes() for request in self._requests]
            )
        except FileNotFoundError:
            return
        except OSError as error:
            self._means.report.trouble("instrument_lists_unreadable", str(error))
            return
        for request, body in zip(self._requests, bodies, strict=True):
            try:
                self._feed.decode_rest(urlsplit(request.path), body, clock.now(), None)
            except DecodeError as error:
                text = f"{self._path(request)}: {error}"
                self._means.report.trouble("instrument_lists_unreadable", text)
                return
        self._take(
            Answer(urlsplit(request.path), body)
            for request, body in zip(self._requests, bodies, strict=True)
        )
        for market in self._means.pipeline.intakes[self._feed.name].markets.values():
            market.trading = None  # an old list does not know
        self._means.report.listed_from_cache(self._feed)

    async def _from_exchange(self) -> bool:
        """Whether all of them could be read."""
        report = self._means.report
        try:
            answers = [await self._rest.get(request) for request in self._requests]
        except RestError as error:
            report.rest_failed(self._feed, "instruments", self._rest.base, error)
            return False
        report.rest_works(self._feed, "instruments")
        intake = self._means.pipeline.intakes[self._feed.name]
        refused = intake.answers["refused"]
        traded = [market for market in intake.markets.values() if market.trading]
        intake.relist()
        self._take(answers)
        if intake.answers["refused"] > refused:
            return False
        self._backoff.reset()
        unlisted = intake.unlisted()
        report.listed(self._feed, (market.id for market in unlisted))
        report.halted(market.id for market in traded if not market.trading)
        await asyncio.to_thread(self._keep, answers)
        return True

    def _take(self, answers: Iterable[Answer]) -> None:
        """Give them to the pipeline."""
        for answer in answers:
            self._means.pipeline.ingest(self._feed, answer.body, clock.now(), url=answer.url)

    def _keep(self, answers: Sequence[Answer]) -> None:
        """Write them, each whole or not at all; without a disk the program goes on."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            for request, answer in zip(self._requests, answers, strict=True):
                path = self._path(request)
                draft = path.with_suffix(".new")
                draft.write_bytes(answer.body)
                draft.replace(path)
        except OSError as error:
            self._means.report.trouble("instrument_lists_not_kept", str(error))

    def _path(self, request: RestRequest) -> Path:
        number = self._requests.index(request)
        return self._directory / f"{self._feed.name.replace('/', '-')}-instruments-{number}.json"
