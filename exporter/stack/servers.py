"""The servers of the stack as processes that end with whoever started them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from exporter.stack.programs import found, found_grafana

RESEND = 10
"""Seconds after which Prometheus sends an alert again. Alertmanager takes it for over once it has
not heard of it for four times as long."""
PEER_TIMEOUT = 5
"""Seconds that an Alertmanager waits for a peer that should have told, and may be dead."""
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
def attached(
    command: Sequence[str], log: Path, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own group that writes to `log`; it has ended after. `variables` are put
    into its environment."""
    with log.open("ab") as writing:
        process = subprocess.Popen(  # noqa: S603 - our own program, with one that was found
            [sys.executable, "-m", "exporter.stack.attached", *command],
            stdin=subprocess.PIPE, stdout=writing, stderr=writing, start_new_session=True,
            env={**os.environ, **variables},
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


def alertmanager(config: Path, data: Path, port: int, gossip: Sequence[int] = ()) -> list[str]:
    """The command of an Alertmanager on loopback.

    `gossip` are ports of a cluster, its own first; without any it is alone.
    """
    program = found("alertmanager")
    assert program is not None
    own, *peers = (f"127.0.0.1:{one}" for one in gossip or (0,))
    return [
        program,
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        *(_clustered(own, peers) if gossip else ["--cluster.listen-address="]),
    ]


def grafana() -> list[str]:
    """The command of Grafana with its own defaults; all else is in its environment."""
    there = found_grafana()
    assert there is not None
    return [str(there.program), "server", f"--homepath={there.home}", f"--config={os.devnull}"]


def _clustered(own: str, peers: Sequence[str]) -> list[str]:
    """One that is not the first to tell waits `peer-timeout` for the one before it."""
    return [
        f"--cluster.listen-address={own}",
        f"--cluster.advertise-address={own}",
        *(f"--cluster.peer={peer}" for peer in peers),
        f"--cluster.peer-timeout={PEER_TIMEOUT}s",
    ]
