"""How numbers, units and signals are said. Pure."""

from math import floor, log10

from exporter.detection.baseline import CAP
from exporter.model import Target
from exporter.signals import SIGNALS, SignalKey

_EXACT = 9
"""Digits of what somebody wrote; what a regime makes of it may have no end."""
_MOST = 15
"""More digits than this a float does not have."""
_UNITS = {"percent": "%", "seconds": "s", "trades": ""}


def figure(number: float, digits: int = 3) -> str:
    """A number with so many significant digits, whole ones kept: `0.0162`, `2.4`, `6,692,105`."""
    if not number:
        return "0"
    decimals = max(0, digits - 1 - floor(log10(abs(number))))
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def beside(number: float, other: float, digits: int = 3) -> str:
    """The same, with as many digits more as it takes not to look like `other`."""
    if number == other:
        return exactly(number)
    texts = (figure(number, count) for count in range(digits, _MOST + 1))
    return next((text for text in texts if text != exactly(other)), exactly(number))


def exactly(number: float) -> str:
    """A threshold or a limit, as it was written."""
    return figure(number, _EXACT)


def deviations(z: float, limit: float) -> str:
    """A z-score beside its limit; one that is capped says so."""
    if abs(z) < CAP:
        return beside(z, limit, 2)
    return f"{exactly(z)} or {'more' if z > 0 else 'less'}"


def unit_of(signal: SignalKey, target: Target) -> str:
    """The unit as it stands behind a number; the quote currency where the instrument names it."""
    unit = SIGNALS[signal.name].unit
    if unit == "quote":
        parts = target.instrument.split("-")
        return parts[1] if len(parts) > 1 else unit
    return _UNITS.get(unit, unit)


def amount(text: str, unit: str) -> str:
    """A number with its unit."""
    return f"{text} {unit}" if unit else text


def noun(signal: SignalKey) -> str:
    """A signal in a sentence: `spread`, `total depth within 10 bps`."""
    name, side, band = signal.labels()
    bare = name.removesuffix(f"_{SIGNALS[name].unit}").replace("_", " ")
    return f"{side} {bare} within {band} bps" if band else bare


def lasting(seconds: int) -> str:
    """A length of time: `95 s`, `12 min`, `3 h 20 min`."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds // 60 % 60} min"
