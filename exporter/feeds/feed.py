"""What an exchange is to this program: a declaration and pure functions; it opens nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from urllib.parse import SplitResult

from exporter.model import BookUpdate, Event


class Verdict(Enum):
    """What a sequence rule says of an update."""

    APPLY = auto()
    OLD = auto()
    """Wholly contained in what is already applied: dropped, not a gap."""
    GAP = auto()
    """Something between the last applied update and this one is missing."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The frames that subscribe, by WebSocket address: one connection for each address."""

    url: str
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """One public data service of an exchange, described once and used by everything.

    - `product` tells services of one exchange apart ("" where it has only one).
    - `kinds` maps an instrument kind (`SPOT`, `PERP`) to the pattern its symbols must match.
    - `hosts` are the host names by which a recording is recognised, and `recognise` reads a
      frame of a recording that names no address.
    - `symbol_of(frame)` is the symbol whose stream a frame belongs to; None where it has none or
      cannot be read.
    - `decode(frame, received)` turns a WebSocket frame into events; `decode_rest(url, body,
      received, symbol)` a REST answer, with the symbol where neither url nor body names it.
      Both raise `DecodeError` and nothing else.
    - `joins(update, snapshot_id)` and `follows(update, last_id)` are the sequence rules.
    - `snapshot_on_stream`: snapshots come on the book's own stream, before the updates that follow
      them; otherwise they come by REST and updates are buffered meanwhile.
    - `bounded_levels` is the size of a book that the exchange keeps complete for us, None for a
      difference stream over a snapshot. `checksum` builds the exchange's checksum.
    - `multiplier(symbol)` is base currency per size unit where that needs no instrument list,
      `funding_interval` (nanoseconds) what holds unless a message or the configuration says other,
      `index_symbol(symbol)` the name under which the index of a perpetual is sent.
    - `live`: it can be connected to; otherwise it reads recordings only.
    """

    exchange: str
    product: str
    kinds: Mapping[str, re.Pattern[str]]
    hosts: frozenset[str]
    recognise: Callable[[bytes], bool]
    subscribe: Callable[[str, Sequence[str]], tuple[Subscription, ...]]
    symbol_of: Callable[[bytes], str | None]
    decode: Callable[[bytes, int], Sequence[Event]]
    decode_rest: Callable[[SplitResult, bytes, int, str | None], Sequence[Event]]
    joins: Callable[[BookUpdate, int | None], Verdict]
    follows: Callable[[BookUpdate, int | None], Verdict]
    snapshot_on_stream: bool = False
    bounded_levels: int | None = None
    checksum: Callable[[Sequence[tuple[str, str]], Sequence[tuple[str, str]]], int] | None = None
    multiplier: Callable[[str], Decimal | None] = lambda symbol: None
    funding_interval: int | None = None
    index_symbol: Callable[[str], str] = lambda symbol: symbol
    live: bool = True
    name: str = field(init=False)
    """`binance/spot`, or `okx` for an exchange with one service."""

    def __post_init__(self) -> None:
        name = f"{self.exchange}/{self.product}" if self.product else self.exchange
        object.__setattr__(self, "name", name)

    def unconfigured(self, symbol: str) -> str:
        """The instrument name of a symbol that the configuration does not name."""
        return f"{self.product}:{symbol}" if self.product else symbol
