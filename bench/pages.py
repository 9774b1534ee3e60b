"""The market page beside prometheus_client, with the same series and the same values."""

import asyncio
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from prometheus_client import generate_latest

from bench.peers import collected, gauges, samples
from bench.session import write
from bench.timing import Times, interleaved
from exporter import clock
from exporter.config import Config
from exporter.exposition.catalogue import market_families
from exporter.exposition.text import Page
from exporter.families import Reading
from exporter.pipeline import Pipeline
from exporter.recordings.recording import merged, survey
from exporter.telemetry import Telemetry
from exporter.web.server import Server

READ, TEXT, COLLECTOR, GAUGES = (
    "read all values + text (a scrape)",
    "text alone",
    "prometheus_client, custom collector",
    "prometheus_client, gauges",
)
GZIP = " + gzip 1"


@dataclass(frozen=True)
class PageTimes:
    """One size of page."""

    series: int
    markets: int
    size: int
    times: Times
    longest_slices: tuple[float, ...]
    """Seconds for which the event loop was held in one piece, the longest of each page."""


def measure(config: Config, series: int, rounds: int) -> PageTimes:
    """Time a page of about so many series."""
    none, ten = (_count(_text(_pipeline(config, markets))) for markets in (0, 10))
    markets = max(1, round((series - none) * 10 / (ten - none)))
    pipeline = _pipeline(config, markets)
    text = _text(pipeline)
    readings = list(pipeline.readings())
    collector, set_gauges = collected(readings), gauges(text)
    if samples(text) != samples(generate_latest(collector).decode()):
        raise AssertionError("the pages compared do not say the same")
    texts: dict[str, Callable[[], bytes]] = {
        READ: lambda: _page(pipeline.readings()).encode(),
        TEXT: lambda: _page(readings).encode(),
        COLLECTOR: lambda: generate_latest(collector),
        GAUGES: lambda: generate_latest(set_gauges),
    }
    zipped = {
        name + GZIP: lambda render=render: zlib.compress(render(), 1, zlib.MAX_WBITS | 16)
        for name, render in texts.items()
    }
    candidates = {name: lambda run=run: run for name, run in (texts | zipped).items()}
    times = interleaved(candidates, rounds)
    slices = tuple(asyncio.run(_longest_slice(pipeline)) for _ in range(rounds))
    return PageTimes(_count(text), markets, len(text), times, slices)


def longest(page: PageTimes) -> tuple[float, float]:
    """Median and worst of the longest slices, seconds."""
    return median(page.longest_slices), max(page.longest_slices)


def _pipeline(config: Config, markets: int) -> Pipeline:
    """So many markets that no configuration names, each fed two seconds of a made session."""
    pipeline = Pipeline(config, discover=True)
    with TemporaryDirectory() as folder:
        perp, _ = write(Path(folder), seconds=2, seed=1)
        items = list(merged([survey(perp)]))
    for item in items:
        for market in range(markets):
            name = f"M{market:04}USDT"
            data = item.data.replace(b"BTCUSDT", name.encode())
            data = data.replace(b"btcusdt", name.lower().encode())
            pipeline.ingest(item.feed, data, item.time, url=item.url, symbol=name)
    return pipeline


def _page(readings: Iterable[Reading]) -> str:
    page = Page(market_families())
    page.add(readings)
    return page.text()


def _text(pipeline: Pipeline) -> str:
    return _page(pipeline.readings())


def _count(text: str) -> int:
    return sum(not line.startswith("#") for line in text.splitlines())


async def _longest_slice(pipeline: Pipeline) -> float:
    """Build the page as the server does, beside a task that wants every turn it can get."""
    server = Server(pipeline, Telemetry(), lambda: "", list)
    page = asyncio.ensure_future(server.market_page())
    longest, turn = 0, clock.monotonic()
    while not page.done():
        await asyncio.sleep(0)
        now = clock.monotonic()
        longest, turn = max(longest, now - turn), now
    return longest / 1e9
