"""What the simulated exchanges list: four markets a pair, with their steps and start prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice, product
from string import ascii_uppercase

_QUOTE = "USDT"
_PRICES = {
    "BTC": "61800",
    "ETH": "2640",
    "SOL": "148.2",
    "XRP": "0.5823",
    "BNB": "512.4",
    "DOGE": "0.1055",
    "ADA": "0.3362",
    "AVAX": "23.41",
    "LINK": "10.62",
    "TON": "6.437",
    "TRX": "0.1284",
    "DOT": "4.553",
    "LTC": "61.52",
    "BCH": "331.7",
    "NEAR": "3.948",
    "UNI": "5.917",
    "APT": "5.884",
    "ETC": "18.63",
    "SUI": "0.8791",
    "ATOM": "4.716",
    "FIL": "3.607",
    "ARB": "0.5518",
    "OP": "1.352",
    "XLM": "0.0984",
}
"""Start prices of the real names; made-up ones follow."""

_REAL_STEPS = {
    "BTC": ((2, "0.00001", "1"), (1, "0.001", "1"), (1, "0.00000001", "1"), (1, "0.01", "0.01")),
    "ETH": ((2, "0.0001", "1"), (2, "0.001", "1"), (2, "0.000001", "1"), (2, "0.01", "0.1")),
}
"""Price decimals, lot and multiplier of the four markets, as the real exchanges have them."""

MOST_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Symbol:
    """One market of one exchange.

    Prices are whole `tick`s (10^-price_decimals), sizes whole `lot`s: base currency, or contracts
    for OKX swaps. `multiplier` is base currency a size unit, `start` the price to begin near.
    """

    exchange: str
    instrument: str
    base: str
    quote: str
    kind: str
    name: str
    price_decimals: int
    tick: Decimal
    lot: Decimal
    multiplier: Decimal
    start: Decimal = Decimal(100)

    @property
    def pair(self) -> str:
        """`BTC-USDT`: what the index of a perpetual is called."""
        return f"{self.base}-{self.quote}"


def symbols(pairs: int) -> list[Symbol]:
    """Spot and perpetual on both exchanges for so many pairs, BTC-USDT first.

    Raises ValueError where there are no so many.
    """
    if not 1 <= pairs <= MOST_PAIRS:
        raise ValueError(f"pairs must be from 1 to {MOST_PAIRS}, not {pairs}")
    names = chain(_PRICES.items(), _made_up())
    return [
        symbol for base, price in islice(names, pairs) for symbol in _markets(base, Decimal(price))
    ]


def _made_up() -> Iterator[tuple[str, str]]:
    """AAA, AAB, … at prices between 1 and 90."""
    names = map("".join, product(ascii_uppercase, repeat=3))
    for number, name in enumerate(name for name in names if name not in _PRICES):
        yield name, f"{1 + number * 13 % 89}.{number * 37 % 100:02}"


def _markets(base: str, price: Decimal) -> Iterator[Symbol]:
    """The four markets of a pair."""
    pair = f"{base}-{_QUOTE}"
    places = (
        ("binance", "SPOT", f"{base}{_QUOTE}"),
        ("binance", "PERP", f"{base}{_QUOTE}"),
        ("okx", "SPOT", pair),
        ("okx", "PERP", f"{pair}-SWAP"),
    )
    steps = _REAL_STEPS.get(base) or _usual_steps(price)
    for (exchange, kind, name), (decimals, lot, multiplier) in zip(places, steps, strict=True):
        yield Symbol(
            exchange,
            f"{pair}-{kind}",
            base,
            _QUOTE,
            kind,
            name,
            decimals,
            Decimal(10) ** -decimals,
            Decimal(lot),
            Decimal(multiplier),
            price,
        )


def _usual_steps(price: Decimal) -> tuple[tuple[int, str, str], ...]:
    """A tick of 0.01 to 0.1 bps of the price, a lot of at most 1 USDT, a contract of at least 1."""
    size = price.adjusted()  # 148 is 2, 0.58 is -1
    lot = str(Decimal(10) ** min(0, -size - 1))
    contract = str(10 ** (1 - size)) if size < 0 else "1"
    decimals = 5 - size
    return (
        (decimals, lot, "1"),
        (decimals, lot, "1"),
        (decimals, "0.000001", "1"),
        (decimals, "0.01", contract),
    )
