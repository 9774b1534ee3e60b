"""What a metric is to the pipeline: its families, what it samples, what it reads at a scrape."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import ClassVar

from exporter.config.features import Features
from exporter.families import Family, Reading
from exporter.markets.market import Market
from exporter.metrics.sample import Gauge
from exporter.model import NANOSECONDS
from exporter.signals import SignalKey

MARKET = ("exchange", "instrument")
"""The labels that name a market."""


class Metric(ABC):
    """One metric of one market or instrument.

    `families` are all that it may put on the page, `switch` its key under `metrics` in
    features.yaml ("" for what cannot be switched off).
    """

    families: ClassVar[tuple[Family, ...]]
    switch: ClassVar[str] = ""

    def sample(self, now: int) -> None:  # noqa: B027 - most have no window
        """A whole second `now` has been reached; windows move on here and nowhere else."""

    def retire(self) -> None:  # noqa: B027 - most are told nothing
        """The metric is no longer wanted: whatever tells it of changes must stop."""

    def fits(self, features: Features) -> bool:
        """Whether it is still what would be made under these features."""
        return False

    def gauges(self, key: SignalKey) -> Iterable[Gauge]:
        """Where this signal is read; nothing where this metric does not give it."""
        return ()

    @abstractmethod
    def readings(self, now: int) -> Iterator[Reading]:
        """What is known at `now`; nothing is yielded for what is not."""


class MarketMetric(Metric):
    """A metric of one market."""

    def __init__(self, market: Market, features: Features) -> None:
        self.market = market
        self.features = features

    @classmethod
    def applies(cls, market: Market) -> bool:
        """Whether the metric has a meaning for this market."""
        return True

    def fits(self, features: Features) -> bool:
        return bool(self._parameters(features) == self._parameters(self.features))

    def _parameters(self, features: Features) -> object:
        """The section of its switch; None where it has none."""
        return getattr(features, self.switch, None)


class InstrumentMetric(Metric):
    """A metric of one instrument over its markets, which are sorted by exchange."""

    def __init__(self, instrument: str, markets: Sequence[Market], features: Features) -> None:
        self.instrument = instrument
        self.markets = markets
        self.features = features

    @classmethod
    def applies(cls, markets: Sequence[Market]) -> bool:
        """Whether the metric has a meaning for an instrument with these markets."""
        return len(markets) > 1


def number(value: Decimal) -> str:
    """A configured number as a label value: `10`, `2.5`."""
    return f"{value.normalize():f}"


def in_seconds(nanoseconds: int) -> float:
    """Nanoseconds as seconds, for the page."""
    return nanoseconds / NANOSECONDS
