"""The regimes of `alerts.yaml`: windows of time in which thresholds are loosened."""

import re
from calendar import monthrange, timegm
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, Strict, model_validator

from exporter.config.choices import distinct, enum, given, pattern
from exporter.config.sentences import refused
from exporter.config.values import Section, exact
from exporter.config.wording import found, listed
from exporter.model import NANOSECONDS

WINDOWS = ("around_funding_minutes", "between", "dates")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MINUTE = 60 * NANOSECONDS
_DAY = 24 * 60
_DAY_SECONDS = 60 * _DAY
_EPOCH_WEEKDAY = DAYS.index("thu")


def _minute(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(_TIME, value):
        raise refused(f'must be a time of day in UTC such as "23:30", found {found(value)}')
    return int(value[:2]) * 60 + int(value[3:])


def _weekday(value: object) -> int:
    if not isinstance(value, str) or value not in DAYS:
        raise refused(f"must be {listed(DAYS, 'or')}, found {found(value)}")
    return DAYS.index(value)


def _day(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        year, month, day = map(int, value.split("-"))
        if year >= 1970 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
            return timegm((year, month, day, 0, 0, 0)) // _DAY_SECONDS
    raise refused(f"must be a date of the calendar such as 2026-12-10, found {found(value)}")


def _two_times(times: tuple[int, ...]) -> tuple[int, ...]:
    if len(times) != 2:
        raise refused('must be two times, a start and an end, such as ["23:30", "00:30"]')
    if times[0] == _DAY:
        raise refused('must not start at "24:00"; write "00:00", when the next day starts')
    if times[0] == times[1]:
        raise refused('must be two different times; a whole day is ["00:00", "24:00"]')
    return times


Minute = Annotated[int, BeforeValidator(_minute), pattern(_TIME)]
Weekday = Annotated[int, BeforeValidator(_weekday), enum(DAYS)]
Day = Annotated[int, BeforeValidator(_day), pattern(_DATE)]

FundingMinutes = Annotated[int, Field(ge=1, le=240)]
Times = Annotated[
    tuple[Minute, ...],
    Strict(False),
    Field(json_schema_extra={"minItems": 2, "maxItems": 2}),
    AfterValidator(_two_times),
]
Weekdays = Annotated[
    tuple[Weekday, ...], Strict(False), Field(min_length=1), AfterValidator(distinct)
]
Dates = Annotated[tuple[Day, ...], Strict(False), Field(min_length=1), AfterValidator(distinct)]
Multiplier = Annotated[Decimal, Field(gt=1, lt=1000), BeforeValidator(exact)]
AlertNames = Annotated[
    tuple[str, ...], Strict(False), Field(min_length=1), AfterValidator(distinct)
]


class Regime(Section):
    """One regime: when it holds, and for which alerts. It has exactly one kind of window.

    Loaded, `between` is minutes of the UTC day, `days` are 0 (Monday) to 6, `dates` are days
    since 1970-01-01.
    """

    enabled: bool = Field(default=True, description="whether the regime ever holds")
    around_funding_minutes: Annotated[FundingMinutes | None, BeforeValidator(given)] = Field(
        default=None, description="minutes before and after each funding settlement of a perpetual"
    )
    between: Annotated[Times | None, BeforeValidator(given)] = Field(
        default=None,
        description='start and end each day, in UTC, like ["23:30", "00:30"]; may cross midnight',
    )
    days: Annotated[Weekdays | None, BeforeValidator(given)] = Field(
        default=None,
        description="days on which `between` starts, mon to sun; every day where left out",
    )
    dates: Annotated[Dates | None, BeforeValidator(given)] = Field(
        default=None, description="whole days, in UTC, such as [2026-12-10]"
    )
    multiplier: Multiplier = Field(
        description="by which thresholds are loosened, more than 1; the z stays as it is"
    )
    alerts: AlertNames = Field(description="the alerts whose thresholds it loosens, a list of ids")

    @model_validator(mode="after")
    def _has_one_window(self) -> Self:
        written = [f"`{kind}`" for kind in WINDOWS if getattr(self, kind) is not None]
        if not written:
            kinds = listed((f"`{kind}`" for kind in WINDOWS), "or")
            raise refused(f"has no window; add {kinds}")
        if len(written) > 1:
            raise refused(f"has {listed(written)}; write each in a regime of its own")
        if self.days is not None and self.between is None:
            raise refused("has `days` without `between`; add it, or remove them")
        return self

    def covers(self, time: int) -> bool:
        """Whether `between` or `dates` hold at `time` (Unix ns).

        False for a window around funding, whose times only the market knows.
        """
        minute = time // _MINUTE
        if self.dates is not None:
            return minute // _DAY in self.dates
        if self.between is None:
            return False
        start, end = self.between
        since = (minute - start) % _DAY
        if since >= ((end - start) % _DAY or _DAY):
            return False
        weekday = ((minute - since) // _DAY + _EPOCH_WEEKDAY) % 7
        return self.days is None or weekday in self.days

    def may_overlap(self, other: "Regime") -> bool:
        """Whether there is a time at which both may hold; funding may be settled at any time."""
        if self.around_funding_minutes is not None or other.around_funding_minutes is not None:
            return True
        return any(self.covers(start) and other.covers(start) for start in _starts(self, other))


def _starts(*regimes: Regime) -> Iterable[int]:
    """The times (Unix ns) at which windows start: on the dates, or in any week without them.

    Where two windows overlap, one of them starts within the other.
    """
    days = {day for regime in regimes for day in regime.dates or ()} or range(7)
    minutes = {0, *(regime.between[0] for regime in regimes if regime.between)}
    return ((day * _DAY + minute) * _MINUTE for day in days for minute in minutes)
