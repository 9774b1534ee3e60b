"""Recorded frames through the stages of the program, each stage with all that come before it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.timing import Prepare, Times, interleaved
from bench.wire import Decode, typed
from exporter.book.sync import BookSync
from exporter.config import Config
from exporter.errors import DecodeError
from exporter.feeds.feed import Feed
from exporter.model import BestQuote, BookSnapshot, BookUpdate, Event, MarketId
from exporter.pipeline import Pipeline
from exporter.recordings.recording import Received, merged, survey

JSON, PLAIN, FEED, BOOK, PIPELINE = (
    "JSON decode alone, typed",
    "JSON decode alone, untyped",
    "feed decode",
    "feed decode + book, tops checked",
    "whole pipeline",
)


@dataclass(frozen=True)
class Input:
    """Frames and REST snapshots in memory; `depth` are those that change a book."""

    items: tuple[Received, ...]
    depth: tuple[Received, ...]
    frames: int
    depth_frames: int
    levels: int
    seconds: float


def load(paths: Sequence[Path], most: int) -> Input:
    """The first `most` frames that a feed can read, and the snapshots among them."""
    items: list[Received] = []
    depth: list[Received] = []
    frames = depth_frames = levels = 0
    for item in merged([survey(path) for path in paths]):
        try:
            events = decoded(item)
        except DecodeError:
            continue
        if item.url is None:
            if frames == most:
                break
            frames += 1
        items.append(item)
        books = [event for event in events if isinstance(event, (BookSnapshot, BookUpdate))]
        if books:
            depth.append(item)
            if item.url is None:
                depth_frames += 1
                levels += sum(len(event.bids) + len(event.asks) for event in books)
    seconds = (items[-1].time - items[0].time) / 1e9
    return Input(tuple(items), tuple(depth), frames, depth_frames, levels, seconds)


def stages(data: Input, config: Config, rounds: int) -> Times:
    """All stages over the mixed stream."""
    return interleaved(
        {
            JSON: json_alone(data.items),
            PLAIN: json_alone(data.items, _untyped),
            FEED: feed_alone(data.items),
            BOOK: feed_and_book(data.items),
            PIPELINE: whole(data.items, config),
        },
        rounds,
    )


def depth_stages(data: Input, rounds: int) -> Times:
    """Depth frames alone: decode, and decode + book + best bid and ask."""
    return interleaved(
        {
            JSON: json_alone(data.depth),
            FEED: feed_alone(data.depth),
            BOOK: feed_and_book(data.depth),
        },
        rounds,
    )


def json_alone(items: Iterable[Received], decoder: Callable[[str], Decode] = typed) -> Prepare:
    """Only JSON, by the decoder of each item's exchange."""
    pairs = [(decoder(item.feed.exchange), item.data) for item in items]

    def run() -> None:
        for decode, data in pairs:
            decode(data)

    return lambda: run


def _untyped(exchange: str) -> Decode:
    return msgspec.json.decode


def feed_alone(items: Sequence[Received]) -> Prepare:
    """Frames to events."""

    def run() -> None:
        for time, feed, data, url, symbol in items:
            if url is None:
                feed.decode(data, time)
            else:
                feed.decode_rest(url, data, time, symbol)

    return lambda: run


def feed_and_book(items: Iterable[Received]) -> Prepare:
    """Frames to events to books, their tops compared with quotes."""

    def prepare() -> Callable[[], None]:
        books = Books()

        def run() -> None:
            for time, feed, data, url, symbol in items:
                if url is None:
                    books.apply(feed, feed.decode(data, time))
                else:
                    books.apply(feed, feed.decode_rest(url, data, time, symbol))

        return run

    return prepare


def whole(items: Iterable[Received], config: Config) -> Prepare:
    """The program's own way, every second sampled."""

    def prepare() -> Callable[[], None]:
        pipeline = Pipeline(config, discover=True)

        def run() -> None:
            for time, feed, data, url, symbol in items:
                pipeline.ingest(feed, data, time, url=url, symbol=symbol)

        return run

    return prepare


class Books(dict[tuple[str, str], BookSync]):
    """Books by (feed, symbol), and nothing around them."""

    def apply(self, feed: Feed, events: Iterable[Event]) -> None:
        """Put events of a book or of its best quote where they belong."""
        for event in events:
            key = (feed.name, event.symbol)
            sync = self.get(key)
            if sync is None:
                sync = self[key] = BookSync(MarketId(*key), feed)
            if isinstance(event, BestQuote):
                if event.id is not None:
                    quote = (event.bid, event.bid_quantity, event.ask, event.ask_quantity)
                    sync.tops.quote(event.id, quote)
            elif isinstance(event, BookUpdate):
                sync.update(event)
            elif isinstance(event, BookSnapshot):
                sync.snapshot(event)


def decoded(item: Received) -> Sequence[Event]:
    """What the feed makes of a frame or of a REST answer."""
    if item.url is None:
        return item.feed.decode(item.data, item.time)
    return item.feed.decode_rest(item.url, item.data, item.time, item.symbol)
