"""How a change of an alert is written, in the log and in a file."""

from collections.abc import Mapping

from exporter.timestamps import timestamp
from exporter.transition import Transition


def fields(change: Transition) -> Mapping[str, str | int | float | None]:
    """Its fields by name; `other` only where it is about a pair."""
    other = {"other": change.target.other} if change.target.other else {}
    return {
        "time": timestamp(change.time),
        "seq": change.sequence,
        "alert": change.alert,
        "exchange": change.target.exchange,
        "instrument": change.target.instrument,
        **other,
        "severity": change.severity,
        "priority": change.priority,
        "from": change.before,
        "to": change.after,
        "reason": change.reason,
        "value": change.value,
        "threshold": change.threshold,
        "z": change.z,
        "mean": change.mean,
        "deviation": change.deviation,
    }
