"""Times and durations as they are typed."""

import pytest

from exporter.commands.moments import NOW, clock_time, duration, in_words, moment
from exporter.model import NANOSECONDS

SIX = 1_795_284_000 * NANOSECONDS  # 2026-11-21 18:00 UTC


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", NOW),
        ("2026-11-21T18:00Z", SIX),
        ("2026-11-21T18:00", SIX),
        ("2026-11-21 18:00", SIX),
        ("2026-11-21T18:00:00+00:00", SIX),
        ("2026-11-21T19:30+01:30", SIX),
        ("2026-11-21T18:00:01.5Z", SIX + 1_500_000_000),
        ("1970-01-01T00:00Z", 0),
    ],
)
def test_a_moment_is_utc_unless_it_says_otherwise(text: str, meant: int) -> None:
    assert moment(text) == meant


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "18:00", "2026-11-21", "2026-11-31T10:00Z", "2026-11-21T24:01Z", "1795284000",
     "2026-11-21T18:00 Z", "2026-11-21T18:00Z ", "NOW"],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be `now` or a time such as 2026-11-21T18:00Z"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90m", 90), ("2h", 120), ("1h30m", 90), ("1d", 1440), ("1d12h", 2160), ("08m", 8)],
)
def test_a_duration_is_days_hours_and_minutes(text: str, minutes: int) -> None:
    assert duration(text) == minutes * 60 * NANOSECONDS


@pytest.mark.parametrize(
    "text", ["", "0m", "2", "2 h", "-2h", "2h-1m", "1m2h", "90s", "1.5h", "2H"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 90m, 2h or 1h30m"):
        duration(text)


def test_they_are_told_as_they_are_typed() -> None:
    assert [in_words(duration(text)) for text in ("90m", "36h", "7d")] == ["1h30m", "1d12h", "7d"]
    assert in_words(NANOSECONDS) == "under 1m"
    assert clock_time(SIX) == "2026-11-21 18:00 UTC"
    assert clock_time(SIX + NANOSECONDS) == "2026-11-21 18:00:01 UTC"
