"""What is normal for one metric of one market, and how far from it a sample is.

    z = (x - mean) / max(deviation, floor), at most +-CAP, over samples admitted *before* x

A rolling window that admits everything follows an incident: noise-free, z stays above Z for
window / (1 + Z^2) seconds and no longer, so that a rule which must hold can never fire. Here the
first sample that meets a rule freezes the window. Frozen, it admits nothing, until the metric is
normal again for a while or a bound is reached; then the last samples are the new normal.

Freezing on z alone would never end after a permanent shift, and dropping far samples one by one
shrinks the deviation with every drop; so a freeze follows all conditions of a rule
together, and is bounded. Siblings: the windows of `metrics` follow everything and judge nothing.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from exporter.detection.window import NANO, SampleWindow

CAP = 50.0
"""Beyond this |z| says no more."""
_FLOOR_SHARE = 1000
"""The deviation counts as no less than the median divided by this."""


@dataclass(frozen=True, slots=True)
class BaselineRules:
    """Sizes in samples, which come once a second."""

    window: int = 300
    warmup: int = 30
    reset_after: int = 5
    """So many missing samples in a row empty a window that is not frozen."""
    freeze_limit: int = 1800
    close_after: int = 10
    """A freeze ends after so many samples without a reason to hold it."""
    reopen_after: int = 5
    """After an expiry, so many samples in a row must meet the rule to freeze it again."""
    forget_after: int = 600
    """So many missing samples in a row make everything known too old to go on from."""


class Unscored(StrEnum):
    """Why there is no z."""

    WARMUP = "zscore_warmup"
    DEVIATION = "std_too_low"


class Score(NamedTuple):
    """A sample against its baseline, in the metric's unit; z is None where `reason` says why."""

    z: float | None
    mean: float | None
    deviation: float | None
    samples: int
    floor_used: bool
    reason: Unscored | None


class Verdict(NamedTuple):
    """What the rules of a baseline made of a sample.

    `conjunction`: all conditions of one of them hold. `beyond`: the metric is beyond the clear
    threshold of one. `running`: an alert is pending or firing; `firing`: one is firing.
    """

    conjunction: bool
    beyond: bool
    running: bool
    firing: bool


class BaselineState(NamedTuple):
    """Everything that must survive a restart."""

    ring: Sequence[int]
    shadow: Sequence[int]
    frozen: int | None
    idle: int
    streak: int
    strict: bool
    clear: int
    missing: int


class Baseline:
    """The baseline of one metric of one market. Samples are whole 1e-9 of the metric's unit."""

    def __init__(self, rules: BaselineRules) -> None:
        self._rules = rules
        self._ring = SampleWindow(rules.window)
        self._shadow = SampleWindow(rules.window)  # the last samples, frozen or not
        self._ordered: list[int] = []
        self.frozen: int | None = None
        """Samples since it froze; None while it learns."""
        self.new_regimes = 0
        """How often a freeze came to its limit, and the last samples became the baseline."""
        self._idle = 0
        self._streak = 0
        self._strict = False
        self._clear = 0
        self._missing = 0
        self._unlearnt = 0

    @property
    def samples(self) -> int:
        """Samples admitted and still in the window."""
        return self._ring.count

    @property
    def mean(self) -> float | None:
        """Mean of the window, in the metric's unit; None while it is empty."""
        return self._ring.mean()

    @property
    def deviation(self) -> float | None:
        """Standard deviation (n - 1) of the window, in the metric's unit; None below two."""
        return self._ring.deviation()

    @property
    def warmup(self) -> int:
        """Samples that a z needs."""
        return self._rules.warmup

    def score(self, sample: int, resolution: int) -> Score:
        """A sample against those admitted before it.

        `resolution` is the least deviation that the metric's price step lets one believe in.
        """
        ring = self._ring
        mean, deviation = ring.mean(), ring.deviation()
        if ring.count < self._rules.warmup or mean is None or deviation is None:
            return Score(
                None, mean, deviation, ring.count, floor_used=False, reason=Unscored.WARMUP
            )
        floor = max(resolution, abs(self._median()) / _FLOOR_SHARE) / NANO
        used = max(deviation, floor)
        if not used:
            return Score(None, mean, deviation, ring.count, True, Unscored.DEVIATION)
        z = max(-CAP, min(CAP, (sample / NANO - mean) / used))
        return Score(z, mean, deviation, ring.count, floor_used=floor > deviation, reason=None)

    def take(self, sample: int, verdict: Verdict, *, learn: bool) -> bool:
        """A sample that was judged: freeze, hold, let go, admit. True where a freeze expired.

        With `learn` false it counts for everything but the window; a freeze does not expire then,
        as there is no new normal to go on from.
        """
        self._missing = 0
        self._streak = self._streak + 1 if verdict.conjunction else 0
        self._freeze(verdict)
        self._relax(verdict)
        self._unlearnt = 0 if learn else self._unlearnt + 1
        if learn:
            self._shadow.push(sample)
        elif self._unlearnt == self._rules.reset_after:
            self._shadow.fill(())  # what was before is no new normal after it
        if self._expired(learn=learn):
            self.new_regimes += 1
            self._fill(self._shadow.known())
            self.frozen, self._strict, self._clear = None, True, 0
            return True
        if self.frozen is None and learn:
            self._admit(sample)
        return False

    def _expired(self, *, learn: bool) -> bool:
        """Whether a freeze is at its limit, and there is a new normal to go on from."""
        rules = self._rules
        at_limit = self.frozen is not None and self.frozen >= rules.freeze_limit
        return at_limit and learn and self._shadow.count >= rules.warmup

    def miss(self, samples: int = 1) -> None:
        """So many seconds passed without a sample. A frozen baseline outlasts a gap."""
        self._missing += samples
        rules = self._rules
        if self._missing >= rules.forget_after:
            self.frozen, self._strict, self._streak, self._clear = None, False, 0, 0
        if self.frozen is None and self._missing >= rules.reset_after:
            self._fill(())
            self._shadow.fill(())

    def state(self) -> BaselineState:
        """What to keep for a restart."""
        return BaselineState(
            self._ring.known(),
            self._shadow.known(),
            self.frozen,
            self._idle,
            self._streak,
            self._strict,
            self._clear,
            self._missing,
        )

    def restore(self, state: BaselineState) -> None:
        """Go on from what was kept."""
        self._fill(state.ring)
        self._shadow.fill(state.shadow)
        self.frozen, self._idle, self._streak = state.frozen, state.idle, state.streak
        self._strict, self._clear, self._missing = state.strict, state.clear, state.missing

    def _freeze(self, verdict: Verdict) -> None:
        rules = self._rules
        if self.frozen is None:
            if verdict.conjunction and (not self._strict or self._streak >= rules.reopen_after):
                self.frozen = self._idle = 0
            return
        self.frozen += 1
        if self._strict:
            hold = verdict.conjunction or verdict.firing
        else:
            hold = verdict.beyond or verdict.running
        self._idle = 0 if hold else self._idle + 1
        if self._idle >= rules.close_after:
            self.frozen = None

    def _relax(self, verdict: Verdict) -> None:
        """After an expiry, the metric back below the rule for a while makes all as it was."""
        self._clear = 0 if verdict.beyond else self._clear + 1
        if self._strict and self._clear >= self._rules.close_after:
            self._strict = False

    def _admit(self, sample: int) -> None:
        left = self._ring.push(sample)
        if left is not None:
            del self._ordered[bisect_left(self._ordered, left)]
        insort(self._ordered, sample)

    def _fill(self, samples: Sequence[int]) -> None:
        self._ring.fill(samples)
        self._ordered = sorted(self._ring.known())

    def _median(self) -> float:
        ordered = self._ordered
        middle = len(ordered) // 2
        if len(ordered) % 2:
            return ordered[middle]
        return (ordered[middle - 1] + ordered[middle]) / 2
