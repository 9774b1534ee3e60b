"""The last minutes of an alert as inline SVG: value and thresholds, z and its limit, states."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from math import isfinite
from typing import NamedTuple

from exporter.alerts.explanation import Explanation
from exporter.alerts.history import SECONDS, Point
from exporter.alerts.past import Span
from exporter.alerts.sentences import asked
from exporter.alerts.words import amount, exactly, figure, noun, unit_of
from exporter.conditions import Condition
from exporter.model import NANOSECONDS
from exporter.timestamps import timestamp
from exporter.transition import State
from exporter.web.scale import Band, apart, band

_WIDTH, _LEFT, _RIGHT = 1200, 72, 145
_SECOND = (_WIDTH - _LEFT - _RIGHT) / (SECONDS - 1)
_TOP, _VALUE, _SCORE, _BETWEEN, _STRIP = 22, 150, 75, 30, 16
_LABEL, _WORD = 13, 64

STYLE = """
.picture { width: 100%; height: auto; display: block }
.picture text { font-size: 12px; fill: currentColor } .picture .far { text-anchor: end }
.picture .middle { text-anchor: middle } .picture .grid { stroke: var(--rule) }
.picture .line { fill: none; stroke: var(--calm); stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round }
.picture .bound { stroke-dasharray: 1 5 }
.picture .limit { stroke: var(--firing); stroke-width: 1.5; stroke-dasharray: 7 4 }
.picture .clear { stroke: var(--pending); stroke-dasharray: 2 4 }
.picture .hatch { stroke: var(--unknown); stroke-opacity: .45 }
.picture .span { fill: var(--shade) } .picture .span.pending { fill: var(--pending) }
.picture .span.firing { fill: var(--firing) } .picture .on { fill: #fff; font-weight: 600 }
@media (prefers-color-scheme: dark) { .picture .on { fill: #000 } }
"""


class _Line(NamedTuple):
    """A level that a band shows: where, its class, what is written beside it."""

    level: float
    kind: str
    label: str


class _Axis(NamedTuple):
    """The seconds of a picture; `start` is the first of them, Unix ns."""

    start: int

    def x(self, time: float) -> float:
        """Where a moment is drawn."""
        return _LEFT + _SECOND * (time - self.start) / NANOSECONDS


def picture(one: Explanation, points: Sequence[Point], spans: Sequence[Span]) -> str:
    """The picture of the last minutes up to the newest point; "" before the first second."""
    if not points:
        return ""
    axis = _Axis(points[-1].time - (SECONDS - 1) * NANOSECONDS)
    lines = list(_thresholds(one))
    levels = [point.value for point in points if point.value is not None]
    values = band(_TOP, _VALUE, [*levels, *(line.level for line in lines)])
    unit = unit_of(one.signal, one.target)
    parts = [_titled(f"{noun(one.signal)}{f', {unit}' if unit else ''}", values)]
    parts.append(_drawn(axis, values, points, lambda point: point.value, lines))
    bottom = values.top + values.height
    if one.score is not None:
        limits = list(_limits(one))
        scores = [point.z for point in points if point.z is not None]
        zs = band(bottom + _BETWEEN, _SCORE, [0, *scores, *(line.level for line in limits)])
        parts += [_titled("z-score", zs), _drawn(axis, zs, points, lambda point: point.z, limits)]
        bottom = zs.top + zs.height
    parts += [_strip(axis, spans, bottom + 10), _times(axis, bottom + 10 + _STRIP + 16)]
    return _framed(one, points, spans, "".join(parts), bottom + _STRIP + 34)


def segments(
    points: Iterable[Point], read: Callable[[Point], float | None]
) -> Iterator[list[Point]]:
    """Runs of points in which the number is known, and known equally well."""
    for (known, _), run in groupby(points, lambda p: (read(p) is not None, p.bound)):
        if known:
            yield list(run)


def _framed(
    one: Explanation, points: Sequence[Point], spans: Sequence[Span], inside: str, height: float
) -> str:
    first, last = (timestamp(point.time)[11:19] for point in (points[0], points[-1]))
    known = [point.value for point in points if point.value is not None]
    extent = f"{figure(min(known))} to {figure(max(known))}" if known else "unknown"
    states = ", then ".join(span.state for span in spans) or "not known"
    told = (
        f"From {first} to {last} UTC: {noun(one.signal)} {extent} {one.unit}, unknown in "
        f"{len(points) - len(known)} of {len(points)} seconds; asked is {asked(one)}; the alert "
        f"was {states}."
    )
    return (
        f'<svg class="picture" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
        'aria-labelledby="picture-title picture-told">'
        f'<title id="picture-title">The last {SECONDS // 60} minutes of {escape(one.alert)} on '
        f'{escape(str(one.target))}</title><desc id="picture-told">{escape(told)}</desc>'
        '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V7"/></pattern></defs>'
        f"{inside}</svg>"
    )


def _thresholds(one: Explanation) -> Iterator[_Line]:
    check, unit = one.threshold, unit_of(one.signal, one.target)
    for side in _sides(check.comparison):
        level = side * check.fires
        yield _Line(level, "limit", f"fires {amount(exactly(level), unit)}")
        if one.state is State.FIRING and check.clears != check.fires:
            level = side * check.clears
            yield _Line(level, "clear", f"clears {amount(exactly(level), unit)}")


def _limits(one: Explanation) -> Iterator[_Line]:
    assert one.score is not None
    for side in _sides(one.threshold.comparison):
        down = one.threshold.comparison is Condition.BELOW
        level = -one.score.limit if down else side * one.score.limit
        yield _Line(level, "limit", f"limit {exactly(level)}")


def _sides(condition: Condition) -> tuple[int, ...]:
    return (1, -1) if condition is Condition.ABSOLUTE else (1,)


def _titled(text: str, within: Band) -> str:
    return f'<text x="{_LEFT}" y="{within.top - 7}">{escape(text)}</text>'


def _drawn(
    axis: _Axis,
    within: Band,
    points: Sequence[Point],
    read: Callable[[Point], float | None],
    lines: Sequence[_Line],
) -> str:
    """One band: grid, unknown spans, limits, and the line itself on top."""
    return "".join(
        (
            *_grid(within),
            *_unknown(axis, within, points, read),
            *_levels(within, lines),
            *(_path(axis, within, run, read) for run in segments(points, read)),
        )
    )


def _grid(within: Band) -> Iterator[str]:
    for tick in within.ticks():
        y = within.y(tick)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'<text class="far" x="{_LEFT - 8}" y="{y + 4:.1f}">{figure(tick, 6)}</text>'


def _unknown(
    axis: _Axis, within: Band, points: Sequence[Point], read: Callable[[Point], float | None]
) -> Iterator[str]:
    """The seconds in which the number was not known, those before the first point too."""
    unseen = points[0].time
    if unseen > axis.start:
        yield _hatched(axis, within, axis.start, unseen - NANOSECONDS)
    for known, run in groupby(points, lambda point: read(point) is not None):
        if not known:
            times = [point.time for point in run]
            yield _hatched(axis, within, times[0], times[-1])


def _hatched(axis: _Axis, within: Band, first: int, last: int) -> str:
    start = max(_LEFT, axis.x(first - NANOSECONDS / 2))
    end = min(_WIDTH - _RIGHT, axis.x(last + NANOSECONDS / 2))
    return (
        f'<rect class="unknowns" fill="url(#hatch)" x="{start:.1f}" y="{within.top}" '
        f'width="{end - start:.1f}" height="{within.height}"><title>unknown</title></rect>'
    )


def _levels(within: Band, lines: Sequence[_Line]) -> Iterator[str]:
    falling = sorted(lines, key=lambda line: -line.level)
    places = apart([within.y(line.level) for line in falling], _LABEL)
    for line, place in zip(falling, places, strict=True):
        y = within.y(line.level)
        yield f'<path class="{line.kind}" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        x = _WIDTH - _RIGHT + 6
        yield f'<text x="{x}" y="{place + 4:.1f}">{escape(line.label)}</text>'


def _path(
    axis: _Axis, within: Band, run: Sequence[Point], read: Callable[[Point], float | None]
) -> str:
    places = [
        f"{axis.x(point.time):.1f} {within.y(number):.1f}"
        for point in run
        if (number := read(point)) is not None and isfinite(number)
    ]
    kind = "line bound" if run[0].bound else "line"
    lone = "h0" if len(places) == 1 else ""
    return f'<path class="{kind}" d="M{"L".join(places)}{lone}"/>'


def _strip(axis: _Axis, spans: Sequence[Span], top: float) -> str:
    """The states as a strip; what is not remembered stays empty."""
    parts = [f'<text class="far" x="{_LEFT - 8}" y="{top + 12:.1f}">state</text>']
    for span in spans:
        start, end = axis.x(span.start), axis.x(span.end)
        parts.append(
            f'<rect class="span {span.state}" x="{start:.1f}" y="{top:.1f}" '
            f'width="{max(1.0, end - start):.1f}" height="{_STRIP}"><title>{span.state} from '
            f"{timestamp(span.start)[11:19]} to {timestamp(span.end)[11:19]}</title></rect>"
        )
        if end - start > _WORD:
            on = "" if span.state is State.INACTIVE else " on"
            middle = (start + end) / 2
            parts.append(
                f'<text class="middle{on}" x="{middle:.1f}" y="{top + 12:.1f}">{span.state}</text>'
            )
    return "".join(parts)


def _times(axis: _Axis, y: float) -> str:
    end = axis.start + (SECONDS - 1) * NANOSECONDS
    moments = [end - minute * 60 * NANOSECONDS for minute in range(SECONDS // 60)]
    return "".join(
        f'<text class="middle" x="{axis.x(moment):.1f}" y="{y:.1f}">{timestamp(moment)[11:19]}'
        "</text>"
        for moment in moments
    )
