"""The servers of the stack as processes that end with whoever started them."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from exporter.stack.programs import found

RESEND = 10
"""Seconds after which Prometheus sends an alert again. Alertmanager takes it for over once it has
not heard of it for four times as long."""
_PATIENCE = 15
"""Seconds for a server to end before it is killed."""


def free_port(preferred: int = 0) -> int:
    """A port of loopback that nothing listens on, the preferred one if it is free."""
    for port in (preferred, 0):
        with socket.socket() as chosen:
            chosen.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                chosen.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(chosen.getsockname()[1])
    raise OSError("no port of 127.0.0.1 is free")


@contextmanager
def attached(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own group that writes to `log`; it has ended after."""
    with log.open("ab") as writing:
        process = subprocess.Popen(  # noqa: S603 - our own program, with one that was found
            [sys.executable, "-m", "exporter.stack.attached", *command],
            stdin=subprocess.PIPE, stdout=writing, stderr=writing, start_new_session=True,
        )  # fmt: skip
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def prometheus(config: Path, data: Path, port: int) -> list[str]:
    """The command of Prometheus on loopback; its rules send again after `RESEND` seconds."""
    program = found("prometheus")
    assert program is not None
    return [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        f"--rules.alert.resend-delay={RESEND}s",
        "--rules.alert.for-grace-period=0s",
    ]


def alertmanager(config: Path, data: Path, port: int) -> list[str]:
    """The command of a single Alertmanager on loopback."""
    program = found("alertmanager")
    assert program is not None
    return [
        program,
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
