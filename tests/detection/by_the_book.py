"""One evaluation step of a baseline, written down again as plainly as can be.

Lists that grow, no sums, no states beyond what is needed: only for comparing.
"""

from exporter.detection.baseline import BaselineRules, Verdict


class ByTheBook:
    """Which samples a baseline holds, and whether it is frozen."""

    def __init__(self, rules: BaselineRules) -> None:
        self.rules = rules
        self.admitted: list[int] = []
        self.all: list[int] = []
        self.verdicts: list[Verdict] = []
        self.held: list[bool] = []
        """Whether each of them was a reason to stay frozen, when it came."""
        self.opened: int | None = None
        """The place among the verdicts of the one that opened the freeze."""
        self.expired: int | None = None
        self.strict = False
        self.silence = 0
        self.unlearnt = 0

    def take(self, sample: int, verdict: Verdict, *, learn: bool) -> bool:
        """As the baseline's own."""
        self.silence = 0
        self.verdicts.append(verdict)
        self.held.append(self.holds(verdict))
        if self.opened is None:
            if verdict.conjunction and (
                not self.strict or self.streak() >= self.rules.reopen_after
            ):
                self.opened = len(self.verdicts) - 1
        elif self.idle() >= self.rules.close_after:
            self.opened = None
        if self.strict and self.clear() >= self.rules.close_after:
            self.strict = False
        self.unlearnt = 0 if learn else self.unlearnt + 1
        if learn:
            self.all.append(sample)
        elif self.unlearnt == self.rules.reset_after:
            self.all = []
        enough = min(len(self.all), self.rules.window) >= self.rules.warmup
        if learn and enough and (self.frozen() or 0) >= self.rules.freeze_limit:
            self.admitted = self.all[-self.rules.window :]
            self.opened, self.strict, self.expired = None, True, len(self.verdicts)
            return True
        if self.opened is None and learn:
            self.admitted.append(sample)
        return False

    def miss(self) -> None:
        """A second without a sample."""
        self.silence += 1
        if self.silence >= self.rules.forget_after:
            self.opened, self.strict, self.verdicts, self.held = None, False, [], []
        if self.opened is None and self.silence >= self.rules.reset_after:
            self.admitted, self.all = [], []

    def frozen(self) -> int | None:
        """Samples since the freeze opened."""
        return None if self.opened is None else len(self.verdicts) - 1 - self.opened

    def ring(self) -> list[int]:
        """The newest admitted samples."""
        return self.admitted[-self.rules.window :]

    def streak(self) -> int:
        """How many of the last verdicts are conjunctions."""
        return run_of([verdict.conjunction for verdict in self.verdicts])

    def idle(self) -> int:
        """How many of the last verdicts since the freeze gave no reason to hold it."""
        assert self.opened is not None
        return run_of([not held for held in self.held[self.opened + 1 :]])

    def holds(self, verdict: Verdict) -> bool:
        """Whether a verdict is a reason to stay frozen."""
        if self.strict:
            return verdict.conjunction or verdict.firing
        return verdict.beyond or verdict.running

    def clear(self) -> int:
        """How many of the last verdicts since the expiry were below the threshold."""
        return run_of([not verdict.beyond for verdict in self.verdicts[self.expired :]])


def run_of(flags: list[bool]) -> int:
    """How many at the end are true."""
    return next((place for place, flag in enumerate(reversed(flags)) if not flag), len(flags))
