"""Made recordings through the real pipeline: names of markets, counts, time, the same page."""

import asyncio
import json
import math
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path

import pytest

from exporter import clock
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline
from exporter.recordings.recording import survey
from exporter.recordings.replay import Replay
from exporter.recordings.summary import Summary
from tests.made import (
    COINM,
    OKX,
    SPOT,
    SPOT_NAME,
    START,
    USDM,
    Line,
    Session,
    Speaker,
    everything,
    fed,
    market,
    short,
)
from tests.recordings.written import FORMATS, PACKERS, log, rows, save, stamped
from tests.shared import page, replayed, shipped

real_sleep = asyncio.sleep


def test_the_same_symbol_on_spot_and_on_futures_becomes_two_markets(tmp_path: Path) -> None:
    """Nothing but the frames tells them apart."""
    paths = [
        save(tmp_path / name, stamped(short(feed, "BTCUSDT")))
        for name, feed in (("one", SPOT), ("two", USDM))
    ]
    pipeline, summary = replayed(*paths)
    assert list(summary.markets) == ["binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"]
    assert 'market_basis_bps{exchange="binance",instrument="BTC-USDT-PERP",reference="spot"}' in (
        page(pipeline)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_markets_that_the_configuration_does_not_name_are_named_by_their_feed(
    tmp_path: Path, form: str
) -> None:
    names = {
        "binance/spot:ETHUSDT": (SPOT, "ETHUSDT"),
        "binance/usdm:ETHUSDT": (USDM, "ETHUSDT"),
        "binance/coinm:BTCUSD_PERP": (COINM, "BTCUSD_PERP"),
        "okx/BTC-USD-220527": (OKX, "BTC-USD-220527"),
    }
    paths = [
        save(tmp_path / str(number), FORMATS[form](short(feed, symbol)))
        for number, (feed, symbol) in enumerate(names.values())
    ]
    _, summary = replayed(*paths)
    assert set(summary.markets) == set(names)
    assert all(not counts.gaps and not counts.refused for counts in summary.markets.values())


def test_configured_symbols_of_okx_have_the_configured_names(tmp_path: Path) -> None:
    session = Session()
    for symbol in ("BTC-USDT", "BTC-USDT-SWAP"):
        Speaker(session, OKX, symbol).snapshot()
    _, summary = replayed(save(tmp_path / "x", log(session.lines)))
    assert set(summary.markets) == {"okx/BTC-USDT-SPOT", "okx/BTC-USDT-PERP"}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_page_twice(tmp_path: Path, form: str, packer: str) -> None:
    lines = short(SPOT, "BTCUSDT")
    path = save(tmp_path / "okx-swap.csv", PACKERS[packer](FORMATS[form](lines)))
    if form == "stamped":  # the address, and with it the limit of the snapshot, is not in it
        lines = [replace(line, url=line.url.partition("&limit")[0]) for line in lines]
    direct = page(fed(Pipeline(shipped(), discover=True), lines))
    assert [page(replayed(path)[0]) for _ in range(2)] == [direct] * 2


def test_a_recording_gives_the_page_of_the_session_it_was_made_from(tmp_path: Path) -> None:
    pipeline = Pipeline(shipped(), discover=True)
    session = everything(pipeline)
    again, _ = replayed(save(tmp_path / "x", rows(session.lines)))
    again.advance(pipeline.now)
    assert page(again) == page(pipeline)


def test_a_file_that_is_out_of_order_gives_the_page_of_one_in_order(tmp_path: Path) -> None:
    lines = short(SPOT, "BTCUSDT")
    one, _ = replayed(save(tmp_path / "one", stamped(lines)))
    other, _ = replayed(save(tmp_path / "other", stamped(reversed(lines))))
    assert page(one) == page(other)


def test_a_damaged_line_changes_nothing_but_its_count(tmp_path: Path) -> None:
    content = stamped(short(SPOT, "BTCUSDT"))
    one, whole = replayed(save(tmp_path / "one", content))
    other, damaged = replayed(save(tmp_path / "other", b"1 \n" + content + b"broken\n"))
    assert page(one) == page(other)
    assert (whole.damaged_lines, damaged.damaged_lines) == (0, 2)
    assert whole.markets == damaged.markets


def spoiled() -> list[Line]:
    """Two markets: one with a gap that ends, a crossing and an unreadable frame; one without."""
    session = Session()
    spot, perp = Speaker(session, SPOT, "BTCUSDT"), Speaker(session, USDM, "BTCUSDT")
    spot.snapshot().update().quote().update().quote()
    perp.snapshot().update().quote().update().quote()
    spot.update(lost=2).snapshot().update(bids=[("100.15", "1")])
    spot.update(bids=[("100.15", "0")]).garbage().quote(("98", "1"))
    session.take(SPOT, b"not even JSON")
    return session.lines


def test_the_summary_counts_what_happened(tmp_path: Path) -> None:
    lines = spoiled()
    _, summary = replayed(save(tmp_path / "x", rows(lines)))
    spot, perp = (summary.markets[f"binance/BTC-USDT-{kind}"] for kind in ("SPOT", "PERP"))
    assert summary.frames == sum(not line.url for line in lines) == 14
    assert summary.recorded_seconds == (lines[-1].at - lines[1].at) / NANOSECONDS
    assert (spot.depth_events, spot.gaps, spot.resyncs, spot.crossed) == (5, 1, 1, 1)
    assert (spot.decode_errors, perp.decode_errors, summary.unassigned_errors) == (2, 0, 0)
    assert (perp.depth_events, perp.gaps, perp.resyncs, perp.crossed) == (2, 0, 0, 0)
    assert (spot.tops_compared, spot.tops_equal) == (1, 1)
    assert (perp.tops_compared, perp.tops_equal) == (1, 1)


def test_an_unreadable_frame_is_nobodys_where_a_file_has_several_symbols(tmp_path: Path) -> None:
    session = Session()
    Speaker(session, SPOT, "BTCUSDT").snapshot().update()
    Speaker(session, SPOT, "ETHUSDT").snapshot().update()
    session.take(SPOT, b"not even JSON")
    _, summary = replayed(save(tmp_path / "x", rows(session.lines)))
    assert summary.unassigned_errors == 1
    assert [counts.decode_errors for counts in summary.markets.values()] == [0, 0]


def test_the_summary_counts_checksums(tmp_path: Path) -> None:
    """One level a side: the text under the checksum is `bid:size:ask:size`."""
    session = Session()
    Speaker(session, OKX, "BTC-USDT").snapshot([("1", "2")], [("3", "4")])
    (line,) = session.lines
    assert OKX.checksum is not None
    right = OKX.checksum([("1", "2")], [("3", "4")])
    for checksum, counts in ((right, (1, 0)), (right + 1, (0, 1))):
        data = line.data.replace(b'"checksum":0', b'"checksum":%d' % checksum)
        path = save(tmp_path / "x", stamped([Line(line.at, OKX, data)]))
        found = replayed(path)[1].markets["okx/BTC-USDT-SPOT"]
        assert (found.checksums_ok, found.checksums_failed) == counts


def test_the_summary_as_json_has_the_keys_that_programs_read(tmp_path: Path) -> None:
    _, summary = replayed(save(tmp_path / "x", rows(spoiled())))
    found = json.loads(json.dumps(summary.json()))
    assert found.keys() >= {"frames", "recorded_seconds", "wall_seconds", "markets"}
    assert isinstance(found["frames"], int)
    assert isinstance(found["recorded_seconds"], float)
    assert isinstance(found["wall_seconds"], float)
    for counts in found["markets"].values():
        assert counts.keys() >= {
            *("depth_events", "tops_compared", "tops_equal", "checksums_ok", "checksums_failed"),
            *("gaps", "resyncs", "crossed", "decode_errors"),
        }
        assert all(isinstance(count, int) for count in counts.values())


class PatchedClock:
    """A clock that only sleeping moves; how the spot market stands at each wake is noted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 5_000
        self.slept: list[float] = []
        self.pipeline = Pipeline(shipped(), discover=True)
        self.seen: list[tuple[int, str]] = []
        monkeypatch.setattr(clock, "monotonic", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    def _sleep(self, delay: float) -> Coroutine[object, object, None]:
        self.slept.append(delay)
        self.now += math.ceil(delay * NANOSECONDS)
        now = self.pipeline.now
        self.seen.append((now, market(self.pipeline, SPOT_NAME).health(now).reason))
        return real_sleep(0)

    def run(self, *paths: Path, speed: float) -> Summary:
        replay = Replay(self.pipeline, [survey(path) for path in paths], speed)
        return asyncio.run(replay.run())


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> PatchedClock:
    return PatchedClock(monkeypatch)


@pytest.fixture
def pauses(tmp_path: Path) -> Path:
    """A live book, then nothing for eight seconds (it goes stale at five), then an update."""
    session = Session()
    speaker = Speaker(session, SPOT, "BTCUSDT").snapshot().update()
    session.later(7.9)
    speaker.update()
    return save(tmp_path / "pauses", stamped(session.lines))


@pytest.mark.parametrize("speed", [1, 2, 0.5])
def test_a_replay_at_a_speed_takes_recorded_time_over_speed(
    patched: PatchedClock, pauses: Path, speed: float
) -> None:
    summary = patched.run(pauses, speed=speed)
    assert sum(patched.slept) == pytest.approx(8.1 / speed, abs=1e-6)
    assert summary.wall_seconds == pytest.approx(8.1 / speed, abs=1e-6)
    assert max(patched.slept) <= 0.1, "pages would stand still"


def test_pipeline_time_runs_on_between_frames(patched: PatchedClock, pauses: Path) -> None:
    patched.run(pauses, speed=1)
    times = [now for now, _ in patched.seen]
    assert times == sorted(set(times))
    assert max(times) <= START + 8_100_000_000
    silence = [reason for now, reason in patched.seen if now > START + NANOSECONDS]
    assert silence == [*[""] * silence.count(""), *["stale"] * silence.count("stale")]
    assert min(silence.count(""), silence.count("stale")) > 25


def test_a_speed_does_not_change_the_page(patched: PatchedClock, pauses: Path) -> None:
    patched.run(pauses, speed=3)
    assert page(patched.pipeline) == page(replayed(pauses)[0])


def test_as_fast_as_it_goes_never_waits(patched: PatchedClock, pauses: Path) -> None:
    patched.run(pauses, speed=0)
    assert patched.slept == []


async def test_others_get_their_turn_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every look at the clock is ten milliseconds after the one before."""
    session = Session()
    speaker = Speaker(session, SPOT, "BTCUSDT").snapshot()
    for _ in range(640):
        speaker.update()
    path = save(tmp_path / "x", stamped(session.lines))
    looks = iter(range(0, 10**15, 10_000_000))
    monkeypatch.setattr(clock, "monotonic", lambda: next(looks))
    told: list[int] = []
    replay = Replay(Pipeline(shipped()), [survey(path)], progress=told.append)
    running = asyncio.create_task(replay.run())
    turns = 0
    while not running.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 10
    assert told == sorted(told)
    assert told[-1] == (await running).frames == 640
