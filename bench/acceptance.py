"""The acceptance runs of the baselines: `python -m bench.acceptance [--cases TEXT]`.

Every case is run with the project's baseline, and with a plain rolling window as the control that
must fail. All 400 seeds take about an hour on two cores.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from exporter.detection.baseline import Baseline
from tests.detection.cases import ALL_SEEDS, LONG, PLAIN, SHORT, Case, Claim, calm, fires, restless
from tests.detection.oracle import after_a_spike, far_from_zero, worst_error
from tests.detection.runs import Kind

_CONTROLS_OF_HOURS = 40
"""Seeds of a case of hours with which the controls are run, too."""
_SAMPLES = 2_000_000
_CASES = (*SHORT, *LONG, calm(days=7, seeds=4), *restless(days=2, seeds=4))


class Task(NamedTuple):
    """Cases, by their places, that one process runs with one seed and one kind of baseline."""

    cases: Sequence[int]
    seed: int
    kind: Kind
    tolerant: bool


class Outcome(NamedTuple):
    """What came of one run: whether each claim held, its figure, whether anything fired."""

    case: int
    kind: Kind
    held: Sequence[bool]
    figure: float | None
    fired: bool


@dataclass
class Tally:
    """All runs of one case with one kind of baseline."""

    runs: int = 0
    fired: int = 0
    held: Counter[int] = field(default_factory=Counter)
    figures: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """One more."""
        self.runs += 1
        self.fired += outcome.fired
        self.held.update(place for place, held in enumerate(outcome.held) if held)
        if outcome.figure is not None:
            self.figures.append(outcome.figure)


Tallies = dict[tuple[int, Kind], Tally]


def main(arguments: Sequence[str]) -> int:
    """Print what was found beside what was expected; 1 if it is less."""
    parser = argparse.ArgumentParser(prog="python -m bench.acceptance", description=__doc__)
    parser.add_argument("--seeds", type=int, default=ALL_SEEDS, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--cases", default="", metavar="TEXT", help="only those named so")
    parser.add_argument(
        "--tolerant", action="store_true", help="let the control tolerate bad samples, too"
    )
    options = parser.parse_args(arguments)
    chosen = [place for place, case in enumerate(_CASES) if options.cases in case.name]
    tallies = _run(list(_tasks(chosen, options.seeds, tolerant=options.tolerant)), options.jobs)
    rows = [row for place in chosen for row in _rows(place, tallies)]
    _table(("case", "what must hold", "least", "expected", "found", "plain"), rows)
    print("plain: alerts of a rolling window, with the current sample in it / without")
    if not options.cases:
        _long_series()
    faults = [fault for place in chosen for fault in _faults(place, tallies)]
    print("\n".join(f"Less than promised: {fault}" for fault in faults) or "All as it must be.")
    return int(bool(faults))


def _long_series() -> None:
    for series in (far_from_zero, after_a_spike):
        error = worst_error(series(_SAMPLES))
        words = series.__name__.replace("_", " ")
        print(f"{_SAMPLES:,} samples {words}: worst relative error {error:.1e}")


def _tasks(chosen: Sequence[int], seeds: int, *, tolerant: bool) -> Iterator[Task]:
    """The longest first."""
    short = [place for place in chosen if place < len(SHORT)]
    for place in reversed(chosen[len(short) :]):
        case = _CASES[place]
        yield from (
            Task([place], seed, Baseline, tolerant) for seed in range(min(seeds, case.seeds))
        )
        for kind in PLAIN if case.controlled else ():
            most = min(seeds, case.seeds, _CONTROLS_OF_HOURS)
            yield from (Task([place], seed, kind, tolerant) for seed in range(most))
    controlled = [place for place in short if _CASES[place].controlled]
    for seed in range(seeds if short else 0):
        yield Task(short, seed, Baseline, tolerant)
        yield from (Task(controlled, seed, kind, tolerant) for kind in PLAIN)


def _run(tasks: Sequence[Task], jobs: int) -> Tallies:
    tallies: Tallies = {}
    for number, outcomes in enumerate(_spread(tasks, jobs), 1):
        for outcome in outcomes:
            tallies.setdefault((outcome.case, outcome.kind), Tally()).add(outcome)
        print(f"\r{number} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return tallies


def _spread(tasks: Sequence[Task], jobs: int) -> Iterator[list[Outcome]]:
    """What comes of the tasks, over so many processes."""
    if jobs == 1:
        yield from map(_outcomes, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_outcomes, tasks)


def _outcomes(task: Task) -> list[Outcome]:
    return [_outcome(_CASES[place], place, task) for place in task.cases]


def _outcome(case: Case, place: int, task: Task) -> Outcome:
    kind = task.kind
    run = (
        case.run(task.seed)
        if kind is Baseline
        else case.control(task.seed, kind, tolerant=task.tolerant)
    )
    held = [claim.holds(run) for claim in case.claims]
    return Outcome(place, kind, held, case.figure and case.figure.read(run), fires(run))


def _rows(place: int, tallies: Tallies) -> Iterator[tuple[str, ...]]:
    case, tally = _CASES[place], tallies[place, Baseline]
    controls = [tallies[place, kind] for kind in PLAIN if (place, kind) in tallies]
    plain = " / ".join(f"{control.fired}" for control in controls)
    if controls:
        plain += f" of {controls[0].runs}"
    name = case.name
    for number, claim in enumerate(case.claims):
        found = f"{tally.held[number]} of {tally.runs}"
        yield name, claim.words, _percent(claim.least), _expected(claim), found, plain
        name = plain = ""
    if case.figure is not None:
        words, _, expected = case.figure
        yield name, f"{words}, median", "", expected, f"{median(tally.figures):.2f}", ""
        worst = sorted(tally.figures)[int(0.95 * len(tally.figures))]
        yield "", f"{words}, 95 %", "", "", f"{worst:.2f}", ""


def _expected(claim: Claim) -> str:
    return "" if claim.expected is None else _percent(claim.expected)


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _faults(place: int, tallies: Tallies) -> Iterator[str]:
    case, tally = _CASES[place], tallies[place, Baseline]
    for number, claim in enumerate(case.claims):
        if tally.held[number] < int(claim.least * tally.runs):
            yield f"{case.name}: {claim.words}: {tally.held[number]} of {tally.runs}"
    controls = PLAIN if case.silent and case.controlled else ()
    if any(tallies[place, kind].fired for kind in controls):
        yield f"{case.name}: the plain window fired"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = zip(row, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
