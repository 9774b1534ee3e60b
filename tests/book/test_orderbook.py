"""Levels, scaling and bands, against plain arithmetic."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.book.orderbook import OrderBook, mid
from exporter.errors import PrecisionError, QuantityError
from exporter.model import BookSnapshot, BookUpdate
from exporter.scale import Memo, decimals_of, scaled, unscaled

prices = st.integers(1, 400).map(lambda tick: f"{Decimal(tick) / 100:f}")
sizes = st.integers(0, 10**12).map(lambda size: f"{Decimal(size).scaleb(-8):f}")
changes = st.lists(st.tuples(prices, sizes), max_size=30)


@given(st.decimals(0, 10**9, places=8, allow_nan=False))
def test_scaling_is_exact_and_reversible(value: Decimal) -> None:
    assert unscaled(scaled(f"{value:f}", 8), 8) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 10**8),
        ("1.", 10**8),
        (".5", 5 * 10**7),
        ("1e-7", 10),
        ("+2", 2 * 10**8),
        ("1E2", 10**10),
    ],
)
def test_spellings_of_numbers(text: str, value: int) -> None:
    assert scaled(text, 8) == value


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1,5", "0x1", "1_0", "nan", "inf", "-1", "٣", "1e999", "e5", ".", "--1"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        scaled(text, 8)


@pytest.mark.parametrize("text", ["0.123456789", "1e-9", "123.0000000010"])
def test_more_decimals_are_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(PrecisionError):
        scaled(text, 8)


@pytest.mark.parametrize(
    ("step", "decimals"), [("0.1", 8), ("1", 8), ("0.000000001", 9), ("1E-12", 12), ("1000", 8)]
)
def test_the_scale_is_eight_unless_a_step_needs_more(step: str, decimals: int) -> None:
    assert decimals_of(Decimal(step)) == decimals


def test_a_memo_stays_bounded_and_right() -> None:
    memo = Memo(0)
    for number in range(20_000):
        assert memo[str(number)] == number
    assert len(memo) <= 8192


@given(changes, changes, st.lists(changes, max_size=5))
def test_a_book_holds_exactly_what_a_dictionary_of_decimals_holds(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]], updates: list[list[tuple[str, str]]]
) -> None:
    book = OrderBook()
    book.replace(BookSnapshot("X", 0, None, 1, bids, asks))
    expected = {Decimal(price): Decimal(size) for price, size in bids if Decimal(size)}
    dropped = {Decimal(price) for price, size in bids} - expected.keys()
    last = {Decimal(price): Decimal(size) for price, size in bids}
    expected = {price: size for price, size in last.items() if size}
    for change in updates:
        book.update(BookUpdate("X", 0, None, 1, 1, 1, change, ()))
        for price, size in change:
            expected[Decimal(price)] = Decimal(size)
        expected = {price: size for price, size in expected.items() if size}
    levels = [tuple(level) for level in book.levels(book.bids, 1000)]
    assert levels == sorted(expected.items(), reverse=True)
    assert not dropped & {price for price, size in last.items() if size}


@given(changes, changes, st.integers(1, 9_999))
def test_depth_in_a_band_equals_the_sum_over_all_levels(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]], band: int
) -> None:
    book = OrderBook()
    book.replace(BookSnapshot("X", 0, None, 1, bids, asks))
    top = book.top()
    if top is None:
        return
    middle = mid(top)
    for side, sign in ((book.bids, 1), (book.asks, -1)):
        inside = [
            (sign * key, side.quantities[key])
            for key in side.keys
            if sign * (middle - sign * key) * 10_000 <= band * middle
        ]
        firsts = [book.band(side, middle, Fraction(width)).first for width in (band // 2, band)]
        assert list(side.notionals(firsts))[1] == sum(price * size for price, size in inside)
        assert list(side.amounts(firsts))[1] == sum(size for _, size in inside)
        assert next(side.notionals(firsts[1:])) == sum(price * size for price, size in inside)


def snapshot(limit: int | None) -> BookSnapshot:
    bids = (("100", "1"), ("99", "1"))
    return BookSnapshot("X", 0, None, 1, bids, (("101", "1"), ("102", "1")), limit=limit)


def complete(book: OrderBook, bps: int) -> tuple[bool, bool]:
    top = book.top()
    assert top is not None
    return (
        book.band(book.bids, mid(top), Fraction(bps)).complete,
        book.band(book.asks, mid(top), Fraction(bps)).complete,
    )


def test_levels_that_differences_bring_from_outside_do_not_extend_what_is_known() -> None:
    book = OrderBook()
    book.replace(snapshot(limit=2))
    assert complete(book, 149) == (True, True)
    assert complete(book, 150) == (False, False)
    book.update(BookUpdate("X", 0, None, 1, 1, 1, (("50", "1"),), (("150", "1"),)))
    assert complete(book, 150) == (False, False)


def test_removing_the_last_known_level_does_not_shrink_what_is_known() -> None:
    book = OrderBook()
    book.replace(snapshot(limit=2))
    book.update(BookUpdate("X", 0, None, 1, 1, 1, (("99", "0"),), (("102", "0"),)))
    assert complete(book, 149) == (True, True)


def test_a_snapshot_with_fewer_levels_than_asked_for_is_the_whole_book() -> None:
    book = OrderBook()
    book.replace(snapshot(limit=1000))
    assert complete(book, 9000) == (True, True)


def test_a_snapshot_cut_at_an_unknown_limit_is_known_down_to_its_last_level() -> None:
    book = OrderBook()
    book.replace(snapshot(limit=None))
    assert complete(book, 150) == (False, False)


def test_a_bounded_book_is_known_to_its_worst_level_when_full_and_whole_when_not() -> None:
    full, spare = OrderBook(bounded=2), OrderBook(bounded=3)
    for book in (full, spare):
        book.replace(snapshot(limit=None))
    assert complete(full, 149) == (True, True)
    assert complete(full, 150) == (False, False)
    assert complete(spare, 9000) == (True, True)
