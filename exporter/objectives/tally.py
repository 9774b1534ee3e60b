"""The seconds of one objective of one market. Pure and exact."""

from collections.abc import Iterator
from fractions import Fraction

from exporter.config.slo import Objective
from exporter.families import Family, Reading
from exporter.metrics.metric import MARKET
from exporter.metrics.sample import Gauge, Sample
from exporter.signals import SIGNALS, SignalKey

OBJECTIVE = (*MARKET, "objective", "family")

_OBSERVED = Family(
    "market_slo_observed_seconds_total",
    "counter",
    OBJECTIVE,
    "seconds",
    "Whole seconds in which it was known whether the market meets the objective.",
)
_GOOD = Family(
    "market_slo_good_seconds_total",
    "counter",
    OBJECTIVE,
    "seconds",
    "Whole seconds of those observed in which the market met the objective.",
)
_EXCLUDED = Family(
    "market_slo_excluded_seconds_total",
    "counter",
    OBJECTIVE,
    "seconds",
    "Whole seconds that count neither as observed nor as missed: the market was in planned "
    "maintenance, or does not trade by the exchange's own list.",
)
_TARGET = Family(
    "market_slo_target_ratio",
    "gauge",
    OBJECTIVE,
    "",
    "The share of its seconds in which the market is to meet the objective.",
)
_LIMIT = Family(
    "market_slo_limit",
    "gauge",
    (*OBJECTIVE, "good", "unit"),
    "",
    "The limit of the objective for this market, in the unit of its signal, and on which side of "
    "it the signal is good.",
)
FAMILIES = (_OBSERVED, _GOOD, _EXCLUDED, _TARGET, _LIMIT)


class Tally:
    """What was counted of one objective of one market, in whole seconds, and how it is read.

    Raises LookupError for an instrument to which the objective does not apply.
    """

    def __init__(self, name: str, objective: Objective, gauge: Gauge) -> None:
        limit = objective.limit(gauge.target.instrument)
        if limit is None:
            raise LookupError(f"{name} has no limit for {gauge.target}")
        self.name = name
        self.objective = objective
        self.observed = self.good = self.excluded = 0
        self._gauge = gauge
        self._limit = Fraction(limit)
        labels = (*gauge.market.id, name, objective.family)
        self._counts = [family.series(*labels) for family in (_OBSERVED, _GOOD, _EXCLUDED)]
        self._target = _TARGET.series(*labels)
        self._shown = _LIMIT.series(*labels, objective.good, SIGNALS[objective.signal].unit)

    @property
    def identity(self) -> tuple[str, SignalKey, tuple[str, ...]]:
        """What makes it the same under another configuration, whatever limit and target."""
        market = self._gauge.market
        return self.name, self.objective.key, (*market.id, market.spec.symbol)

    def succeed(self, other: "Tally") -> None:
        """Go on where the same objective was under another configuration."""
        self.observed, self.good, self.excluded = other.observed, other.good, other.excluded

    def step(self, now: int, *, maintained: bool) -> None:
        """The whole second `now`; `maintained`: the market is in planned maintenance."""
        if maintained or self._gauge.market.trading is False:
            self.excluded += 1
            return
        bad = self._bad(self._gauge.read(now))
        if bad is not None:
            self.observed += 1
            self.good += not bad

    def readings(self) -> Iterator[Reading]:
        """What is known of it now."""
        counts = (self.observed, self.good, self.excluded)
        yield from zip(self._counts, counts, strict=True)
        yield self._target, Fraction(self.objective.target_percent) / 100
        yield self._shown, self._limit

    def _bad(self, sample: Sample) -> bool | None:
        """Whether a sample lies beyond the limit; None where that is not known."""
        if sample.value is None:
            return None
        if sample.bound:
            return self.objective.bad.met_from_below(sample.value, self._limit)
        return self.objective.bad.met(sample.value, self._limit)
