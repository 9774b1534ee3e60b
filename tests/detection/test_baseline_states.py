"""A baseline over any sequence of verdicts and gaps: as written down, restorable, bounded."""

from copy import deepcopy
from math import log2

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.detection.baseline import Baseline, BaselineRules, Score, Verdict
from tests.detection.by_the_book import ByTheBook

SMALL = BaselineRules(
    window=6,
    warmup=2,
    reset_after=3,
    freeze_limit=12,
    close_after=3,
    reopen_after=2,
    forget_after=8,
)
QUIET = Verdict(conjunction=False, beyond=False, running=False, firing=False)

booleans = st.booleans()
verdicts = st.one_of(
    st.just(Verdict(conjunction=True, beyond=True, running=True, firing=False)),
    st.just(QUIET),
    st.builds(Verdict, booleans, booleans, booleans, booleans),
)
Step = tuple[int, Verdict, bool] | None
steps = st.one_of(
    st.tuples(st.integers(-9, 9), verdicts, st.sampled_from((True, True, True, False))),
    st.none(),
)
spells = st.lists(st.tuples(steps, st.integers(1, 14)), max_size=25)
"""A step and for how long it is repeated, so that bounds are reached."""


def led(baseline: Baseline | ByTheBook, step: Step) -> bool:
    """One second; whether a freeze expired."""
    if step is None:
        baseline.miss()
        return False
    sample, verdict, learn = step
    return baseline.take(sample, verdict, learn=learn)


def unrolled(spells: list[tuple[Step, int]]) -> list[Step]:
    return [step for step, times in spells for _ in range(times)]


@settings(max_examples=400)
@given(spells=spells)
def test_a_baseline_does_what_is_written_down(spells: list[tuple[Step, int]]) -> None:
    baseline, book = Baseline(SMALL), ByTheBook(SMALL)
    for step in unrolled(spells):
        assert led(baseline, step) == led(book, step)
        assert baseline.frozen == book.frozen()
        assert list(baseline.state().ring) == book.ring()
        assert baseline.samples == len(book.ring())


@given(before=spells, after=spells)
def test_a_restored_baseline_goes_on_as_if_nothing_had_been(
    before: list[tuple[Step, int]], after: list[tuple[Step, int]]
) -> None:
    baseline, restored = Baseline(SMALL), Baseline(SMALL)
    for step in unrolled(before):
        led(baseline, step)
    restored.restore(deepcopy(baseline.state()))
    for step in unrolled(after):
        assert seen(baseline, step) == seen(restored, step)


def seen(baseline: Baseline, step: Step) -> tuple[Score, bool, int | None]:
    sample = step[0] if step else 0
    return baseline.score(sample, 1), led(baseline, step), baseline.frozen


class Counted(int):
    """A sample that counts how often samples are compared."""

    comparisons = 0

    def __lt__(self, other: int) -> bool:
        Counted.comparisons += 1
        return int(self) < int(other)


def test_a_sample_costs_the_same_however_many_were_before() -> None:
    baseline = Baseline(BaselineRules())
    most = 2 * (int(log2(300)) + 1)
    for number in range(20_000):
        before = Counted.comparisons
        sample = Counted(number * 7919 % 10_007)
        baseline.score(sample, 0)
        baseline.take(sample, QUIET, learn=True)
        assert Counted.comparisons - before <= most
    state = baseline.state()
    assert (len(state.ring), len(state.shadow)) == (300, 300)
