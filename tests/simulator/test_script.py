"""Scripts of incidents: what they say, when it is due, and how mistakes are named."""

from pathlib import Path

import pytest

from exporter.errors import ConfigError
from exporter.simulator.script import Planned, Script, load_script

GOOD = """
repeat_every: 600
incidents:
  - {at: 120.5, kind: disconnect, exchange: okx, seconds: 15}
  - {at: 20, kind: spread-blow-out, exchange: binance, instrument: BTC-USDT-PERP, size: 10}
"""


def _script(folder: Path, text: str) -> Path:
    path = folder / "drill.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_in_the_order_of_its_times(tmp_path: Path) -> None:
    assert load_script(_script(tmp_path, GOOD)) == Script(
        [
            Planned(20_000, "spread-blow-out", "binance", "BTC-USDT-PERP", size=10),
            Planned(120_500, "disconnect", "okx", seconds=15),
        ],
        period=600_000,
    )


def test_a_script_that_is_not_repeated_may_be_a_list(tmp_path: Path) -> None:
    script = load_script(_script(tmp_path, "- {at: 0, kind: reorder}\n"))
    assert script == Script([Planned(0, "reorder")])


def test_instruments_of_all_pairs_may_be_named(tmp_path: Path) -> None:
    path = _script(tmp_path, "- {at: 1, kind: reorder, instrument: ETH-USDT-SPOT}")
    assert load_script(path, pairs=2).planned[0].instrument == "ETH-USDT-SPOT"
    with pytest.raises(ConfigError, match="no instrument is called 'ETH-USDT-SPOT'"):
        load_script(path, pairs=1)


def test_the_demonstration_is_a_script() -> None:
    demo = Path(__file__).parents[2] / "exporter" / "simulator" / "demo.yaml"
    script = load_script(demo)
    assert script.period is not None
    assert script.planned


def test_each_incident_is_due_once_however_time_goes_by() -> None:
    one, two = Planned(0, "reorder"), Planned(30, "duplicate")
    once = Script([one, two])
    assert once.due(-1, 0) == [one]
    assert once.due(0, 29) == []
    assert once.due(0, 30) == [two]
    assert once.due(30, 10**9) == []
    assert once.due(-1, 10**9) == [one, two]


@pytest.mark.parametrize("step", [1, 7, 40, 250])
def test_a_repeated_script_begins_again(step: int) -> None:
    one, two = Planned(0, "reorder"), Planned(30, "duplicate")
    script = Script([one, two], period=100)
    due, before = [], -1
    for now in range(0, 251, step):
        due += script.due(before, now)
        before = now
    due += script.due(before, 250)
    assert due == 3 * [one, two]


MISTAKES = {
    "- {at: 20, kind: spread-blowout}": (
        "drill.yaml: incidents[0]: no incident is called 'spread-blowout'; "
        "did you mean spread-blow-out?"
    ),
    "- {at: 20, kind: reorder, exchnge: okx}": (
        "drill.yaml: incidents[0].exchnge: is not a known key; did you mean `exchange`?"
    ),
    "- {kind: reorder}": "drill.yaml: incidents[0]: needs `at`",
    "- {at: soon, kind: reorder}": (
        "drill.yaml: incidents[0].at: must be a number, not the text 'soon'"
    ),
    "- {at: true, kind: reorder}": "drill.yaml: incidents[0].at: must be a number, not True",
    "- {at: -1, kind: reorder}": "drill.yaml: incidents[0].at: must not be below zero",
    "- {at: 1, kind: 7}": "drill.yaml: incidents[0].kind: must be text, not 7",
    "- {at: 1, kind: reorder, exchange: binanse}": (
        "drill.yaml: incidents[0]: no exchange is called 'binanse'; did you mean binance?"
    ),
    "- {at: 1, kind: reorder, exchange: okx, instrument: BTC-USDT}": (
        "drill.yaml: incidents[0]: no instrument on okx is called 'BTC-USDT'; "
        "did you mean BTC-USDT-SPOT?"
    ),
    "- {at: 1, kind: disconnect, instrument: BTC-USDT-SPOT}": (
        "drill.yaml: incidents[0]: disconnect happens to a whole exchange; leave out the instrument"
    ),
    "- {at: 1, kind: reorder, seconds: 0}": (
        "drill.yaml: incidents[0]: seconds of reorder must be a number above zero, not 0"
    ),
    "- {at: .inf, kind: reorder}": "drill.yaml: incidents[0].at: must be a number, not inf",
    "- reorder": (
        "drill.yaml: incidents[0]: must be a mapping such as {at: 20, kind: disconnect}, "
        "not the text 'reorder'"
    ),
    "": "drill.yaml: must be a list of incidents",
    "5": "drill.yaml: must be a list of incidents",
    "repeat_every: 5": "drill.yaml: incidents: must be a list of incidents",
    "{repeat: 5, incidents: [{at: 1, kind: reorder}]}": (
        "drill.yaml: repeat: is not a known key; did you mean `repeat_every`?"
    ),
    "{repeat_every: 20, incidents: [{at: 20, kind: reorder}]}": (
        "drill.yaml: repeat_every: must be later than the last incident's `at`"
    ),
    "{repeat_every: no, incidents: [{at: 20, kind: reorder}]}": (
        "drill.yaml: repeat_every: must be a number of seconds, not False"
    ),
    "- {at: 1, at: 2, kind: reorder}": "drill.yaml: is not YAML: `at` stands twice in line 1",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_script(_script(tmp_path, text))
    assert str(refused.value) == MISTAKES[text]


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = "- {at: x, kind: reorder}\n- {at: 1, kind: reorder}\n- {at: 2, kind: nonsense}\n"
    with pytest.raises(ConfigError) as refused:
        load_script(_script(tmp_path, text))
    places = [problem.path for problem in refused.value.problems]
    assert places == ["incidents[0].at", "incidents[2]"]


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load_script(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"bad\.yaml: is not UTF-8 text"):
        load_script(tmp_path / "bad.yaml")
    with pytest.raises(ConfigError, match=r"is not YAML: .* line 1"):
        load_script(_script(tmp_path, "- {at: 1"))
