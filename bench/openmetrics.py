"""Made histories of series as OpenMetrics."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.observed import Series
from bench.spells import DENSE, SPARSE, Stretch, stretches, usual
from bench.walks import LEVELS, random, rise, walk

_BITS = 12
"""Of a gauge's mantissa."""
_REACH = 0.05
"""How far a gauge goes to either side, as a share of its value."""
_RARELY = 3 / 86_400
"""A second: how often what was not seen to be counted is counted."""
_COUNTED = ("_total", "_bucket", "_count", "_sum")
_TIME = "_timestamp_seconds"
_TURNING, _TURNED = 0.03, 600
"""The share of 0/1 series that are the other once, and for how many seconds."""


class Past(NamedTuple):
    """From `start` to `end`, Unix seconds; what is `SPARSE` from `first`."""

    first: int
    start: int
    end: int


class Times(NamedTuple):
    """Unix seconds at one interval, and how they end a line."""

    at: range
    texts: Sequence[str]

    def within(self, one: Stretch) -> slice:
        """Which of them a stretch has."""
        begin, end = ((at - self.at.start) / self.at.step for at in one[:2])
        return slice(max(0, math.ceil(begin)), max(0, math.ceil(end)))


def expected(one: Series, every: int, past: Past) -> int:
    """About how many samples a history will have; of what is `SPARSE` a few."""
    return 1 if one.name in SPARSE else (past.end - past.start) // every + 1


def write(path: Path, series: Iterable[tuple[Series, int]], past: Past) -> tuple[int, int]:
    """Write a history of each series, with its interval in seconds; how many of them have samples,
    and how many samples."""
    counts = []
    with path.open("w", encoding="utf-8") as file:
        for one, every in series:
            made = lines(one, every, past)
            counts.append(len(made))
            file.write("".join(made))
        file.write("# EOF\n")
    return sum(map(bool, counts)), sum(counts)


def lines(one: Series, every: int, past: Past) -> Sequence[str]:
    """A history of a series, a sample every so many seconds."""
    head = _head(one.labels)
    if one.name in SPARSE:
        times = _times(past.first, past.end, every)
        return list(_sparse(head, stretches(one.labels, past.first, past.end), times))
    times = _times(past.start, past.end, every)
    if one.name in DENSE:
        told = stretches(one.labels, past.start, past.end)
        return _level(head, usual(one.labels), told, times)
    if one.name.endswith(_COUNTED) and ":" not in one.name:
        return _counter(head, one, times)
    if one.rate == 0 or not math.isfinite(one.value):
        return _level(head, one.value, _turn(one, times), times)
    return _clock(head, one, times) if one.name.endswith(_TIME) else _gauge(head, one, times)


def _gauge(head: str, one: Series, times: Times) -> Sequence[str]:
    """It wanders around what was observed."""
    reach = max(abs(one.value) * _REACH, abs(one.rate))
    values = (one.value + reach * (2 * level / LEVELS - 1) for level in range(LEVELS))
    table = [f"{head}{_rounded(value)!r}" for value in values]
    levels = walk(one.labels, len(times.at))
    return [table[level] + text for level, text in zip(levels, times.texts, strict=True)]


def _counter(head: str, one: Series, times: Times) -> Sequence[str]:
    rate = one.rate if one.rate > 0 else _RARELY
    values = (one.value + rate * at for at in rise(one.labels, len(times.at), times.at.step))
    pairs = zip(values, times.texts, strict=True)
    if one.value.is_integer():
        return [f"{head}{int(value)}{text}" for value, text in pairs]
    return [f"{head}{value:.3f}{text}" for value, text in pairs]


def _clock(head: str, one: Series, times: Times) -> Sequence[str]:
    """A time that is never long ago."""
    levels = walk(one.labels, len(times.at))
    ages = zip(times.at, levels, times.texts, strict=True)
    return [f"{head}{at - level / LEVELS:.3f}{text}" for at, level, text in ages]


def _level(head: str, value: float, told: Iterable[Stretch], times: Times) -> Sequence[str]:
    """Always the same, but for some stretches."""
    line = f"{head}{value!r}"
    found = [line + text for text in times.texts]
    for one in told:
        which = times.within(one)
        found[which] = [f"{head}{one.value}{text}" for text in times.texts[which]]
    return found


def _sparse(head: str, told: Iterable[Stretch], times: Times) -> Iterator[str]:
    for one in told:
        yield from (f"{head}{one.value}{text}" for text in times.texts[times.within(one)])


def _turn(one: Series, times: Times) -> Iterator[Stretch]:
    chance = random(one.labels)
    if one.value in (0, 1) and "exchange" in one.labels and chance.random() < _TURNING:
        at = chance.choice(times.at)
        yield Stretch(at, at + _TURNED, int(1 - one.value))


def _head(labels: Mapping[str, str]) -> str:
    """A line up to its value. JSON escapes as OpenMetrics does what labels may have here."""
    name = labels["__name__"]
    told = (f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items())
    return f"{name}{{{','.join(one for one in told if not one.startswith('__name__='))}}} "


def _rounded(value: float) -> float:
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(mantissa * 2**_BITS), exponent - _BITS)


@cache
def _times(start: int, end: int, every: int) -> Times:
    at = range(-(-start // every) * every, end + 1, every)
    return Times(at, [f" {one}\n" for one in at])
