"""Plots of lines, bands and bars over time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from grafana.report.axes import HEIGHT, LEFT, RIGHT, WIDTH, Times, Values, around, svg
from grafana.report.drawing import GAP, MOST, Drawn, key, legend, uncounted
from grafana.report.looks import look, safe
from grafana.report.markup import Html, joined, tag
from grafana.report.span import Span
from grafana.report.units import number

_PALETTE = ("#77AADD", "#FFAABB", "#BBCC33", "#44BB99", "#EE8866", "#DDDDDD", "#AAAA00", "#99DDFF")


def lines(drawn: Sequence[Drawn], span: Span, defaults: Mapping[str, Any]) -> Html:
    """Series over time on one axis, and below it their names with the last value.

    They are lines, with bands between two where they are filled so, or bars that are stacked.
    """
    shown = [_coloured(one, number_) for number_, one in enumerate(drawn[:MOST])]
    times = Times(span)
    if defaults.get("custom.drawStyle") == "bars":
        stacked = [*_stacked(shown)]
        values = [0.0, *(top for _, pieces in stacked for _, _, top in pieces)]
        axis = _axis(values, defaults)
        parts = [_bar(one, pieces, times, axis) for one, pieces in stacked]
    else:
        axis = _axis([v for one in shown for _, v in one.points if math.isfinite(v)], defaults)
        parts = [*_bands(shown, times, axis), *(_line(one, times, axis) for one in shown)]
    picture = svg(HEIGHT, times.marks(), _levels(axis), *parts)
    return joined([picture, _legend(shown), uncounted(drawn)])


def _coloured(one: Drawn, number_: int) -> Drawn:
    fixed = one.settings.get("color") or {}
    colour = safe(fixed.get("fixedColor") or "") if fixed.get("mode") == "fixed" else ""
    return replace(one, colour=colour or _PALETTE[number_ % len(_PALETTE)])


def _axis(values: Sequence[float], defaults: Mapping[str, Any]) -> Values:
    scale = (defaults.get("custom.scaleDistribution") or {}).get("type") or "linear"
    unit = str(defaults.get("unit") or "")
    return around(values, (defaults.get("min"), defaults.get("max")), unit, scale)


def _levels(axis: Values) -> Html:
    parts: list[Html] = []
    for tick in axis.ticks():
        y = axis.y(tick)
        parts.append(tag("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
        text = number(tick, axis.unit, None)
        parts.append(tag("text", text, x=LEFT - 4, y=y + 3, text_anchor="end"))
    return joined(parts)


def _line(one: Drawn, times: Times, axis: Values) -> Html:
    """Interrupted where there is nothing; what stands alone is a dot."""
    if one.settings.get("custom.lineWidth") == 0:
        return Html("")
    path, before = [], -math.inf
    for time, value in one.points:
        if not math.isfinite(value):
            before = -math.inf
            continue
        place = f"{times.x(time):.1f} {axis.y(value):.1f}"
        path.append(f"L{place}" if time - before <= one.step * GAP else f"M{place}h0")
        before = time
    dash = (one.settings.get("custom.lineStyle") or {}).get("dash") or ()
    dashes = {"stroke_dasharray": " ".join(str(float(part)) for part in dash)} if dash else {}
    return tag("path", d="".join(path), class_="line", stroke=one.colour, **dashes)


def _bands(shown: Sequence[Drawn], times: Times, axis: Values) -> Iterator[Html]:
    """What is filled between a series and the one that it names."""
    named = {one.name: one for one in shown}
    for one in shown:
        other = named.get(one.settings.get("custom.fillBelowTo") or "")
        if other is not None:
            below = dict(other.points)
            path = "".join(
                f"M{times.x(time):.1f} {axis.y(value):.1f}V{axis.y(below[time]):.1f}"
                for time, value in one.points
                if time in below and math.isfinite(value) and math.isfinite(below[time])
            )
            wide = max(times.x(times.span.start + one.step) - LEFT, 0.5)
            yield tag("path", d=path, class_="band", stroke=one.colour, stroke_width=wide)


Piece = tuple[float, float, float]
"""A time, and from where to where a bar reaches."""


def _stacked(shown: Sequence[Drawn]) -> Iterator[tuple[Drawn, Sequence[Piece]]]:
    """Bars that stand on those of the series before, where they are stacked."""
    tops: dict[float, float] = {}
    for one in shown:
        pieces: list[Piece] = []
        stacks = (one.settings.get("custom.stacking") or {}).get("mode") == "normal"
        for time, value in one.points:
            if math.isfinite(value):
                base = tops.get(time, 0.0) if stacks else 0.0
                tops[time] = base + value
                pieces.append((time, base, base + value))
        yield one, pieces


def _bar(one: Drawn, pieces: Sequence[Piece], times: Times, axis: Values) -> Html:
    wide = max((times.x(times.span.start + one.step) - LEFT) * 0.8, 1.0)
    aside = one.settings.get("custom.barAlignment", 0) * wide / 2
    path = "".join(
        f"M{times.x(time) + aside:.1f} {axis.y(base):.1f}V{axis.y(top):.1f}"
        for time, base, top in pieces
        if top != base
    )
    return tag("path", d=path, class_="bar", stroke=one.colour, stroke_width=wide)


def _legend(shown: Sequence[Drawn]) -> Html:
    keys = []
    for one in shown:
        if not (one.settings.get("custom.hideFrom") or {}).get("legend"):
            last = look(one.points[-1][1], one.settings).text if one.points else ""
            keys.append(key(f"{one.name}: {last}", one.colour))
    return legend(*keys)
