"""When something that did not help is tried again."""

from exporter.live.patience import Patience
from exporter.model import NANOSECONDS
from tests.live.test_backoff import Extreme

START = 1_800_000_000 * NANOSECONDS
LOOK = NANOSECONDS // 4


def patience(first: float = 1, limit: float = 8) -> Patience:
    """Without chance: every wait is the whole of its step."""
    return Patience(first, limit, Extreme(high=True))


def seconds(number: float) -> int:
    return round(number * NANOSECONDS)


def tries(patience: Patience, start: float, end: float, thing: str = "book") -> list[float]:
    """When it is tried, in seconds, if it is needed at every look in between."""
    looks = range(START + seconds(start), START + seconds(end) + 1, LOOK)
    return [(now - START) / NANOSECONDS for now in looks if patience.ready(thing, now)]


def test_the_first_try_is_at_once_and_the_waits_double_up_to_the_limit() -> None:
    assert tries(patience(), 0, 40) == [0, 1, 3, 7, 15, 23, 31, 39]


def test_a_wait_has_chance_in_it() -> None:
    quick = Patience(1, 8, Extreme(high=False))
    assert tries(quick, 0, 12) == [0, 0.5, 1.5, 3.5, 7.5, 11.5]


def test_things_wait_for_themselves() -> None:
    one = patience()
    assert tries(one, 0, 4, "book") == [0, 1, 3]
    assert tries(one, 4, 6, "quote") == [4, 5]
    assert tries(one, 6.25, 8, "book") == [7]


def test_after_a_calm_time_as_long_as_its_last_wait_it_starts_anew() -> None:
    one = patience()
    assert tries(one, 0, 4) == [0, 1, 3]  # may be tried again at 7, the last wait was 4
    assert tries(one, 11.25, 13) == [11.25, 12.25]


def test_after_a_shorter_calm_it_goes_on_where_it_was() -> None:
    one = patience()
    assert tries(one, 0, 4) == [0, 1, 3]
    assert tries(one, 11, 28) == [11, 19, 27]


def test_waits_shorter_than_the_time_between_two_looks_double_as_well() -> None:
    assert tries(patience(first=0.05), 0, 10) == [0, 0.25, 0.5, 0.75, 1.25, 2.25, 4, 7.25]


def test_nothing_is_tried_before_the_time_to_which_it_was_put_off() -> None:
    one = patience()
    assert one.ready("book", START)
    one.put_off("book", START + seconds(5))
    assert tries(one, 0.25, 10) == [5, 7]


def test_to_be_put_off_to_an_earlier_time_changes_nothing() -> None:
    one = patience()
    assert one.ready("book", START)
    one.put_off("book", START + seconds(0.5))
    assert tries(one, 0.25, 4) == [1, 3]


def test_what_was_never_tried_can_be_put_off() -> None:
    one = patience()
    one.put_off("book", START + seconds(2))
    assert tries(one, 0, 6) == [2, 3, 5]


def test_having_been_put_off_for_long_is_no_calm() -> None:
    one = patience()
    assert tries(one, 0, 4) == [0, 1, 3]
    one.put_off("book", START + seconds(100))
    assert tries(one, 4, 120) == [100, 108, 116]


def test_the_wait_begins_when_the_try_is_over() -> None:
    one = patience()
    assert tries(one, 0, 4) == [0, 1, 3]
    one.tried("book", START + seconds(6))
    assert tries(one, 6, 12) == [10]
