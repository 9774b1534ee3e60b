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
    offsets = [(0, 50), (1, -1270), (30, 20), (61, 40), (100, 90)]
    for second, offset in offsets:
        clock.observe(second * NANOSECONDS, offset)
    seen = {second: clock.skew(second * NANOSECONDS) for second in (60, 61, 89, 90, 130, 170)}
    assert seen == {60: -1270, 61: 20, 89: 20, 90: 40, 130: 90, 170: None}


def test_the_window_holds_at_most_one_entry_a_second() -> None:
    clock = SkewClock(60)
    for number in range(100_000):
        clock.observe(number * NANOSECONDS // 1000, number)
    assert clock.skew(100 * NANOSECONDS) == 41_000
