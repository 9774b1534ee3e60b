"""Time in breach and time by spread, against a sum over every nanosecond span by hand."""

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.families import Histogram
from exporter.model import MILLISECOND, NANOSECONDS, GapReason
from tests.books import World

PERP, SPOT = "binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"
LIMIT = 5 * NANOSECONDS

spans = st.integers(0, 8 * NANOSECONDS)
tops = st.one_of(
    st.none(),
    st.tuples(st.integers(9_990, 10_000), st.integers(10_000, 10_030)),
)
steps = st.lists(st.tuples(spans, tops, st.booleans()), max_size=25)


@dataclass
class ByHand:
    """Known spans and the exact spread in each."""

    spans: list[tuple[int, Fraction]]

    def observed(self) -> int:
        return sum(span for span, _ in self.spans)

    def beyond(self, limit: Fraction) -> int:
        return sum(span for span, spread in self.spans if spread > limit)

    def up_to(self, bound: Fraction) -> int:
        return sum(span for span, spread in self.spans if spread <= bound)


def walk(world: World, moves: list[tuple[int, tuple[int, int] | None, bool]]) -> ByHand:
    """Let time pass and the book change or be lost; a scrape where the flag says so."""
    known: list[tuple[int, Fraction]] = []
    spread: Fraction | None = None
    heard = world.now
    for span, top, scrape in moves:
        if spread is not None:
            fresh = max(0, min(world.now + span, heard + LIMIT) - world.now)
            known.append((fresh, spread))
        world.later(span / NANOSECONDS)
        if scrape:
            world.readings(PERP)
        if top is None:
            world.market(PERP).lose(world.now, GapReason.DISCONNECT)
            spread = None
        else:
            bid, ask = top
            world.top(PERP, str(bid), str(ask))
            spread, heard = Fraction(20_000 * (ask - bid), ask + bid), world.now
    return ByHand(known)


@settings(deadline=None)
@given(steps)
def test_no_span_is_lost_or_counted_twice_whenever_scrapes_come(
    moves: list[tuple[int, tuple[int, int] | None, bool]],
) -> None:
    moves = [(span // 1000 * 1000, top, scrape) for span, top, scrape in moves]
    world = World()
    expected = walk(world, moves)
    readings = world.readings(PERP)
    assert readings["market_spread_observed_seconds_total",] == expected.observed() / NANOSECONDS
    for limit in ("2", "3", "5", "10", "20"):
        value = readings["market_spread_beyond_seconds_total", limit]
        assert value == expected.beyond(Fraction(limit)) / NANOSECONDS
    histogram = readings.get(("market_spread_time_weighted_bps",))
    if histogram is not None:
        assert isinstance(histogram, Histogram)
        for bound, count in zip(histogram.bounds, histogram.cumulative, strict=False):
            assert count == expected.up_to(Fraction(str(bound))) // MILLISECOND
        assert histogram.cumulative[-1] == expected.observed() // MILLISECOND


@settings(deadline=None)
@given(steps)
def test_what_is_read_never_depends_on_earlier_scrapes(
    moves: list[tuple[int, tuple[int, int] | None, bool]],
) -> None:
    often, never = World(), World()
    walk(often, [(span, top, True) for span, top, _ in moves])
    walk(never, [(span, top, False) for span, top, _ in moves])
    assert often.readings(PERP) == never.readings(PERP)


def test_a_spike_of_200_ms_between_two_scrapes_is_kept() -> None:
    world = World()
    world.top(PERP, "9999", "10001")
    world.later(1)
    before = world.readings(PERP)["market_spread_beyond_seconds_total", "10"]
    world.top(PERP, "9980", "10020")
    world.later(0.2)
    world.top(PERP, "9999", "10001")
    world.later(1)
    after = world.readings(PERP)["market_spread_beyond_seconds_total", "10"]
    assert (before, after) == (0, 0.2)


def test_remainders_of_milliseconds_are_carried() -> None:
    world = World()
    for _ in range(1000):
        world.top(PERP, "9999", "10001")
        world.later(0.0004)
        world.top(PERP, "9998", "10002")
        world.later(0.0004)
    histogram = world.readings(PERP)["market_spread_time_weighted_bps",]
    assert isinstance(histogram, Histogram)
    counts = dict(zip(histogram.bounds, histogram.cumulative, strict=False))
    assert (counts[2.0], counts[5.0]) == (400, 800)


def test_time_of_basis_beyond_a_limit_ends_when_a_leg_goes_stale() -> None:
    world = World()
    world.top(SPOT, "9999", "10001")
    world.top(PERP, "10014", "10016")  # 15 bps
    for _ in range(9):
        world.later(1)
        world.top(PERP, "10014", "10016")
    readings = world.readings(PERP)
    assert readings["market_basis_observed_seconds_total",] == 5
    assert readings["market_basis_beyond_seconds_total", "10"] == 5
    assert readings["market_basis_beyond_seconds_total", "15"] == 0
    world.top(SPOT, "9999", "10001")
    world.later(2)
    assert world.readings(PERP)["market_basis_observed_seconds_total",] == 7


def test_a_basis_below_zero_counts_as_beyond_too() -> None:
    world = World()
    world.top(SPOT, "9999", "10001")
    world.top(PERP, "9978", "9980")  # -21 bps
    world.later(1)
    readings = world.readings(PERP)
    assert readings["market_basis_beyond_seconds_total", "20"] == 1
    assert readings["market_basis_beyond_seconds_total", "25"] == 0
