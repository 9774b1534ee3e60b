"""What the pipeline tells to whoever listens: things an operator may want to read about."""

from collections.abc import Sequence

from exporter.model import GapMarker
from exporter.transition import Transition


class Observer:
    """Listens to nothing; a subclass logs, a test collects."""

    def gap(self, marker: GapMarker) -> None:
        """A gap was opened (`end` is None) or closed."""

    def refused(self, feed: str, now: int, sentence: str) -> None:
        """A frame or answer of this feed, received at `now`, could not be read."""

    def stepped(self, now: int, changes: Sequence[Transition]) -> None:
        """The alerts of the whole second `now` are decided; most often nothing changed."""
        if changes:
            self.transitions(changes)

    def transitions(self, changes: Sequence[Transition]) -> None:
        """Alerts changed, at the same second."""

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        """Something happened to the feeds themselves: a connection, a request, a subscription."""
