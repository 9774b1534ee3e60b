"""An independent rebuild of Binance books from recordings: stdlib JSON, Decimal, plain dicts.

It shares no code with the exporter and keeps the exchange's procedure in its plainest form, so
that agreement of the two means something.
"""

import bisect
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import zstandard

Book = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


@dataclass
class Rebuilt:
    """One symbol's book and what was seen on the way."""

    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    asks: dict[Decimal, Decimal] = field(default_factory=dict)
    snapshot_id: int | None = None
    last_id: int | None = None
    depth_events: int = 0
    gaps: int = 0
    buffer: list[dict[str, Any]] = field(default_factory=list)
    states: list[tuple[int, Decimal, Decimal, Decimal, Decimal]] = field(default_factory=list)
    tickers: list[tuple[int, Decimal, Decimal, Decimal, Decimal]] = field(default_factory=list)

    def snapshot(self, body: dict[str, Any]) -> None:
        self.bids = {Decimal(price): Decimal(size) for price, size in body["bids"]}
        self.asks = {Decimal(price): Decimal(size) for price, size in body["asks"]}
        self.snapshot_id, self.last_id = body["lastUpdateId"], None
        self.state(body["lastUpdateId"])
        for event in self.buffer:
            self.depth(event)
        self.buffer = []

    def depth(self, event: dict[str, Any]) -> None:
        if self.snapshot_id is None:
            self.buffer.append(event)
            return
        futures = "pu" in event
        if self.last_id is None:
            if event["u"] < self.snapshot_id or (not futures and event["u"] == self.snapshot_id):
                return
            first = event["pu"] if futures else event["U"] - 1
            self.gaps += first > self.snapshot_id
        else:
            expected = event["pu"] if futures else event["U"] - 1
            self.gaps += expected != self.last_id
        for side, key in ((self.bids, "b"), (self.asks, "a")):
            for price, size in event[key]:
                if Decimal(size):
                    side[Decimal(price)] = Decimal(size)
                else:
                    side.pop(Decimal(price), None)
        self.last_id = event["u"]
        self.state(event["u"])

    def state(self, number: int) -> None:
        bid, ask = max(self.bids), min(self.asks)
        self.states.append((number, bid, self.bids[bid], ask, self.asks[ask]))

    def ticker(self, event: dict[str, Any]) -> None:
        numbers = (Decimal(event[key]) for key in ("b", "B", "a", "A"))
        self.tickers.append((event["u"], *numbers))

    def tops(self) -> tuple[int, int]:
        """(compared, equal) by the rule of the recordings' README."""
        ids = [ticker[0] for ticker in self.tickers]
        compared = equal = 0
        for state in self.states:
            place = bisect.bisect_right(ids, state[0])
            if place == len(ids) or place == 0 or ids[place - 1] < (self.snapshot_id or 0):
                continue
            compared += 1
            equal += self.tickers[place - 1][1:] == state[1:]
        return compared, equal


def messages(path: Path) -> Iterator[tuple[int, str, Any]]:
    """(receive time in ns, symbol or "" where not said, message) of a Binance recording."""
    if path.name.endswith(".zst"):
        text = zstandard.open(path, "rt").read()
        rows = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
        rows = [row for row in rows if row["t"] in {"http", "recv"}]
        for row in sorted(rows, key=lambda row: row["ts"]):
            symbol = ""
            if row["t"] == "http":
                url = urlsplit(row["url"])
                if not url.path.endswith("/depth"):
                    continue
                symbol = parse_qs(url.query)["symbol"][0]
            yield int(row["ts"] * 10**9), symbol, json.loads(row["data"])
        return
    with gzip.open(path, "rt") as file:
        for line in file:
            stamp, raw = line.split(" ", 1)
            scale = 1 if len(stamp) == 19 else 1000
            yield int(stamp) * scale, "", json.loads(raw)


def rebuild(path: Path) -> dict[str, Rebuilt]:
    """Every symbol's book at the end of a Binance recording."""
    books: dict[str, Rebuilt] = {}
    only = ""
    for _, symbol, message in messages(path):
        if "stream" in message:
            data = message["data"]
            only = data.get("s") or only
            book = books.setdefault(only, Rebuilt())
            kind = message["stream"].split("@")[1]
            if kind == "depth":
                book.depth_events += 1
                book.depth(data)
            elif kind == "bookTicker":
                book.ticker(data)
        elif "lastUpdateId" in message:
            books.setdefault(symbol or only, Rebuilt()).snapshot(message)
    return {symbol: book for symbol, book in books.items() if book.depth_events or book.tickers}
