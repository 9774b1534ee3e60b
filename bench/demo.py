"""The demonstration: recordings at real time, with the pages served meanwhile.

`python -m bench.demo [FILE …]`; without a file, three minutes of a made session (see session.py).
"""

import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.session import write
from exporter.__main__ import main as exporter

_SECONDS, _SEED = 180, 2026
_INTERRUPTED = 130


def main(files: Sequence[str]) -> int:
    """Replay and serve until Ctrl-C, which is the way to end it and no failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up then as well
    try:
        with ExitStack() as stack:
            code = _show(files or _made(Path(stack.enter_context(TemporaryDirectory()))))
    except KeyboardInterrupt:
        return 0
    return 0 if code == _INTERRUPTED else code


def _show(files: Sequence[str]) -> int:
    print("The books are rebuilt frame by frame and measured as they were at the time.")
    print("Open the address below in a browser for an overview; its /metrics is what Prometheus")
    print("reads. The overview renews itself; Ctrl-C ends it.", flush=True)
    return exporter(["replay", *files, "--speed", "1", "--serve"])


def _made(folder: Path) -> list[str]:
    print(f"A made session: {_SECONDS} s of BTCUSDT, perpetual and spot. No exchange sent it.")
    return [str(path) for path in write(folder, _SECONDS, _SEED)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
