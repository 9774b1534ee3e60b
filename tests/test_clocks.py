"""Latency and clock skew of a stream."""

from exporter.markets.clocks import SkewClock, StreamClock
from exporter.model import NANOSECONDS


def test_latency_is_counted_in_its_bucket_and_never_below_zero() -> None:
    clock = StreamClock([0.001, 0.01])
    for latency in (-5_000_000_000, 0, 1_000_000, 1_000_001, 10_000_000, 10_000_001):
        clock.stamp(1, 1, latency)
    histogram = clock.latency()
    assert histogram is not None
    assert histogram.cumulative == [3, 5, 6]
    assert histogram.sum == (1_000_000 + 1_000_001 + 10_000_000 + 10_000_001) / NANOSECONDS


def test_a_stream_without_exchange_times_has_no_latency() -> None:
    clock = StreamClock([0.001])
    clock.stamp(1, 10)
    assert (clock.messages, clock.bytes, clock.last, clock.latency()) == (1, 10, 1, None)


def test_skew_is_the_least_offset_of_the_window() -> None:
    clock = SkewClock(60)
    seen = {}
    for second, offset in [(0, 50), (1, -1270), (30, 20), (60, 40), (61, 60), (100, 90)]:
        clock.observe(second * NANOSECONDS, offset)
        seen[second] = clock.skew(second * NANOSECONDS)
    assert seen == {0: 50, 1: -1270, 30: -1270, 60: -1270, 61: 20, 100: 40}
    assert clock.skew(159 * NANOSECONDS) == 90
    assert clock.skew(160 * NANOSECONDS) is None


def test_the_window_holds_at_most_one_entry_a_second() -> None:
    clock = SkewClock(60)
    for number in range(100_000):
        clock.observe(number * NANOSECONDS // 1000, number)
    assert len(clock) == 60
    assert clock.skew(99 * NANOSECONDS) == 40_000
