"""Plots of states over time as strips, and of histograms over time as cells."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from grafana.report.answers import Points
from grafana.report.axes import HEIGHT, LEFT, Times, svg
from grafana.report.drawing import GAP, MOST, Drawn, key, legend, uncounted
from grafana.report.looks import look
from grafana.report.markup import Html, joined, tag
from grafana.report.span import Span
from grafana.report.units import number

_STRIP, _NAMES = 15.0, 250.0
"""The height of a strip, and the room for its name."""
_LETTERS = 44
"""For which there is room; longer names are narrower."""
_LOWEST, _HIGHEST = (38, 52, 98), (255, 225, 90)


def strips(drawn: Sequence[Drawn], span: Span) -> Html:
    """A strip for each series, in the colours of its states, and below them their meaning."""
    shown = drawn[:MOST]
    height = len(shown) * _STRIP + 28
    times = Times(span, height, _NAMES)
    meanings: dict[str, str] = {}
    parts = [times.marks()]
    for at, one in enumerate(shown):
        y = 8 + at * _STRIP
        parts += [*_strip(one, y, times, meanings)]
        parts.append(_named(one.name, y))
    keys = [key(text, colour) for text, colour in meanings.items()]
    return joined([svg(height, *parts), legend(*keys), uncounted(drawn)])


def cells(drawn: Sequence[Drawn], span: Span, unit: str) -> Html:
    """A histogram's buckets over time, the more the lighter; series are named by their `le`."""
    buckets = sorted(((_edge(one.name), one) for one in drawn), key=lambda pair: pair[0])
    times = Times(span)
    found = [*_differences([(edge, dict(one.points)) for edge, one in buckets])]
    most = max((value for _, column in found for value in column.values()), default=0.0)
    size = (times.bottom - 8) / max(len(found), 1)
    parts = [times.marks()]
    for at, (edge, column) in enumerate(found):
        y = times.bottom - (at + 1) * size
        parts += [*_row(column, buckets[at][1].step, (y, size), times, most)]
        if at % max(len(found) // 10, 1) == 0:
            text = number(edge, unit, None) if math.isfinite(edge) else "more"
            parts.append(tag("text", text, x=LEFT - 4, y=y + size / 2 + 3, text_anchor="end"))
    lightest = key(f"up to {number(most, '', None)} in a cell; none: no cell", _heat(1.0))
    return joined([svg(HEIGHT, *parts), legend(lightest)])


def _named(name: str, y: float) -> Html:
    narrow = {"textLength": _NAMES - 8} if len(name) > _LETTERS else {}
    return tag(
        "text", name, x=_NAMES - 4, y=y + 10, text_anchor="end", lengthAdjust="spacingAndGlyphs",
        **narrow,
    )  # fmt: skip


def _strip(one: Drawn, y: float, times: Times, meanings: dict[str, str]) -> Iterator[Html]:
    """Pieces of one state each; `meanings` collects the colours by what they mean."""
    for start, end, value in _spells(one.points, one.step):
        seen = look(value, one.settings)
        meanings.setdefault(seen.text, seen.colour)
        x, until = times.x(start), times.x(end)
        yield tag(
            "rect", x=x, y=y, width=max(until - x, 0.5), height=_STRIP - 2,
            fill=seen.colour or "#888",
        )  # fmt: skip


def _spells(points: Points, step: float) -> Iterator[tuple[float, float, float]]:
    """From when to when a value stayed; a gap ends it."""
    if not points:
        return
    start, value = points[0]
    for (before, _), (at, now) in pairwise(points):
        if now != value or at - before > step * GAP:
            yield start, before + step, value
            start, value = at, now
    yield start, points[-1][0] + step, value


def _edge(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return math.inf


def _differences(
    buckets: Sequence[tuple[float, Mapping[float, float]]],
) -> Iterator[tuple[float, Mapping[float, float]]]:
    """What is in each bucket, of counts that include all smaller ones."""
    below: Mapping[float, float] = {}
    for edge, counts in buckets:
        yield edge, {at: max(count - below.get(at, 0.0), 0.0) for at, count in counts.items()}
        below = counts


def _row(
    column: Mapping[float, float],
    step: float,
    place: tuple[float, float],
    times: Times,
    most: float,
) -> Iterator[Html]:
    y, size = place
    for at, value in column.items():
        if value > 0:
            x, until = times.x(at - step), times.x(at)
            yield tag(
                "rect", x=x, y=y, width=max(until - x, 0.5), height=size,
                fill=_heat(value / most),
            )  # fmt: skip


def _heat(share: float) -> str:
    mixed = (
        low + (high - low) * math.sqrt(share) for low, high in zip(_LOWEST, _HIGHEST, strict=True)
    )
    return "#" + "".join(f"{round(one):02x}" for one in mixed)
