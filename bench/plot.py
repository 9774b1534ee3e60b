"""The plot of docs/alerting.md: `python -m bench.plot > docs/rolling-against-frozen.svg`.

One made run, looked at twice: through a rolling window, and through the baseline that freezes.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from exporter.detection.baseline import Baseline
from exporter.transition import State
from tests.detection.plain import Rolling
from tests.detection.runs import NORMAL, Kind, Run

_SEED, _SD, _CLEAN, _LEVEL = 0, 1.0, 2_000, 15.0
_BEFORE, _AFTER = 60, 240
_THRESHOLD, _Z = 10, 2
_ALERT = "basis_warning"

_WIDTH, _LEFT, _RIGHT = 760, 46, 26
_ROLLING, _FROZEN, _LINE, _FAINT = "#c2410c", "#1d4ed8", "#374151", "#d1d5db"


class Seen(NamedTuple):
    """A run through one kind of baseline, a value a second from the first that is shown."""

    name: str
    colour: str
    values: Sequence[float]
    scores: Sequence[float]
    pending: Sequence[tuple[int, int]]
    firing: Sequence[tuple[int, int]]


class Panel(NamedTuple):
    """A part of the picture: its top and height, and the values at its bottom and top."""

    top: int
    height: int
    low: float
    high: float

    def y(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - share)


_SIGNAL = Panel(48, 120, -2, 20)
_SCORES = Panel(218, 190, -4, 20)
_STATES = 448
_HEIGHT = 540


def main() -> int:
    """Write the picture to standard output."""
    print("\n".join(picture()))
    return 0


def picture() -> Iterator[str]:
    """The picture, line by line."""
    rolling = _seen("rolling window", _ROLLING, Rolling)
    return _picture([rolling, _seen("frozen baseline", _FROZEN, Baseline)])


def _seen(name: str, colour: str, kind: Kind) -> Seen:
    run = Run(_SEED, _SD, kind, [_ALERT]).live([NORMAL] * (_CLEAN - _BEFORE)).begin()
    values, scores, states = [], [], []
    for level in [NORMAL] * _BEFORE + [_LEVEL] * _AFTER:
        run.live([level])
        values.append(run.value)
        scores.append(run.z or 0.0)
        states.append(run.alerts[0].life.state)
    return Seen(
        name, colour, values, scores, _spans(states, State.PENDING), _spans(states, State.FIRING)
    )


def _spans(states: Sequence[State], wanted: State) -> list[tuple[int, int]]:
    """From when to when it was in a state, in seconds from the first shown."""
    groups = [list(group) for _, group in groupby(enumerate(states), key=itemgetter(1))]
    return [(one[0][0], one[-1][0] + 1) for one in groups if one[0][1] is wanted]


def _picture(seen: Sequence[Seen]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{_LINE}" role="img">'
    )
    yield "<title>The same step under a rolling window and under a frozen baseline</title>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    yield from _seconds()
    yield from _axes(_SIGNAL, (0, 10, 20), "basis, bps: a step from 2 to 15 that stays")
    yield from _limit(_SIGNAL, _THRESHOLD, "threshold 10 bps")
    yield _curve(_SIGNAL, seen[0].values, _LINE)
    yield from _axes(_SCORES, (0, 5, 10, 15, 20), "z of each second")
    yield from _limit(_SCORES, _Z, "z must be above 2")
    for one in seen:
        yield _curve(_SCORES, one.scores, one.colour)
    yield from _legend(seen)
    yield from _bars(seen)
    yield "</svg>"


def _axes(panel: Panel, marks: Sequence[int], title: str) -> Iterator[str]:
    yield _text(_LEFT, panel.top - 10, title, weight="bold")
    for mark in marks:
        y = panel.y(mark)
        yield _stroke(_LEFT, y, _WIDTH - _RIGHT, y, _FAINT)
        yield _text(_LEFT - 8, y + 4, f"{mark}", anchor="end")


def _limit(panel: Panel, value: float, words: str) -> Iterator[str]:
    y = panel.y(value)
    yield _stroke(_LEFT, y, _WIDTH - _RIGHT, y, _LINE, dash="6 4")
    yield _text(_LEFT + 4, y - 5, words)


def _curve(panel: Panel, values: Sequence[float], colour: str) -> str:
    points = " ".join(
        f"{_x(second - _BEFORE):.1f},{panel.y(value):.1f}" for second, value in enumerate(values)
    )
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>'


def _legend(seen: Sequence[Seen]) -> Iterator[str]:
    for place, one in enumerate(seen):
        x = 420 + 160 * place
        yield _stroke(x, _SCORES.top - 14, x + 24, _SCORES.top - 14, one.colour, width=3)
        yield _text(x + 30, _SCORES.top - 10, one.name)


def _bars(seen: Sequence[Seen]) -> Iterator[str]:
    yield _text(
        _LEFT,
        _STATES - 10,
        "alert (must hold for 120 s): light pending, dark firing",
        weight="bold",
    )
    for place, one in enumerate(seen):
        y = _STATES + 26 * place
        for spans, opacity in ((one.pending, 0.3), (one.firing, 1)):
            for start, end in spans:
                x, width = _x(start - _BEFORE), _x(end) - _x(start)
                yield (
                    f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="16" '
                    f'fill="{one.colour}" fill-opacity="{opacity}"/>'
                )
        yield _text(_LEFT, y + 12, one.name)


def _seconds() -> Iterator[str]:
    bottom = _STATES + 60
    for second in range(-_BEFORE, _AFTER + 1, 60):
        yield _stroke(_x(second), _SIGNAL.top, _x(second), bottom, _FAINT)
        yield _text(_x(second), bottom + 16, f"{second} s", anchor="middle")


def _x(second: float) -> float:
    share = (second + _BEFORE) / (_BEFORE + _AFTER)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _stroke(
    x: float, y: float, to_x: float, to_y: float, colour: str, *, width: int = 1, dash: str = "none"
) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-weight="{weight}">{words}</text>'


if __name__ == "__main__":
    sys.exit(main())
