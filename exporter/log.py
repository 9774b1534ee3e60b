"""Structured log lines on standard error: JSON, or readable on a terminal.

Times are pipeline time, so that a replay logs the times of what was recorded.
"""

import sys
from collections.abc import Sequence

import structlog

from exporter.exposition.transitions import fields
from exporter.model import NANOSECONDS, GapMarker
from exporter.observer import Observer
from exporter.timestamps import timestamp
from exporter.transition import State, Transition

_REFUSALS_A_FEED = 20


def configure(level: str) -> None:
    """Log from this level (debug, info, warning, error) up."""
    readable = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[structlog.processors.add_log_level, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


class Log(Observer):
    """Logs gaps and refused frames; the first refusals of a feed, then every twentieth."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._refusals: dict[str, int] = {}

    def gap(self, marker: GapMarker) -> None:
        common = {
            "exchange": marker.market.exchange,
            "instrument": marker.market.instrument,
            "reason": marker.reason,
        }
        if marker.end is None:
            self._log.warning(
                "gap_opened",
                time=timestamp(marker.start),
                **common,
                last_id=marker.before,
                next_id=marker.after,
            )
        else:
            seconds = (marker.duration or 0) / NANOSECONDS
            self._log.info("gap_closed", time=timestamp(marker.end), **common, seconds=seconds)

    def refused(self, feed: str, now: int, sentence: str) -> None:
        count = self._refusals[feed] = self._refusals.get(feed, 0) + 1
        if count <= _REFUSALS_A_FEED or count % _REFUSALS_A_FEED == 0:
            self._log.warning(
                "frame_refused", time=timestamp(now), feed=feed, why=sentence, count=count
            )

    def transitions(self, changes: Sequence[Transition]) -> None:
        for change in changes:
            say = self._log.warning if change.after is State.FIRING else self._log.info
            say("alert", **fields(change))

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        say = self._log.warning if warning else self._log.info
        say(name, time=timestamp(now), **details)
