"""Made movements of series: a few, so that a hundred million samples cost no more than a table."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from random import Random
from zlib import crc32

LEVELS = 256
"""Different places of a walk, from 0."""
_WALKS = 8
_STEP = 12
_LE = "le"


def walk(labels: Mapping[str, str], length: int) -> Sequence[int]:
    """Levels that a series goes through; each begins at another place."""
    number = _number(labels)
    begin = number // _WALKS % length
    return _walk(number % _WALKS, 2 * length)[begin : begin + length]


def rise(labels: Mapping[str, str], length: int, every: int) -> Sequence[float]:
    """Seconds that a series has counted, `every` a time on average; those of a histogram rise
    together, so that no bucket overtakes the next."""
    return _rise(_number(labels) % _WALKS, length, every)


def random(labels: Mapping[str, str]) -> Random:
    """Chance that is the same for a series each time."""
    return Random(_number(labels))  # noqa: S311 - a made history, no secret


def _number(labels: Mapping[str, str]) -> int:
    named = sorted(item for item in labels.items() if item[0] not in (_LE, "__name__"))
    return crc32(repr(named).encode())


@cache
def _walk(number: int, length: int) -> Sequence[int]:
    random, at, found = Random(number), LEVELS // 2, []  # noqa: S311
    for _ in range(length):
        at = min(max(at + random.randint(-_STEP, _STEP), 0), LEVELS - 1)
        found.append(at)
    return found


@cache
def _rise(number: int, length: int, every: int) -> Sequence[float]:
    return list(accumulate(every * (0.5 + at / LEVELS) for at in _walk(number, length)))
