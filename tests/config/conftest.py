"""A configuration directory to spoil: a copy of what is shipped."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.config import load
from exporter.errors import ConfigError


@pytest.fixture
def shipped() -> Path:
    """The directory that the project ships."""
    return Path(__file__).parents[2] / "config"


@pytest.fixture
def directory(shipped: Path, tmp_path: Path) -> Path:
    """A copy of the shipped files that a test may change."""
    for file in shipped.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def edit(directory: Path) -> Callable[[str, str, str], None]:
    """Replaces the first `old` in a file of `directory`, which must be there, by `new`."""

    def replace(file: str, old: str, new: str) -> None:
        text = (directory / file).read_text()
        assert old in text
        (directory / file).write_text(text.replace(old, new, 1))

    return replace


@pytest.fixture
def problems(directory: Path) -> Callable[[], list[str]]:
    """Loads `directory`, which must be refused, and returns all problems as they are printed."""

    def refused() -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(directory)
        return [str(problem) for problem in caught.value.problems]

    return refused
