"""All objectives of all markets: one step a second from samples to counts. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from exporter.config.slo import SloFile
from exporter.families import Family, Reading
from exporter.markets.maintenance import Maintenance
from exporter.metrics.metric import Metric
from exporter.metrics.sample import Gauge
from exporter.model import MarketId
from exporter.objectives import tally
from exporter.objectives.tally import Tally
from exporter.signals import SignalKey

_COVERAGE = Family(
    "market_slo_coverage_target_ratio",
    "gauge",
    (),
    "",
    "The share of the time, planned maintenance aside, in which each objective is to be observed.",
)
FAMILIES = (*tally.FAMILIES, _COVERAGE)


class Objectives:
    """The objectives of a configuration over all markets that they apply to."""

    def __init__(self, configured: SloFile, maintenance: Maintenance) -> None:
        self._maintenance = maintenance
        self._begin(configured)

    def _begin(self, configured: SloFile) -> None:
        self._configured = configured
        self._tallies: dict[MarketId, list[Tally]] = {}

    def reconfigure(self, configured: SloFile, groups: Iterable[Sequence[Metric]]) -> None:
        """Go on under other objectives and over other metrics.

        What is the same objective on the same signal and market goes on counting, whatever its
        limit and target are now. A market with another symbol is another market.
        """
        before = {one.identity: one for one in self}
        self._begin(configured)
        for metrics in groups:
            self.watch(metrics)
        for one in self:
            if (other := before.get(one.identity)) is not None:
                one.succeed(other)

    def watch(self, metrics: Sequence[Metric]) -> None:
        """Count what these metrics give, too."""
        for name, objective in self._configured.objectives.items():
            for gauge in _gauges(metrics, objective.key) if objective.enabled else ():
                if objective.limit(gauge.target.instrument) is not None:
                    tallies = self._tallies.setdefault(gauge.market.id, [])
                    tallies.append(Tally(name, objective, gauge))

    def __iter__(self) -> Iterator[Tally]:
        """All of them, market by market."""
        return (one for tallies in self._tallies.values() for one in tallies)

    def step(self, now: int) -> None:
        """The whole second `now`: every signal is read and counted."""
        for market, tallies in self._tallies.items():
            maintained = self._maintenance.of(market, now) is not None
            for one in tallies:
                one.step(now, maintained=maintained)

    def readings(self, market: MarketId) -> Iterator[Reading]:
        """What is known of the objectives of a market."""
        for one in self._tallies.get(market, ()):
            yield from one.readings()

    def described(self) -> Iterator[Reading]:
        """What is configured for all of them; nothing where there are none."""
        if self._configured.objectives:
            yield _COVERAGE.series(), Fraction(self._configured.coverage.target_percent) / 100


def _gauges(metrics: Iterable[Metric], key: SignalKey) -> Iterator[Gauge]:
    return (gauge for metric in metrics for gauge in metric.gauges(key))
