"""Planned maintenance: when which markets are expected to misbehave. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.model import MarketId


@dataclass(frozen=True, slots=True)
class Window:
    """Maintenance of an exchange, or of one instrument of it; Unix ns, the end not included."""

    exchange: str
    instrument: str
    """"" for all instruments."""
    begin: int
    end: int
    reason: str
    id: str

    def concerns(self, market: MarketId) -> bool:
        """Whether it is about this market, whenever it is."""
        return self.exchange == market.exchange and self.instrument in ("", market.instrument)


class Maintenance:
    """All windows that are known of; told anew each time they are read."""

    def __init__(self) -> None:
        self.windows: Sequence[Window] = ()

    def of(self, market: MarketId, now: int) -> Window | None:
        """What this market is in at `now`, the one that ends last; None where it is in none."""
        current = (w for w in self.windows if w.begin <= now < w.end and w.concerns(market))
        return max(current, key=lambda window: window.end, default=None)
