"""The way of a frame through the house: feed → book → metrics → detection → alerts.

Pure: time is the receive time of what comes in, nothing here reads a clock or a socket.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from urllib.parse import SplitResult

from exporter.alerts.alerts import Alerts
from exporter.config import Config
from exporter.errors import DecodeError
from exporter.families import Reading
from exporter.feeds.feed import Feed
from exporter.markets.configured import configured, unconfigured
from exporter.markets.intake import Intake, result
from exporter.markets.maintenance import Maintenance
from exporter.markets.market import Market, MarketSpec
from exporter.metrics import INSTRUMENT_METRICS, MARKET_METRICS, frames, links, maintenance
from exporter.metrics.metric import Metric
from exporter.model import (
    NANOSECONDS,
    Event,
    Listing,
    MarketId,
    Notice,
    Stream,
    Ticker,
)
from exporter.objectives.objectives import Objectives
from exporter.observer import Observer

_IDLE = 3600 * NANOSECONDS
"""After this long without a frame every window is empty: the seconds beyond are skipped."""

_MOST_MARKETS = 2000
"""Markets found in a recording beyond this are not taken: labels must stay bounded."""


class Pipeline:
    """All markets, their metrics, and the one function that everything received goes through."""

    def __init__(
        self, config: Config, *, discover: bool = False, observer: Observer | None = None
    ) -> None:
        """`discover`: also take markets that the configuration does not name (in a replay)."""
        self.config = config
        self._observer = observer or Observer()
        self._discover = discover
        self.now = 0
        """Pipeline time: the receive time of the newest frame, nanoseconds."""
        self.maintenance = Maintenance()
        self.markets: dict[MarketId, Market] = {}
        self.intakes: dict[str, Intake] = {}
        """By feed name: the markets of a feed, and what became of its frames."""
        self._metrics: dict[MarketId, list[Metric]] = {}
        self._next_sample = 0
        self._shared: list[Metric] = []
        for spec in configured(config):
            self._add(spec)
        self._measure_all()
        self.alerts = Alerts(config.alerts)
        self.objectives = Objectives(config.slo, self.maintenance)
        for metrics in self._groups():
            self.alerts.watch(metrics)
            self.objectives.watch(metrics)

    def reconfigure(self, config: Config, now: int) -> Sequence[MarketId]:
        """Go on under another configuration; the markets that it adds, changes or takes away.

        All others keep their books, and their baselines and alerts as far as these are the same.
        """
        self.advance(now)
        wanted = {spec.id: spec for spec in configured(config)}
        before = self.markets
        gone = [market for market in before.values() if wanted.get(market.id) != market.spec]
        self.config = config
        for market in gone:
            self._remove(market)
        added = [spec for spec in wanted.values() if spec.id not in self.markets]
        for spec in added:
            self._add(spec)
        self.markets = {name: self.markets[name] for name in wanted}
        self._measure_all()
        for market in self.markets.values():
            for watcher in market.watchers:  # those that are new know nothing of the book yet
                watcher.update(self.now)
        changes = self.alerts.reconfigure(config.alerts, self._groups(), self.now)
        self.objectives.reconfigure(config.slo, self._groups())
        self._observer.stepped(self.now, changes)
        return sorted({market.id for market in gone} | {spec.id for spec in added})

    def ingest(
        self,
        feed: Feed,
        data: bytes,
        received: int,
        *,
        url: SplitResult | None = None,
        symbol: str | None = None,
        polled: bool = False,
    ) -> Sequence[Notice]:
        """Something received then: a WebSocket frame, or REST's answer to `url`.

        `symbol` is whose it is if it cannot say so itself; `polled` says that a book in it is to be
        shown while its stream is down, not one to synchronise with. Returns what it says about the
        connection.
        """
        self.advance(received)
        received = self.now  # never before what was already sampled
        intake = self._intake(feed)
        counts = intake.frames if url is None else intake.answers
        try:
            if url is None:
                events = feed.decode(data, received)
            else:
                events = feed.decode_rest(url, data, received, symbol)
        except DecodeError as error:
            counts["refused"] += 1
            intake.refuse(error.symbol or symbol)
            self._observer.refused(feed.name, received, str(error))
            return ()
        counts[result(events)] += 1
        polled = polled or (url is not None and feed.snapshot_on_stream)
        return self._apply(intake, events, len(data), polled=polled)

    def disconnect(
        self, feed: Feed, symbols: Iterable[str], streams: Collection[Stream], now: int
    ) -> None:
        """The connection that carried these streams of these symbols broke."""
        self.advance(now)
        for market in self._of(feed, symbols):
            market.disconnect(self.now, streams)

    def rejoin(self, feed: Feed, symbols: Iterable[str], streams: Collection[Stream]) -> None:
        """These streams go on over another connection."""
        if Stream.BOOK in streams:
            for market in self._of(feed, symbols):
                market.sync.rejoin()

    def drop(self, feed: Feed) -> None:
        """A frame had to be thrown away unread: the sequence of its book will show the gap."""
        self._intake(feed).frames["dropped"] += 1

    def advance(self, now: int) -> None:
        """Time has come to `now`: every whole second up to it is sampled first."""
        if now <= self.now:
            return
        if now < self._next_sample:
            self.now = now
            return
        second = self._next_sample or -(-now // NANOSECONDS) * NANOSECONDS
        while second <= now:
            if second - self.now > _IDLE:
                second = max(second, now // NANOSECONDS * NANOSECONDS)
            self._sample(second)
            second += NANOSECONDS
        self._next_sample = second
        self.now = now

    def _sample(self, second: int) -> None:
        for metrics in self._metrics.values():
            for metric in metrics:
                metric.sample(second)
        for metric in self._shared:
            metric.sample(second)
        self._observer.stepped(second, self.alerts.step(second))
        self.objectives.step(second)

    def metrics_of(self, exchange: str, instrument: str) -> Sequence[Metric]:
        """The metrics of a market, in the order of the table; none of one that has gone."""
        return self._metrics.get(MarketId(exchange, instrument), ())

    def readings(self) -> Iterator[Reading]:
        """Everything known now, market by market."""
        for market in self.markets.values():
            yield from self.market_readings(market)
        yield from self.shared_readings()

    def market_readings(self, market: Market) -> Iterator[Reading]:
        """What is known now of one market."""
        for metric in self.metrics_of(*market.id):
            yield from metric.readings(self.now)
        yield from maintenance.of_market(self.maintenance, market.id, self.now)
        yield from self.alerts.readings(market.id)
        yield from self.objectives.readings(market.id)

    def shared_readings(self) -> Iterator[Reading]:
        """What is known now of instruments over exchanges."""
        for metric in self._shared:
            yield from metric.readings(self.now)
        yield from maintenance.of_all(self.maintenance, self.config.maintenance)
        yield from self.alerts.described()
        yield from self.objectives.described()
        yield from frames.readings(self.intakes.values())
        yield from links.described(self.config.urls)

    def _apply(
        self, intake: Intake, events: Iterable[Event], size: int, *, polled: bool
    ) -> Sequence[Notice]:
        notices: list[Notice] = []
        for event in events:
            if isinstance(event, Notice):
                notices.append(event)
            elif isinstance(event, Listing):
                intake.list(event)
            elif polled:
                for market in self._concerned(intake, event):
                    market.on_poll(event)
            else:
                for market in self._concerned(intake, event):
                    market.on(event, size)
            size = 0  # the bytes of a frame count once
        return notices

    def _of(self, feed: Feed, symbols: Iterable[str]) -> Iterator[Market]:
        markets = self._intake(feed).markets
        return (markets[symbol] for symbol in symbols if symbol in markets)

    def _concerned(self, intake: Intake, event: Event) -> Sequence[Market]:
        """Whose event this is: its symbol's, or all perpetuals that share an index."""
        if isinstance(event, Ticker) and event.stream is Stream.INDEX:
            perpetuals = intake.index_of(event)
            if perpetuals is not None:
                return perpetuals
        market = intake.markets.get(event.symbol) or self._found(intake, event.symbol)
        return () if market is None else (market,)

    def _found(self, intake: Intake, symbol: str) -> Market | None:
        """The market of a symbol that nobody configured, where such are taken."""
        if not self._discover or len(self.markets) >= _MOST_MARKETS:
            return None
        market = self._add(unconfigured(self.config, intake.feed, symbol))
        self._measure(market)
        self.alerts.watch(self._metrics[market.id])
        self.objectives.watch(self._metrics[market.id])
        return market

    def _intake(self, feed: Feed) -> Intake:
        intake = self.intakes.get(feed.name)
        if intake is None:
            intake = self.intakes[feed.name] = Intake(feed)
        return intake

    def _add(self, spec: MarketSpec) -> Market:
        settings = self.config.features.feed
        market = Market(
            spec,
            [float(bound) for bound in settings.latency_buckets_seconds],
            settings.clock_skew_window_seconds,
            self._observer,
        )
        self.markets[spec.id] = market
        self._intake(spec.feed).add(market)
        return market

    def _remove(self, market: Market) -> None:
        del self.markets[market.id]
        self._intake(market.spec.feed).remove(market)
        for metric in self._metrics.pop(market.id):
            metric.retire()

    def _groups(self) -> Iterable[Sequence[Metric]]:
        """All metrics: those of each market, then those over exchanges."""
        return (*self._metrics.values(), self._shared)

    def _measure_all(self) -> None:
        """Give every market its metrics; those that fit go on."""
        before, self._metrics = self._metrics, {}
        for name, market in self.markets.items():
            market.spot = self._spot_of(market)
            self._measure(market, before.get(name, ()))
        for metric in self._shared:
            metric.retire()
        self._shared = list(self._instrument_metrics())

    def _measure(self, market: Market, before: Iterable[Metric] = ()) -> None:
        features = self.config.features
        wanted = [
            metric
            for metric in MARKET_METRICS
            if metric.applies(market) and features.switched_on(metric.switch)
        ]
        kept: dict[type[Metric], Metric] = {}
        for metric in before:
            if type(metric) in wanted and metric.fits(features):
                kept[type(metric)] = metric
            else:
                metric.retire()
        self._metrics[market.id] = [kept.get(one) or one(market, features) for one in wanted]

    def _instrument_metrics(self) -> Iterator[Metric]:
        features = self.config.features
        for instrument in self.config.instruments.instruments:
            markets = sorted(
                (m for m in self.markets.values() if m.id.instrument == instrument),
                key=lambda market: market.id.exchange,
            )
            for metric in INSTRUMENT_METRICS:
                if metric.applies(markets) and features.switched_on(metric.switch):
                    yield metric(instrument, markets, features)

    def _spot_of(self, market: Market) -> Market | None:
        if market.spec.kind != "PERP":
            return None
        instrument = market.id.instrument.removesuffix("PERP") + "SPOT"
        return self.markets.get(MarketId(market.id.exchange, instrument))
