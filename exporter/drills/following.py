"""Follows an incident through the stages, and keeps what was seen when."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from exporter import clock
from exporter.drills.goals import STAGES, Goal
from exporter.model import NANOSECONDS

_EVERY = 0.2
"""Seconds between two looks: what the times of a drill are good for."""

S = TypeVar("S")


@dataclass(slots=True)
class Row:
    """A stage: what was seen after so many seconds (None where it was not), and by when it had to.

    A row without a limit is about what must not be seen, and has no time.
    """

    stage: str
    limit: float | None
    after: float | None = None
    what: str = ""

    @property
    def good(self) -> bool:
        """Whether it was seen in time."""
        return self.limit is None or (self.after is not None and self.after <= self.limit)


@dataclass(slots=True)
class Half:
    """What became of the way to a person, or back: a row a stage, and what was wrong."""

    rows: list[Row]
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether all was seen in time, and nothing else."""
        return not self.wrong and all(row.good for row in self.rows)

    @property
    def whole(self) -> bool:
        """Whether all was seen, however late."""
        return all(row.limit is None or row.after is not None for row in self.rows)


async def follow(
    goals: Sequence[Goal[S]],
    limits: Sequence[float],
    look: Callable[[], Awaitable[S]],
    faults: Callable[[S], Iterable[str]],
    hold: float = 0,
) -> Half:
    """Look until every goal is seen or the last limit is over, and for `hold` seconds at least."""
    began = clock.monotonic()
    half = Half([Row(goal.stage, limit) for goal, limit in zip(goals, limits, strict=False)])
    patience = limits[len(goals) - 1]
    while True:
        sight = await look()
        passed = (clock.monotonic() - began) / NANOSECONDS
        for goal, row in zip(goals, half.rows, strict=True):
            if row.after is None and (what := goal.seen(sight)):
                row.after, row.what = passed, what
        half.wrong += [fault for fault in faults(sight) if fault not in half.wrong]
        if passed >= (hold if half.whole else max(hold, patience)):
            return half
        await asyncio.sleep(_EVERY)


def silent(half: Half, seconds: float) -> Half:
    """The half with a row for each stage that had to stay silent, and did unless it is wrong."""
    for stage in STAGES[1:]:
        if not any(fault.startswith(stage) for fault in half.wrong):
            half.rows.append(Row(stage, None, None, f"silent for {seconds:.0f} s, as it must be"))
    return half
