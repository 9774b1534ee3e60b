"""Keeps alerts over restarts: what changes is on disk before it is in the log.

A transition that is on disk but not in the log, because the process was killed between the two, is
logged by the next process. Killed in the few microseconds between a line of the log and the note
that it was written, it logs that line twice, with the same number.
"""

from collections.abc import Callable, Sequence

from exporter.alerts.alerts import Alerts
from exporter.alerts.snapshot import Snapshot, SnapshotError, decoded, encoded, restored, taken
from exporter.keeping.statefiles import StateFiles
from exporter.model import NANOSECONDS, GapMarker
from exporter.observer import Observer
from exporter.transition import Transition

_EVERY = 20 * NANOSECONDS


class AlertStore(Observer):
    """Stands between a pipeline and who hears of it, and keeps its alerts in `files`.

    Nothing that goes wrong with the files ends the program: it is told once, and tried again.
    First `restore`, then `begin`, from when on transitions are told; `close` at the end.
    """

    def __init__(self, files: StateFiles, observer: Observer) -> None:
        self._files = files
        self._observer = observer
        self._alerts: Alerts | None = None
        self._saved = 0
        self._owed: list[Transition] = []
        self._news: list[Callable[[int], None]] = []
        self._trouble = ""

    def restore(self, alerts: Alerts, now: int) -> None:
        """Let alerts that have not stepped yet go on from what an earlier process kept.

        The seconds from then to `now` count as seconds without data. Nothing is changed on disk.
        """
        try:
            self._files.hold()
            alerts.sequence = self._files.marked()
        except OSError as error:
            sentence = str(error)
            self._news.append(lambda at: self._troubled(sentence, at))
            return
        try:
            snapshot = decoded(self._files.read())
        except FileNotFoundError:
            self._anew(f"there is no {self._files.snapshot}")
        except SnapshotError as error:
            self._refuse(error.kind, str(error))
        except OSError as error:
            self._refuse("unreadable", str(error))
        else:
            self._resume(alerts, snapshot, now)

    def begin(self, alerts: Alerts, now: int) -> None:
        """Tell what came of it, log what is owed, and keep these alerts from now on."""
        self._alerts = alerts
        for tell in self._news:
            tell(now)
        self._news.clear()
        if self._owed:
            self._save(alerts, now)
            self._log(now)

    def stepped(self, now: int, changes: Sequence[Transition]) -> None:
        """Save what must not be lost, then log it."""
        self._owed += changes
        if self._alerts is not None:
            if self._due(self._alerts, now):
                self._save(self._alerts, now)
            self._log(now)

    def close(self, now: int) -> None:
        """Save once more, and let another process have the files."""
        if self._alerts is not None and self._alerts.now:
            self._save(self._alerts, now)
        self._alerts = None
        self._files.close()

    def gap(self, marker: GapMarker) -> None:
        self._observer.gap(marker)

    def refused(self, feed: str, now: int, sentence: str) -> None:
        self._observer.refused(feed, now, sentence)

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        self._observer.event(name, now, warning=warning, **details)

    def _due(self, alerts: Alerts, now: int) -> bool:
        """A change, a freeze, a hold that goes on, or simply time."""
        changed = bool(self._owed) or alerts.turned or alerts.pending
        return changed or now - self._saved >= _EVERY

    def _log(self, now: int) -> None:
        for change in self._owed:
            self._observer.transitions((change,))
            try:
                self._files.mark(change.sequence)
            except OSError as error:
                self._troubled(str(error), now)
        self._owed.clear()

    def _save(self, alerts: Alerts, now: int) -> None:
        self._saved = now
        try:
            self._files.write(encoded(taken(alerts, self._owed)))
        except OSError as error:
            self._troubled(str(error), now)
        else:
            self._troubled("", now)

    def _troubled(self, sentence: str, now: int) -> None:
        """Tell where it is another trouble than the last, or none any more."""
        if sentence == self._trouble:
            return
        self._trouble = sentence
        if sentence:
            self.event("alerts_not_kept", now, warning=True, why=sentence)
        else:
            self.event("alerts_kept_again", now)

    def _resume(self, alerts: Alerts, snapshot: Snapshot, now: int) -> None:
        logged = alerts.sequence
        self._owed += [one for one in snapshot.owed if one.sequence > logged]
        self._owed += restored(alerts, snapshot, now)
        if why := snapshot.unusable(now):
            self._anew(why, warning=True)
            return
        seconds = (now - snapshot.time) // NANOSECONDS
        running = sum(alert.running for alert in alerts)
        self._news.append(
            lambda at: self.event("alerts_restored", at, seconds=seconds, running=running)
        )

    def _anew(self, why: str, *, warning: bool = False) -> None:
        """Baselines are empty and no alert runs."""
        self._news.append(lambda at: self.event("alerts_begin_anew", at, warning=warning, why=why))

    def _refuse(self, kind: str, sentence: str) -> None:
        """The snapshot must not be used, nor written over."""
        self._news.append(lambda at: self._set_aside(kind, sentence, at))

    def _set_aside(self, kind: str, sentence: str, now: int) -> None:
        try:
            place = str(self._files.set_aside(kind, now))
        except OSError as error:
            place = str(error)
        why = f"{self._files.snapshot}: {sentence}"
        self.event("alerts_begin_anew", now, warning=True, why=why, set_aside=place)
