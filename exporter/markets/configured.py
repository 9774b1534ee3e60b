"""Which markets there are: those that the configuration names, and any other that is seen."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from exporter.config import Config
from exporter.config.catalogue import label, live_feeds, serving
from exporter.config.instruments import StaleAfter
from exporter.feeds.feed import Feed
from exporter.markets.market import Contract, MarketSpec
from exporter.model import NANOSECONDS, MarketId, Stream


def configured(config: Config) -> Iterator[MarketSpec]:
    """The markets of the configuration, instrument by instrument, on enabled exchanges."""
    for name, instrument in config.instruments.instruments.items():
        for exchange, symbol in instrument.symbols.items():
            given = config.exchanges.exchanges[exchange]
            feeds = (feed for feed in live_feeds(exchange) if label(feed) in given.feeds)
            feed = serving(feeds, instrument.kind, symbol.symbol)
            if feed is None or not given.enabled:
                continue
            yield MarketSpec(
                id=MarketId(exchange, name),
                feed=feed,
                symbol=symbol.symbol,
                kind=instrument.kind,
                stale_after=_nanoseconds(
                    instrument.stale_after(config.instruments.defaults.stale_after_seconds)
                ),
                unchanged_after=_unchanged(
                    instrument.stale_after(config.instruments.defaults.stale_after_seconds)
                ),
                contract=_contract(feed, symbol.symbol, symbol.contract_multiplier),
                price_step=symbol.price_step,
                quantity_step=symbol.quantity_step,
                funding_interval=_hours(symbol.funding_interval_hours),
            )


def unconfigured(config: Config, feed: Feed, symbol: str) -> MarketSpec:
    """A market that was seen but is not named: defaults, and its name says where it is from."""
    return MarketSpec(
        id=MarketId(feed.exchange, feed.unconfigured(symbol)),
        feed=feed,
        symbol=symbol,
        kind=next((k for k, pattern in feed.kinds.items() if pattern.fullmatch(symbol)), ""),
        stale_after=_nanoseconds(config.instruments.defaults.stale_after_seconds),
        unchanged_after=_unchanged(config.instruments.defaults.stale_after_seconds),
        contract=_contract(feed, symbol, None),
    )


def _nanoseconds(limits: StaleAfter) -> Mapping[Stream, int]:
    seconds = {Stream.TICKER: limits.quote} | {
        Stream(name): value for name, value in limits if name != "change"
    }
    return {stream: int(value * NANOSECONDS) for stream, value in seconds.items()}


def _unchanged(limits: StaleAfter) -> int:
    return int(limits.change * NANOSECONDS)


def _contract(feed: Feed, symbol: str, override: Decimal | None) -> Contract | None:
    multiplier = feed.multiplier(symbol) if override is None else override
    return None if multiplier is None else Contract(Fraction(multiplier))


def _hours(hours: Decimal | None) -> int | None:
    return None if hours is None else int(hours * 3600 * NANOSECONDS)
