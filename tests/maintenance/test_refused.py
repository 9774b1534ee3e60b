"""What the command refuses, in which words, and before it asks anybody."""

from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.stack.servers import free_port
from tests.cli.processes import configured, everywhere

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration, without an Alertmanager."""
    return configured(tmp_path, everywhere("127.0.0.1:1"))


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "okc --for 2h --reason x",
            'EXCHANGE: must be an exchange that is configured, found the text "okc"; did you mean '
            "`okx`?",
        ),
        (
            "okx --instrument BTC-USD-PERP --for 2h --reason x",
            "--instrument: must be an instrument of okx that is configured, found the text "
            '"BTC-USD-PERP"; write BTC-USDT-PERP or BTC-USDT-SPOT',
        ),
        ("okx --to 2026-01-01T00:00Z --reason x", "--to: must be after the begin, "),
        ("okx --to now --reason x", "--to: must be after the begin, "),
        (
            "okx --for 8d --reason x",
            "--for: must be within 7d of the begin, found 8d; plan it in parts",
        ),
        ("okx --from 2026-01-01T00:00Z --for 1h --reason x", "ago; write `now`"),
        (
            "okx --from 9999-12-31T23:00Z --for 2h --reason x",
            "--from: is more than a year ahead; write a time within the year",
        ),
        (
            "okx --for 2h --reason ",
            "--reason: must say why, for whoever wonders; write a few words",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_the_name_of_the_argument(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: str, sentence: str
) -> None:
    given = ["maintenance", "add", *arguments.split(" ")]
    assert main([*given, "--config", str(config), "--alertmanager", NOBODY]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("maintenance: ")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("add okx --to 25:00 --reason x", "argument --to: must be `now` or a time such as"),
        ("add okx --for 2x --reason x", "argument --for: must be a duration such as 90m, 2h"),
        ("add okx --reason x", "one of the arguments --to --for is required"),
        ("add okx --for 2h", "the following arguments are required: --reason"),
        ("add okx --for 2h --to now --reason x", "argument --to: not allowed with argument --for"),
        ("list --alertmanager 127.0.0.1:9093", "argument --alertmanager: must be https://HOST"),
        ("end", "the following arguments are required: ID"),
    ],
)
def test_what_cannot_be_read_is_refused_with_how_it_is_written(
    capsys: pytest.CaptureFixture[str], arguments: str, sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["maintenance", *arguments.split()])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("arguments", ["add okx --for 2h --reason x", "list", "end 1"])
def test_without_an_alertmanager_it_says_what_to_name(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    assert main(["maintenance", *arguments.split(), "--config", str(config)]) == 2
    assert capsys.readouterr().err == (
        "maintenance: --alertmanager: maintenance.yaml names no Alertmanager; write the address "
        "of one\n"
    )


@pytest.mark.parametrize("arguments", ["add okx --for 2h --reason x", "list", "end 1"])
def test_where_none_answers_it_says_so_for_each_and_ends_with_code_1(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    places = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    (config / "maintenance.yaml").write_text(f"alertmanagers: [{', '.join(places)}]")
    assert main(["maintenance", *arguments.split(), "--config", str(config)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("market-quality-exporter: no Alertmanager did as it was asked: ")
    assert all(f"{place}: Cannot connect" in err for place in places)
