"""What alerts can be about: the table of signals. A metric reads those that it gives.

Adding one is a line here and its reading in the metric's file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

BASELINE, NO_BASELINE = True, False


@dataclass(frozen=True, slots=True)
class Signal:
    """One number a second for a market, or for a pair of exchanges.

    `switch` is the key under `metrics` in features.yaml that must be on ("" for none). `baseline`
    says that a z-score of it has a meaning, `banded` that it needs a side and a band of the book.
    """

    unit: str
    switch: str
    baseline: bool
    help: str
    banded: bool = False


SIGNALS: Mapping[str, Signal] = {
    "spread_bps": Signal("bps", "spread", BASELINE, "quoted spread"),
    "basis_bps": Signal(
        "bps", "basis", BASELINE, "perpetual mid against spot mid of the same exchange"
    ),
    "mark_index_bps": Signal("bps", "mark", BASELINE, "mark price against index price"),
    "depth_quote": Signal(
        "quote", "depth", NO_BASELINE, "value that rests within a band of mid", banded=True
    ),
    "depth_change_percent": Signal(
        "percent",
        "depth",
        NO_BASELINE,
        "depth within a band of mid against 60 seconds before",
        banded=True,
    ),
    "exchange_divergence_bps": Signal(
        "bps", "cross_exchange", NO_BASELINE, "mid on one exchange against mid on another"
    ),
    "exchange_deviation_percent": Signal(
        "percent", "cross_exchange", NO_BASELINE, "mid against the median of the other exchanges"
    ),
    "gap_seconds": Signal("seconds", "", NO_BASELINE, "how long the book has been unknown"),
    "stale_seconds": Signal(
        "seconds",
        "",
        NO_BASELINE,
        "how long the book's last message has been older than stale_after_seconds",
    ),
    "unchanged_seconds": Signal(
        "seconds", "", NO_BASELINE, "how long no message has changed a live book"
    ),
    "crossed_seconds": Signal(
        "seconds", "", NO_BASELINE, "how long best bid has been above best ask"
    ),
    "trades_outside_book": Signal(
        "trades",
        "",
        NO_BASELINE,
        "trades beyond the opposite best quote of a book unchanged for 2 s before them",
    ),
}


class SignalKey(NamedTuple):
    """A signal as a rule names it; `side` and `band_bps` only where it is banded."""

    name: str
    side: str = ""
    band_bps: Decimal | None = None

    def labels(self) -> tuple[str, str, str]:
        """Name, side and band as they stand in labels, "" for what it does not have."""
        band = "" if self.band_bps is None else f"{self.band_bps.normalize():f}"
        return self.name, self.side, band

    def __str__(self) -> str:
        """`depth_quote total 10`"""
        return " ".join(filter(None, self.labels()))
