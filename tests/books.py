"""Books and reference prices put straight into markets, for tests of what is computed from them."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from exporter.families import Histogram
from exporter.markets.market import Market
from exporter.model import NANOSECONDS, BookSnapshot, MarketId, Stream, Ticker, Value
from exporter.pipeline import Pipeline
from tests.shared import shipped

START = 1_800_000_000 * NANOSECONDS
Levels = Sequence[tuple[str, str]]

BOOK_A: tuple[Levels, Levels] = (
    (("99.90", "2"), ("99.80", "3"), ("99.50", "5"), ("99.00", "10"), ("98.00", "20")),
    (("100.10", "1"), ("100.20", "4"), ("100.50", "5"), ("101.00", "10"), ("102.00", "20")),
)


class World:
    """A pipeline on the shipped configuration whose clock the test moves."""

    def __init__(self, pipeline: Pipeline | None = None) -> None:
        self.pipeline = pipeline or Pipeline(shipped())
        self.now = START
        self._ids = 0
        self.pipeline.advance(START)

    def market(self, name: str) -> Market:
        """A configured market by `exchange/instrument`."""
        return self.pipeline.markets[MarketId(*name.split("/", 1))]

    def later(self, seconds: float) -> None:
        """Time passes; whole seconds are sampled."""
        self.now += round(seconds * NANOSECONDS)
        self.pipeline.advance(self.now)

    def book(self, name: str, bids: Levels, asks: Levels, limit: int | None = None) -> None:
        """This is the whole book now; `limit` as of a snapshot."""
        self._ids += 1
        market = self.market(name)
        market.on_book(
            BookSnapshot(
                market.spec.symbol, self.now, self.now, self._ids, bids, asks, limit=limit
            ),
            100,
        )

    def top(self, name: str, bid: str, ask: str) -> None:
        """A book of one level a side."""
        self.book(name, ((bid, "1"),), ((ask, "1"),))

    def reference(self, name: str, stream: Stream = Stream.MARK, **values: str | int) -> None:
        """Mark, index or funding as decimal text; times and intervals in ns."""
        market = self.market(name)
        fields = {key: Decimal(v) if isinstance(v, str) else v for key, v in values.items()}
        market.on_ticker(
            Ticker(market.spec.symbol, self.now, self.now, stream, **fields),  # type: ignore[arg-type]
            100,
        )

    def readings(self, name: str) -> dict[tuple[str, ...], Value | Histogram]:
        """What a market reads now, by family and the labels after exchange and instrument."""
        return {
            (series.family.name, *series.values[2:]): value
            for series, value in self.pipeline.market_readings(self.market(name))
        }

    def shared(self) -> dict[tuple[str, ...], Value | Histogram]:
        """What instruments read over exchanges, by family and labels."""
        return {
            (series.family.name, *series.values): value
            for series, value in self.pipeline.shared_readings()
        }


def fraction(value: Value | Histogram) -> Fraction:
    """A reading that must be an exact number."""
    assert isinstance(value, Fraction | int)
    return Fraction(value)
