"""The command line in this process: exit codes, help, and errors that are one sentence."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter import __version__
from exporter.__main__ import main
from exporter.commands.arguments import replay as program
from exporter.config.environment import DEFAULTS
from exporter.exposition.catalogue import markdown
from tests.exposition.reading import series
from tests.made import SPOT, USDM, short
from tests.recordings.written import save, stamped
from tests.shared import ROOT, page, replayed

OPTIONS = (
    "--config",
    "--speed",
    "--serve",
    "--listen",
    "--runbooks",
    "--summary",
    "--page",
    "FILE",
)


class Result(NamedTuple):
    """What a run ended with."""

    code: int | str | None
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`main` with these arguments, where the project is."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(ROOT)

    def call(*arguments: str | Path) -> Result:
        try:
            code: int | str | None = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def spot(tmp_path: Path) -> Path:
    return save(tmp_path / "spot", stamped(short(SPOT, "BTCUSDT")))


@pytest.fixture
def perp(tmp_path: Path) -> Path:
    return save(tmp_path / "perp", stamped(short(USDM, "BTCUSDT")))


def assert_sentence(result: Result, code: int, *parts: str) -> None:
    """One line on standard error (after the usage, if there is one), with these words."""
    assert result.code == code
    assert "Traceback" not in result.err
    *before, last = result.err.splitlines()
    assert all(line.startswith(("usage:", " ")) for line in before)
    assert all(part in last for part in parts), last


def test_replay_ends_with_a_table_and_code_0(run: Run, spot: Path, perp: Path) -> None:
    result = run("replay", spot, perp)
    assert (result.code, result.err) == (0, "")
    for words in ("binance/BTC-USDT-SPOT", "binance/BTC-USDT-PERP", "3 of 3", "16 frames"):
        assert words in result.out


def test_replay_writes_the_summary_and_the_page(
    run: Run, spot: Path, perp: Path, tmp_path: Path
) -> None:
    summary, prom = tmp_path / "summary.json", tmp_path / "page.prom"
    assert run("replay", spot, perp, "--summary", summary, "--page", prom).code == 0
    found = json.loads(summary.read_text())
    assert found["frames"] == 16
    assert set(found["markets"]) == {"binance/BTC-USDT-SPOT", "binance/BTC-USDT-PERP"}
    assert {market["tops_equal"] for market in found["markets"].values()} == {3}
    assert prom.read_text() == page(replayed(spot, perp)[0])
    assert series(prom.read_text())


def test_what_is_written_twice_is_the_same(run: Run, spot: Path, tmp_path: Path) -> None:
    pages = [tmp_path / name for name in ("one", "two")]
    for target in pages:
        run("replay", spot, "--page", target)
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_damaged_lines_are_told_and_end_in_code_1(run: Run, spot: Path) -> None:
    spot.write_bytes(spot.read_bytes() + b"broken\n" * 2)
    result = run("replay", spot)
    assert result.code == 1
    why = "not '<receive time in ns or µs> <raw JSON>'"
    assert result.err.splitlines() == [f"{spot}: line {number}: {why}" for number in (10, 11)]
    assert "2 damaged lines left out" in " ".join(result.out.split())


def test_of_many_damaged_lines_the_first_are_told_and_the_others_counted(
    run: Run, spot: Path
) -> None:
    spot.write_bytes(spot.read_bytes() + b"broken\n" * 105)
    result = run("replay", spot)
    assert result.err.splitlines()[-1] == "… and 100 more damaged lines"
    assert "line 14: " in result.err
    assert "line 15: " not in result.err


def test_a_speed_is_taken(run: Run, spot: Path) -> None:
    assert run("replay", spot, "--speed", "1000").code == 0
    assert run("replay", spot, "--speed", "1e6").code == 0


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "-inf"])
def test_a_speed_that_is_none_is_refused(run: Run, spot: Path, speed: str) -> None:
    result = run("replay", spot, f"--speed={speed}")
    assert_sentence(result, 2, "argument --speed: must be above zero", speed)


@pytest.mark.parametrize("speed", ["fast", "", "1x"])
def test_a_speed_that_is_no_number_is_refused_in_words_for_a_person(
    run: Run, spot: Path, speed: str
) -> None:
    result = run("replay", spot, f"--speed={speed}")
    assert_sentence(result, 2, "argument --speed: ", speed)
    assert "_speed" not in result.err, "a name of the source code is no word for a person"


@pytest.mark.parametrize("address", ["here", "127.0.0.1", "127.0.0.1:70000", "[::1]", ":x"])
def test_a_listen_address_that_is_none_is_refused(run: Run, spot: Path, address: str) -> None:
    result = run("replay", spot, "--serve", "--listen", address)
    assert_sentence(result, 2, "argument --listen: must be HOST:PORT", address)


def test_an_address_in_use_is_a_sentence_and_code_1(run: Run, spot: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        result = run("replay", spot, "--serve", "--listen", address)
    assert_sentence(result, 1, f"cannot listen on {address}: ", "--listen or LISTEN_ADDRESS")


@pytest.mark.parametrize("option", ["--summary", "--page"])
def test_a_target_that_cannot_be_written_is_a_sentence_and_code_1(
    run: Run, spot: Path, tmp_path: Path, option: str
) -> None:
    for target, why in (
        (tmp_path / "none" / "x", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        result = run("replay", spot, option, target)
        assert_sentence(result, 1, f"market-quality-exporter: cannot write {target}: {why}")


def test_a_recording_that_is_missing_is_a_sentence_and_code_1(
    run: Run, spot: Path, tmp_path: Path
) -> None:
    result = run("replay", spot, tmp_path / "none")
    assert_sentence(result, 1, f"{tmp_path / 'none'}: cannot be read: ", "No such file")
    assert result.out == ""


def test_a_file_that_is_no_recording_is_a_sentence_and_code_1(run: Run) -> None:
    result = run("replay", ROOT / "pyproject.toml")
    assert_sentence(result, 1, "pyproject.toml: no recording format begins with b'[build-system]'")


def test_a_configuration_that_is_not_there_is_a_sentence_and_code_2(
    run: Run, spot: Path, tmp_path: Path
) -> None:
    result = run("replay", spot, "--config", tmp_path / "none")
    assert_sentence(result, 2, f"{tmp_path / 'none'}: cannot be read: ")


def test_a_spoiled_configuration_names_each_problem_and_starts_nothing(
    run: Run, spot: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    for file in (ROOT / "config").glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
    (folder / "features.yaml").write_text("metrics: {spread: maybe}\nsprd: {}\n")
    result = run("replay", spot, "--config", folder)
    assert result.code == 2
    assert len(result.err.splitlines()) == 2
    assert all("features.yaml" in line for line in result.err.splitlines())
    assert result.out == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("LISTEN_ADDRESS", "nowhere"), ("LOG_LEVEL", "shouting"), ("ALERTMANAGERS", "here")],
)
def test_a_spoiled_environment_is_a_sentence_and_code_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert_sentence(run("catalogue"), 2, f"environment: {name}: ", value)


def test_the_environment_gives_the_defaults(
    run: Run, spot: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("LISTEN_ADDRESS", "127.0.0.1:4242")
    monkeypatch.setenv("RUNBOOKS_DIR", "/etc/runbooks")
    assert "127.0.0.1:4242" in run("replay", "--help").out
    for command in ("run", "demo", "replay"):
        assert "/etc/runbooks" in run(command, "--help").out
    assert_sentence(run("replay", spot), 2, f"{tmp_path / 'none'}: cannot be read")
    assert run("replay", spot, "--config", ROOT / "config").code == 0


@pytest.mark.parametrize("command", [["check"], ["run", "--check-config"]])
def test_alertmanagers_of_the_environment_come_before_those_of_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    said = "Alertmanagers asked for maintenance: "
    monkeypatch.setenv("ALERTMANAGERS", "http://a:9093,http://b:9093")
    assert f"{said}http://a:9093, http://b:9093.\n" in run(*command).out
    monkeypatch.setenv("ALERTMANAGERS", "")
    assert f"{said}http://127.0.0.1:9093.\n" in run(*command).out


def test_help_mentions_every_option_and_command(run: Run) -> None:
    result = run("replay", "--help")
    assert (result.code, result.err) == (0, "")
    for option in OPTIONS:
        assert re.search(rf"^  {option}( [A-Z:]+)?\s+\w+", result.out, re.MULTILINE), option
    overall = run("--help")
    assert overall.code == 0
    for word in ("check", "catalogue", "replay", "--version", "Exit codes", *DEFAULTS):
        assert word in overall.out
    assert run("check", "--help").code == 0


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"market-quality-exporter {__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["wach"], ["replay"], ["check", "--sped", "1"]])
def test_arguments_that_mean_nothing_are_refused_with_the_usage(
    run: Run, arguments: list[str]
) -> None:
    result = run(*arguments)
    assert result.err.startswith("usage: ")
    assert_sentence(result, 2, "error: ")


def test_catalogue_prints_what_the_documentation_holds(run: Run) -> None:
    assert run("catalogue") == (0, markdown(), "")


def test_check_accepts_what_is_shipped_and_refuses_what_is_not_there(
    run: Run, tmp_path: Path
) -> None:
    accepted = run("check", "--config", ROOT / "config")
    assert (accepted.code, accepted.err) == (0, "")
    refused = run("check", "--config", tmp_path / "none")
    assert (refused.code, refused.out) == (2, "")
    assert "nothing was started" in refused.err


def test_ctrl_c_ends_without_a_traceback(
    run: Run, spot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "replay", interrupted)
    assert run("replay", spot) == (130, "", "")
