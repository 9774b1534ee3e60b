"""What the documentation shows is what the runs give."""

import pytest

from bench import acceptance
from bench.plot import picture
from tests.detection import cases
from tests.detection.plain import Rolling
from tests.shared import ROOT


def test_the_plot_of_the_documentation_is_that_of_the_run() -> None:
    shown = (ROOT / "docs" / "rolling-against-frozen.svg").read_text(encoding="utf-8")
    assert shown.splitlines() == list(picture())


def test_the_acceptance_command_puts_what_it_found_beside_the_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert acceptance.main(["--seeds", "2", "--jobs", "1", "--cases", "gap of 10 s"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[-6:] == ["s", "100", "%", "2", "of", "2"]
    assert lines[-1] == "All as it must be."


def test_the_acceptance_command_fails_where_too_little_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cases, "Baseline", Rolling)
    assert acceptance.main(["--seeds", "1", "--jobs", "1", "--cases", "gap of 10 s"]) == 1
    assert (
        "Less than promised: sd 1, step to 25, 60 s later a gap of 10 s" in capsys.readouterr().out
    )
