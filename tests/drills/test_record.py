"""When drills succeeded, over restarts: written whole, read when it has changed, never believed
where it is not what it should be."""

import json
from pathlib import Path

import pytest

from exporter.drills.record import FILE, DrillRecord, decoded
from exporter.telemetry import DrillTimes, Telemetry


def record(folder: Path) -> tuple[DrillRecord, list[str]]:
    """A record in a folder, and what it complains of."""
    troubles: list[str] = []
    return DrillRecord(folder, troubles.append), troubles


def test_what_succeeded_is_read_by_another(tmp_path: Path) -> None:
    reader, troubles = record(tmp_path / "state")
    assert reader.times() == {}
    writer, _ = record(tmp_path / "state")
    writer.succeeded("disconnect", 1000.5)
    writer.succeeded("page", 2000)
    assert reader.times() == {"disconnect": 1000.5, "page": 2000}
    writer.succeeded("disconnect", 3000)
    assert reader.times() == {"disconnect": 3000, "page": 2000}
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE]
    assert troubles == []


def test_a_record_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    reader, _ = record(tmp_path)
    reader.succeeded("disconnect", 1000)
    assert reader.times()
    (tmp_path / FILE).unlink()
    assert reader.times() == {}


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"disconnect": "now"}', '{"disconnect": 0}', '{"disconnect": -1}']
)
def test_what_is_no_record_is_told_once_and_nothing_of_it_is_used(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / FILE).write_text(content)
    reader, troubles = record(tmp_path)
    assert [reader.times() for _ in range(3)] == [{}, {}, {}]
    (trouble,) = troubles
    assert trouble.startswith(f"{tmp_path / FILE} is no record of drills: ")
    reader.succeeded("disconnect", 1000)
    assert reader.times() == {"disconnect": 1000}


def test_kinds_that_there_are_not_are_left_out() -> None:
    assert decoded(json.dumps({"disconnect": 5, "meteor": 6}).encode()) == {"disconnect": 5}


def exposed(telemetry: Telemetry) -> list[str]:
    lines = telemetry.text(openmetrics=False).splitlines()
    return [line for line in lines if line.startswith("market_exporter_drill_")]


def test_the_page_has_what_the_record_says_at_that_moment(tmp_path: Path) -> None:
    kept, _ = record(tmp_path)
    telemetry = Telemetry()
    assert exposed(telemetry) == []
    telemetry.drills.ask = lambda: DrillTimes(kept.times(), 86_400)
    assert exposed(telemetry) == ["market_exporter_drill_every_seconds 86400.0"]
    kept.succeeded("disconnect", 1000)
    assert exposed(telemetry) == [
        'market_exporter_drill_last_success_timestamp_seconds{kind="disconnect"} 1000.0',
        "market_exporter_drill_every_seconds 86400.0",
    ]
