"""A small made session of one exchange, and what must be true of it, read from its file.

The first line says what the frames are, their symbol, the book they end in and how many top-of-book
comparisons they allow; every further line is a frame, or a REST answer with its address. A new
exchange adds a file named after its feed; the checks find it through the table of exchanges.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exporter.feeds.feed import Feed
from exporter.markets.market import Market
from exporter.model import BookSnapshot, BookUpdate, Event, PriceLevel
from exporter.pipeline import Pipeline
from tests.shared import shipped

FRAMES = Path(__file__).parent / "frames"
START = 1_790_526_538_000_000_000

Levels = list[PriceLevel]


@dataclass(frozen=True)
class Line:
    """A frame (`url` empty) or a REST answer, and when it is received, in ns."""

    at: int
    data: bytes
    url: str = ""


@dataclass(frozen=True)
class Session:
    """The made frames of one feed and what they must lead to."""

    feed: Feed
    symbol: str
    bids: Levels
    asks: Levels
    tops: int
    lines: tuple[Line, ...]

    def events(self, line: Line) -> Sequence[Event]:
        """What the feed makes of a line."""
        if line.url:
            return self.feed.decode_rest(urlsplit(line.url), line.data, line.at, None)
        return self.feed.decode(line.data, line.at)

    def places(self, kind: type[Event]) -> list[int]:
        """Where in `lines` events of this kind stand."""
        return [
            place
            for place, line in enumerate(self.lines)
            if any(isinstance(event, kind) for event in self.events(line))
        ]

    def run(self, lines: Iterable[Line]) -> Market:
        """Lines through a pipeline that knows no market beforehand; the market they lead to."""
        return self.market(self.feed_to(Pipeline(shipped(), discover=True), lines))

    def feed_to(self, pipeline: Pipeline, lines: Iterable[Line]) -> Pipeline:
        """Lines into this pipeline."""
        for line in lines:
            url = urlsplit(line.url) if line.url else None
            pipeline.ingest(self.feed, line.data, line.at, url=url)
        return pipeline

    def market(self, pipeline: Pipeline) -> Market:
        """The session's market in this pipeline."""
        mine = (self.feed, self.symbol)
        return next(m for m in pipeline.markets.values() if (m.spec.feed, m.spec.symbol) == mine)


def session(feed: Feed) -> Session:
    """The made session of a feed. Raises FileNotFoundError where it has none."""
    path = FRAMES / f"{feed.name.replace('/', '-')}.jsonl"
    header, *rows = (json.loads(line) for line in path.read_text().splitlines())
    return Session(
        feed,
        header["symbol"],
        _levels(header["bids"]),
        _levels(header["asks"]),
        header["tops"],
        tuple(_line(row) for row in rows),
    )


def held(market: Market) -> tuple[Levels, Levels]:
    """The levels of a market's book, best first."""
    book = market.sync.book
    return (
        list(book.levels(book.bids, len(book.bids.keys))),
        list(book.levels(book.asks, len(book.asks.keys))),
    )


def snapshot_line(session: Session, market: Market, at: int) -> Line:
    """The session's snapshot again, with the content and id of another run's book."""
    (place, *_) = session.places(BookSnapshot)
    line = session.lines[place]
    bids, asks = held(market)
    text = json.loads(line.data)
    _replace(text, bids, asks, market.sync.last_id)
    return Line(at, json.dumps(text).encode(), line.url)


def _replace(text: Any, bids: Levels, asks: Levels, last_id: int | None) -> None:
    """Put levels and id where this kind of snapshot has them, whatever exchange it is of."""
    target = text["data"][0] if "data" in text else text
    for side, levels in (("bids", bids), ("asks", asks)):
        width = len(target[side][0])
        rest = target[side][0][2:] if width > 2 else []
        target[side] = [[f"{price:f}", f"{size:f}", *rest] for price, size in levels]
    key = next(key for key in ("lastUpdateId", "seqId", "u") if key in target)
    target[key] = last_id


def _levels(rows: list[list[str]]) -> Levels:
    return [PriceLevel(Decimal(price), Decimal(size)) for price, size in rows]


def _line(row: dict[str, Any]) -> Line:
    at = START + row["at_ms"] * 1_000_000
    return Line(at, (row.get("body") or row["frame"]).encode(), row.get("url", ""))


def updates(session: Session) -> list[int]:
    """Where updates stand that are applied, after the snapshot: all but those it contains."""
    first = session.places(BookSnapshot)[0]
    return [place for place in session.places(BookUpdate) if place > first]
