"""Durations as Prometheus and Alertmanager write them."""

import re

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+)(ms|[smhdw])")


def seconds(text: str) -> float:
    """A duration such as `1m30s` in seconds."""
    return sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
