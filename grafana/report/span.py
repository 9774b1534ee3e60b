"""A range of time, and the steps that Grafana takes through it."""

import math
import re
from dataclasses import dataclass, replace

COLUMNS = 24
"""Of a dashboard's grid."""
_SECONDS = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0,
}  # fmt: skip
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_SHIFT = re.compile(r"(?P<back>\w+)?(?:/(?P<whole>[smhd]))?")
_ROUND = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30),
    *(60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400),
)
"""Seconds; the steps that Grafana rounds to."""
_MOST_POINTS = 11000
"""Prometheus refuses a query of more."""


@dataclass(frozen=True)
class Span:
    """From `start` to `end`, Unix seconds, on a dashboard `width` pixels wide.

    `scrape` is the data source's scrape interval in seconds.
    """

    start: float
    end: float
    width: int = 1000
    scrape: float = 1.0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    def step(self, points: int, least: float) -> float:
        """Seconds between points where about `points` are wanted, and not below `least`."""
        exact = self.seconds / max(points, 1)
        rounded = min(_ROUND, key=lambda one: (abs(one - exact), -one))
        return float(max(rounded, least, math.ceil(self.seconds / _MOST_POINTS)))

    def of_panel(self, length: str, shift: str) -> "Span":
        """That of a panel with a length of its own, such as `14d`, and a shift, such as `1d` or
        `0d/d` for whole days (of UTC). Raises ValueError where they are not read so."""
        start = self.end - seconds(length) if length else self.start
        match = _SHIFT.fullmatch(shift)
        if match is None:
            raise ValueError(f"{shift!r} is no shift of time")
        back = seconds(match["back"]) if match["back"] else 0.0
        start, end = start - back, self.end - back
        if match["whole"]:
            whole = _SECONDS[match["whole"]]
            start, end = math.floor(start / whole) * whole, (math.floor(end / whole) + 1) * whole
        return replace(self, start=start, end=end)


def seconds(duration: str) -> float:
    """A duration such as `5m` or `1m30s` in seconds. Raises ValueError where it is none."""
    parts = _PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is no duration")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def duration(length: float) -> str:
    """Seconds as a duration that PromQL reads."""
    milliseconds = round(length * 1000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{milliseconds}ms" if rest else f"{whole}s"
