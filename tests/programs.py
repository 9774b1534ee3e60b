"""Programs of the stack that tests run; in CI a missing one is a failure, elsewhere a skip."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

import pytest


class _Known(NamedTuple):
    """The names that a program may have, and the Debian package that has it."""

    names: tuple[str, ...]
    package: str


_KNOWN: Mapping[str, _Known] = {
    "prometheus": _Known(("prometheus",), "prometheus"),
    "promtool": _Known(("promtool",), "prometheus"),
    "alertmanager": _Known(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager"),
    "amtool": _Known(("amtool",), "prometheus-alertmanager"),
}


def needed(name: str) -> str:
    """The path of prometheus, promtool, alertmanager or amtool; without it no test goes on."""
    known = _KNOWN[name]
    found = next(filter(None, map(shutil.which, known.names)), None)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is needed in CI (Debian's package {known.package} has it)")
    pytest.skip(f"{name} is not installed (Debian's package {known.package} has it)")


def promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Prometheus' own checker, with `text` on standard input."""
    return _run("promtool", arguments, text)


def amtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Alertmanager's own checker, with `text` on standard input."""
    return _run("amtool", arguments, text)


def _run(name: str, arguments: tuple[str, ...], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - one of the above
        [needed(name), *arguments], input=text, capture_output=True, text=True, check=False
    )
