"""The simulated exchanges pass for the real ones: a session of them goes through the same checks
as the recordings of real exchanges and as the made sessions of every feed."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path

import pytest

from exporter.feeds.feed import Feed
from exporter.recordings.recording import survey
from tests import made, test_recordings
from tests.conformance import session as sessions
from tests.conformance import test_exchanges
from tests.conformance.session import Line, Session, held
from tests.conformance.test_exchanges import GARBAGE
from tests.recordings.written import FORMATS, save, stamped
from tests.shared import replayed, shipped
from tests.simulator.captured import MARKETS, SPOT, USDM, capture
from tests.test_recordings import assert_clean

EACH = pytest.mark.parametrize("market", MARKETS)
BINANCE = pytest.mark.parametrize(
    "market", [market for market, (feed, _) in MARKETS.items() if feed in (SPOT, USDM)]
)
FEWEST = 18
"""Comparisons with best quotes that a session must allow."""
MOST_CUT = 3000
"""Bytes of a message that is cut at every place."""

Check = Callable[[Feed], None]
CHECKS: Sequence[Check] = [
    check
    for name, check in vars(test_exchanges).items()
    if name.startswith("test_")
    and test_exchanges.EVERY.mark in getattr(check, "pytestmark", ())
    and list(signature(check).parameters) == ["feed"]
    and "every_cut" not in name
]
"""What every feed must do with its made session; cuts of every frame are too many here."""


@pytest.fixture
def told(market: str, monkeypatch: pytest.MonkeyPatch) -> Session:
    """The simulated session of a market, which the checks take for the made one of its feed."""
    session, config = capture().sessions[market], shipped()
    monkeypatch.setattr(test_exchanges, "session", lambda feed: session)
    for module in (test_exchanges, sessions):
        monkeypatch.setattr(module, "shipped", lambda: config)
    return session


@EACH
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("test_"))
def test_a_simulated_session_does_what_a_made_one_does(
    market: str, check: Check, told: Session
) -> None:
    check(told.feed)


@EACH
def test_garbage_in_a_simulated_session_changes_nothing(market: str, told: Session) -> None:
    for frame in GARBAGE:
        test_exchanges.test_garbage_gives_the_one_decode_error_and_nothing_else(told.feed, frame)


@EACH
def test_a_cut_message_of_each_kind_is_refused(
    market: str, told: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [line for line in told.lines if len(line.data) < MOST_CUT]
    one_of_each = replace(told, lines=tuple({kinds(told, line): line for line in short}.values()))
    monkeypatch.setattr(test_exchanges, "session", lambda feed: one_of_each)
    test_exchanges.test_every_cut_of_every_frame_is_refused_with_a_decode_error(told.feed)


@EACH
def test_a_simulated_session_is_long_enough_to_prove_something(market: str) -> None:
    session = capture().sessions[market]
    assert session.tops >= FEWEST
    assert len(sessions.updates(session)) >= FEWEST
    assert min(len(session.bids), len(session.asks)) > 100


@EACH
@pytest.mark.parametrize("form", FORMATS)
def test_a_recorded_simulation_is_recognised_and_replays_without_a_fault(
    tmp_path: Path, market: str, form: str
) -> None:
    session = capture().sessions[market]
    lines = recorded(session)
    path = save(tmp_path / "x", FORMATS[form](lines))
    found = survey(path)
    assert list(found.feeds.values()) == [session.feed]
    assert (found.ordered, found.damage) == (True, ())
    assert found.frames == sum(not line.url for line in lines)

    pipeline, summary = replayed(path)
    assert_clean(summary)
    assert set(summary.markets) == {market}
    (one,) = summary.markets.values()
    assert one.tops_equal == one.tops_compared == session.tops
    assert (one.resyncs, one.refused) == (0, 0)
    assert held(session.market(pipeline)) == (session.bids, session.asks)


def test_all_markets_in_one_recording_are_told_apart(tmp_path: Path) -> None:
    lines = [line for session in capture().sessions.values() for line in recorded(session)]
    lines.sort(key=lambda line: line.at)
    path = save(tmp_path / "x", FORMATS["rows"](lines))
    pipeline, summary = replayed(path)
    assert_clean(summary)
    assert set(summary.markets) == set(MARKETS)
    for market, session in capture().sessions.items():
        counts = summary.markets[market]
        assert counts.tops_equal == counts.tops_compared == session.tops
        found = next(one for one in pipeline.markets.values() if str(one.id) == market)
        assert held(found) == (session.bids, session.asks)


@BINANCE
def test_an_independent_rebuild_finds_the_same_book_and_the_same_tops(
    tmp_path: Path, market: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = capture().sessions[market]
    path = save(tmp_path / "x.gz", gzip.compress(stamped(recorded(session))))
    monkeypatch.setattr(test_recordings, "recording", lambda name: path)
    monkeypatch.setitem(test_recordings.BINANCE, market, session.tops)
    check = (
        test_recordings.test_binance_books_equal_an_independent_rebuild_at_every_comparable_moment
    )
    check(market)


def recorded(session: Session) -> list[made.Line]:
    """A session as recordings are written from."""
    return [made.Line(line.at, session.feed, line.data, line.url) for line in session.lines]


def kinds(session: Session, line: Line) -> tuple[str, ...]:
    """What events a line holds."""
    return tuple(sorted({type(event).__name__ for event in session.events(line)}))
