"""The rolling window that follows everything: what must fail where the baseline succeeds.

Everything else is the project's own: the rules, the alerts, the arithmetic of the window.
"""

from exporter.detection.baseline import Baseline, Score, Verdict

_NOTHING = Verdict(conjunction=False, beyond=False, running=False, firing=False)


class Rolling(Baseline):
    """Scores a sample against those before it and admits every one, whatever the rules say."""

    def take(self, sample: int, verdict: Verdict, *, learn: bool) -> bool:
        """Admit it; it never freezes, as it never hears of an incident."""
        return super().take(sample, _NOTHING, learn=learn)


class RollingWithCurrent(Rolling):
    """The same, but the sample that is scored is already one of the window."""

    def score(self, sample: int, resolution: int) -> Score:
        """Admit it first; a second is scored once."""
        super().take(sample, _NOTHING, learn=True)
        return super().score(sample, resolution)

    def take(self, sample: int, verdict: Verdict, *, learn: bool) -> bool:
        """It is in the window already."""
        return False
