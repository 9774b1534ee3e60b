"""Mutated and garbage frames: refused and counted, or applied exactly as they read; never a crash.

What a frame reads as is decided by the standard library's JSON and by Decimal, not by the code
under test. 100,000 frames in CI, fewer elsewhere.
"""

import json
import os
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.book.sync import BookSync
from exporter.errors import DecodeError
from exporter.feeds import FEEDS
from exporter.model import BookSnapshot, BookUpdate, MarketId
from exporter.pipeline import Pipeline
from tests.conformance.session import Line, Session, session
from tests.shared import page, shipped

SESSIONS = [session(feed) for feed in FEEDS]
A_SEED = 100
EXAMPLES = 1_000 if os.environ.get("CI") else 100

Book = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]

NUMBERS = (
    *("0", "-1", "1e5", "1E-9", "0.000000001", "NaN", "Infinity", "1_000", "٣", "", " 1", "0x1"),
    *("9" * 40, "1e99", "1e-99", "00100.10", "100.1000000000000", "+3", ".5", "5.", "null"),
)
PIECES = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\x00", b"\xff", b"\\ud800", b"e", b"-")


def flip(frame: bytearray, draw: random.Random) -> None:
    frame[draw.randrange(len(frame))] = draw.randrange(256)


def digit(frame: bytearray, draw: random.Random) -> None:
    places = [place for place, byte in enumerate(frame) if chr(byte).isdigit()]
    if places:
        frame[draw.choice(places)] = ord(draw.choice("0123456789"))


def cut(frame: bytearray, draw: random.Random) -> None:
    start = draw.randrange(len(frame))
    del frame[start : start + draw.randrange(1, 12)]


def repeat(frame: bytearray, draw: random.Random) -> None:
    start = draw.randrange(len(frame))
    frame[start:start] = frame[start : start + draw.randrange(1, 40)]


def insert(frame: bytearray, draw: random.Random) -> None:
    start = draw.randrange(len(frame))
    frame[start:start] = draw.choice(PIECES)


def number(frame: bytearray, draw: random.Random) -> None:
    """Another spelling, size or kind of number in place of a quoted one."""
    parts = bytes(frame).split(b'"')
    places = [n for n, part in enumerate(parts) if part[:1].isdigit()]
    if places:
        parts[draw.choice(places)] = draw.choice(NUMBERS).encode()
        frame[:] = b'"'.join(parts)


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip,
    digit,
    digit,
    cut,
    repeat,
    insert,
    number,
    number,
)


def mutated(line: Line, draw: random.Random) -> Line:
    frame = bytearray(line.data)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        if frame:
            draw.choice(MUTATIONS)(frame, draw)
    return Line(line.at, bytes(frame), line.url)


def levels(sync: BookSync) -> Book:
    book = sync.book
    return (
        {level.price: level.quantity for level in book.levels(book.bids, 1000)},
        {level.price: level.quantity for level in book.levels(book.asks, 1000)},
    )


def read(frame: bytes, made: bytes) -> tuple[list[list[str]], list[list[str]]]:
    """The levels of a frame as the standard library reads them, under the names of the made one."""
    bid, ask = ("bids", "asks") if b'"bids"' in made else ("b", "a")
    message: Any = json.loads(frame.decode(errors="replace"), strict=False)
    rows = message.get("data", message)
    rows = rows if isinstance(rows, list) else [rows]
    bids, asks = [], []
    for row in rows:
        bids += row[bid]
        asks += row[ask]
    return bids, asks


def after(before: Book, frame: bytes, made: bytes) -> Book:
    for side, changes in zip(before, read(frame, made), strict=True):
        for price, size, *_ in changes:
            if Decimal(size):
                side[Decimal(price)] = Decimal(size)
            else:
                side.pop(Decimal(price), None)
    return before


def check(made: Session, place: int, draw: random.Random) -> str:
    """A mutated line after the true ones before it; says what became of it."""
    sync = BookSync(MarketId("x", "Y"), made.feed)
    for line in made.lines[:place]:
        take(sync, made, line)
    before = levels(sync)
    counts = counted(sync)
    line = mutated(made.lines[place], draw)
    try:
        taken = take(sync, made, line)
    except DecodeError:
        assert counted(sync) == counts
        assert levels(sync) == before
        return "refused"
    if not taken:
        assert levels(sync) == before
        return "not a book message"
    assert counted(sync) != counts
    if not sync.live:
        assert levels(sync) == ({}, {})
        return "invalid"
    applied = sync.updates["applied"] > counts[0].get("applied", 0)
    if taken == 1 and applied and not line.url and sync.snapshots["applied"] == 1:
        assert levels(sync) == after(before, line.data, made.lines[place].data), line.data
        return "applied"
    return "snapshot or old"


def counted(sync: BookSync) -> tuple[dict[str, int], ...]:
    """All that is counted of updates, snapshots and gaps."""
    updates = {**sync.updates, "waiting": sync.waiting}
    return updates, dict(sync.snapshots), dict(sync.gaps)


def take(sync: BookSync, made: Session, line: Line) -> int:
    """A line into one book; how many book messages of its symbol it held."""
    taken = 0
    for event in made.events(line):
        if isinstance(event, BookUpdate):
            sync.update(event)
        elif isinstance(event, BookSnapshot):
            sync.snapshot(event)
        else:
            continue
        taken += 1
    return taken


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_a_mutated_frame_is_refused_and_counted_or_applied_exactly_as_it_reads(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(A_SEED):
        made = draw.choice(SESSIONS)
        check(made, draw.randrange(len(made.lines)), draw)


def test_the_mutations_reach_every_outcome() -> None:
    draw = random.Random(7)  # noqa: S311
    places = [(made, draw.randrange(len(made.lines))) for made in SESSIONS for _ in range(500)]
    outcomes = {check(made, place, draw) for made, place in places}
    assert outcomes == {"refused", "not a book message", "invalid", "applied", "snapshot or old"}


@settings(max_examples=EXAMPLES // 20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_a_stream_of_mutated_frames_never_stops_the_pipeline_and_adds_up(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    pipeline = Pipeline(shipped(), discover=True)
    fed = 0
    for made in SESSIONS:
        for line in made.lines:
            changed = mutated(line, draw) if draw.random() < 0.3 else line
            made.feed_to(pipeline, [changed])
            fed += not line.url
    assert sum(sum(intake.frames.values()) for intake in pipeline.intakes.values()) == fed
    assert page(pipeline)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(SESSIONS))
def test_arbitrary_bytes_are_refused_or_no_message_of_a_market(data: bytes, made: Session) -> None:
    try:
        events = made.feed.decode(data, 1)
    except DecodeError:
        return
    assert not any(event.symbol for event in events)
