"""The two files of the alerts: a snapshot, and the number of the last transition that was logged.

Only one process at a time holds them: an advisory lock, which ends with the process however it
ends, tells a second one to keep off. Where the system has no such locks nothing prevents two.
"""

import os
import re
import sys
from io import FileIO
from pathlib import Path

from exporter.timestamps import timestamp

if sys.platform != "win32":
    import fcntl

_MARK = re.compile(rb"[0-9]{18}\n")


class StateFiles:
    """The files in a folder. Everything here raises OSError where the system refuses it."""

    def __init__(self, folder: Path) -> None:
        self.snapshot = folder / "alerts.state"
        self._draft = folder / "alerts.state.new"
        self._mark = folder / "alerts.logged"
        self._held: FileIO | None = None

    def hold(self) -> None:
        """Keep other processes off until `close`; raises BlockingIOError where one was first."""
        if self._held is not None and self._mark.exists():
            return
        self.close()
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        file = FileIO(os.open(self._mark, os.O_RDWR | os.O_CREAT, 0o644), "r+")
        try:
            _lock(file)
        except OSError as error:
            file.close()
            sentence = f"another process keeps its alerts in {self._mark.parent}"
            raise BlockingIOError(error.errno, sentence) from error
        self._held = file

    def read(self) -> bytes:
        """The snapshot; raises FileNotFoundError where there is none."""
        return self.snapshot.read_bytes()

    def write(self, data: bytes) -> None:
        """A new snapshot, whole or not at all."""
        self.hold()
        with self._draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._draft.replace(self.snapshot)

    def set_aside(self, why: str, now: int) -> Path:
        """Give the snapshot a name that says why, in a word, and when; returns it."""
        when = timestamp(now).replace(":", "")
        return self.snapshot.rename(self.snapshot.with_name(f"alerts.{why}-{when}.state"))

    def mark(self, sequence: int) -> None:
        """The transition of this number has been logged."""
        if self._held is not None:
            self._held.seek(0)
            self._held.write(b"%018d\n" % sequence)

    def marked(self) -> int:
        """The number of the last transition that was logged; 0 where that cannot be known."""
        match = _MARK.match(self._mark.read_bytes())
        return int(match[0]) if match else 0

    def close(self) -> None:
        """Let another process have them."""
        if self._held is not None:
            self._held.close()
            self._held = None


def _lock(file: FileIO) -> None:
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
