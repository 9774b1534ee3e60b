"""What a signal reads at one whole second."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from exporter.markets.market import Market
from exporter.model import Target


class Sample(NamedTuple):
    """A value in the signal's unit, or None and why it is `missing`.

    `bound`: the true value is this or more. `resolution`: the least change that the price step
    lets one see, in the signal's unit. `degraded`: polled, to be judged but not learnt from.
    """

    value: Fraction | None
    missing: str = ""
    bound: bool = False
    resolution: Fraction = Fraction(0)
    degraded: bool = False


class Gauge(NamedTuple):
    """A signal of one target: `read` gives its sample once a whole second has been reached.

    `market` is the one whose funding times count as the target's.
    """

    target: Target
    market: Market
    read: Callable[[int], Sample]


LEG_MISSING = Sample(None, "leg_missing")
NOT_TRADING = Sample(None, "not_trading")


def missing(market: Market, now: int) -> Sample:
    """Why the book of a market gives no value now: stale (or frozen), gap, one_sided, crossed."""
    reason, top = market.health(now).reason, market.sync.top
    if reason == "polled" and top is None:
        reason = "one_sided"
    elif reason == "polled":
        reason = "crossed" if top is not None and top.crossed else "gap"
    return Sample(None, {"silent": "stale", "no_snapshot": "gap", "": "stale"}.get(reason, reason))


def half_tick_bps(market: Market, reference: Fraction) -> Fraction:
    """Half the market's price step in bps of a reference price; 0 where it is not known."""
    return Fraction(0) if market.tick is None else 5_000 * market.tick / reference
