"""What is logged, as lines that a program can read."""

import json

import pytest

from exporter import log
from exporter.feeds import FEEDS
from exporter.model import GapMarker, GapReason, MarketId
from exporter.pipeline import Pipeline
from tests.books import BOOK_A, START, World
from tests.shared import shipped

PERP = "binance/BTC-USDT-PERP"
ID = MarketId("binance", "BTC-USDT-PERP")


@pytest.fixture
def world(capsys: pytest.CaptureFixture[str]) -> World:
    log.configure("info")
    return World(Pipeline(shipped(), observer=log.Log()))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_gap_is_logged_when_it_opens_and_when_it_closes(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.book(PERP, *BOOK_A)
    world.later(1.25)
    world.market(PERP).lose(world.now, GapReason.DISCONNECT)
    world.later(2)
    world.book(PERP, *BOOK_A)
    opened, closed = (line for line in lines(capsys) if line["event"] != "alert")
    assert opened == {
        "event": "gap_opened",
        "level": "warning",
        "time": "2027-01-15T08:00:01.250Z",
        "exchange": "binance",
        "instrument": "BTC-USDT-PERP",
        "reason": "disconnect",
        "last_id": 1,
        "next_id": None,
    }
    assert (closed["event"], closed["seconds"]) == ("gap_closed", 2.0)


def test_every_change_of_an_alert_is_a_line_that_a_program_can_read(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.book(PERP, *BOOK_A)  # 299.9 within 10 bps
    world.later(1)
    told = {str(line["alert"]): line for line in lines(capsys)}
    assert told["depth_critical"] == {
        "event": "alert",
        "level": "warning",
        "time": "2027-01-15T08:00:01.000Z",
        "seq": told["depth_critical"]["seq"],
        "alert": "depth_critical",
        "exchange": "binance",
        "instrument": "BTC-USDT-PERP",
        "severity": "critical",
        "priority": "P1",
        "from": "inactive",
        "to": "firing",
        "reason": "conditions_met",
        "value": 299.9,
        "threshold": 200_000,
        "z": None,
        "mean": None,
        "deviation": None,
    }


def test_the_first_book_is_no_gap_and_logs_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.book(PERP, *BOOK_A)
    assert lines(capsys) == []


def test_a_flood_of_unreadable_frames_is_logged_sparsely(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(100):
        world.pipeline.ingest(FEEDS[0], b"{", START + number)
    counts = [line["count"] for line in lines(capsys)]
    assert counts == [*range(1, 21), 40, 60, 80, 100]


def test_a_level_hides_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("error")
    log.Log().gap(GapMarker(ID, START, None, GapReason.SEQUENCE, 1, 3))
    assert lines(capsys) == []
