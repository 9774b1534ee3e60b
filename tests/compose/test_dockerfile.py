"""The Dockerfile and what the builder is sent."""

import tomllib

import pytest

from tests.compose.rules import dockerfile_faults
from tests.shared import ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def sent() -> set[str]:
    """What .dockerignore lets through."""
    return {line.removeprefix("!") for line in IGNORED if line.startswith("!")}


def test_it_is_as_it_must_be() -> None:
    assert list(dockerfile_faults(TEXT, sent())) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("FROM python:3.13.5-slim-bookworm\n", "FROM python:latest\n", "FROM python:latest: is not "
         "pinned by a version"),
        ("USER 65534:65534\n", "", "USER: must be a number other than root's"),
        ("USER 65534:65534\n", "USER 0:0\n", "USER: must be a number other than root's"),
        ("HEALTHCHECK", "LABEL", "HEALTHCHECK: is missing"),
        ('ENTRYPOINT ["python", "-m", "exporter"]', "ENTRYPOINT python -m exporter",
         "ENTRYPOINT: must be a list, so that signals reach the program"),
        ("--require-hashes ", "", "RUN pip: without --require-hashes"),
        ("--only-binary=:all:", "--index-url=http://x", "RUN pip: from an index of its own"),
        ("COPY config ", "COPY secrets ", "COPY secrets: is not sent"),
        ("WORKDIR /app", "ARG TOKEN", "ARG: is not wanted"),
    ],
)  # fmt: skip
def test_a_rule_bites(old: str, new: str, fault: str) -> None:
    assert old in TEXT
    assert fault in list(dockerfile_faults(TEXT.replace(old, new), sent()))


def test_the_builder_is_sent_nothing_but_what_is_named() -> None:
    assert [line for line in IGNORED if line and not line.startswith(("#", "!"))] == [
        "*",
        "**/__pycache__",
    ]
    assert all((ROOT / name).exists() for name in sent())


def test_its_python_is_one_that_the_project_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
    image = TEXT.partition("FROM python:")[2].split("-")[0]
    assert tuple(map(int, image.split(".")))[:2] >= least
