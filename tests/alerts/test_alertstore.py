"""The files of the alerts: what is on disk when, and what happens where that goes wrong."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter.alerts.snapshot import Snapshot, decoded, encoded, taken
from exporter.keeping.alertstore import AlertStore
from exporter.keeping.statefiles import StateFiles
from exporter.model import NANOSECONDS, GapMarker, GapReason, MarketId
from exporter.observer import Observer
from exporter.transition import Reason, State, Transition
from tests.alerts.scripted import PERP, QUIET, Row, Scene, spreads
from tests.books import START

STARTS = spreads(4)
"""A second that begins a run of `warning`, which must hold for ten."""


class Killed(BaseException):
    """The process ends here."""


class Ear(Observer):
    """What is told, and what lay on the disk when a transition was; killed before one, or after."""

    def __init__(self, folder: Path, *, before: int = 0, after: int = 0) -> None:
        self.events: list[tuple[str, dict[str, str | int]]] = []
        self.logged: list[Transition] = []
        self.kept: list[Snapshot] = []
        self.others: list[object] = []
        self._folder = folder
        self._before, self._after = before, after

    def transitions(self, changes: Sequence[Transition]) -> None:
        for change in changes:
            if change.sequence == self._before:
                raise Killed
            self.logged.append(change)
            self.kept.append(on_disk(self._folder))
            if change.sequence == self._after:
                raise Killed

    def event(self, name: str, now: int, *, warning: bool = False, **details: str | int) -> None:
        self.events.append((name, details))

    def gap(self, marker: GapMarker) -> None:
        self.others.append(marker)

    def refused(self, feed: str, now: int, sentence: str) -> None:
        self.others.append((feed, now, sentence))


class Life(NamedTuple):
    """A process: its alerts, the store that keeps them, what it told."""

    scene: Scene
    files: StateFiles
    store: AlertStore
    ear: Ear

    def play(self, rows: Iterable[Row]) -> None:
        """Seconds go by."""
        for row in rows:
            self.store.stepped(self.scene.now, self.scene.step(row))

    def die(self) -> None:
        """Without a chance to do anything; the system lets go of its lock."""
        self.files.close()

    def numbers(self) -> list[int]:
        """The numbers of what was logged."""
        return [change.sequence for change in self.ear.logged]


class Start:
    """Begins processes."""

    def __init__(self) -> None:
        self.lives: list[Life] = []

    def __call__(self, folder: Path, now: int = START, *, before: int = 0, after: int = 0) -> Life:
        """One whose alerts are in `folder`; killed before or after logging a transition."""
        files, ear = StateFiles(folder), Ear(folder, before=before, after=after)
        life = Life(Scene(), files, AlertStore(files, ear), ear)
        self.lives.append(life)
        life.scene.now = now
        life.store.restore(life.scene.alerts, now + 1)
        life.store.begin(life.scene.alerts, now + 1)
        return life


@pytest.fixture
def start() -> Iterator[Start]:
    """How a test begins processes, all of which have ended after it."""
    start = Start()
    yield start
    for life in start.lives:
        life.die()


def on_disk(folder: Path) -> Snapshot:
    """The snapshot that is there now."""
    return decoded((folder / "alerts.state").read_bytes())


def frozen(folder: Path) -> int | None:
    """For how long the baseline of the spread is frozen in the snapshot."""
    (baseline,) = (watch.baseline for watch in on_disk(folder).watches if watch.baseline)
    return baseline.frozen


def test_the_first_start_says_that_there_is_nothing(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path / "state")
    why = f"there is no {tmp_path / 'state' / 'alerts.state'}"
    assert life.ear.events == [("alerts_begin_anew", {"why": why})]


def test_a_transition_is_on_disk_before_it_is_logged(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path)
    life.play([*QUIET, *STARTS * 11, *spreads(1, 1)])
    states = [change.after for change in life.ear.logged]
    assert states == [State.PENDING, State.FIRING, State.INACTIVE]
    for change, kept in zip(life.ear.logged, life.ear.kept, strict=True):
        assert change in kept.owed
        assert kept.time == change.time


def test_a_freeze_that_closes_is_on_disk_at_once(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path)
    life.play([*QUIET, *STARTS])
    life.play(spreads(*[1] * 10))
    assert frozen(tmp_path) is not None
    life.play(spreads(1))
    assert on_disk(tmp_path) == taken(life.scene.alerts, [])
    assert frozen(tmp_path) is None


def test_a_hold_is_on_disk_each_second_and_all_else_within_thirty(
    start: Start, tmp_path: Path
) -> None:
    life = start(tmp_path)
    life.play(QUIET)
    ages = set()
    for row in spreads(*[1] * 100):
        life.play([row])
        ages.add((life.scene.now - on_disk(tmp_path).time) // NANOSECONDS)
    assert ages == set(range(20))
    life.play(STARTS)
    for row in spreads(*[4] * 8):
        life.play([row])
        assert on_disk(tmp_path) == taken(life.scene.alerts, [])


def test_what_was_kept_but_not_logged_is_logged_once(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path, before=2)
    with pytest.raises(Killed):
        first.play([*QUIET, *STARTS * 11])
    assert first.numbers() == [1]
    first.die()
    now = first.scene.now + 5 * NANOSECONDS
    second = start(tmp_path, now)
    assert [(change.sequence, change.reason) for change in second.ear.logged] == [
        (2, Reason.HELD),
        (3, Reason.RESTORED),
    ]
    assert second.ear.logged[0].time == first.scene.now
    second.die()
    third = start(tmp_path, now)
    assert [(change.sequence, change.reason) for change in third.ear.logged] == [
        (4, Reason.RESTORED)
    ]


def test_killed_between_the_log_and_the_note_of_it_the_same_line_comes_again(
    start: Start, tmp_path: Path
) -> None:
    first = start(tmp_path, after=2)
    with pytest.raises(Killed):
        first.play([*QUIET, *STARTS * 11])
    first.die()
    second = start(tmp_path, first.scene.now)
    assert second.ear.logged[0] == first.ear.logged[-1]
    assert second.numbers() == [2, 3]


def test_what_a_restart_tells_is_itself_not_lost(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    first.play([*QUIET, *STARTS * 11])
    first.die()
    with pytest.raises(Killed):
        start(tmp_path, first.scene.now, before=3)
    for path in tmp_path.iterdir():
        assert path.name in {"alerts.state", "alerts.logged"}
    assert on_disk(tmp_path).owed[0].sequence == 3


def test_numbers_go_on_over_restarts(start: Start, tmp_path: Path) -> None:
    now = START
    numbers: list[int] = []
    for _ in range(3):
        life = start(tmp_path, now)
        life.play([*QUIET, *STARTS, *spreads(1, 1)])
        life.store.close(life.scene.now)
        now = life.scene.now
        numbers += life.numbers()
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 6


def test_the_end_writes_a_last_snapshot(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path)
    life.play([*QUIET, *spreads(*[1] * 5)])
    life.store.close(life.scene.now)
    assert on_disk(tmp_path) == taken(life.scene.alerts, [])
    told = start(tmp_path, life.scene.now + 7 * NANOSECONDS).ear.events
    assert told == [("alerts_restored", {"seconds": 7, "running": 0})]


def test_an_end_before_the_first_second_writes_nothing(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path)
    life.store.close(START)
    assert not (tmp_path / "alerts.state").exists()


GOOD = encoded(Snapshot(START, 41, [], []))
BAD = {
    "truncated": (GOOD[:-3], "it has 63 of 66 bytes"),
    "corrupt": (GOOD.replace(b"41", b"42"), "its content is not what was written"),
    "foreign": (b'{"alerts": []}\n', "it is no snapshot of alerts"),
    "newer": (GOOD.replace(b"alerts 1", b"alerts 7"), "it has version 7, this build reads up to 1"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_believed_is_set_aside_and_said_to_be(
    start: Start, tmp_path: Path, kind: str
) -> None:
    data, sentence = BAD[kind]
    (tmp_path / "alerts.state").write_bytes(data)
    (tmp_path / "alerts.logged").write_bytes(b"%018d\n" % 30)
    life = start(tmp_path)
    aside = tmp_path / f"alerts.{kind}-2027-01-15T080000.000Z.state"
    assert life.ear.events == [
        (
            "alerts_begin_anew",
            {"why": f"{tmp_path / 'alerts.state'}: {sentence}", "set_aside": str(aside)},
        )
    ]
    assert aside.read_bytes() == data
    life.play([*QUIET, *STARTS])
    assert life.numbers() == [31], "numbers go on from what was logged"
    assert on_disk(tmp_path).sequence == 31


def test_a_snapshot_that_cannot_be_read_is_set_aside(start: Start, tmp_path: Path) -> None:
    (tmp_path / "alerts.state").mkdir()
    life = start(tmp_path)
    ((name, details),) = life.ear.events
    assert (name, "Is a directory" in str(details["why"])) == ("alerts_begin_anew", True)
    life.play(QUIET)
    assert on_disk(tmp_path).time


def test_an_old_snapshot_is_not_used(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    first.play([*QUIET, *STARTS * 11])
    first.die()
    age = (first.scene.now - on_disk(tmp_path).time) // NANOSECONDS
    second = start(tmp_path, first.scene.now + 600 * NANOSECONDS)
    why = f"the snapshot is {600 + age} seconds old, only one below 600 is used"
    assert second.ear.events == [("alerts_begin_anew", {"why": why})]
    assert [(change.sequence, change.reason) for change in second.ear.logged] == [
        (3, Reason.NO_DATA)
    ]
    assert not any(alert.running for alert in second.scene.alerts)


def test_a_draft_that_was_never_finished_does_no_harm(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    first.play([*QUIET, *STARTS])
    first.die()
    (tmp_path / "alerts.state.new").write_bytes(GOOD[:20])
    second = start(tmp_path, first.scene.now)
    assert [change.reason for change in second.ear.logged] == [Reason.RESTORED]
    assert not (tmp_path / "alerts.state.new").exists()


def test_a_note_that_is_none_counts_as_nothing_logged(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    first.play([*QUIET, *STARTS])
    first.die()
    (tmp_path / "alerts.logged").write_bytes(b"what?" * 9)
    second = start(tmp_path, first.scene.now)
    assert second.numbers() == [1, 2]
    second.die()
    assert start(tmp_path, first.scene.now).numbers() == [3]


def test_without_a_disk_it_goes_on_and_says_so_once(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    life = start(folder)
    life.ear.kept.append(Snapshot(0, 0, [], []))
    life.play(QUIET)
    ((name, details),) = life.ear.events
    assert name == "alerts_not_kept"
    assert str(folder) in str(details["why"])
    folder.unlink()
    life.play([*QUIET, *STARTS])
    assert [name for name, _ in life.ear.events] == ["alerts_not_kept", "alerts_kept_again"]
    assert on_disk(folder).sequence == 1


def test_a_folder_that_is_removed_meanwhile_is_made_anew(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path / "state")
    life.play(QUIET)
    for path in (tmp_path / "state").iterdir():
        path.unlink()
    (tmp_path / "state").rmdir()
    life.play(STARTS)
    assert on_disk(tmp_path / "state").sequence == 1


def test_a_second_process_keeps_off_and_says_so(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    first.play([*QUIET, *STARTS])
    second = start(tmp_path, first.scene.now)
    ((name, details),) = second.ear.events
    assert name == "alerts_not_kept"
    assert f"another process keeps its alerts in {tmp_path}" in str(details["why"])
    second.play(QUIET)
    assert on_disk(tmp_path) == first.ear.kept[-1]
    first.store.close(first.scene.now)
    second.play(spreads(*[1] * 20))
    assert [name for name, _ in second.ear.events] == ["alerts_not_kept", "alerts_kept_again"]


def test_everything_else_is_passed_on(start: Start, tmp_path: Path) -> None:
    life = start(tmp_path)
    marker = GapMarker(MarketId(*PERP[:2]), START, None, GapReason.SEQUENCE, 1, 3)
    life.store.gap(marker)
    life.store.refused("okx", START, "no JSON")
    life.store.event("connected", START, feed="okx")
    assert life.ear.others == [marker, ("okx", START, "no JSON")]
    assert life.ear.events[-1] == ("connected", {"feed": "okx"})
