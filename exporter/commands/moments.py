"""Times and durations as a person writes them on a command line. Pure."""

import re
from datetime import UTC, datetime, timedelta

from exporter.model import NANOSECONDS

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?")
_DURATION = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,6})m)?")
_MINUTE = 60 * NANOSECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NOW = -1
"""The moment at which the command is run."""


def moment(text: str) -> int:
    """Unix ns of `2026-11-21T18:00Z`, UTC where it names no zone, or `NOW` for `now`.

    Raises ValueError with a sentence.
    """
    if text == "now":
        return NOW
    time = _time(text) if _MOMENT.fullmatch(text) else None
    if time is None:
        raise ValueError(f"must be `now` or a time such as 2026-11-21T18:00Z, found {text!r}")
    return (time - _EPOCH) // _MICROSECOND * 1000


def duration(text: str) -> int:
    """Nanoseconds of `90m`, `2h`, `1d12h`. Raises ValueError with a sentence."""
    parts = _DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    length = ((days * 24 + hours) * 60 + minutes) * _MINUTE
    if not length:
        raise ValueError(f"must be a duration such as 90m, 2h or 1h30m, found {text!r}")
    return length


def in_words(length: int) -> str:
    """A length in ns as `duration` reads it, in whole minutes: `1d12h`."""
    minutes = length // _MINUTE
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "under 1m"


def clock_time(moment: int) -> str:
    """Unix ns as `2026-11-21 18:00 UTC`; seconds only where there are any."""
    time = datetime.fromtimestamp(moment // NANOSECONDS, UTC)
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + " UTC"


def _time(text: str) -> datetime | None:
    """None for a day or an hour that no calendar has."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
