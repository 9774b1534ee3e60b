"""Waits before trying again."""

from random import Random

from exporter.live.backoff import Backoff


class Extreme(Random):
    """Chance that always falls on one end."""

    def __init__(self, *, high: bool) -> None:
        super().__init__(0)
        self._high = high

    def randint(self, a: int, b: int) -> int:
        return b if self._high else a


def test_waits_double_up_to_the_limit() -> None:
    backoff = Backoff(1000, 6000, Extreme(high=True))
    assert [backoff.next() for _ in range(6)] == [1000, 2000, 4000, 6000, 6000, 6000]


def test_a_wait_is_at_least_half_of_its_step() -> None:
    backoff = Backoff(1000, 6000, Extreme(high=False))
    assert [backoff.next() for _ in range(5)] == [500, 1000, 2000, 3000, 3000]


def test_after_a_reset_the_first_wait_comes_again() -> None:
    backoff = Backoff(1000, 6000, Extreme(high=True))
    backoff.next()
    backoff.next()
    backoff.reset()
    assert [backoff.next(), backoff.next()] == [1000, 2000]


def test_the_first_wait_is_never_beyond_the_limit() -> None:
    backoff = Backoff(9000, 6000, Extreme(high=True))
    assert backoff.next() == 6000
    backoff.reset()
    assert backoff.next() == 6000


def test_chance_spreads_a_wait_over_the_whole_of_its_range() -> None:
    backoff = Backoff(1000, 1000, Random(3))  # noqa: S311 - repeatable, not secret
    waits = [backoff.next() for _ in range(10_000)]
    assert min(waits) == 500
    assert max(waits) == 1000
    tenths = [sum(500 + 50 * n <= wait < 550 + 50 * n for wait in waits) for n in range(10)]
    assert all(800 < count < 1200 for count in tenths)


def test_the_same_seed_gives_the_same_waits() -> None:
    one, other = (Backoff(10**9, 10**11, Random(5)) for _ in range(2))  # noqa: S311
    assert [one.next() for _ in range(20)] == [other.next() for _ in range(20)]
