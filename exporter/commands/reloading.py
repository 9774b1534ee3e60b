"""Another configuration while everything runs: validated first, applied whole or not at all."""

from collections.abc import Callable

from exporter import clock
from exporter.config import Config
from exporter.config.difference import differences
from exporter.errors import ConfigError
from exporter.live.live import LiveFeeds
from exporter.observer import Observer
from exporter.pipeline import Pipeline
from exporter.telemetry import Telemetry

_AT_START_ONLY = ("features.feed.", "features.live.queue_frames")
"""What is built once and measured since: changed there, it counts from the next start on."""


class Reloader:
    """Reads the configuration anew when it is told to."""

    def __init__(
        self,
        read: Callable[[], Config],
        pipeline: Pipeline,
        feeds: LiveFeeds,
        telemetry: Telemetry,
        log: Observer,
    ) -> None:
        """`read` gives the configuration as it stands on disk, or raises ConfigError."""
        self._read = read
        self._pipeline = pipeline
        self._feeds = feeds
        self._telemetry = telemetry
        self._log = log

    def reload(self) -> str:
        """Apply what stands on disk. "" if it is in force now, else why the old one stays."""
        now, pipeline = clock.now(), self._pipeline
        try:
            config = self._read()
        except ConfigError as error:
            self._telemetry.reloaded(now, successful=False)
            self._log.event("reload_refused", now, warning=True, why=str(error))
            return str(error)
        changed = differences(pipeline.config, config)
        touched = pipeline.reconfigure(config, now)
        self._feeds.reconfigured()
        self._telemetry.reloaded(now, successful=True)
        self._log.event(
            "reloaded",
            now,
            changed="; ".join(changed) or "nothing",
            markets=", ".join(map(str, touched)) or "all go on",
        )
        late = [place for place in changed if place.startswith(_AT_START_ONLY)]
        if late:
            self._log.event("needs_a_restart", now, warning=True, changed="; ".join(late))
        return ""
