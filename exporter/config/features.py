"""`features.yaml`: metrics and their parameters, live connections. Everything has a default."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, Strict

from exporter.config.live import Live
from exporter.config.values import (
    BasisPoints,
    Percent,
    RisingBasisPoints,
    RisingSeconds,
    Section,
    WindowSeconds,
    rising,
)

FILE = "features.yaml"

Level = Annotated[int, Field(ge=1, le=100)]
Bands = Annotated[
    tuple[BasisPoints, ...],
    Strict(False),
    Field(min_length=1, max_length=10),
    AfterValidator(rising),
]
Levels = Annotated[
    tuple[Level, ...],
    Strict(False),
    Field(min_length=1, max_length=10),
    AfterValidator(rising),
]


def _decimals(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(word) for word in text.split())


class Metrics(Section):
    """Which families of metrics are computed and exposed."""

    spread: bool = Field(default=True, description="spread, its average and its volatility")
    depth: bool = Field(default=True, description="notional near the mid price")
    imbalance: bool = Field(default=True, description="bids against asks of the best levels")
    basis: bool = Field(default=True, description="perpetual against spot, index and mark")
    mark: bool = Field(default=True, description="mark price against index and mid")
    funding: bool = Field(default=True, description="funding rate and next funding time")
    cross_exchange: bool = Field(default=True, description="the same instrument across exchanges")


class Depth(Section):
    """Parameters of the depth metrics."""

    bands_bps: Bands = Field(
        default=_decimals("5 10 25"),
        description="distances from mid, in basis points, within which notional is summed",
    )


class Imbalance(Section):
    """Parameters of the imbalance metrics."""

    levels: Levels = Field(
        default=(1, 5, 10), description="numbers of best levels over which sides are compared"
    )


class Spread(Section):
    """Parameters of the spread metrics."""

    limits_bps: RisingBasisPoints = Field(
        default=_decimals("2 3 4 5 10 20"),
        description="spreads, in basis points, beyond which time is counted",
    )
    buckets_bps: RisingBasisPoints = Field(
        default=_decimals("0.01 0.05 0.1 0.25 0.5 1 2 3 5 10 20 50"),
        description="upper bounds, in basis points, of the spread histogram",
    )
    average_window_seconds: WindowSeconds = Field(
        default=60, description="seconds over which the time-weighted average spread is taken"
    )
    volatility_window_seconds: WindowSeconds = Field(
        default=300, description="seconds over which the volatility of the spread is taken"
    )


class Basis(Section):
    """Parameters of the basis metrics."""

    limits_bps: RisingBasisPoints = Field(
        default=_decimals("10 15 20 25 30 50"),
        description="basis, in basis points and without sign, beyond which time is counted",
    )


class CrossExchange(Section):
    """Parameters of the comparison of exchanges."""

    deviation_limit_percent: Percent = Field(
        default=Decimal(1),
        description="deviation from the median of the other exchanges, in percent, that is flagged",
    )


class FeedHealth(Section):
    """Parameters of what is measured of the feeds themselves."""

    latency_buckets_seconds: RisingSeconds = Field(
        default=_decimals("0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5"),
        description="upper bounds, in seconds, of the histogram of exchange to receive time",
    )
    clock_skew_window_seconds: WindowSeconds = Field(
        default=60, description="seconds over which the clock skew against an exchange is taken"
    )


class Drills(Section):
    """When the way from an incident to a person has to be tried."""

    every_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=30,
        description="days after the last drill that succeeded, of any kind, until one is overdue; "
        "nothing is overdue before the first",
    )

    @property
    def every_seconds(self) -> int:
        """The same in seconds."""
        return self.every_days * 86_400


class Features(Section):
    """The whole of `features.yaml`."""

    metrics: Metrics = Field(default_factory=Metrics, description="switches, all on by default")
    depth: Depth = Field(default_factory=Depth, description="notional near the mid price")
    imbalance: Imbalance = Field(default_factory=Imbalance, description="bids against asks")
    spread: Spread = Field(default_factory=Spread, description="best ask against best bid")
    basis: Basis = Field(default_factory=Basis, description="perpetual against its references")
    cross_exchange: CrossExchange = Field(
        default_factory=CrossExchange, description="the same instrument across exchanges"
    )
    feed: FeedHealth = Field(default_factory=FeedHealth, description="health of the feeds")
    live: Live = Field(default_factory=Live, description="live connections")
    drills: Drills = Field(default_factory=Drills, description="when a drill is overdue")

    def switched_on(self, metric: str) -> bool:
        """Whether the family `metric` is on; "" names what cannot be switched off."""
        return not metric or bool(getattr(self.metrics, metric))
