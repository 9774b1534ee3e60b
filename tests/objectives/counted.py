"""Objectives on signals that a test sets: the shipped file, and what was counted."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from exporter.config.slo import SloFile
from exporter.families import Histogram, Reading
from exporter.markets.maintenance import Maintenance
from exporter.model import NANOSECONDS, MarketId, Target
from exporter.objectives.objectives import Objectives
from tests.alerts.rig import OKX_PERP, PERP, START, Dial, Shown
from tests.shared import shipped

COUNTS = ("observed", "good", "excluded")
DIALS = [
    (signal, target) for target in (PERP, OKX_PERP) for signal in ("spread_bps", "depth_quote")
]

Tallied = tuple[str, str]
"""Exchange and objective."""


class Count(NamedTuple):
    """Seconds of one objective of one market."""

    observed: int
    good: int
    excluded: int = 0


def objective(**changes: object) -> dict[str, object]:
    """One on the spread, up to 3 bps, as it is written."""
    words = {"family": "spread", "signal": "spread_bps", "good": "<=", "target_percent": 99.5}
    return {**words, "limits": {"other": 3}} | changes


def file(**objectives: Mapping[str, object]) -> SloFile:
    """A `slo.yaml` with these objectives."""
    return SloFile.model_validate({"objectives": objectives})


class Rig:
    """Objectives over dials, those of `DIALS` unless told; `now` is the last second stepped."""

    def __init__(
        self, slo: SloFile | None = None, dials: Iterable[tuple[str, Target]] = DIALS
    ) -> None:
        self.maintenance = Maintenance()
        self.dials = {
            (dial.target.exchange, dial.signal): dial for dial in (Dial(*d) for d in dials)
        }
        self.slo = slo or shipped().slo
        self.now = START
        self.restart()

    def restart(self) -> None:
        """All that was counted is forgotten."""
        self.objectives = Objectives(self.slo, self.maintenance)
        self.objectives.watch(list(self.dials.values()))

    def step(self, *shown: Shown) -> None:
        """The next second, in which the dials show these, in their order."""
        self.show(*shown)
        self.now += 1
        self.count_second()

    def show(self, *shown: Shown) -> None:
        """The dials show these from now on, in their order."""
        for dial, one in zip(self.dials.values(), shown, strict=True):
            dial.set(one)

    def count_second(self) -> None:
        """The objectives step through the second that is now."""
        self.objectives.step(self.now * NANOSECONDS)

    def run(self, shown: Iterable[Shown]) -> None:
        """A second for each of these on the only dial."""
        for one in shown:
            self.step(one)

    def count(self, name: str, exchange: str = "binance") -> Count:
        """What was counted of an objective of the perpetual of an exchange."""
        return self.counts()[exchange, name]

    def counts(self) -> dict[Tallied, Count]:
        """What was counted, as the page reads it."""
        found: dict[Tallied, dict[str, int]] = {}
        for series, value in self.readings():
            kind = series.family.name.removeprefix("market_slo_").removesuffix("_seconds_total")
            if kind in COUNTS:
                exchange, _, name, _ = series.values
                assert isinstance(value, int)
                found.setdefault((exchange, name), {})[kind] = value
        return {key: Count(**counts) for key, counts in found.items()}

    def readings(self) -> Iterable[Reading]:
        """What all markets read."""
        for exchange in ("binance", "okx"):
            for kind in ("PERP", "SPOT"):
                yield from self.objectives.readings(MarketId(exchange, f"BTC-USDT-{kind}"))


def number(readings: Iterable[Reading], family: str, *labels: str) -> Fraction:
    """What the one series of a family with these labels reads."""
    (value,) = (v for s, v in readings if (s.family.name, *s.values) == (family, *labels))
    assert not isinstance(value, Histogram)
    return Fraction(value)
