"""Messages of the real exchanges to compare simulated ones with, and how a message is taken apart.

`documented()` are samples from the exchanges' documentation or of frames seen in production, each
with its section of the protocol fact sheet. `recorded()` are recordings that hold messages of the
same kinds. Both are listed in `samples.yaml`.

A kind is named like `binance/spot depthUpdate`. What carries other messages (an envelope, a list)
is a kind of its own, without what it carries.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from exporter.recordings.lines import Said, rows
from tests.shared import recording

_OKX = "okx"
_LISTED = {"BTCUSDT", "BTC-USDT", "BTC-USDT-SWAP", "AKROUSDT", "CTKUSDT", "KEEPUSDT", "SUSHIUSDT"}
"""Instruments whose rows of the instrument lists are taken: simulated ones and recorded books."""
_MOST_ROWS = 3000
_BY_FIRST_KEY = {"result": "acknowledgement", "error": "error", "code": "error", "u": "bookTicker"}
"""What Binance sends without an `e`."""
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")
_LAST_STEP = re.compile(r"(?:\.?[^.\[\]]+|\[\d*\])$")
_TIMES = {"ms": 10**3, "us": 10**6, "ns": 10**9}
_EARLIEST, _LATEST = 1_300_000_000, 2_100_000_000
"""Seconds between which a whole number passes for a time: from 2011 to 2036."""
_STEPS = {0: "repeats", 1: "+1"}
_FEWEST_ROWS = 3
"""Levels from which the order of a list is clear."""


class Part(NamedTuple):
    """A message or a part of one; `symbol` is whose it is, "" where that is not said."""

    kind: str
    symbol: str
    value: Any


class Sample(NamedTuple):
    """A documented message of a service; `path` is the one that it answers, if it is an answer."""

    feed: str
    section: str
    text: str
    path: str = ""

    def parts(self) -> Iterator[Part]:
        """What it consists of."""
        return parts(self.feed, self.text, self.path)


class Recording(NamedTuple):
    """A recording, the kinds of its messages that the simulated exchanges send as well, and the
    symbol of its depth snapshots where they do not say it."""

    feed: str
    file: str
    kinds: Sequence[str]
    symbol: str = ""

    def parts(self) -> Iterator[Part]:
        """What was received, as far as it is read; the test is skipped where there is no file."""
        for row in islice(rows(recording(self.file), lambda damage: None), _MOST_ROWS):
            if row.said is not Said.CONNECTED:
                path = (row.url or "/depth") if row.said is Said.ANSWER else ""
                yield from parts(self.feed, row.data.decode(), path, self.symbol)


def parts(feed: str, text: str, path: str = "", symbol: str = "") -> Iterator[Part]:
    """A message taken apart; `path` is that of the request it answers."""
    message: Any = json.loads(text) if text != "pong" else text
    if feed == _OKX:
        found = _okx_answer(message, path) if path else _okx_frame(message)
    else:
        found = _binance_answer(message, path) if path else _binance_frame(message)
    for kind, value in found:
        yield Part(f"{feed} {kind}", _symbol(value) or _asked(path) or symbol, value)


def _binance_frame(message: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "stream" in message:
        yield "envelope", {**message, "data": {}}
        message = message["data"]
    if message.get("result"):
        yield "subscriptions", message
    else:
        yield message.get("e") or _BY_FIRST_KEY[next(iter(message))], message


def _binance_answer(message: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    name = _name(path)
    if "msg" in message:
        yield "REST error", message
    elif name == "exchangeInfo":
        limits = {limit["rateLimitType"]: limit for limit in message["rateLimits"]}
        yield "REST exchangeInfo", {**message, "symbols": [], "rateLimits": limits}
        for row in message["symbols"]:
            if row["symbol"] in _LISTED:
                filters = {one["filterType"]: one for one in row["filters"]}
                yield "instrument", {**row, "filters": filters}
    else:
        yield f"REST {name}", message


def _okx_frame(message: Any) -> Iterator[tuple[str, Any]]:
    if message == "pong":
        yield "pong", message
    elif "event" in message:
        code = message.get("code", "")
        yield f"{message['event']} {code}".strip(), message
    else:
        action = message.get("action", "")
        yield f"{message['arg']['channel']} {action}".strip(), message


def _okx_answer(message: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    name = _name(path)
    if message["code"] != "0":
        yield "REST error", message
        return
    yield f"REST {name}", {**message, "data": []}
    for row in message["data"]:
        if name != "instruments":
            yield f"REST {name} row", row
        elif row["instId"] in _LISTED:
            yield f"{row['instType']} instrument", row


def _name(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]


def _asked(path: str) -> str:
    """The symbol that a request names."""
    named = dict(pair.partition("=")[::2] for pair in path.partition("?")[2].split("&"))
    return named.get("symbol") or named.get("instId") or ""


def _symbol(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    named = [value.get(key) for key in ("s", "symbol", "instId")]
    named.append(value.get("arg", {}).get("instId"))
    return next((name for name in named if name), "")


@cache
def documented() -> Sequence[Sample]:
    """One message of each kind, at least."""
    services = listed()["documented"].items()
    return [Sample(feed, **sample) for feed, samples in services for sample in samples]


@cache
def recorded() -> Sequence[Recording]:
    """The recordings to compare with, which need not be there."""
    return [Recording(**recording) for recording in listed()["recorded"]]


@cache
def listed() -> Any:
    """The whole of `samples.yaml`."""
    return yaml.safe_load(Path(__file__).with_name("samples.yaml").read_text("utf-8"))


@dataclass
class Decimals:
    """How numbers were written as text: after the point, so many digits and a 0 at the end."""

    places: set[int] = field(default_factory=set)
    zeros: bool = False

    @property
    def padded(self) -> bool:
        """Always with as many decimals, though the last was 0."""
        return self.zeros and len(self.places) == 1

    @property
    def shortest(self) -> bool:
        """Surely without zeros at the end, as there were more decimals and fewer."""
        return not self.zeros and len(self.places) > 1


@dataclass
class Field:
    """What was seen in one place of all messages of a kind.

    - `count` values in all, of these JSON `types`; `keys` of objects in their order.
    - `widths` of the rows of a list and whether these rise or fall by their first column (`sorts`).
    - `units` of whole numbers that pass for times, "" for others; `wide` beyond 32 bits.
    - `numbers` in texts, by symbol.
    - `steps` from one whole number of a symbol to the next in messages, how many of each.
    """

    count: int = 0
    types: set[str] = field(default_factory=set)
    keys: set[tuple[str, ...]] = field(default_factory=set)
    widths: set[int] = field(default_factory=set)
    sorts: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    wide: set[bool] = field(default_factory=set)
    numbers: dict[str, Decimals] = field(default_factory=dict)
    steps: Counter[str] = field(default_factory=Counter)
    last: dict[str, int] = field(default_factory=dict)

    def take(self, value: Any, symbol: str) -> None:
        """Add a value."""
        self.count += 1
        self.types.add(_type(value))
        if isinstance(value, dict):
            self.keys.add(tuple(value))
        elif isinstance(value, list):
            self._take_list(value)
        elif isinstance(value, str):
            self._take_text(value, symbol)
        elif isinstance(value, int):
            self._take_whole(value, symbol)

    def _take_list(self, items: list[Any]) -> None:
        if items and not isinstance(items[0], list | dict):
            self.widths.add(len(items))
        if len(items) >= _FEWEST_ROWS and isinstance(items[0], list):
            first = [Decimal(row[0]) for row in items]
            sides = {"rises" if one < other else "falls" for one, other in pairwise(first)}
            self.sorts.add(sides.pop() if len(sides) == 1 else "neither")

    def _take_text(self, text: str, symbol: str) -> None:
        found = _NUMBER.fullmatch(text)
        if found is None:
            return
        decimals = found[1] or ""
        seen = self.numbers.setdefault(symbol, Decimals())
        seen.places.add(len(decimals))
        seen.zeros |= decimals.endswith("0")
        if not decimals:
            self._take_whole(int(text), symbol)

    def _take_whole(self, number: int, symbol: str) -> None:
        self.units.add(_unit(number))
        self.wide.add(number >= 1 << 31)
        if symbol in self.last:
            step = number - self.last[symbol]
            self.steps[_STEPS.get(step, "falls" if step < 0 else "jumps")] += 1
        self.last[symbol] = number


Form = Mapping[str, Mapping[str, Field]]
"""By kind and path: `data[].asks[][0]` is the first column of the rows of `asks`."""


def form(found: Iterable[Part]) -> Form:
    """The form of messages."""
    kinds: dict[str, dict[str, Field]] = {}
    for part in found:
        fields = kinds.setdefault(part.kind, {})
        for path, value in _walk(part.value, ""):
            fields.setdefault(path, Field()).take(value, part.symbol)
    return kinds


def parent(path: str) -> str:
    """What a value lies in; "" is the whole message."""
    return _LAST_STEP.sub("", path)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        row = path.endswith("[]")
        for column, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{column if row else ''}]")


def _type(value: Any) -> str:
    if value == "":
        return "empty text"
    names = {bool: "boolean", int: "integer", float: "number", str: "text", dict: "object"}
    return names.get(type(value), "list" if isinstance(value, list) else "null")


def _unit(number: int) -> str:
    found = (name for name, unit in _TIMES.items() if _EARLIEST * unit <= number <= _LATEST * unit)
    return next(found, "")
