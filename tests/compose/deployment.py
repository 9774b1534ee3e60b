"""A deployment by Docker Compose: a copy of the project, started, asked, and gone after."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from exporter import __version__
from exporter.stack.servers import free_port
from tests.compose.composed import documented, read, services
from tests.compose.standins import images, is_there
from tests.compose.test_dockerfile import sent
from tests.shared import ROOT

BOUND = 240
"""Seconds within which anything must come; the demonstration's first incident is after 60."""
_STEP = 0.5
_LABEL = "com.docker.compose.project"
_FILES = ("docker-compose.yml", "Dockerfile", ".dockerignore", "grafana")
_USER = 65534
PASSWORD = "of the test"  # noqa: S105 - nobody else's
IMAGE = f"market-quality-exporter:{__version__}"


class Deployment:
    """One profile of a project of its own; `ports` are those of this machine, by variable.

    `services` are those that it has here: all but those whose images are not to be had.
    """

    def __init__(self, folder: Path, profile: str, **given: str) -> None:
        self.project = f"market-quality-test-{os.getpid()}-{profile}"
        self.profile = profile
        self.folder = folder
        self.services = {
            name: service
            for name, service in services(profile).items()
            if service["image"] == IMAGE or is_there(service["image"])
        }
        names = (name for name in documented() if name.endswith("_PORT"))
        self.ports = {name: free_port() for name in names}
        ports = {name: str(port) for name, port in self.ports.items()}
        self._environment = {**os.environ, **ports, "COMPOSE_PROFILES": profile, **given}

    def compose(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`docker compose …` for this project."""
        return docker(
            *("compose", "--project-name", self.project, *arguments),
            cwd=self.folder,
            environment=self._environment,
        )

    def up(self) -> "subprocess.CompletedProcess[str]":
        """Everything that can be here built and started, as the documentation says."""
        return self.compose("up", "--detach", *self.services)

    def down(self) -> None:
        """Everything ended and removed, volumes too."""
        done = self.compose("down", "--volumes", "--timeout=20")
        assert done.returncode == 0, done.stderr
        docker("image", "prune", "--force", f"--filter=label={_LABEL}={self.project}")

    def states(self) -> dict[str, tuple[str, int]]:
        """`healthy`, or else running or exited, with the exit code, by service."""
        lines = self.compose("ps", "--all", "--format=json").stdout.splitlines()
        found = map(json.loads, lines)
        return {one["Service"]: (one["Health"] or one["State"], one["ExitCode"]) for one in found}

    def settled(self) -> bool:
        """Whether all that runs is healthy, and all that was to end has ended well."""
        wanted = {
            name: ("exited", 0) if service["restart"] == "no" else ("healthy", 0)
            for name, service in self.services.items()
        }
        return self.states() == wanted

    def log(self, service: str) -> str:
        """What a service has written."""
        done = self.compose("logs", "--no-log-prefix", service)
        return done.stdout + done.stderr

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition; fails with what all services wrote last."""
        end = time.monotonic() + BOUND
        while not condition():
            if time.monotonic() > end:
                told = self.compose("logs", "--tail=15").stdout
                raise AssertionError(f"not so within {BOUND} s: {what}\n{self.states()}\n{told}")
            time.sleep(_STEP)

    def containers(self) -> list[dict[str, Any]]:
        """What the engine knows of each that is there."""
        names = self.left("container")
        found: list[dict[str, Any]] = json.loads(docker("inspect", *names).stdout or "[]")
        return found

    def left(self, what: str) -> list[str]:
        """Containers, volumes or networks of this project that exist."""
        every = ("--all",) if what == "container" else ()
        told = docker(what, "ls", *every, "--quiet", f"--filter=label={_LABEL}={self.project}")
        assert told.returncode == 0, told.stderr
        return told.stdout.split()


def docker(
    *arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] = os.environ
) -> "subprocess.CompletedProcess[str]":
    """`docker …`, whatever comes of it."""
    return subprocess.run(  # noqa: S603 - docker, wherever it is
        ["docker", *arguments],  # noqa: S607
        cwd=cwd, env=dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip


def answer(port: int, path: str) -> str:
    """What is served on a port of this machine; "" where nothing is."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return str(response.read().decode())
    except (URLError, OSError):
        return ""


def query(port: int, asked: str) -> list[tuple[dict[str, str], float]]:
    """What Prometheus on a port answers now: labels and value of each series."""
    text = answer(port, f"/api/v1/query?query={asked}")
    found = json.loads(text)["data"]["result"] if text else []
    return [(one["metric"], float(one["value"][1])) for one in found]


@contextmanager
def project(folder: Path) -> Iterator[Path]:
    """A copy of what a deployment needs; images that cannot be pulled are stood in for.

    It has a password for Grafana, and no other secret.
    """
    if shutil.which("docker") is None or docker("info").returncode or _without_compose():
        pytest.skip("no Docker engine with Compose answers here")
    for name in (*_FILES, *sent()):
        path = ROOT / name
        if path.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", "secrets")
            shutil.copytree(path, folder / name, ignore=unwanted)
        else:
            shutil.copy(path, folder / name)
    secret(folder / "grafana" / "secrets", "admin_password", PASSWORD)
    base = (folder / "Dockerfile").read_text().partition("FROM ")[2].split()[0]
    named = {one["image"] for one in read()["services"].values()}
    before = is_there(IMAGE)
    with images(sorted({base, *named} - {IMAGE})):
        try:
            yield folder
        finally:
            if not before:
                docker("rmi", "--force", IMAGE)


def _without_compose() -> bool:
    return docker("compose", "version").returncode != 0


def secret(top: Path, name: str, text: str) -> None:
    """A file below a folder of secrets; only the user of the services may read either."""
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")
    path.chmod(0o400)
    folders = [one for one in path.parents if one.is_relative_to(top)]
    for one in folders:
        one.chmod(0o500)
    for one in (path, *folders):
        os.chown(one, _USER, _USER)
