"""The frame of a small plot: where times and values are, and their marks."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from grafana.report.markup import Html, joined, tag
from grafana.report.span import Span

WIDTH, HEIGHT = 640.0, 170.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 18.0, 8.0, 18.0
_TICKS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800)
_MOST_TICKS = 7
_DAY = 86400


@dataclass(frozen=True)
class Times:
    """The axis of times of a plot `height` high, with that of its marks."""

    span: Span
    height: float = HEIGHT
    left: float = LEFT

    def x(self, at: float) -> float:
        """Where a time is; what is out of the span is at its end."""
        share = (at - self.span.start) / self.span.seconds
        return min(max(self.left + share * (WIDTH - self.left - RIGHT), self.left), WIDTH - RIGHT)

    @property
    def bottom(self) -> float:
        """Where the axis is."""
        return self.height - BOTTOM

    def marks(self) -> Html:
        """Upright lines at round times (of UTC), and the times."""
        return joined(self._marks())

    def _marks(self) -> Iterator[Html]:
        every = next((one for one in _TICKS if self.span.seconds / one <= _MOST_TICKS), _TICKS[-1])
        form = "%d %b" if every >= _DAY else "%H:%M"
        for number in range(
            math.ceil(self.span.start / every), math.floor(self.span.end / every) + 1
        ):
            x = self.x(number * every)
            text = datetime.fromtimestamp(number * every, UTC).strftime(form)
            yield tag("line", class_="grid", x1=x, x2=x, y1=TOP, y2=self.bottom)
            yield tag("text", text, x=x, y=self.height - 5, text_anchor="middle")


@dataclass(frozen=True)
class Values:
    """The axis of values from `low` to `high`, on a `scale` that Grafana has."""

    low: float
    high: float
    unit: str = ""
    scale: str = "linear"

    def y(self, value: float) -> float:
        """Where a value is; what is off the axis is at its end."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        share = (self._scaled(min(max(value, self.low), self.high)) - low) / (high - low)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    def ticks(self) -> list[float]:
        """A few round values."""
        if self.scale != "linear":
            powers = [10.0**power for power in range(-6, 15)]
            return [one for one in (*(-one for one in powers), *powers) if self._shows(one)]
        rough = (self.high - self.low) / 5
        size = 10.0 ** math.floor(math.log10(rough))
        of_ten = (one * size for one in (1, 2, 2.5, 5, 10))
        steps = _TICKS if self.unit == "s" and _TICKS[0] < rough < _TICKS[-1] else of_ten
        step = next(one for one in steps if one >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]

    def _shows(self, tick: float) -> bool:
        return self.low <= tick <= self.high and (self.scale == "log" or abs(tick) >= 1)

    def _scaled(self, value: float) -> float:
        if self.scale == "log":
            return math.log10(value)
        if self.scale == "symlog":
            return math.copysign(math.log10(1 + abs(value)), value)
        return value


def around(
    values: Sequence[float],
    ends: tuple[float | None, float | None] = (None, None),
    unit: str = "",
    scale: str = "linear",
) -> Values:
    """An axis that has room for these values, and reaches to its ends where they are given."""
    seen = [one for one in values if one > 0] if scale == "log" else list(values)
    seen += [one for one in ends if one is not None and (scale != "log" or one > 0)]
    least, most = min(seen, default=1.0), max(seen, default=2.0)
    if most <= least:
        room = abs(least) * 0.1 or 1.0
        least, most = least - room, least + room
    return Values(least, most, unit, scale)


def svg(height: float, *content: str) -> Html:
    """A picture as wide as all."""
    return tag(
        "svg", *content, viewBox=f"0 0 {WIDTH:g} {height:g}", role="img",
        preserveAspectRatio="xMinYMin meet",
    )  # fmt: skip
