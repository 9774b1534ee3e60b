"""What every exchange in the table must do with its own made frames; no exchange is named here."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.errors import DecodeError
from exporter.feeds import FEEDS
from exporter.feeds.feed import Feed, Operation
from exporter.live.plan import plans
from exporter.model import BestQuote, BookSnapshot, BookUpdate, GapReason, Stream, Trade
from exporter.pipeline import Pipeline
from tests.conformance.session import FRAMES, Line, held, session, snapshot_line, updates
from tests.shared import ROOT, shipped

LIVE = pytest.mark.parametrize(
    "feed", [feed for feed in FEEDS if feed.live], ids=lambda feed: feed.name
)
EVERY = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
GARBAGE = (
    b"",
    b"{",
    b"\x00\xff\xfe",
    b"[]",
    b"null",
    b"12",
    b"[" * 5000,
)


def test_table_frames_and_files_agree() -> None:
    names = {feed.name.replace("/", "-") for feed in FEEDS}
    assert names == {path.stem for path in FRAMES.iterdir()}
    modules = {feed.name.replace("/", "_") for feed in FEEDS}
    files = {path.stem for path in (ROOT / "exporter" / "feeds").glob("*.py")}
    assert modules <= files
    assert len(names) == len(FEEDS)


@EVERY
def test_it_has_a_snapshot_updates_quotes_and_trades(feed: Feed) -> None:
    made = session(feed)
    for kind in (BookSnapshot, BookUpdate, BestQuote, Trade):
        assert made.places(kind), kind


@EVERY
def test_the_book_ends_exactly_as_the_file_says(feed: Feed) -> None:
    made = session(feed)
    market = made.run(made.lines)
    assert held(market) == (made.bids, made.asks)
    assert market.sync.live
    assert not market.sync.gaps
    assert market.sync.crossed == 0


@EVERY
def test_every_comparison_with_its_own_best_quote_is_equal(feed: Feed) -> None:
    made = session(feed)
    tops = made.run(made.lines).sync.tops
    assert (tops.compared, tops.equal) == (made.tops, made.tops)


@EVERY
def test_there_is_no_book_before_a_snapshot(feed: Feed) -> None:
    made = session(feed)
    lines = [line for n, line in enumerate(made.lines) if n not in made.places(BookSnapshot)]
    market = made.run(lines)
    assert not market.sync.live
    assert market.top(lines[-1].at) is None
    assert not market.sync.gaps


@EVERY
def test_every_removed_update_is_a_gap_and_the_book_is_gone(feed: Feed) -> None:
    made = session(feed)
    for place in updates(made)[:-1]:
        market = made.run(made.lines[:place] + made.lines[place + 1 :])
        assert dict(market.sync.gaps) == {"sequence": 1}, place
        assert market.top(made.lines[-1].at) is None
        assert held(market) == ([], [])


@EVERY
def test_a_repeated_line_changes_nothing(feed: Feed) -> None:
    made = session(feed)
    for place in updates(made):
        lines = [*made.lines[: place + 1], made.lines[place], *made.lines[place + 1 :]]
        market = made.run(lines)
        assert held(market) == (made.bids, made.asks), place
        assert not market.sync.gaps
        assert market.sync.updates["old"] >= 1


@EVERY
def test_two_updates_in_the_wrong_order_are_a_gap(feed: Feed) -> None:
    made = session(feed)
    places = updates(made)
    for one, other in pairwise(places):
        lines = list(made.lines)
        lines[one], lines[other] = lines[other], lines[one]
        assert made.run(lines).sync.gaps[GapReason.SEQUENCE] == 1, (one, other)


@EVERY
def test_a_gap_ends_with_a_snapshot_and_the_book_is_right_again(feed: Feed) -> None:
    made = session(feed)
    whole = Pipeline(shipped(), discover=True)
    made.feed_to(whole, made.lines)
    for place in updates(made)[:-1]:
        broken = Pipeline(shipped(), discover=True)
        made.feed_to(broken, made.lines[:place] + made.lines[place + 1 :])
        again = snapshot_line(made, made.market(whole), made.lines[-1].at + 1)
        made.feed_to(broken, [again])
        market = made.market(broken)
        assert held(market) == (made.bids, made.asks)
        assert (market.sync.live, market.sync.resyncs) == (True, 1)
        assert market.sync.gap is not None
        assert market.sync.gap.end == again.at


@EVERY
@pytest.mark.parametrize("frame", GARBAGE, ids=lambda frame: frame[:12].decode("latin1"))
def test_garbage_gives_the_one_decode_error_and_nothing_else(feed: Feed, frame: bytes) -> None:
    made = session(feed)
    pipeline = made.feed_to(Pipeline(shipped(), discover=True), made.lines)
    frames = pipeline.intakes[feed.name].frames
    before = sum(frames.values())
    pipeline.ingest(feed, frame, made.lines[-1].at + 1)
    market = made.market(pipeline)
    assert held(market) == (made.bids, made.asks)
    assert sum(frames.values()) == before + 1
    assert frames["refused"] == 1


@EVERY
def test_a_message_of_an_unknown_kind_is_ignored_and_counted(feed: Feed) -> None:
    made = session(feed)
    pipeline = Pipeline(shipped(), discover=True)
    pipeline.ingest(feed, b'{"something":"new","data":[1]}', made.lines[0].at)
    assert dict(pipeline.intakes[feed.name].frames) == {"ignored": 1}


@EVERY
def test_every_cut_of_every_frame_is_refused_with_a_decode_error(feed: Feed) -> None:
    for line in session(feed).lines:
        for end in range(len(line.data)):
            cut = Line(line.at, line.data[:end], line.url)
            with pytest.raises(DecodeError):
                session(feed).events(cut)


@EVERY
def test_keys_in_another_order_and_unknown_keys_are_read_the_same(feed: Feed) -> None:
    made = session(feed)
    turned = tuple(
        Line(line.at, json.dumps(_turned(json.loads(line.data))).encode(), line.url)
        for line in made.lines
    )
    assert held(made.run(turned)) == (made.bids, made.asks)


@LIVE
def test_every_route_asks_for_its_streams_of_the_symbol_within_the_limits(feed: Feed) -> None:
    symbol = session(feed).symbol
    for plan in plans(feed, "wss://exchange.example", [symbol] * 300):
        assert plan.url.startswith("wss://exchange.example/")
        assert len(plan.symbols) <= plan.service.socket.symbols_a_connection
        names = plan.names(plan.symbols, plan.streams)
        assert names == list(dict.fromkeys(names))
        (request,) = plan.requests(Operation.SUBSCRIBE, names, 1)
        index = feed.index_symbol(symbol).lower()
        assert all(index in name.lower() for name in names)
        assert "subscribe" in request.frame.lower()
        assert request.answers


@LIVE
def test_every_symbol_has_a_book_and_asks_no_more_than_the_budget_for_it(feed: Feed) -> None:
    assert feed.service is not None
    symbol, rest = session(feed).symbol, feed.service.rest
    assert any(Stream.BOOK in route.streams for route in feed.service.routes)
    assert feed.service.stream_name(symbol, Stream.BOOK)
    assert (rest.snapshot is None) == feed.snapshot_on_stream
    requests = [*rest.poll(symbol, 500), *rest.listings]
    if rest.snapshot is not None:
        requests += [rest.snapshot(symbol, levels) for levels in (1, 100, 1000, 5000, 100_000)]
    assert all(0 < request.weight <= rest.budget.limit // 8 for request in requests)
    assert all(request.path.startswith("/") for request in requests)


def _turned(value: object) -> object:
    if isinstance(value, dict):
        pairs = [(key, _turned(part)) for key, part in value.items()]
        return dict([("zz_unknown", {"a": [1]}), *reversed(pairs)])
    if isinstance(value, list):
        return [_turned(part) for part in value]
    return value


def test_made_frames_say_that_they_are_made() -> None:
    for path in Path(FRAMES).iterdir():
        assert '"made":"by hand' in path.read_text().splitlines()[0]
