"""`drills.json` in the state folder: when drills of each kind last succeeded, in Unix seconds.

{"spread-blow-out": 1790000000.5, "page": 1790000300.25}
"""

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from exporter.simulator.incidents import KINDS

FILE = "drills.json"
ALERTMANAGER, PAGE = "alertmanager", "page"
"""What a drill of a real Alertmanager is recorded as; the second rang the pager."""
_KNOWN = frozenset({*KINDS, ALERTMANAGER, PAGE})

Times = Mapping[str, float]
"""Unix seconds by kind."""


def decoded(data: bytes) -> Times:
    """What a record says of the kinds that there are; raises ValueError for what is none."""
    try:
        found = msgspec.json.decode(data, type=dict[str, float])
    except msgspec.MsgspecError as error:
        raise ValueError(f"is no record of drills: {error}") from error
    if not all(isfinite(when) and when > 0 for when in found.values()):
        raise ValueError("is no record of drills: a time must be above zero")
    return {kind: when for kind, when in found.items() if kind in _KNOWN}


class DrillRecord:
    """The record in a folder. `troubled` is told once of each version that cannot be used."""

    def __init__(self, folder: Path, troubled: Callable[[str], None]) -> None:
        self._path = folder / FILE
        self._troubled = troubled
        self._version: tuple[int, int, int] | None = None
        self._times: Times = {}

    def times(self) -> Times:
        """As it stands on disk; read only where it has changed. Nothing where it is unusable."""
        version = self._stands()
        if version != self._version:
            self._version = version
            self._times = {} if version is None else self._read()
        return self._times

    def succeeded(self, kind: str, when: float) -> None:
        """Write that a drill has succeeded at `when`; a record that is unusable begins anew.

        Whoever reads it meanwhile sees the old or the new one. Raises OSError.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.encode({**self.times(), kind: when})
        draft = NamedTemporaryFile(dir=self._path.parent, prefix=f".{FILE}.", delete=False)  # noqa: SIM115 - renamed below
        with draft:
            draft.write(content)
        Path(draft.name).chmod(0o644)
        Path(draft.name).replace(self._path)

    def _stands(self) -> tuple[int, int, int] | None:
        """What changes when the file does; None where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> Times:
        try:
            return decoded(self._path.read_bytes())
        except OSError as error:
            self._troubled(f"{self._path}: {error.strerror}")
        except ValueError as error:
            self._troubled(f"{self._path} {error}")
        return {}
