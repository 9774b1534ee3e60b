"""What Alertmanager's configuration says of a receiver. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml

from exporter.paging.durations import seconds

_DEFAULT = "5m"
"""Alertmanager's own group_interval."""
_WAYS = "_configs"


class Routes:
    """A configuration as Alertmanager itself gives it: YAML, with every default written out."""

    def __init__(self, text: str) -> None:
        self._tree: Mapping[str, Any] = yaml.safe_load(text)

    def group_interval(self, receiver: str) -> float:
        """Seconds after which what has changed in a group is told to this receiver."""
        root: Mapping[str, str] = self._tree["route"]
        own: Mapping[str, str] = next(
            (one for one in self._tree["route"].get("routes", ()) if one["receiver"] == receiver),
            {},
        )
        return seconds(own.get("group_interval") or root.get("group_interval") or _DEFAULT)

    def integrations(self, receiver: str, *, resolved: bool = False) -> list[str]:
        """By what a receiver is told: `slack`, `webhook`, …; or told that something is over."""
        found: Mapping[str, Any] = next(
            (one for one in self._tree["receivers"] if one["name"] == receiver), {}
        )
        return [
            key.removesuffix(_WAYS)
            for key, ways in found.items()
            if key.endswith(_WAYS) and (not resolved or any(one["send_resolved"] for one in ways))
        ]
