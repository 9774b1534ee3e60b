"""Planned maintenance: when which markets are expected to misbehave. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.feeds.announcement import Announcement
from exporter.model import NANOSECONDS, MarketId

LONGEST = 7 * 86_400 * NANOSECONDS
"""A window that lasts for longer is a mistake."""


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
    by: str = ""
    """Who made it."""

    def concerns(self, market: MarketId) -> bool:
        """Whether it is about this market, whenever it is."""
        return self.exchange == market.exchange and self.instrument in ("", market.instrument)


class Maintenance:
    """All windows that are known of, as they were read last, and what exchanges announce.

    `known` is whether anybody is asked for windows at all: without, there is no saying that a
    market is in none. `announced` is by exchange, for each that was heard.
    """

    def __init__(self) -> None:
        self.windows: Sequence[Window] = ()
        self.known = False
        self.announced: Mapping[str, Sequence[Announcement]] = {}

    def of(self, market: MarketId, now: int) -> Window | None:
        """What this market is in at `now`, the one that ends last; None where it is in none."""
        current = (w for w in self.windows if w.begin <= now < w.end and w.concerns(market))
        return max(current, key=lambda window: window.end, default=None)

    def ahead(self, now: int) -> Sequence[Window]:
        """Those that are not over at `now`, in the order in which they begin."""
        return sorted(
            (window for window in self.windows if now < window.end),
            key=lambda window: (window.begin, window.exchange, window.instrument, window.end),
        )
