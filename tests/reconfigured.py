"""A pipeline whose configuration changes while it runs: four calm markets, and rules on them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from exporter.alerts.alert import Alert
from exporter.alerts.watch import Watch
from exporter.config import Config
from exporter.families import Histogram
from exporter.model import MarketId, Target
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.transition import Transition
from tests.books import World
from tests.changes import Change, changed, put

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
SWAP, OKX_SPOT = "okx/BTC-USDT-PERP", "okx/BTC-USDT-SPOT"
EVERY = (PERP, SPOT, SWAP, OKX_SPOT)
CALM = 12
"""Seconds after which baselines are warm."""


def rule(signal: str = "spread_bps", **changes: object) -> dict[str, object]:
    """A rule as it is written."""
    words = {"family": "spread", "severity": "warning", "priority": "P2", "condition": ">"}
    return {**words, "signal": signal, "thresholds": {"other": 20}} | changes


RULES: dict[str, Any] = {
    "baseline": {"window_samples": 20, "warmup_samples": 5, "freeze_limit_seconds": 60},
    "timing": {"no_data_after_seconds": 30, "escalate_after_seconds": 100},
    "alerts": {
        "wide": rule(z=2),
        "lasting": rule(persistence_seconds=10),
        "apart": rule("basis_bps", family="basis", condition="absolute", z=2),
        "thin": rule(
            "depth_quote",
            family="depth",
            condition="<",
            side="total",
            band_bps=25,
            thresholds={"other": 10},
        ),
    },
}


SLO: dict[str, Any] = {
    "objectives": {
        "narrow": {
            "family": "spread",
            "signal": "spread_bps",
            "good": "<=",
            "target_percent": 99,
            "limits": {"other": 20},
        },
        "deep": {
            "family": "depth",
            "signal": "depth_quote",
            "side": "total",
            "band_bps": 25,
            "good": ">=",
            "target_percent": 99,
            "limits": {"other": 10},
        },
    },
}
BASE: tuple[Change, ...] = (put("alerts", RULES), put("slo", SLO))
"""The rules and objectives of all of these."""

OBSERVED = "market_spread_observed_seconds_total"
INSTRUMENTS = "instruments/instruments"
ETH: Change = put(f"{INSTRUMENTS}/ETH-USDT-SPOT", {"symbols": {"okx": "ETH-USDT"}})
NO_SPOT: Change = put(f"{INSTRUMENTS}/BTC-USDT-SPOT/symbols/binance", None)
NO_OKX: Change = put("exchanges/exchanges/okx/enabled", value=False)
BANDS: Change = put("features/depth/bands_bps", [25, 50])
LIMITS: Change = put("features/spread/limits_bps", [1, 7])

CHANGES: dict[str, tuple[Change, ...]] = {
    "nothing": (),
    "an instrument more": (ETH,),
    "a spot market less": (NO_SPOT,),
    "an exchange less": (NO_OKX,),
    "another symbol": (put(f"{INSTRUMENTS}/BTC-USDT-PERP/symbols/binance", "BTCUSDC"),),
    "other bands": (BANDS,),
    "other limits": (LIMITS,),
    "metrics off": (
        put("features/metrics", {"basis": False, "cross_exchange": False}),
        put("alerts/alerts/apart/enabled", value=False),
    ),
    "a rule less": (put("alerts/alerts/wide", None),),
    "a rule more": (put("alerts/alerts/gap", rule("gap_seconds", family="feed")),),
    "no alerts": (put("alerts/alerts", {}),),
    "an objective less": (put("slo/objectives/deep", None),),
    "no objectives": (put("slo", {}),),
}
"""What an operator may change, each for itself."""


class Heard(Observer):
    """Every transition."""

    def __init__(self) -> None:
        self.log: list[Transition] = []

    def transitions(self, changes: Sequence[Transition]) -> None:
        self.log += changes


class House(World):
    """The four markets under `RULES` and further changes; their spread is 2 bps in calm times."""

    def __init__(self, folder: Path, *changes: Change) -> None:
        self.folder = folder
        self.heard = Heard()
        super().__init__(Pipeline(self._config(*changes), observer=self.heard))

    def reload(self, *changes: Change) -> list[str]:
        """The configuration is `RULES` and these changes now; the markets that it touched."""
        touched = self.pipeline.reconfigure(self._config(*changes), self.now)
        return [str(market) for market in touched]

    def seconds(self, count: int, **halves: float) -> None:
        """So many seconds of books; half a spread in bps by market name in words, calm else."""
        for turn in range(count):
            for market in self.pipeline.markets:
                self.quote(str(market), halves.get(_word(market), 1 + turn % 3 / 50))
            self.later(1)

    def quote(self, market: str, half: float) -> None:
        """A book around 100 with so many bps on either side."""
        self.top(market, f"{100 - half / 100:.6f}", f"{100 + half / 100:.6f}")

    def alert(self, name: str, market: str = PERP) -> Alert:
        """An alert of a market."""
        target = Target(*market.split("/"))
        return next(a for a in self.pipeline.alerts if (a.rule.id, a.target) == (name, target))

    def watch(self, signal: str = "spread_bps", market: str = PERP) -> Watch:
        """A signal of a market under watch."""
        target = Target(*market.split("/"))
        return next(
            watch
            for gauge, watch in self.pipeline.alerts.watches
            if (gauge.target, watch.signal.name) == (target, signal)
        )

    def normal(self, signal: str = "spread_bps", market: str = PERP) -> list[int]:
        """The samples of a baseline."""
        baseline = self.watch(signal, market).baseline
        assert baseline is not None
        return list(baseline.state().ring)

    def told(self) -> list[tuple[str, str, str, str]]:
        """Alert, market, state and reason of the transitions since it was last asked."""
        log, self.heard.log = self.heard.log, []
        return [(t.alert, f"{t.target[0]}/{t.target[1]}", t.after, t.reason) for t in log]

    def number(self, market: str, *series: str) -> Fraction | None:
        """What a market reads, by family and the labels after its name; None where it is absent."""
        value = self.readings(market).get(series)
        assert not isinstance(value, Histogram)
        return None if value is None else Fraction(value)

    def series(self) -> list[str]:
        """All series, in the order of the page."""
        return [series.prefix for series, _ in self.pipeline.readings()]

    def _config(self, *changes: Change) -> Config:
        return changed(self.folder, *BASE, *changes)


def _word(market: MarketId) -> str:
    """`binance_perp`."""
    return f"{market.exchange}_{market.instrument.rpartition('-')[2].lower()}"
