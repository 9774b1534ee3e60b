"""Whose recording a file is: by its addresses, else by its frames, never by its name."""

import random
from pathlib import Path

import pytest

from exporter.errors import RecordingError
from exporter.feeds import FEEDS
from exporter.feeds.feed import Feed
from exporter.recordings.recording import merged, survey
from tests.made import (
    ADDRESSES,
    COINM,
    OKX,
    SPOT,
    START,
    USDM,
    Session,
    Speaker,
    short,
)
from tests.recordings.written import FORMATS, log, rows, save, stamped

SYMBOLS = {
    SPOT.name: "BTCUSDT",
    USDM.name: "BTCUSDT",
    COINM.name: "BTCUSD_PERP",
    OKX.name: "BTC-USDT",
}
EVERY = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
KNOWN = "binance/spot, binance/usdm, binance/coinm, okx"


@EVERY
@pytest.mark.parametrize("form", FORMATS)
def test_a_made_session_of_every_feed_is_recognised(tmp_path: Path, feed: Feed, form: str) -> None:
    lines = short(feed, SYMBOLS[feed.name])
    found = survey(save(tmp_path / "x", FORMATS[form](lines)))
    assert list(found.feeds.values()) == [feed]
    assert found.symbol == SYMBOLS[feed.name]
    assert found.frames == sum(not line.url for line in lines)
    assert (found.last - found.first, found.ordered, found.damage) == (
        lines[-1].at - lines[0].at,
        True,
        (),
    )


@EVERY
def test_frames_without_an_address_say_whose_they_are(tmp_path: Path, feed: Feed) -> None:
    lines = short(feed, SYMBOLS[feed.name])
    for content in (stamped(lines), rows(lines, address=False), log(lines, address=False)):
        (found,) = survey(save(tmp_path / "x", content)).feeds.values()
        assert found is feed


@EVERY
def test_an_address_decides_before_a_book_event_is_seen(tmp_path: Path, feed: Feed) -> None:
    address = ADDRESSES[feed.name]
    lines = [f'{{"t":"connect","conn":"9","ts":1,"addr":"{address}"}}'.encode()]
    lines.append(b'{"t":"recv","conn":"9","ts":2,"data":"{}"}')
    found = survey(save(tmp_path / "x", b"\n".join(lines)))
    assert found.feeds == {"9": feed}
    assert found.symbol is None


def test_one_file_may_hold_several_connections(tmp_path: Path) -> None:
    session = Session()
    speakers = [Speaker(session, feed, SYMBOLS[feed.name]) for feed in FEEDS]
    for speaker in (*speakers, *speakers):
        speaker.snapshot().update()
    found = survey(save(tmp_path / "x", rows(session.lines)))
    assert list(found.feeds.values()) == list(FEEDS)
    assert found.symbol is None
    assert [item.data for item in found.received()] == [line.data for line in session.lines]
    assert [item.feed for item in found.received()] == [line.feed for line in session.lines]


@pytest.mark.parametrize("name", ["okx.jsonl.zst", "usdm__ethusdt.gz", "KRAKEN"])
def test_a_misleading_name_changes_nothing(tmp_path: Path, name: str) -> None:
    content = stamped(short(SPOT, "BTCUSDT"))
    one = survey(save(tmp_path / "x", content))
    other = survey(save(tmp_path / name, content))
    assert list(one.received()) == list(other.received())
    assert (one.feeds, one.symbol) == (other.feeds, other.symbol)


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        survey(path)
    return str(caught.value)


@pytest.mark.parametrize("form", ["rows", "log"])
def test_an_unknown_exchange_is_named_with_what_is_known(tmp_path: Path, form: str) -> None:
    content = FORMATS[form](short(SPOT, "BTCUSDT"))
    foreign = content.replace(b"stream.binance.com:9443", b"ws.kraken.com")
    path = save(tmp_path / "x", foreign)
    assert refusal(path) == (
        f"{path}: recorded from ws.kraken.com, which is none of the known feeds ({KNOWN})"
    )


def test_frames_that_nobody_claims_are_counted(tmp_path: Path) -> None:
    path = save(tmp_path / "x", stamped(short(SPOT, "BTCUSDT")).replace(b"depthUpdate", b"other"))
    assert refusal(path) == (
        f"{path}: none of its 8 frames is a book event of a known feed ({KNOWN})"
    )


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"t":"header"}\n'])
def test_a_file_without_frames_says_so(tmp_path: Path, content: bytes) -> None:
    path = save(tmp_path / "x", content)
    assert refusal(path) == f"{path}: holds no received frame"


def test_a_file_whose_every_line_is_damaged_says_what_is_wrong(tmp_path: Path) -> None:
    """Raw frames without a time are the likeliest mistake."""
    lines = b"".join(line.data + b"\n" for line in short(SPOT, "BTCUSDT"))
    path = save(tmp_path / "x", lines)
    assert "line 1: " in refusal(path)


def test_an_answer_whose_address_was_not_recorded_does_not_stop_a_replay(tmp_path: Path) -> None:
    lines = short(SPOT, "BTCUSDT")
    content = rows(lines) + b'{"t":"http","ts":1900000000,"data":"{}"}\n'
    found = survey(save(tmp_path / "x", content))
    assert [item.data for item in found.received()][: len(lines)] == [line.data for line in lines]


def test_rows_out_of_order_are_sorted_by_time(tmp_path: Path) -> None:
    lines = short(SPOT, "BTCUSDT")
    mixed = list(lines)
    random.Random(7).shuffle(mixed)  # noqa: S311 - repeatable, not secret
    for form, write in FORMATS.items():
        found = survey(save(tmp_path / form, write(mixed)))
        assert not found.ordered
        assert [item.time for item in found.received()] == [line.at for line in lines]
        assert [item.data for item in found.received()] == [line.data for line in lines]


def test_several_files_are_merged_by_time(tmp_path: Path) -> None:
    one = short(SPOT, "BTCUSDT")
    other = short(USDM, "BTCUSDT", START + 50_000_000)
    found = [
        survey(save(tmp_path / "one", stamped(one))),
        survey(save(tmp_path / "other", rows(other))),
    ]
    both = sorted((*one, *other), key=lambda line: line.at)
    assert [(item.time, item.feed, item.data) for item in merged(found)] == [
        (line.at, line.feed, line.data) for line in both
    ]


def test_a_snapshot_without_address_belongs_to_the_files_only_symbol(tmp_path: Path) -> None:
    found = survey(save(tmp_path / "x", stamped(short(USDM, "ETHUSDT"))))
    (answer,) = (item for item in found.received() if item.url is not None)
    assert (answer.feed, answer.symbol) == (USDM, "ETHUSDT")


def test_damage_is_kept_for_whoever_asks(tmp_path: Path) -> None:
    path = save(tmp_path / "x", stamped(short(SPOT, "BTCUSDT")) + b"broken\n")
    (sentence,) = survey(path).damage
    assert sentence.startswith(f"{path}: line 10: ")
