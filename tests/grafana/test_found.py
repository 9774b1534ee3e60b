"""Where Grafana is looked for, and what is started."""

import os
from pathlib import Path

import pytest

from exporter.stack import servers
from exporter.stack.programs import NAMES, PAGING, found, found_grafana, missing


def made(path: Path, *, runs: bool = True) -> Path:
    """A file that may be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(0o755 if runs else 0o644)
    return path


def home(folder: Path) -> Path:
    """A folder that has what Grafana's home has."""
    made(folder / "conf" / "defaults.ini", runs=False)
    return folder


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is neither on the path nor named."""
    monkeypatch.delenv("GRAFANA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{tmp_path}/sbin")


@pytest.mark.parametrize("place", ["bin/grafana", "bin/linux-amd64/grafana"])
def test_it_is_in_the_folder_that_the_environment_names(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = made(home(tmp_path / "named") / place)
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path / "named"))
    assert found_grafana() == (program, tmp_path / "named")
    assert found("grafana") == str(program)
    assert servers.grafana() == [
        str(program), "server", f"--homepath={tmp_path}/named", f"--config={os.devnull}",
    ]  # fmt: skip


def test_with_a_folder_named_no_other_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(home(tmp_path) / "bin" / "grafana")
    assert found_grafana() is not None
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path / "empty"))
    assert found_grafana() is None


def test_an_unpacked_archive_is_found_by_a_link_on_the_path(tmp_path: Path) -> None:
    program = made(home(tmp_path / "grafana-12.3.0") / "bin" / "grafana")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "grafana").symlink_to(program)
    assert found_grafana() == (program, tmp_path / "grafana-12.3.0")


@pytest.mark.parametrize("name", NAMES["grafana"])
def test_of_a_package_the_program_is_taken_and_not_the_script_that_leads_to_it(
    name: str, tmp_path: Path
) -> None:
    """The script would have it read the configuration of the machine's own Grafana."""
    made(tmp_path / "sbin" / name)
    program = made(home(tmp_path / "share" / "grafana") / "bin" / "grafana")
    assert found_grafana() == (program, tmp_path / "share" / "grafana")


def test_a_program_whose_home_has_no_other_is_it(tmp_path: Path) -> None:
    program = made(tmp_path / "bin" / "grafana")
    home(tmp_path / "share" / "grafana")
    assert found_grafana() == (program, tmp_path / "share" / "grafana")


@pytest.mark.parametrize("name", NAMES["grafana"])
def test_without_its_home_it_is_not_there(name: str, tmp_path: Path) -> None:
    made(tmp_path / "bin" / name)
    assert found_grafana() is None


def test_what_may_not_be_run_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(home(tmp_path / "named") / "bin" / "grafana", runs=False)
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path / "named"))
    assert found_grafana() is None


def test_it_is_missed_only_where_it_is_asked_for(tmp_path: Path) -> None:
    assert missing().keys() == set(PAGING)
    assert missing(("grafana",)) == {
        "grafana": "grafana is not installed (https://grafana.com/grafana/download; "
        "GRAFANA_HOME may say where it is)."
    }
    made(home(tmp_path) / "bin" / "grafana")
    assert missing(("grafana",)) == {}
