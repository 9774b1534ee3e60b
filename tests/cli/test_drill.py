"""`drill` as a user runs it: real servers, one quick incident, and one that nothing tells of."""

import asyncio
import json
import re
import signal
import time
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from exporter.__main__ import main
from exporter.drills.table import DRILLS
from tests.cli.processes import Program, configured, everywhere, exists, program
from tests.cli.test_demo_stack import descendants, installed
from tests.drills.configured import folder
from tests.exposition.reading import series
from tests.shared import ROOT

STAGES = ["exporter", "rule", "Alertmanager", "receiver"]
_LONG = 90
"""Seconds that a drill may take here, from its start to its end."""
_ROW = re.compile(r"(\w+) +\+(\d+\.\d) s +(\d+) s  (.*?) *")


async def finished(it: Program) -> int:
    """The exit code of a drill that ends by itself."""
    async with asyncio.timeout(_LONG):
        await it.process.wait()
    return await it.ended()


def rows(out: list[str]) -> list[tuple[str, ...]]:
    """Stage, seconds, limit and what was seen, of each line of the table that has them."""
    return [found.groups() for line in out if (found := _ROW.fullmatch(line))]


def variables(pid: int) -> list[str]:
    """The environment that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


async def test_an_incident_is_followed_to_the_receiver_and_back_and_recorded(
    tmp_path: Path,
) -> None:
    installed()
    before = time.time()
    async with program("drill", "stale-stream", "--state", tmp_path / "state") as it:
        assert await finished(it) == 0, "\n".join(it.out)
        assert it.out[0] == "stale-stream on okx BTC-USDT-SPOT must raise feed_stale (P2)."
        assert it.out[-2] == "stale-stream succeeded."
        assert it.err == []
        found = rows(it.out)
    assert [stage for stage, *_ in found] == STAGES * 2
    assert all(float(after) <= float(limit) for _, after, limit, _ in found)
    title = "feed_stale: drill-okx BTC-USDT-SPOT"
    assert (found[3][3], found[7][3]) == (f"[DRILL] [P2] {title}", f"[DRILL] [P2 resolved] {title}")
    recorded = json.loads((tmp_path / "state" / "drills.json").read_text())
    assert list(recorded) == ["stale-stream"]
    assert before < recorded["stale-stream"] < time.time()


async def test_a_rule_that_is_not_there_is_named_as_the_stage_that_failed(tmp_path: Path) -> None:
    installed()
    copied = copytree(ROOT / "prometheus", tmp_path / "prometheus")
    market = copied / "rules" / "market.yml"
    tree = yaml.safe_load(market.read_text())
    for group in tree["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule.get("alert") != "market_alert"]
    market.write_text(yaml.safe_dump(tree))
    given = ("--prometheus", copied / "prometheus.yml", "--state", tmp_path / "state")
    async with program("drill", "stale-stream", *given) as it:
        assert await finished(it) == 1
        assert [stage for stage, *_ in rows(it.out)] == ["exporter"]
        (wrong,) = (line for line in it.out if line.startswith("WRONG"))
        assert re.fullmatch(r"WRONG  rule: not seen within \d+ s", wrong)
        assert it.out[-2] == "stale-stream failed."
    assert not (tmp_path / "state").exists()


async def test_told_to_stop_it_ends_with_all_that_it_started(tmp_path: Path) -> None:
    installed()
    given = ("--state", tmp_path / "state")
    async with program("drill", "stale-stream", *given, ALERTMANAGERS="http://127.0.0.1:1") as it:
        await it.until(lambda: any("The sandbox is up" in line for line in it.out))
        started = descendants(it.process.pid)
        assert len(started) == 8, "four servers, and who holds each of them"
        assert all("ALERTMANAGERS=" in variables(pid) for pid in started), "they ask their own"
        assert await it.ended(signal.SIGINT, group=True) == 130
        assert not any(map(exists, started))
        assert not it.unclosed()


def test_an_alert_that_is_disabled_is_named_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def off(tree: dict[str, dict[str, dict[str, object]]]) -> None:
        tree["alerts"]["spread_critical"]["enabled"] = False

    given = folder(tmp_path / "config", alerts=off)
    state = tmp_path / "state"
    arguments = ["drill", "spread-blow-out", "--config", str(given), "--state", str(state)]
    assert main(arguments) == 1
    assert capsys.readouterr().out == (
        "WRONG  exporter: spread_critical is disabled in alerts.yaml, so nothing tells of "
        "spread-blow-out\nspread-blow-out failed.\n\n"
    )
    assert not state.exists()


def test_without_the_servers_it_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["drill", "disconnect", "--state", str(tmp_path / "state")]) == 1
    out = capsys.readouterr().out
    assert "prometheus is not installed (apt-get install prometheus" in out
    assert out.endswith("disconnect failed.\n\n")


def test_a_file_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed()
    lost = tmp_path / "lost.yml"
    for option in ("--template", "--prometheus"):
        assert main(["drill", "disconnect", "--state", str(tmp_path), option, str(lost)]) == 1
        assert f"WRONG  {lost}: No such file or directory\n" in capsys.readouterr().out


def test_the_list_names_every_drill(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(DRILLS)
    told = [("nobody is told" if one.silent else one.alert) for one in DRILLS.values()]
    assert all(words in line for words, line in zip(told, lines, strict=True))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--page", "disconnect"),
        ("--alertmanager-config", "x", "disconnect"),
        ("--all", "--alertmanager", "http://127.0.0.1:1"),
        ("meteor",),
        ("disconnect", "--all"),
        ("disconnect", "--alertmanager", "127.0.0.1:9093"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["drill", *arguments])
    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


async def test_the_running_exporter_says_when_a_drill_last_succeeded(tmp_path: Path) -> None:
    config, state = configured(tmp_path, everywhere("127.0.0.1:1")), tmp_path / "state"
    state.mkdir()
    name = "market_exporter_drill_last_success_timestamp_seconds"
    async with program(
        "run", "--config", config, "--state", state, "--listen", "127.0.0.1:0"
    ) as it:
        page = f"{await it.address()}metrics"

        async def known() -> dict[object, float]:
            found = series((await it.get(page))[1])
            return {labels: value for (family, labels), value in found.items() if family == name}

        assert await known() == {}
        (state / "drills.json").write_text('{"disconnect": 1000}')
        assert await known() == {(("kind", "disconnect"),): 1000}
        (state / "drills.json").write_text("broken")
        assert [await known(), await known()] == [{}, {}]
        assert it.count("drill_record_refused") == 1
        every = series((await it.get(page))[1])["market_exporter_drill_every_seconds", ()]
        assert every == 30 * 86_400
        assert await it.ended(signal.SIGINT) == 0
