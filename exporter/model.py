"""The values that flow through the house. None of them changes after it is made.

Times are integer nanoseconds since the Unix epoch, UTC. `received` is the local receive time,
`exchange_time` the exchange's own (None where the message carries none). Prices and quantities
of events stay the decimal text that was on the wire, so that nothing is lost before the book
turns them into scaled integers; what readers get (`PriceLevel`) is `Decimal`.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec

NANOSECONDS = 1_000_000_000
MILLISECOND = 1_000_000

Value = int | float | Fraction
"""What a metric reads: exact as long as it can be; a float only in statistics."""

WireLevels = Sequence[tuple[str, ...]]
"""Levels as sent: `(price, quantity, …)` in decimal text, in the exchange's order."""


class MarketId(NamedTuple):
    """A market: one instrument on one exchange. Prints as `exchange/instrument`."""

    exchange: str
    instrument: str

    def __str__(self) -> str:
        return f"{self.exchange}/{self.instrument}"


class Target(NamedTuple):
    """What an alert is about: a market, or its pair with the same instrument on `other`."""

    exchange: str
    instrument: str
    other: str = ""

    def __str__(self) -> str:
        """`binance/BTC-USDT-PERP`, `binance/BTC-USDT-PERP against okx`"""
        against = f" against {self.other}" if self.other else ""
        return f"{self.exchange}/{self.instrument}{against}"


class Stream(StrEnum):
    """What a message is about; each stream of a market has clocks of its own."""

    BOOK = "book"
    QUOTE = "quote"
    TRADE = "trade"
    TICKER = "ticker"
    MARK = "mark"
    INDEX = "index"
    FUNDING = "funding"


class GapReason(StrEnum):
    """Why a live book became unknown."""

    SEQUENCE = "sequence"
    CHECKSUM = "checksum"
    PRECISION = "precision"
    """A value with more decimals than the book's scale holds."""
    VALUE = "value"
    """A level that is no possible price or quantity."""
    DISCONNECT = "disconnect"


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing an exchange said about one of its symbols."""

    symbol: str
    received: int
    exchange_time: int | None


class BookSnapshot(Event, frozen=True, gc=False):
    """A whole book, or its best levels.

    `last_id` is the exchange's id of the last change in it (None where it sends none). `limit` is
    the number of levels a side was cut to, None where that is not known.
    """

    last_id: int | None
    bids: WireLevels
    asks: WireLevels
    checksum: int = 0
    limit: int | None = None


class BookUpdate(Event, frozen=True, gc=False):
    """Changed levels with absolute quantities; quantity zero removes the level.

    Covers the exchange's change ids `first_id` to `last_id`; `previous_id` is the id that the
    update before it ended with, where the exchange says so.
    """

    first_id: int | None
    last_id: int | None
    previous_id: int | None
    bids: WireLevels
    asks: WireLevels
    checksum: int = 0


class BestQuote(Event, frozen=True, gc=False):
    """The exchange's own best bid and ask after change `id`; a cross-check, never the book."""

    id: int | None
    bid: str
    bid_quantity: str
    ask: str
    ask_quantity: str


class Trade(Event, frozen=True, gc=False):
    """One trade; `buyer_initiated` is the side of the taker."""

    id: str
    price: str
    quantity: str
    buyer_initiated: bool


class Ticker(Event, frozen=True, gc=False):
    """Reference prices and funding; None where this message does not carry the field.

    Prices and the volume (base currency, 24 h) are exact. `funding_rate` is a fraction for one
    interval; `next_funding_time` and `funding_interval` are nanoseconds.
    """

    stream: Stream
    last: Decimal | None = None
    mark: Decimal | None = None
    index: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_time: int | None = None
    funding_interval: int | None = None
    volume: Decimal | None = None


class Listing(Event, frozen=True, gc=False):
    """What the exchange's instrument list says of a symbol.

    `multiplier` is base currency a contract (linear) or quote currency a contract (inverse).
    """

    base: str
    quote: str
    price_step: Decimal
    quantity_step: Decimal
    multiplier: Decimal
    inverse: bool = False
    trading: bool = True
    """Whether it trades now, by the exchange's own state of it."""


class NoticeKind(StrEnum):
    """What an exchange says about a connection."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    PONG = "pong"
    LEAVING = "leaving"
    """The exchange is about to close the connection: it must be replaced now."""
    OTHER = "other"


class Notice(Event, frozen=True, gc=False):
    """Something said about the connection, not about a market.

    `key` names the request or the stream that is acknowledged or refused ("" where it is not said).
    """

    kind: NoticeKind
    key: str = ""
    text: str = ""


class PriceLevel(NamedTuple):
    """One price of a book and the quantity resting there, in the exchange's size unit."""

    price: Decimal
    quantity: Decimal


class GapMarker(NamedTuple):
    """A span in which a book was unknown, marked and never interpolated.

    `end` is None while the gap is open. `before` is the last id applied, `after` the first id
    that did not follow it (None where the reason is not a sequence break).
    """

    market: MarketId
    start: int
    end: int | None
    reason: GapReason
    before: int | None
    after: int | None

    @property
    def duration(self) -> int | None:
        """Nanoseconds from start to end; None while open."""
        return None if self.end is None else self.end - self.start


class HealthStatus(NamedTuple):
    """Whether a market's book can be trusted now, and why not."""

    market: MarketId
    up: bool
    reason: str
    last_message: int | None
    last_change: int | None
