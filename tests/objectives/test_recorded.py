"""Real messages: what is counted of them, against a count of every second made apart."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from exporter.markets.market import Market
from exporter.model import MarketId
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.recordings.recording import survey
from exporter.recordings.replay import Replay
from exporter.transition import Transition
from tests.changes import changed, put
from tests.objectives.counted import number
from tests.shared import recording

FILE = "hftbacktest/spot__btcusdt_20240808.gz"
SPOT = MarketId("binance", "BTC-USDT-SPOT")
LIMIT = Fraction(2, 1000)
"""Just above the spread of one price step, so that some seconds are good and some are not."""


class Second(Observer):
    """Reads a book at each whole second, as anybody could from the page."""

    def __init__(self) -> None:
        self.market: Market | None = None
        self.counts: Counter[str] = Counter()

    def stepped(self, now: int, changes: Sequence[Transition]) -> None:
        top = None if self.market is None else self.market.top(now)
        if top is not None:
            spread = Fraction(20_000 * (top.ask - top.bid), top.ask + top.bid)
            self.counts["observed"] += 1
            self.counts["good"] += spread <= LIMIT


def test_the_seconds_of_a_recording_are_those_that_are_counted_apart(tmp_path: Path) -> None:
    limits = {"BTC-USDT-SPOT": float(LIMIT)}
    config = changed(tmp_path, put("slo/objectives/spread/limits", limits))
    second = Second()
    pipeline = Pipeline(config, observer=second)
    second.market = pipeline.markets[SPOT]
    asyncio.run(Replay(pipeline, [survey(recording(FILE))]).run())
    readings = list(pipeline.market_readings(pipeline.markets[SPOT]))
    for kind in ("observed", "good"):
        family = f"market_slo_{kind}_seconds_total"
        counted = number(readings, family, *SPOT, "spread", "spread")
        assert counted == second.counts[kind]
    assert 300 < second.counts["good"] < second.counts["observed"]
