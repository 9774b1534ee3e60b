"""Every real recording of Binance and OKX through the pipeline, beside an independent rebuild."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import pytest

from exporter import pipeline as house
from exporter.book.orderbook import mid
from exporter.families import Family, Reading
from exporter.markets.market import Contract
from exporter.metrics.metric import MarketMetric
from exporter.model import MarketId
from exporter.recordings.summary import MarketSummary, Summary
from tests.conformance.session import held
from tests.reference import rebuild
from tests.shared import recording, replayed

BINANCE = {
    "hftbacktest/spot__btcusdt_20240808.gz": 3_449,
    "hftbacktest/usdm__btcusdt_20240808.gz": 6_544,
    "hftbacktest/cm__btcusd_perp_20240808.gz": 26_802,
    "hftbacktest/usdm__btcusdt_20230404.dat.gz": 4_322,
    "cryptofeed/BINANCE.jsonl.zst": 141,
    "cryptofeed/BINANCE_FUTURES.jsonl.zst": 707,
    "cryptofeed/BINANCE_DELIVERY.jsonl.zst": 1_715,
}
OKX = {"cryptofeed/OKX.jsonl.zst": 290, "cryptofeed/OKEX-2021-07-22.ws.1.txt.zst": 1_504}


def total(summary: Summary, field: str) -> int:
    return sum(getattr(market, field) for market in summary.markets.values())


def assert_clean(summary: Summary) -> None:
    for name, market in summary.markets.items():
        assert market.gaps == market.crossed == market.decode_errors == 0, name
    assert summary.damaged_lines == summary.unassigned_errors == 0


@pytest.mark.parametrize("name", BINANCE)
def test_binance_books_equal_an_independent_rebuild_at_every_comparable_moment(name: str) -> None:
    path = recording(name)
    pipeline, summary = replayed(path)
    assert_clean(summary)
    assert total(summary, "tops_compared") == total(summary, "tops_equal") == BINANCE[name]

    books = rebuild(path)
    assert sum(book.tops()[0] for book in books.values()) == BINANCE[name]
    markets = {m.spec.symbol: m for m in pipeline.markets.values() if str(m.id) in summary.markets}
    for symbol, book in books.items():
        market = markets[symbol]
        assert book.gaps == 0
        assert summary.markets[str(market.id)].depth_events == book.depth_events
        assert held(market)[0] == sorted(book.bids.items(), reverse=True)
        assert held(market)[1] == sorted(book.asks.items())


def test_all_comparisons_together_are_43680() -> None:
    assert sum(BINANCE.values()) == 43_680


@pytest.mark.parametrize("name", OKX)
def test_okx_checksums_are_all_correct(name: str) -> None:
    _, summary = replayed(recording(name))
    assert_clean(summary)
    assert total(summary, "checksums_ok") == OKX[name]
    assert total(summary, "checksums_failed") == 0


def test_a_price_finer_than_the_scale_is_refused_while_its_checksums_go_on() -> None:
    """FUN-BTC has prices of nine decimals and no instrument list says so."""
    pipeline, summary = replayed(recording("cryptofeed/OKEX-2021-07-22.ws.1.txt.zst"))
    market = pipeline.markets[MarketId("okx", "FUN-BTC")]
    assert market.sync.snapshots["refused"] == 1
    assert market.health(pipeline.now).reason == "no_snapshot"
    assert (summary.markets["okx/FUN-BTC"].checksums_ok, summary.markets["okx/FUN-BTC"].gaps) == (
        41,
        0,
    )


def test_a_recorded_instrument_list_gives_contracts_their_size() -> None:
    pipeline, _ = replayed(recording("cryptofeed/OKX.jsonl.zst"))
    contract = pipeline.markets[MarketId("okx", "BTC-USD-220527")].contract
    assert contract is not None
    assert contract == Contract(Fraction(100), inverse=True)


def test_without_a_list_a_book_is_kept_in_contracts_and_has_no_depth_in_quote() -> None:
    pipeline, _ = replayed(recording("hftbacktest/cm__btcusd_perp_20240808.gz"))
    market = pipeline.markets[MarketId("binance", "coinm:BTCUSD_PERP")]
    assert market.contract is None
    assert market.top(pipeline.now) is not None
    names = {series.family.name for series, _ in pipeline.market_readings(market)}
    assert "market_spread_bps" in names
    assert "market_depth_quote" not in names


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("hftbacktest/spot__btcusdt_20240808.gz", "0.77"),
        ("hftbacktest/usdm__btcusdt_20240808.gz", "0.47"),
    ],
)
def test_depth_within_10_bps_is_complete_only_while_mid_stays_near_the_snapshot(
    name: str, share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    class Probe(MarketMetric):
        families: ClassVar[tuple[Family, ...]] = ()

        def sample(self, now: int) -> None:
            top, book = self.market.top(now), self.market.sync.book
            if top is not None:
                sides = (book.bids, book.asks)
                seen.append(all(book.band(s, mid(top), Fraction(10)).complete for s in sides))

        def readings(self, now: int) -> Iterator[Reading]:
            yield from ()

    monkeypatch.setattr(house, "MARKET_METRICS", (Probe,))
    replayed(recording(name))
    assert f"{sum(seen) / len(seen):.2f}" == share


def test_spot_and_perpetual_recorded_together_give_a_real_basis() -> None:
    pipeline, summary = replayed(
        recording("hftbacktest/spot__btcusdt_20240808.gz"),
        recording("hftbacktest/usdm__btcusdt_20240808.gz"),
    )
    assert set(summary.markets) == {"binance/BTC-USDT-PERP", "binance/BTC-USDT-SPOT"}
    perp = pipeline.markets[MarketId("binance", "BTC-USDT-PERP")]
    readings = {
        (series.family.name, *series.values[2:]): value
        for series, value in pipeline.market_readings(perp)
    }
    basis = Decimal(float(readings["market_basis_bps", "spot"]))  # type: ignore[arg-type]
    assert Decimal(-10) < basis < Decimal(10)
    assert ("market_basis_bps", "index") not in readings


def test_frames_add_up(tmp_path: Path) -> None:
    pipeline, summary = replayed(recording("cryptofeed/OKX.jsonl.zst"))
    assert sum(pipeline.intakes["okx"].frames.values()) == summary.frames == 410
    market: MarketSummary = summary.markets["okx/BTC-USDT-SPOT"]
    sync = pipeline.markets[MarketId("okx", "BTC-USDT-SPOT")].sync
    assert sum(sync.updates.values()) == market.depth_events == 97
