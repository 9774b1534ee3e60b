"""Decimal text to integers and back, exactly: a value is its text times ten to the decimals."""

import re
from decimal import Decimal

from exporter.errors import PrecisionError, QuantityError

DECIMALS = 8
"""Decimals of a price or quantity unless the instrument list says more."""

_NUMBER = re.compile(r"\+?(?:\d{1,30}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_DIGITS = 18
_MOST_DECIMALS = 30
_REMEMBERED = 8192


def decimals_of(step: Decimal) -> int:
    """Decimals that a step of this size needs, at least `DECIMALS` and at most 30."""
    exponent = step.normalize().as_tuple().exponent
    return min(_MOST_DECIMALS, max(DECIMALS, -exponent if isinstance(exponent, int) else 0))


def scaled(text: str, decimals: int) -> int:
    """`text` x 10^decimals. Trailing zeros do not count as decimals.

    Raises PrecisionError for more decimals than that (nothing is ever rounded), QuantityError for
    anything that is no decimal number in [0, 10^18); `1e-7`, `+1` and `1.` are numbers.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    missing = decimals - len(fraction)
    if missing >= 0 and whole and digits.isdigit() and digits.isascii() and len(whole) <= _DIGITS:
        return int(digits) * _UNITS[missing]  # nearly all that exchanges send
    if not _NUMBER.fullmatch(text):
        raise QuantityError(f"no price or quantity: {text[:40]!r}")
    value = Decimal(text).scaleb(decimals)
    if value >= 10 ** (_DIGITS + decimals):
        raise QuantityError(f"not below 10^18: {text[:40]!r}")
    if value != int(value):
        raise PrecisionError(f"{text[:40]!r} has more than {decimals} decimals")
    return int(value)


_UNITS: tuple[int, ...] = tuple(10**decimals for decimals in range(64))


def unit(decimals: int) -> int:
    """What the number one is in that scale."""
    return _UNITS[decimals]


def unscaled(value: int, decimals: int) -> Decimal:
    """The decimal number that the scaled integer stands for."""
    return Decimal(value).scaleb(-decimals).normalize()


class Memo(dict[str, int]):
    """Text already converted to integers of one scale; a miss converts and remembers.

    Prices and round quantities repeat, and a look-up is three times quicker than a conversion.
    Forgets all when it grows too large.
    """

    __slots__ = ("_decimals",)

    def __init__(self, decimals: int) -> None:
        super().__init__()
        self._decimals = decimals

    def __missing__(self, text: str) -> int:
        value = self.converted(text, self._decimals)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value

    def converted(self, text: str, decimals: int) -> int:
        """What a text is worth here. Raises LevelError."""
        return scaled(text, decimals)


class KeyMemo(Memo):
    """As `Memo` for prices, which are above zero, times a sign."""

    __slots__ = ("_sign",)

    def __init__(self, decimals: int, sign: int) -> None:
        super().__init__(decimals)
        self._sign = sign

    def converted(self, text: str, decimals: int) -> int:
        price = scaled(text, decimals)
        if not price:
            raise QuantityError(f"a price of zero: {text[:40]!r}")
        return self._sign * price
