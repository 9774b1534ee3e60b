"""What was seen when: in time, late, never; and how long it is looked for."""

from collections.abc import Iterable, Sequence

import pytest

from exporter import clock
from exporter.drills.following import Half, follow, silent
from exporter.drills.goals import Goal
from exporter.model import NANOSECONDS

Steps = Sequence[set[str]]
STAGES = ("one", "two")
GOALS: tuple[Goal[set[str]], ...] = (
    Goal("one", lambda look: "it" if "one" in look else ""),
    Goal("two", lambda look: "it" if "two" in look else ""),
)


class Seconds:
    """A second a look; each look shows the next step, and the last from then on."""

    def __init__(self, steps: Steps) -> None:
        self.now = 0
        self._steps = list(steps)

    async def look(self) -> set[str]:
        step = self._steps[min(self.now, len(self._steps) - 1)]
        self.now += 1
        return step


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr("exporter.drills.following.asyncio.sleep", at_once)


async def followed(
    monkeypatch: pytest.MonkeyPatch, steps: Steps, limits: Sequence[float], hold: float = 0
) -> tuple[Half, int]:
    """What is found, and how many seconds it was looked for."""
    seconds = Seconds(steps)
    monkeypatch.setattr(clock, "monotonic", lambda: seconds.now * NANOSECONDS)

    def faults(look: set[str]) -> Iterable[str]:
        return (word for word in look if word not in STAGES)

    return await follow(GOALS, limits, seconds.look, faults, hold), seconds.now


async def test_each_stage_has_the_time_at_which_it_was_first_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half, looked = await followed(monkeypatch, [set(), {"one"}, {"one"}, {"one", "two"}], (5, 9))
    assert [(row.stage, row.after, row.limit) for row in half.rows] == [
        ("one", 2, 5),
        ("two", 4, 9),
    ]
    assert (half.good, looked) == (True, 4)


async def test_what_is_seen_stays_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    half, _ = await followed(monkeypatch, [{"one"}, set(), {"two"}], (5, 9))
    assert [row.after for row in half.rows] == [1, 3]


async def test_what_is_late_is_seen_and_not_good(monkeypatch: pytest.MonkeyPatch) -> None:
    half, _ = await followed(monkeypatch, [set(), set(), set(), {"one", "two"}], (2, 9))
    assert (half.good, half.whole, half.rows[0].good, half.rows[1].good) == (
        False,
        True,
        False,
        True,
    )


async def test_what_never_comes_is_given_up_at_the_last_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half, looked = await followed(monkeypatch, [{"one"}], (2, 9))
    assert (half.good, half.whole, half.rows[1].after, looked) == (False, False, None, 9)


async def test_what_is_wrong_is_kept_once_though_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    half, _ = await followed(monkeypatch, [{"x"}, {"x"}, {"one", "two"}], (5, 9))
    assert (half.wrong, half.whole, half.good) == (["x"], True, False)


async def test_silence_is_listened_to_for_its_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    half, looked = await followed(monkeypatch, [{"one", "two"}], (5, 9), hold=30)
    assert looked == 30
    rows = silent(half, 30).rows
    assert [row.stage for row in rows] == ["one", "two", "rule", "Alertmanager", "receiver"]
    assert half.good


async def test_a_stage_that_was_not_silent_is_not_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half, _ = await followed(monkeypatch, [{"one", "two", "rule: it fires"}], (5, 9), hold=30)
    assert [row.stage for row in silent(half, 30).rows][2:] == ["Alertmanager", "receiver"]
    assert not half.good
