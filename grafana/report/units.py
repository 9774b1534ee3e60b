"""Numbers as Grafana writes them, roughly: with as many decimals as are said, and their unit."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_TIMES: Sequence[tuple[float, str]] = (
    (604800, "weeks"), (86400, "days"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"),
    (1e-6, "µs"),
)  # fmt: skip
_BINARY: Sequence[tuple[float, str]] = (
    (2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"),
)  # fmt: skip
_SHORT: Sequence[tuple[float, str]] = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"), (1, ""))
_SCALED: Mapping[str, tuple[float, Sequence[tuple[float, str]]]] = {
    "s": (1, _TIMES),
    "ms": (1e-3, _TIMES),
    "bytes": (1, _BINARY),
    "short": (1, _SHORT),
}
_ENDINGS = {"percent": "%", "reqps": "req/s", "ops": "ops/s", "hertz": "Hz"}
_NOTHING = frozenset({"", "none", "string"})
_DIGITS = 3
"""Significant ones, where nobody said how many decimals."""


def number(value: float, unit: str, decimals: int | None) -> str:
    """A value with its unit; `decimals` None leaves their number to the value's size."""
    if not math.isfinite(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    if unit == "percentunit":
        return _plain(value * 100, decimals) + "%"
    if unit.startswith("dateTime"):
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if unit == "dthms":
        return _clock(value)
    if unit in _SCALED:
        factor, steps = _SCALED[unit]
        return _scaled(value * factor, steps, decimals)
    return f"{_plain(value, decimals)} {_ending(unit)}".rstrip()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    text = f"{hours:02}:{minutes:02}:{rest:02}"
    return f"{'-' if seconds < 0 else ''}{f'{days} d ' if days else ''}{text}"


def _ending(unit: str) -> str:
    if unit in _NOTHING:
        return ""
    return _ENDINGS.get(unit, unit.removeprefix("suffix:").strip())


def _scaled(value: float, steps: Sequence[tuple[float, str]], decimals: int | None) -> str:
    fitting = (step for step in steps if abs(value) >= step[0])
    size, name = next(fitting, steps[-1]) if value else next(one for one in steps if one[0] == 1)
    return f"{_plain(value / size, decimals)} {name}".rstrip()


def _plain(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if not whole:
        return f"{value:.{_DIGITS}g}"
    text = f"{value:,.{max(_DIGITS - whole, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
