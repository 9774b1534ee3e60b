"""The grid of whole seconds: before an event at t every second up to t is sampled, once."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from exporter import pipeline as house
from exporter.families import Family, Reading
from exporter.metrics.metric import MarketMetric
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from tests.books import World
from tests.shared import shipped

PERP = "binance/BTC-USDT-PERP"
SEEN: list[tuple[int, bool]] = []


class Probe(MarketMetric):
    """Notes each sample of one market and whether its book was known then."""

    families: ClassVar[tuple[Family, ...]] = ()

    def sample(self, now: int) -> None:
        if str(self.market.id) == PERP:
            SEEN.append((now, self.market.top(now) is not None))

    def readings(self, now: int) -> Iterator[Reading]:
        yield from ()


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(house, "MARKET_METRICS", (Probe,))
    SEEN.clear()
    return World(Pipeline(shipped()))


def seconds() -> list[int]:
    return [now % (1000 * NANOSECONDS) // NANOSECONDS for now, _ in SEEN]


def test_every_whole_second_is_sampled_once_and_in_order(probed: World) -> None:
    for _ in range(7):
        probed.later(0.5)
    assert seconds() == [0, 1, 2, 3]


def test_a_second_is_sampled_before_what_happens_at_it(probed: World) -> None:
    probed.later(1)
    probed.top(PERP, "99", "101")
    probed.later(1)
    assert [known for _, known in SEEN] == [False, False, True]


def test_time_that_stands_still_or_goes_back_samples_nothing(probed: World) -> None:
    probed.later(2)
    count = len(SEEN)
    probed.pipeline.advance(probed.now)
    probed.pipeline.advance(probed.now - NANOSECONDS)
    assert len(SEEN) == count
    assert probed.pipeline.now == probed.now


def test_years_of_silence_are_not_walked_second_by_second(probed: World) -> None:
    probed.top(PERP, "99", "101")
    probed.later(3 * 365 * 86_400)
    assert 3600 <= len(SEEN) < 4000
    assert SEEN[-1][0] == probed.now


def test_windows_move_at_samples_and_not_at_scrapes() -> None:
    world = World()
    world.top(PERP, "9999", "10001")
    world.later(1)
    world.top(PERP, "9995", "10005")
    world.later(1)
    first = world.readings(PERP)["market_spread_volatility_bps",]
    for _ in range(5):
        assert world.readings(PERP)["market_spread_volatility_bps",] == first
