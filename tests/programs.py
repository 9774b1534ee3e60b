"""Programs of the stack that tests run; in CI a missing one is a failure, elsewhere a skip."""

import os
import shutil
import subprocess

import pytest


def promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Prometheus' own checker, with `text` on standard input."""
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is needed in CI (Debian's package prometheus has it)")
        pytest.skip("promtool is not installed")
    return subprocess.run(  # noqa: S603 - promtool, found above
        [program, *arguments], input=text, capture_output=True, text=True, check=False
    )
