"""A recording: which exchange each of its connections speaks to, and its rows by time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from exporter.errors import RecordingError
from exporter.feeds import FEEDS
from exporter.feeds.feed import Feed
from exporter.recordings.lines import Row, Said, rows

_DEPTH_PATH = urlsplit("recorded:/depth")
"""Stands for the address of a snapshot that was recorded without one."""


class Received(NamedTuple):
    """One thing to put through the pipeline: a frame, or (where `url` is set) a REST answer.

    `symbol` is the file's only symbol, for what does not say whose it is; None where it has more.
    """

    time: int
    feed: Feed
    data: bytes
    url: SplitResult | None
    symbol: str | None


@dataclass(frozen=True)
class Recording:
    """A surveyed file: who speaks in it, how long it is, whether its lines are in order."""

    path: Path
    feeds: dict[str, Feed]
    """Feed by connection; "" for what names no connection."""
    symbol: str | None
    frames: int
    first: int
    last: int
    ordered: bool
    damage: tuple[str, ...]
    """Lines that could not be read, each a sentence with file and line."""

    def received(self) -> Iterator[Received]:
        """Frames and REST answers by time. What no feed of this build speaks is left out."""
        lines = rows(self.path, lambda sentence: None)  # told by the survey
        for row in lines if self.ordered else sorted(lines, key=lambda row: row.time):
            if row.said is Said.CONNECTED:
                continue
            if row.said is Said.FRAME:
                feed = self.feeds.get(row.connection)
                if feed is not None:
                    yield Received(row.time, feed, row.data, None, self.symbol)
            elif row.url:
                url = urlsplit(row.url)
                feed = _by_host(url)
                if feed is not None:
                    yield Received(row.time, feed, row.data, url, self.symbol)
            elif row.connection in self.feeds:
                feed = self.feeds[row.connection]
                yield Received(row.time, feed, row.data, _DEPTH_PATH, self.symbol)


def survey(path: Path) -> Recording:
    """Read a file once to learn what it is. Raises RecordingError, naming what is missing."""
    feeds: dict[str, Feed] = {}
    addresses: dict[str, str] = {}
    symbols: set[str] = set()
    damage: list[str] = []
    frames, first, last, newest, ordered = 0, 0, 0, 0, True
    for row in rows(path, damage.append):
        if row.said is Said.CONNECTED:
            addresses.setdefault(row.connection, row.url)
            continue
        ordered &= row.time >= newest
        newest = max(newest, row.time)
        if row.said is not Said.FRAME:
            continue
        frames += 1
        first = min(first or row.time, row.time)
        last = max(last, row.time)
        feed = feeds.get(row.connection) or _identify(row, addresses.get(row.connection))
        if feed is not None:
            feeds[row.connection] = feed
            symbol = feed.symbol_of(row.data)
            if symbol and len(symbols) < 2:
                symbols.add(symbol)
    if not feeds:
        raise RecordingError(
            damage[0] if damage and not frames else _unclaimed(path, addresses, frames)
        )
    symbol = symbols.pop() if len(symbols) == 1 else None
    return Recording(path, feeds, symbol, frames, first, last, ordered, tuple(damage))


def merged(recordings: Sequence[Recording]) -> Iterator[Received]:
    """Everything received in all recordings, by receive time."""
    return merge(*(recording.received() for recording in recordings), key=lambda item: item.time)


def _identify(row: Row, address: str | None) -> Feed | None:
    """By the address of the connection; without one, by what the frame looks like."""
    if address is not None:
        return _by_host(urlsplit(address))
    return next((feed for feed in FEEDS if feed.recognise(row.data)), None)


def _by_host(url: SplitResult) -> Feed | None:
    return next((feed for feed in FEEDS if url.hostname in feed.hosts), None)


def _unclaimed(path: Path, addresses: dict[str, str], frames: int) -> str:
    known = ", ".join(feed.name for feed in FEEDS)
    if addresses:
        hosts = ", ".join(sorted({urlsplit(url).hostname or url for url in addresses.values()}))
        return f"{path}: recorded from {hosts}, which is none of the known feeds ({known})"
    if frames:
        return f"{path}: none of its {frames} frames is a book event of a known feed ({known})"
    return f"{path}: holds no received frame"
