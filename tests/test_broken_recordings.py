"""Real recordings with a line dropped, repeated or out of place, and how the book comes back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.markets.market import Market
from exporter.model import MarketId
from tests.conformance.session import held
from tests.reference import Rebuilt, messages
from tests.shared import recording, replayed

SPOT = "hftbacktest/spot__btcusdt_20240808.gz"
USDM = "hftbacktest/usdm__btcusdt_20230404.dat.gz"
MARKETS = {
    SPOT: MarketId("binance", "BTC-USDT-SPOT"),
    USDM: MarketId("binance", "BTC-USDT-PERP"),
}
LINES = 12_000


@pytest.fixture(params=[SPOT, USDM], ids=["spot", "usdm"])
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def lines_of(source: str) -> list[tuple[int, str, dict[str, object]]]:
    """The first lines of a recording."""
    return [row for row, _ in zip(messages(recording(source)), range(LINES), strict=False)]


def depth_places(lines: list[tuple[int, str, dict[str, object]]]) -> list[int]:
    places = [n for n, row in enumerate(lines) if "@depth" in str(row[2].get("stream", ""))]
    return places[len(places) // 2 :]


def written(path: Path, lines: list[tuple[int, str, dict[str, object]]]) -> Path:
    path.write_text("".join(f"{time} {json.dumps(message)}\n" for time, _, message in lines))
    return path


def outcome(path: Path, source: str) -> Market:
    pipeline, _ = replayed(path)
    return pipeline.markets[MARKETS[source]]


def in_order(
    times: Iterator[int], rows: list[tuple[int, str, dict[str, object]]]
) -> list[tuple[int, str, dict[str, object]]]:
    """The rows, received at these times: a recorder writes down what comes when it comes."""
    return [(time, symbol, message) for time, (_, symbol, message) in zip(times, rows, strict=True)]


def test_a_dropped_line_is_one_gap_and_no_book(source: str, tmp_path: Path) -> None:
    lines = lines_of(source)
    del lines[depth_places(lines)[0]]
    market = outcome(written(tmp_path / "dropped", lines), source)
    assert dict(market.sync.gaps) == {"sequence": 1}
    assert market.health(lines[-1][0]).reason == "gap"


def test_a_repeated_line_is_nothing(source: str, tmp_path: Path) -> None:
    lines = lines_of(source)
    place = depth_places(lines)[0]
    lines.insert(place, lines[place])
    market = outcome(written(tmp_path / "repeated", lines), source)
    assert not market.sync.gaps
    assert market.sync.tops.compared == market.sync.tops.equal > 0


def test_two_lines_out_of_order_are_one_gap(source: str, tmp_path: Path) -> None:
    lines = lines_of(source)
    times = iter([row[0] for row in lines])
    one, other = depth_places(lines)[:2]
    lines[one], lines[other] = lines[other], lines[one]
    market = outcome(written(tmp_path / "reordered", in_order(times, lines)), source)
    assert dict(market.sync.gaps) == {"sequence": 1}


def test_a_snapshot_from_the_reference_book_ends_the_gap(source: str, tmp_path: Path) -> None:
    """The snapshot is made here, from an independent rebuild of the unbroken recording."""
    lines = lines_of(source)
    places = depth_places(lines)
    back = places[20]
    reference = rebuilt(lines[: back + 1])
    snapshot: dict[str, object] = {
        "lastUpdateId": reference.last_id,
        "bids": [[f"{price:f}", f"{size:f}"] for price, size in reference.bids.items()],
        "asks": [[f"{price:f}", f"{size:f}"] for price, size in reference.asks.items()],
    }
    broken = [*lines[: back + 3], (lines[back + 2][0], "", snapshot), *lines[back + 3 :]]
    del broken[places[0]]
    market = outcome(written(tmp_path / "recovered", broken), source)
    final = rebuilt(lines)
    assert (dict(market.sync.gaps), market.sync.resyncs) == ({"sequence": 1}, 1)
    assert [tuple(level) for level in held(market)[0]] == sorted(final.bids.items(), reverse=True)
    assert [tuple(level) for level in held(market)[1]] == sorted(final.asks.items())
    assert market.sync.tops.compared == market.sync.tops.equal > 0


def rebuilt(lines: list[tuple[int, str, dict[str, object]]]) -> Rebuilt:
    book = Rebuilt()
    for _, _, message in lines:
        if "lastUpdateId" in message:
            book.snapshot(message)
        elif "@depth" in str(message["stream"]):
            book.depth(message["data"])  # type: ignore[arg-type]
    return book
