"""Which programs of the stack are on this machine, and how to get those that are not."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

NAMES: Mapping[str, Sequence[str]] = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "grafana": ("grafana", "grafana-server"),
}
"""What each program may be called; Debian's Alertmanager has its own name."""
PAGING = ("prometheus", "alertmanager")
"""Those without which nobody is told."""
_ADVICE: Mapping[str, str] = {
    "prometheus": "apt-get install prometheus, or https://prometheus.io/download",
    "alertmanager": "apt-get install prometheus-alertmanager, or https://prometheus.io/download",
    "grafana": "https://grafana.com/grafana/download; GRAFANA_HOME may say where it is",
}


class Grafana(NamedTuple):
    """Grafana's program, and its home: the folder that has its defaults and its pages."""

    program: Path
    home: Path


def found(program: str) -> str | None:
    """The path of a program; None where it is not installed."""
    if program == "grafana":
        there = found_grafana()
        return None if there is None else str(there.program)
    return next(filter(None, map(shutil.which, NAMES[program])), None)


def found_grafana() -> Grafana | None:
    """The Grafana in `GRAFANA_HOME`, or that of the path where this is not set; None without."""
    if given := os.environ.get("GRAFANA_HOME"):
        return next(_in_home(Path(given)), None)
    return next((one for name in NAMES["grafana"] for one in _beside(shutil.which(name))), None)


def missing(programs: Sequence[str] = PAGING) -> dict[str, str]:
    """A sentence for each of these that is not installed, with how to get it."""
    return {
        program: f"{program} is not installed ({_ADVICE[program]})."
        for program in programs
        if found(program) is None
    }


def _beside(path: str | None) -> Iterator[Grafana]:
    """What belongs to a program of the path, which may be no more than a script that leads to it:
    an unpacked archive has it in bin, packages have the home in share."""
    if path is None:
        return
    program = Path(path).resolve()
    above = program.parent.parent
    for home in (above, above.parent, above / "share" / "grafana"):
        yield from _in_home(home)
        if program.name == "grafana" and _is_home(home):
            yield Grafana(program, home)


def _in_home(home: Path) -> Iterator[Grafana]:
    if _is_home(home):
        for program in (home / "bin" / "grafana", *sorted(home.glob("bin/*/grafana"))):
            if os.access(program, os.X_OK) and program.is_file():
                yield Grafana(program.resolve(), home.resolve())


def _is_home(folder: Path) -> bool:
    return (folder / "conf" / "defaults.ini").is_file()
