"""What the simulated exchanges list."""

from decimal import Decimal

import pytest

from exporter.simulator.symbols import symbols


def test_a_pair_is_spot_and_perpetual_on_both_exchanges() -> None:
    assert [(s.exchange, s.instrument, s.name) for s in symbols(1)] == [
        ("binance", "BTC-USDT-SPOT", "BTCUSDT"),
        ("binance", "BTC-USDT-PERP", "BTCUSDT"),
        ("okx", "BTC-USDT-SPOT", "BTC-USDT"),
        ("okx", "BTC-USDT-PERP", "BTC-USDT-SWAP"),
    ]


def test_btc_and_eth_have_the_steps_of_the_real_exchanges() -> None:
    steps = [(str(s.tick), format(s.lot, "f"), str(s.multiplier)) for s in symbols(2)]
    assert steps == [
        ("0.01", "0.00001", "1"),
        ("0.1", "0.001", "1"),
        ("0.1", "0.00000001", "1"),
        ("0.1", "0.01", "0.01"),
        ("0.01", "0.0001", "1"),
        ("0.01", "0.001", "1"),
        ("0.01", "0.000001", "1"),
        ("0.01", "0.01", "0.1"),
    ]


def test_known_coins_come_first_and_made_up_ones_follow() -> None:
    bases = [symbol.base for symbol in symbols(26)][::4]
    assert bases[:4] == ["BTC", "ETH", "SOL", "XRP"]
    assert bases[24:] == ["AAA", "AAB"]


def test_hundreds_of_pairs_have_names_of_their_own() -> None:
    listed = symbols(300)
    assert len({(s.exchange, s.instrument) for s in listed}) == len(listed) == 1200
    assert all(s.instrument == f"{s.base}-{s.quote}-{s.kind}" for s in listed)
    assert {s.pair for s in listed[:8]} == {"BTC-USDT", "ETH-USDT"}


def test_every_tick_is_below_a_tenth_of_a_basis_point_and_every_lot_below_a_hundred_quote() -> None:
    for symbol in symbols(100):
        assert symbol.tick == Decimal(10) ** -symbol.price_decimals
        assert symbol.tick / symbol.start <= Decimal("0.1") / 10_000, symbol
        assert symbol.lot * symbol.multiplier * symbol.start < 100, symbol
        assert symbol.start % symbol.tick == 0, symbol


@pytest.mark.parametrize("pairs", [0, -1, 10**6])
def test_an_impossible_number_of_pairs_is_refused(pairs: int) -> None:
    with pytest.raises(ValueError, match=rf"pairs must be from 1 to \d+, not {pairs}"):
        symbols(pairs)
