"""Runs a command that ends when standard input does: `python -m exporter.stack.attached COMMAND…`.

Whoever starts it holds that open. However it ends, also by a kill that it cannot handle, the
command ends with it; on Linux also where this program itself is killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_PATIENCE = 10
"""Seconds for the command to end by itself before it is killed."""


def main() -> int:
    """Run the command of the arguments; its exit code."""
    command = subprocess.Popen(  # noqa: S603 - as asked
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_us if sys.platform == "linux" else None,
    )
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        command.terminate()
        try:
            command.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            command.kill()

    threading.Thread(target=watch, daemon=True).start()
    return command.wait()


def _end_with_us() -> None:
    """Let the system send SIGTERM to this process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
