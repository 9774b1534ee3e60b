"""Everything of one feed: which markets its symbols are, and what became of what it sent."""

from collections import Counter
from collections.abc import Mapping, Sequence

from exporter.feeds.feed import Feed
from exporter.markets.market import Market
from exporter.model import Event, Listing, Notice, Ticker


class Intake:
    """The markets of one feed by symbol, and counts.

    `frames` counts WebSocket frames by result: applied, ignored (a stream nobody asked for), notice
    (about the connection), refused (unreadable) or dropped (too many); they add up to those
    received. `answers` does so for REST, whose `requests` are counted by result. `unassigned`
    counts what was refused without naming a market.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.markets: dict[str, Market] = {}
        self.frames: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.requests: Mapping[str, int] = {}
        self.unassigned = 0
        self._by_index: dict[str, list[Market]] = {}
        self._listings: dict[str, Listing] = {}
        self._listed: set[str] = set()

    def add(self, market: Market) -> None:
        """From now on the market's symbol, and its index, are known."""
        symbol = market.spec.symbol
        self.markets[symbol] = market
        index = self.feed.index_symbol(symbol)
        if index != symbol:
            self._by_index.setdefault(index, []).append(market)
        if symbol in self._listings:
            market.on_listing(self._listings[symbol])

    def remove(self, market: Market) -> None:
        """The market is no longer watched."""
        symbol = market.spec.symbol
        del self.markets[symbol]
        sharing = self._by_index.get(self.feed.index_symbol(symbol), [])
        if market in sharing:
            sharing.remove(market)

    def list(self, listing: Listing) -> None:
        """A row of the exchange's instrument list, for a market there is or one to come."""
        self._listings[listing.symbol] = listing
        self._listed.add(listing.symbol)
        if listing.symbol in self.markets:
            self.markets[listing.symbol].on_listing(listing)

    def relist(self) -> None:
        """The whole instrument list is about to be read."""
        self._listed.clear()

    def unlisted(self) -> Sequence[Market]:
        """The whole instrument list was read: the markets that it does not have."""
        missing = [m for symbol, m in self.markets.items() if symbol not in self._listed]
        for market in missing:
            market.trading = False
        return missing

    def index_of(self, ticker: Ticker) -> Sequence[Market] | None:
        """The perpetuals whose index this is; None where it goes by no name of its own.

        Its name stays one when the last of them has been removed.
        """
        return self._by_index.get(ticker.symbol)

    def refuse(self, symbol: str | None) -> None:
        """Something of this symbol, if it is known, could not be read."""
        market = self.markets.get(symbol or "")
        if market is not None:
            market.decode_errors += 1
        else:
            self.unassigned += 1


def result(events: Sequence[Event]) -> str:
    """What became of a frame that decoded to these events."""
    if not events:
        return "ignored"
    return "notice" if isinstance(events[0], Notice) else "applied"
