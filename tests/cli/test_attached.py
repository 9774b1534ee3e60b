"""What is attached ends with whoever started it, however that ends."""

import select
import subprocess
import sys

import pytest

BOUND = 30
COMMAND = ("sh", "-c", "echo here; exec sleep 1000")


def started() -> subprocess.Popen[bytes]:
    """A command that is attached to this process, and has begun."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "exporter.stack.attached", *COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    return process


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether nobody is left, within a bound, who could write to standard output."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], BOUND)
    return bool(ready) and process.stdout.read() == b""


def test_it_ends_when_standard_input_does() -> None:
    with started() as process:
        assert process.stdin is not None
        process.stdin.close()
        assert has_ended(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_it_ends_though_what_watches_over_it_is_killed() -> None:
    with started() as process:
        process.kill()
        assert has_ended(process)


def test_it_ends_when_it_is_told_to() -> None:
    with started() as process:
        process.terminate()
        assert has_ended(process)
