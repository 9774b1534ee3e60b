"""`/explain` for programs: the same explanations as JSON. What is not known is null."""

from collections.abc import Mapping, Sequence

import msgspec

from exporter.alerts.checks import ScoreCheck
from exporter.alerts.explanation import Explanation
from exporter.alerts.history import Point
from exporter.alerts.past import Run, Span
from exporter.alerts.sentences import missing, summary, why_unknown
from exporter.exposition.transitions import fields
from exporter.model import NANOSECONDS
from exporter.timestamps import timestamp
from exporter.transition import Transition

Json = Mapping[str, object]


def answer(now: int, alerts: Sequence[bytes]) -> bytes:
    """The whole answer from what `encoded` made of each alert."""
    head = msgspec.json.encode(_moment("time", now))[:-1]
    return b'%s,"alerts":[%s]}' % (head, b",".join(alerts))


def encoded(one: Explanation, more: Json | None = None) -> bytes:
    """One alert; `more` is what only a single one is told with."""
    return msgspec.json.encode({**explanation(one), **(more or {})})


def explanation(one: Explanation) -> Json:
    """An explanation, its values in the unit of the signal."""
    name, side, band = one.signal.labels()
    return {
        "alert": one.alert,
        "family": one.family,
        "severity": one.severity,
        "priority": one.priority,
        "escalated": one.escalated,
        "exchange": one.target.exchange,
        "instrument": one.target.instrument,
        "other": one.target.other or None,
        "summary": summary(one),
        "missing": missing(one),
        "state": one.state,
        **_moment("since", one.since),
        "evaluation": {
            "known": not one.unknown,
            "reason": one.unknown or None,
            "sentence": why_unknown(one) or None,
            "polled": one.degraded,
        },
        "signal": {
            "name": name,
            "side": side or None,
            "band_bps": float(band) if band else None,
            "unit": one.unit,
            "help": one.about,
        },
        "threshold": one.threshold._asdict(),
        "zscore": None if one.score is None else _score(one.score),
        "hold": one.hold._asdict(),
        "distance": None if one.distance is None else one.distance._asdict(),
        "peak": None if one.peak is None else {"value": one.peak[0], **_moment("at", one.peak[1])},
        "last_run": None if one.last_run is None else _run(one.last_run),
        "transitions": [_transition(change) for change in one.transitions],
    }


def past(points: Sequence[Point], spans: Sequence[Span]) -> Json:
    """The last minutes: one value and one z a second, oldest first, and the states."""
    return {
        "history": {
            **_moment("start", points[0].time if points else None),
            "step_seconds": 1,
            "value": [point.value for point in points],
            "z": [point.z for point in points],
            "at_least": [point.bound for point in points],
        },
        "states": [
            {"state": span.state, **_moment("start", span.start), **_moment("end", span.end)}
            for span in spans
        ],
    }


def _score(score: ScoreCheck) -> Json:
    return {
        "value": score.z,
        "limit": score.limit,
        "holds": score.holds,
        "lacking": score.lacking,
        "baseline": {
            "mean": score.mean,
            "deviation": score.deviation,
            "deviation_used": score.used,
            "floor_used": score.floor_used,
            "samples": score.samples,
            "warmup_samples": score.warmup,
            "frozen_seconds": score.frozen,
        },
    }


def _run(run: Run) -> Json:
    return {
        **_moment("start", run.start),
        **_moment("end", run.end),
        "held": run.held,
        "fired": run.fired,
        "reason": run.reason,
    }


def _transition(change: Transition) -> Json:
    return {**fields(change), "time_unix": change.time / NANOSECONDS}


def _moment(name: str, time: int | None) -> dict[str, str | float | None]:
    """A time twice, as text and as Unix seconds."""
    if time is None:
        return {name: None, f"{name}_unix": None}
    return {name: timestamp(time), f"{name}_unix": time / NANOSECONDS}
