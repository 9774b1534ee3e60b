"""What an exchange is to this program: a declaration and pure functions; it opens nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum, auto
from urllib.parse import SplitResult

from exporter.model import BookUpdate, Event, Stream


class Verdict(Enum):
    """What a sequence rule says of an update."""

    APPLY = auto()
    OLD = auto()
    """Wholly contained in what is already applied: dropped, not a gap."""
    GAP = auto()
    """Something between the last applied update and this one is missing."""


class Operation(StrEnum):
    """What is asked of an exchange for some of its streams."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Request:
    """A frame for the exchange, and the keys of the acknowledgements (`Notice`) it will send."""

    frame: str
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the WebSocket service and the streams that are had there."""

    path: str
    streams: tuple[Stream, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in any `seconds`."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class SocketRules:
    """What the exchange allows on its WebSocket service, and what it expects.

    `messages` limits the frames sent on one connection, `connections` those opened to one address.
    `ping` is the text that asks for a sign of life; without one a WebSocket ping frame does.
    `ping_every` is seconds, for an exchange that wants it whether or not there was silence.
    """

    names_a_frame: int
    symbols_a_connection: int
    messages: Rate
    connections: Rate
    ping: str | None = None
    ping_every: int | None = None


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A path with its query, what it costs of the budget, and whose answer it will be."""

    path: str
    weight: int
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class RestRules:
    """The REST service: its budget a address, and what to ask for.

    `listings` are the requests for the instrument list, `snapshot(symbol, levels)` the one for a
    book to synchronise with (None where snapshots come on the stream), `poll(symbol, levels)` all
    that a poll of one symbol needs. `used_header` names the header that tells the weight used.
    """

    budget: Rate
    listings: tuple[RestRequest, ...]
    poll: Callable[[str, int], tuple[RestRequest, ...]]
    snapshot: Callable[[str, int], RestRequest] | None = None
    used_header: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """How a feed is connected to.

    `routes` are the paths of its WebSocket service; `stream_name(symbol, stream)` is how a stream
    of a symbol is asked for (None where the symbol has no such stream), `request(operation, names,
    number)` the frame that asks. `socket` and `rest` are the exchange's own rules.
    """

    routes: tuple[Route, ...]
    stream_name: Callable[[str, Stream], str | None]
    request: Callable[[Operation, Sequence[str], int], Request]
    socket: SocketRules
    rest: RestRules


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
    - `service` says how to connect to it; without one it reads recordings only.
    """

    exchange: str
    product: str
    kinds: Mapping[str, re.Pattern[str]]
    hosts: frozenset[str]
    recognise: Callable[[bytes], bool]
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
    service: Service | None = None
    name: str = field(init=False)
    """`binance/spot`, or `okx` for an exchange with one service."""

    def __post_init__(self) -> None:
        name = f"{self.exchange}/{self.product}" if self.product else self.exchange
        object.__setattr__(self, "name", name)

    @property
    def live(self) -> bool:
        """Whether it can be connected to."""
        return self.service is not None

    def unconfigured(self, symbol: str) -> str:
        """The instrument name of a symbol that the configuration does not name."""
        return f"{self.product}:{symbol}" if self.product else symbol
