"""One alert rule, ready to be asked: what it looks at, what it demands, what it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from exporter.conditions import Condition
from exporter.signals import SignalKey

_TOLERATED = ((60, 3), (10, 1))
"""From this persistence on, so many samples in a row may fail without ending a run."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires while the signal is beyond its threshold, and its z-score beyond `z` where one is set,
    and both have been so for `persistence` seconds.

    `severity` says how bad what it sees is, `priority` what happens then. `thresholds` are by
    instrument, `otherwise` that of all others; without one the rule has nothing to say there.
    `ceiling_of` is the rule above which it stands without asking for a z.
    """

    id: str
    family: str
    severity: str
    priority: str
    signal: SignalKey
    condition: Condition
    thresholds: Mapping[str, Fraction]
    otherwise: Fraction | None
    z: float | None
    persistence: int
    ceiling_of: str = ""

    def threshold(self, instrument: str) -> Fraction | None:
        """The threshold for an instrument; None where the rule does not apply to it."""
        return self.thresholds.get(instrument, self.otherwise)

    @property
    def tolerance(self) -> int:
        """Samples in a row that may fail without ending a run that must hold."""
        return next((bad for least, bad in _TOLERATED if self.persistence >= least), 0)
