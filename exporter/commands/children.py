"""Commands of this program as processes of their own, which end with whoever started them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from exporter.errors import ExporterError

_STOPPING_SECONDS = 10


@contextmanager
def child(name: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """A command that takes `--attached` and introduces itself by a line of JSON, which is given.

    Raises ExporterError where it does not start; it has written why.
    """
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "exporter", name, "--attached", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:  # a Ctrl-C while it was being started comes now, when it can be ended
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        line = process.stdout.readline()
        if not line:
            raise ExporterError(f"`{name}` did not start; see above")
        yield json.loads(line)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.terminate()
        try:
            process.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
