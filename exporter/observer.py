"""What the pipeline tells to whoever listens: things an operator may want to read about."""

from exporter.model import GapMarker


class Observer:
    """Listens to nothing; a subclass logs, a test collects."""

    def gap(self, marker: GapMarker) -> None:
        """A gap was opened (`end` is None) or closed."""

    def refused(self, feed: str, now: int, sentence: str) -> None:
        """A frame or answer of this feed, received at `now`, could not be read."""

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        """Something happened to the feeds themselves: a connection, a request, a subscription."""
