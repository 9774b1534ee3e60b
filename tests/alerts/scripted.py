"""Alerts on signals that a test dictates, second by second."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache

from exporter.alerts.alerts import Alerts
from exporter.config.alerts import AlertsFile
from exporter.families import Reading
from exporter.markets.market import Market
from exporter.metrics.metric import Metric
from exporter.metrics.sample import Gauge, Sample
from exporter.model import NANOSECONDS, Target
from exporter.signals import SignalKey
from exporter.transition import Transition
from tests.books import START, World

PERP = Target("binance", "BTC-USDT-PERP")
PAIR = Target("binance", "BTC-USDT-PERP", "okx")

Row = Mapping[Target, Fraction | None]
"""What each target reads at one second; a target that is left out has no data."""


def rule(signal: str = "spread_bps", **changes: object) -> dict[str, object]:
    """A rule as it is written."""
    words = {"family": "spread", "severity": "warning", "priority": "P2", "condition": ">"}
    return {**words, "signal": signal, "thresholds": {"other": 3}} | changes


RULES: Mapping[str, Mapping[str, object]] = {
    "warning": rule(z=2, persistence_seconds=10),
    "critical": rule(z=3, persistence_seconds=4, severity="critical", thresholds={"other": 6}),
    "ceiling": rule(persistence_seconds=3, priority="P1", thresholds={"other": 12}),
    "apart": rule("exchange_divergence_bps", family="cross_exchange", condition="absolute"),
}


def file(rules: Mapping[str, Mapping[str, object]] = RULES) -> AlertsFile:
    """An `alerts.yaml` with small sizes: 5 samples warm a baseline up, 30 s without data end."""
    return AlertsFile.model_validate(
        {
            "baseline": {
                "window_samples": 20,
                "warmup_samples": 5,
                "reset_after_seconds": 5,
                "freeze_limit_seconds": 60,
            },
            "timing": {"no_data_after_seconds": 30, "escalate_after_seconds": 15},
            "alerts": rules,
        }
    )


@cache
def a_market() -> Market:
    """A market, for rules that do not ask it anything."""
    return World().market("binance/BTC-USDT-PERP")


class Script(Metric):
    """Gives the spread of a market and the divergence of a pair, as `row` says at that second."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = tuple(targets)
        self.row: Row = {}
        self._market = a_market()

    def gauges(self, key: SignalKey) -> Iterator[Gauge]:
        name = {"spread_bps": "", "exchange_divergence_bps": "okx"}.get(key.name)
        for target in self.targets:
            if target.other == name:
                yield Gauge(target, self._market, lambda now, t=target: self._read(t))  # type: ignore[misc]

    def readings(self, now: int) -> Iterator[Reading]:
        yield from ()

    def _read(self, target: Target) -> Sample:
        value = self.row.get(target)
        return Sample(None, "gap") if value is None else Sample(value)


class Scene:
    """Alerts and the script that they read; `now` is the last second that was stepped."""

    def __init__(
        self, configured: AlertsFile | None = None, targets: Iterable[Target] = (PERP, PAIR)
    ) -> None:
        self.script = Script(targets)
        self.alerts = Alerts(configured or file())
        self.alerts.watch([self.script])
        self.now = START

    def step(self, row: Row) -> Sequence[Transition]:
        """The next second."""
        self.script.row = row
        self.now += NANOSECONDS
        return self.alerts.step(self.now)

    def play(self, rows: Iterable[Row]) -> list[Transition]:
        """Many seconds."""
        return [change for row in rows for change in self.step(row)]


def spreads(*values: float | None) -> list[Row]:
    """Rows in which only the spread is known."""
    return [{PERP: None if value is None else Fraction(str(value))} for value in values]


QUIET = spreads(*(1 + index % 3 / 10 for index in range(12)))
"""Twelve seconds in which nothing happens, which warm a baseline up."""
