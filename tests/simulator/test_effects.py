"""What each market incident does while it lasts, how it ends, and what it leaves alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from exporter.simulator.market import Best, Change, Happening
from exporter.simulator.symbols import symbols
from exporter.simulator.world import World
from tests.simulator.test_world import KEYS, START, Key, bps, depth, mid, spread

PERP, SPOT = ("binance", "BTC-USDT-PERP"), ("binance", "BTC-USDT-SPOT")
OKX_PERP, OKX_SPOT = ("okx", "BTC-USDT-PERP"), ("okx", "BTC-USDT-SPOT")
CALM_SECONDS = 4


@dataclass
class Scene:
    """A world with an incident and the same world without it, a while after the start."""

    world: World
    calm: World
    now: int

    def incident(
        self, kind: str, place: Key | None = PERP, size: float | None = None, seconds: float = 10
    ) -> None:
        exchange, instrument = place or (None, None)
        self.world.incidents.start(
            kind, self.now, exchange=exchange, instrument=instrument, size=size, seconds=seconds
        )

    def later(self, seconds: float) -> dict[Key, Sequence[Happening]]:
        """Both worlds move on; what happened in the one with the incident, never crossing."""
        self.now += round(1000 * seconds)
        self.calm.step(self.now)
        return dict(self.world.step(self.now))

    def untouched(self, *keys: Key) -> None:
        """These markets are, book for book, what they are without the incident."""
        for key in keys:
            one, other = self.world.markets[key], self.calm.markets[key]
            assert (one.bids, one.asks, one.last) == (other.bids, other.asks, other.last), key

    def mid(self, key: Key) -> float:
        return mid(self.world.markets[key])

    def shift(self, key: Key) -> float:
        """bps between the mid with and without the incident."""
        return bps(self.mid(key), mid(self.calm.markets[key]))

    def depth(self, key: Key) -> float:
        """Depth within 10 bps as a share of what it is without the incident."""
        return depth(self.world.markets[key]) / depth(self.calm.markets[key])

    def mark(self, key: Key) -> float:
        """Mark against index, bps."""
        market = self.world.markets[key]
        assert market.mark is not None
        assert market.index is not None
        return bps(market.mark, market.index)


@pytest.fixture
def scene() -> Scene:
    world, calm = (World(symbols(1), 21, START) for _ in range(2))
    scene = Scene(world, calm, START)
    scene.later(CALM_SECONDS)
    scene.untouched(*KEYS)
    return scene


def ordinary(happened: Sequence[Happening]) -> None:
    """The ids rise, and no best is crossed."""
    numbers = [h.number for h in happened if isinstance(h, Change)]
    assert numbers == sorted(set(numbers))
    assert all(h.bid < h.ask for h in happened if isinstance(h, Best))


def sizes(scene: Scene, key: Key) -> tuple[float, float]:
    """Lots of bids and asks within 25 bps of mid."""
    market = scene.world.markets[key]
    centre = mid(market) / float(market.symbol.tick)
    bids, asks = (
        sum(lots for ticks, lots in side.items() if abs(ticks / centre - 1) < 0.0024)
        for side in (market.bids, market.asks)
    )
    return bids, asks


def test_a_spread_blow_out_empties_the_middle_of_the_book_and_it_refills(scene: Scene) -> None:
    scene.incident("spread-blow-out", size=10)
    for pause in (0.04, 1.96, 4, 3.9):
        ordinary(scene.later(pause)[PERP])
        assert 7.5 < spread(scene.world.markets[PERP]) < 10
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)
    assert abs(scene.shift(PERP)) < 2
    ordinary(scene.later(4)[PERP])
    assert spread(scene.world.markets[PERP]) < 1
    scene.later(20)
    assert scene.depth(PERP) > 0.7


def test_the_reference_spread_that_is_blown_out_depends_on_the_pair() -> None:
    world = World(symbols(3), 4, START)
    world.incidents.start("spread-blow-out", START, instrument=None, size=10)
    world.step(START + 100)
    for base, expected in (("BTC", 8), ("ETH", 15), ("SOL", 30)):
        for exchange in ("binance", "okx"):
            found = spread(world.markets[exchange, f"{base}-USDT-SPOT"])
            assert expected * 0.95 < found < expected * 1.2


def test_a_one_sided_withdrawal_leaves_a_tenth_of_the_bids_and_they_come_back(
    scene: Scene,
) -> None:
    bids, asks = sizes(scene, PERP)
    scene.incident("one-sided-withdrawal")
    ordinary(scene.later(0.04)[PERP])
    fewer_bids, same_asks = sizes(scene, PERP)
    assert fewer_bids / bids == pytest.approx(0.1, abs=0.02)
    assert same_asks / asks == pytest.approx(1, abs=0.05)
    scene.later(9.9)
    assert sizes(scene, PERP)[0] / bids < 0.15
    scene.later(0.1)
    assert sizes(scene, PERP)[0] / bids == pytest.approx(1, abs=0.25)
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)


def test_evaporated_depth_is_gone_on_both_sides_and_comes_back(scene: Scene) -> None:
    scene.incident("depth-evaporation", place=None)
    happened = scene.later(0.04)
    for key in KEYS:
        ordinary(happened[key])
        assert 0.01 < scene.depth(key) < 0.02
    assert depth(scene.world.markets[PERP]) < 200_000
    assert depth(scene.world.markets[SPOT]) < 100_000
    scene.later(9.9)
    assert all(scene.depth(key) < 0.05 for key in KEYS)
    scene.later(0.1)
    assert all(0.75 < scene.depth(key) < 1.33 for key in KEYS)


def test_a_basis_drift_ramps_up_and_goes_back_within_seconds(scene: Scene) -> None:
    scene.incident("basis-drift", size=60, seconds=30)
    found = []
    for _ in range(3):
        ordinary(scene.later(10)[PERP])
        found.append(scene.shift(PERP))
    assert found == pytest.approx([10, 20, 30], abs=1.0)
    assert scene.world.indices == scene.calm.indices
    scene.later(5)
    assert abs(scene.shift(PERP)) < 1
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)


def test_a_basis_step_is_rectangular_and_the_mark_follows_within_30_seconds(scene: Scene) -> None:
    scene.later(30)
    scene.incident("basis-step", size=25, seconds=40)
    ordinary(scene.later(1)[PERP])
    assert scene.shift(PERP) == pytest.approx(25, abs=0.5)
    found = {1: scene.mark(PERP)}
    for second in (10, 18, 31):
        scene.later(second - 1 if second == 10 else second - max(found))
        found[second] = scene.mark(PERP)
    expected = {1: 25 / 30, 10: 25 / 3, 18: 15, 31: 25}
    assert found == pytest.approx(expected, abs=2.5)
    assert scene.shift(PERP) == pytest.approx(25, abs=1)
    assert scene.world.indices == scene.calm.indices
    scene.later(10.5)
    assert scene.shift(PERP) == pytest.approx(0, abs=0.5)
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)


@pytest.mark.parametrize("kind", ["basis-drift", "basis-step", "mark-decoupling"])
def test_spot_is_spared_what_can_only_happen_to_perpetuals(scene: Scene, kind: str) -> None:
    scene.incident(kind, place=None)
    scene.later(5)
    scene.untouched(SPOT, OKX_SPOT)
    assert scene.world.indices == scene.calm.indices


def test_a_decoupled_mark_leaves_within_20_seconds_and_the_books_stay(scene: Scene) -> None:
    scene.later(30)
    scene.incident("mark-decoupling", size=40, seconds=30)
    before = scene.mark(PERP)
    found = []
    for _ in range(3):
        scene.later(9.9)
        found.append(scene.mark(PERP) - before)
    assert found == pytest.approx([19.8, 39.6, 40], abs=2)
    assert abs(scene.mark(OKX_PERP)) < 5
    scene.later(0.5)
    assert abs(scene.mark(PERP)) < 5
    scene.untouched(*KEYS)


def test_an_exchange_is_dislocated_within_a_second_and_comes_back(scene: Scene) -> None:
    scene.incident("exchange-dislocation", place=None, size=1.5)
    happened = scene.later(1.2)
    for key in (OKX_PERP, OKX_SPOT):
        ordinary(happened[key])
        assert scene.shift(key) == pytest.approx(150, abs=1)
        assert spread(scene.world.markets[key]) < 1.5
    scene.untouched(PERP, SPOT)
    scene.later(8)
    assert abs(bps(scene.world.indices["BTC-USDT"], scene.calm.indices["BTC-USDT"])) < 1
    assert all(scene.depth(key) > 0.6 for key in (OKX_PERP, OKX_SPOT))
    happened = scene.later(2)
    for key in (OKX_PERP, OKX_SPOT):
        ordinary(happened[key])
        assert scene.shift(key) == pytest.approx(0, abs=1)
    scene.untouched(PERP, SPOT)


def test_the_exchange_that_is_dislocated_can_be_named(scene: Scene) -> None:
    scene.world.incidents.start("exchange-dislocation", scene.now, exchange="binance", size=1)
    scene.later(2)
    assert scene.shift(PERP) == pytest.approx(100, abs=1)
    assert scene.shift(SPOT) == pytest.approx(100, abs=1)
    scene.untouched(OKX_PERP, OKX_SPOT)


def test_a_crossed_book_stays_crossed_until_it_is_repaired(scene: Scene) -> None:
    scene.incident("crossed-book", size=2)
    first = scene.later(0.02)[PERP]
    assert isinstance(first[-1], Best)
    crossed = [h for _ in range(10) for h in scene.later(0.997)[PERP]]
    bests = [h for h in (first[-1], *crossed) if isinstance(h, Best)]
    assert all(bps(h.bid, h.ask) == pytest.approx(2, abs=0.2) for h in bests)
    numbers = [h.number for h in crossed if isinstance(h, Change)]
    assert len(numbers) > 100
    assert numbers == sorted(set(numbers))
    scene.later(0.03)
    ordinary(scene.later(1)[PERP])
    assert 0 < spread(scene.world.markets[PERP]) < 1
    assert abs(scene.shift(PERP)) < 0.5
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)


def test_a_stopped_incident_ends_at_once(scene: Scene) -> None:
    scene.incident("basis-step", size=25, seconds=600)
    scene.later(2)
    scene.world.incidents.stop()
    scene.later(2)
    assert abs(scene.shift(PERP)) < 0.5


def test_incidents_can_come_together(scene: Scene) -> None:
    for kind in ("depth-evaporation", "spread-blow-out", "basis-drift", "crossed-book"):
        scene.incident(kind, seconds=5)
    scene.incident("exchange-dislocation", seconds=8)
    scene.later(20)
    assert abs(scene.shift(PERP)) < 0.5
    assert spread(scene.world.markets[PERP]) < 1
    assert scene.depth(PERP) > 0.6
    scene.untouched(SPOT, OKX_PERP, OKX_SPOT)


def test_an_enormous_blow_out_and_dislocation_leave_two_sides(scene: Scene) -> None:
    scene.incident("spread-blow-out", size=200, seconds=5)
    scene.incident("exchange-dislocation", size=50, seconds=5)
    ordinary(scene.later(4)[PERP])
    assert spread(scene.world.markets[PERP]) == pytest.approx(160, rel=0.1)
    scene.later(20)
    assert abs(scene.shift(PERP)) < 0.5
    assert spread(scene.world.markets[PERP]) < 1
