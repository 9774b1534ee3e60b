"""Which programs of the stack are on this machine, and how to get those that are not."""

import shutil
from collections.abc import Mapping, Sequence

NAMES: Mapping[str, Sequence[str]] = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
}
"""What each program may be called; Debian's Alertmanager has its own name."""
_ADVICE: Mapping[str, str] = {
    "prometheus": "apt-get install prometheus, or https://prometheus.io/download",
    "alertmanager": "apt-get install prometheus-alertmanager, or https://prometheus.io/download",
}


def found(program: str) -> str | None:
    """The path of a program; None where it is not installed."""
    return next(filter(None, map(shutil.which, NAMES[program])), None)


def missing() -> dict[str, str]:
    """A sentence for each program that is not installed, with how to get it."""
    return {
        program: f"{program} is not installed ({_ADVICE[program]})."
        for program in NAMES
        if found(program) is None
    }
