"""`simulate` as a process of its own: where it is, what it can be told, how it refuses and ends."""

import json
import signal
from pathlib import Path

import pytest

from exporter.__main__ import main
from tests.cli.processes import program


async def test_it_says_where_it_is_can_be_told_and_ends(tmp_path: Path) -> None:
    async with program("simulate", "--listen", "127.0.0.1:0", "--pairs", "2") as it:
        await it.until(lambda: it.out)
        first = json.loads(it.out[0])
        address = first["address"]
        place = address.removeprefix("http://")
        assert {name: set(feeds) for name, feeds in first["endpoints"].items()} == {
            "binance": {"spot", "usdm"},
            "okx": {"public"},
        }
        assert first["endpoints"]["binance"]["usdm"] == {
            "websocket": f"ws://{place}/binance/usdm",
            "rest": f"http://{place}/binance/usdm",
        }
        assert address in await it.said("simulated exchanges at")
        status, text = await it.get(f"{address}/control")
        assert status == 200
        assert len(json.loads(text)["symbols"]) == 8
        async with program("simulate", "--listen", place) as second:
            assert await second.ended() == 1
            (sentence,) = second.err
            assert sentence.startswith("market-quality-exporter: the simulated exchanges cannot ")
            assert f"{place}: Address already in use" in sentence
        assert await it.ended(signal.SIGTERM) == 0
        assert len(it.out) == 1


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[object, list[str]]:
    """Exit code and last lines of `simulate` with arguments that it cannot take."""
    try:
        code: object = main(["simulate", "--listen", "127.0.0.1:0", *map(str, arguments)])
    except SystemExit as exit_:
        code = exit_.code
    out, err = capsys.readouterr()
    assert out == ""
    return code, err.splitlines()


def test_a_bad_script_is_refused_with_every_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = tmp_path / "drill.yaml"
    script.write_text(
        "- {at: 1, kind: reordr}\n- {at: 2, kind: reorder, instrument: ETH-USDT-SPOT}\n"
    )
    code, err = refused(capsys, "--script", script)
    assert code == 2
    assert [line.partition(": ")[2].partition(":")[0] for line in err] == [
        "incidents[0]",
        "incidents[1]",
    ]
    assert all(line.startswith("drill.yaml: ") for line in err)


def test_a_script_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, err = refused(capsys, "--script", tmp_path / "none.yaml")
    assert (code, err) == (2, ["none.yaml: cannot be read: No such file or directory"])


@pytest.mark.parametrize(
    "pairs",
    [
        "two",
        "0",
        "-1",
        "10001",
    ],
)
def test_a_number_of_pairs_that_cannot_be_is_refused_as_an_argument(
    capsys: pytest.CaptureFixture[str], pairs: str
) -> None:
    code, err = refused(capsys, "--pairs", pairs)
    assert pairs in err[-1]
    assert code == 2
