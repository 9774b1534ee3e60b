"""Fair timing: all candidates in every round, in rotated order, compared within the round.

What is counted is this process's own processor time: nothing measured waits for anything, and what
else the machine does in the meantime is nobody's merit or fault.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

Prepare = Callable[[], Callable[[], object]]
"""Makes, untimed, the state a run needs, and returns the run that is timed."""


@dataclass(frozen=True)
class Times:
    """Seconds of processor time by candidate, a round each."""

    rounds: Mapping[str, Sequence[float]]

    def seconds(self, name: str) -> float:
        """The median."""
        return median(self.rounds[name])

    def ratio(self, name: str, reference: str) -> float:
        """How many times as long as `reference`: the median of the ratios of each round."""
        pairs = zip(self.rounds[name], self.rounds[reference], strict=True)
        return median(one / other for one, other in pairs)

    def difference(self, name: str, less: str) -> float:
        """Seconds beyond those of `less`: the median of the differences of each round."""
        pairs = zip(self.rounds[name], self.rounds[less], strict=True)
        return median(one - other for one, other in pairs)


def interleaved(candidates: Mapping[str, Prepare], rounds: int) -> Times:
    """Time all candidates so many times, after one round that is thrown away.

    Before each run garbage is collected and what is left is set aside, so that the collector, which
    is on as in production, sees only what the run itself makes.
    """
    names = list(candidates)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-1, rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            seconds = _timed(candidates[name])
            if number >= 0:
                times[name].append(seconds)
    return Times(times)


def _timed(prepare: Prepare) -> float:
    run = prepare()
    gc.collect()
    gc.freeze()
    try:
        started = process_time()
        run()
        return process_time() - started
    finally:
        gc.unfreeze()
