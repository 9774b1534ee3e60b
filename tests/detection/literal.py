"""One evaluation step with warning and critical, written down again in floats and plain lists.

Shares nothing with the project but the numbers of the rules: only for comparing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt

_WINDOW, _WARMUP, _LIMIT, _TOLERANCE, _EASE = 300, 30, 1_800, 3, 0.8


@dataclass
class Severity:
    """A rule on |x| and |z|, and its run."""

    threshold: float
    z: float
    hold: int
    start: int | None = None
    bad: int = 0
    firing: bool = False
    fired: list[int] = field(default_factory=list)

    def step(self, now: int, x: float, z: float | None) -> bool:
        """Whether the conditions hold at this sample."""
        threshold = _EASE * self.threshold if self.firing else self.threshold
        met = abs(x) > threshold and z is not None and abs(z) > self.z
        if met:
            self.start, self.bad = (now if self.start is None else self.start), 0
        elif self.start is not None:
            self.bad += 1
            if self.bad > _TOLERANCE:
                self.end()
        if self.start is not None and now - self.start >= self.hold and not self.firing:
            self.firing = True
            self.fired.append(now)
        return met

    def end(self) -> None:
        """Nothing runs any more."""
        self.start, self.bad, self.firing = None, 0, False


@dataclass
class Literal:
    """The two severities and their baseline."""

    warning: Severity
    critical: Severity
    ring: list[float] = field(default_factory=list)
    shadow: list[float] = field(default_factory=list)
    frozen: int | None = None
    strict: bool = False
    streak: int = 0
    idle: int = 0
    clear: int = 0

    def live(self, samples: Iterable[float]) -> None:
        """A second for each sample, from second 0 on."""
        for now, x in enumerate(samples):
            z = self._z(x)
            warn = self.warning.step(now, x, z)
            self.critical.step(now, x, z)
            self._freeze(x, warn)
            self._learn(x)

    def _z(self, x: float) -> float | None:
        count = len(self.ring)
        if count < _WARMUP:
            return None
        mean = sum(self.ring) / count
        deviation = sqrt(sum((one - mean) ** 2 for one in self.ring) / (count - 1))
        middle = (sorted(self.ring)[(count - 1) // 2] + sorted(self.ring)[count // 2]) / 2
        return max(-50, min(50, (x - mean) / max(deviation, abs(middle) / 1000)))

    def _freeze(self, x: float, warn: bool) -> None:
        near = abs(x) > _EASE * self.warning.threshold
        both = (self.warning, self.critical)
        self.streak = self.streak + 1 if warn else 0
        if self.frozen is None:
            if warn and (not self.strict or self.streak >= 5):
                self.frozen = self.idle = 0
        else:
            self.frozen += 1
            if self.strict:
                hold = warn or any(one.firing for one in both)
            else:
                hold = near or any(one.start is not None for one in both)
            self.idle = 0 if hold else self.idle + 1
            if self.idle >= 10:
                self.frozen = None
        self.clear = 0 if near else self.clear + 1
        if self.clear >= 10:
            self.strict = False

    def _learn(self, x: float) -> None:
        self.shadow = [*self.shadow, x][-_WINDOW:]
        if self.frozen is not None and self.frozen >= _LIMIT:
            self.ring, self.frozen, self.strict, self.clear = self.shadow, None, True, 0
            self.warning.end()
            self.critical.end()
        elif self.frozen is None:
            self.ring = [*self.ring, x][-_WINDOW:]
