"""What each incident must bring about: the alert that tells of it, or that nobody is told.

Sizes follow the thresholds of the configuration that is drilled, so that an incident lies between
an alert and the ceiling above it whatever the instrument. Times are seconds from the injection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

BINANCE, OKX = "binance", "okx"
PERP, SPOT = "PERP", "SPOT"


class Calm(NamedTuple):
    """What is known before the incident: the threshold of the alert, the value that it looks at
    (both in the unit of its signal), and the usual spread of the pair in bps."""

    threshold: float
    value: float
    spread_bps: float


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill of one kind of incident, and what it `proves`.

    `exchange` and `instrument` (its kind) are where it happens; `whole`: to all of the exchange.
    `alert` is expected, "" where nobody must be told; `against` is the other exchange of one that
    compares two, `also` are others that page and may. `takes` is how long it is until the alert's
    condition is first met. `size` is how large the incident must be for that, None for the
    simulator's own size. `clears_within` is for the exporter to see the end, `rule_clears_within`
    is what its rule needs beyond that. `noticed` is a counter with a label and its value, which
    must rise where no alert is expected; None where nothing does.
    """

    kind: str
    proves: str
    alert: str = ""
    exchange: str = BINANCE
    instrument: str = PERP
    whole: bool = False
    against: str = ""
    takes: float = 2
    size: Callable[[Calm], float] | None = None
    also: tuple[str, ...] = ()
    clears_within: float = 20
    rule_clears_within: float = 0
    noticed: tuple[str, str, str] | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody must be told."""
        return not self.alert


_TABLE = (
    Drill(
        "spread-blow-out",
        "a spread beyond what is normal pages",
        "spread_critical",
        size=lambda calm: 1.6 * calm.threshold / calm.spread_bps,
    ),
    Drill(
        "one-sided-withdrawal",
        "a sudden loss of depth is noted",
        "depth_drop_warning",
        instrument=SPOT,
    ),
    Drill(
        "depth-evaporation",
        "a book that is nearly empty pages",
        "depth_critical",
        exchange=OKX,
        size=lambda calm: 0.7 * calm.threshold / calm.value,
    ),
    Drill(
        "basis-drift",
        "a basis that goes away slowly pages, as the baseline does not go with it",
        "basis_critical",
        exchange=OKX,
        takes=80,
        size=lambda calm: 0.75 * calm.threshold,
        also=("basis_ceiling", "mark_deviation_critical"),
    ),
    Drill(
        "basis-step",
        "a basis that jumps pages once it has held",
        "basis_critical",
        size=lambda calm: 1.5 * calm.threshold,
        also=("basis_ceiling", "mark_deviation_critical"),
    ),
    Drill(
        "mark-decoupling",
        "a mark price that leaves its index pages",
        "mark_deviation_critical",
        takes=16,
        size=lambda calm: 1.35 * calm.threshold,
    ),
    Drill(
        "exchange-dislocation",
        "exchanges that disagree are told of in the chat",
        "cross_exchange_divergence",
        exchange=OKX,
        instrument=SPOT,
        whole=True,
        against=BINANCE,
        size=lambda calm: 1.6 * calm.threshold / 100,
        also=("mark_deviation_critical",),
    ),
    Drill(
        "crossed-book",
        "a book that stays crossed is told of as a broken feed",
        "book_crossed",
        instrument=SPOT,
    ),
    Drill(
        "stale-stream",
        "a book that nothing comes for is told of as a broken feed, not as a broken market",
        "feed_stale",
        exchange=OKX,
        instrument=SPOT,
    ),
    Drill(
        "frozen-book",
        "a book that stands still while messages go on is noticed",
        "book_frozen",
    ),
    Drill(
        "sequence-gap",
        "a lost message costs one snapshot, and nobody is told",
        noticed=("market_feed_gaps_total", "reason", "sequence"),
    ),
    Drill(
        "duplicate",
        "what comes twice changes nothing, and nobody is told",
        instrument=SPOT,
        noticed=("market_book_updates_total", "result", "old"),
    ),
    Drill(
        "reorder",
        "a book that breaks again and again is told of",
        "gap_rate_high",
        instrument=SPOT,
        takes=40,
        rule_clears_within=600,
    ),
    Drill(
        "disconnect",
        "an exchange without a live feed pages",
        "exchange_down",
        exchange=OKX,
        whole=True,
    ),
    Drill(
        "half-open",
        "connections that are open and dead are found out",
        "feed_stale",
        whole=True,
        also=("exchange_down",),
    ),
    Drill(
        "server-shutdown",
        "an announced restart costs nothing, and nobody is told",
        whole=True,
        noticed=("market_exporter_reconnects_total", "reason", "replaced"),
    ),
    Drill(
        "rest-errors",
        "without REST live books go on, and nobody is told",
        exchange=OKX,
        whole=True,
    ),
)

HEALTH: Mapping[str, Mapping[str, str]] = {
    "exchange_down": {"kind": "health", "severity": "critical", "priority": "P1"},
    "gap_rate_high": {"kind": "health", "severity": "warning", "priority": "P2"},
}
"""Labels of the alerts above that a rule of health.yml decides, and not the exporter."""

DRILLS: Mapping[str, Drill] = {drill.kind: drill for drill in _TABLE}
