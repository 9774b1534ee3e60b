"""When thresholds are loosened, and by how much. Pure: time comes in as an argument."""

from collections.abc import Mapping
from fractions import Fraction

from exporter.config.regimes import Regime
from exporter.markets.market import Market
from exporter.model import NANOSECONDS

_ONE = Fraction(1)
_MINUTE = 60 * NANOSECONDS


class Regimes:
    """The regimes of a configuration, by the rules that they loosen."""

    def __init__(self, regimes: Mapping[str, Regime]) -> None:
        self._by_rule: dict[str, list[Regime]] = {}
        for regime in regimes.values():
            for rule in regime.alerts if regime.enabled else ():
                self._by_rule.setdefault(rule, []).append(regime)

    def multiplier(self, rule: str, market: Market, now: int) -> Fraction:
        """What a rule's thresholds are loosened by now; 1 outside all of its regimes.

        Regimes that overlap for one rule have one multiplier: the configuration sees to that.
        """
        regimes = self._by_rule.get(rule)
        if regimes is None:
            return _ONE
        return next((Fraction(r.multiplier) for r in regimes if _holds(r, market, now)), _ONE)


def _holds(regime: Regime, market: Market, now: int) -> bool:
    if regime.around_funding_minutes is None:
        return regime.covers(now)
    return _near_funding(market, now, regime.around_funding_minutes * _MINUTE)


def _near_funding(market: Market, now: int, span: int) -> bool:
    """Whether a settlement is no farther than `span` away: the next, or the one before it."""
    following, interval = market.next_funding_time, market.funding_interval
    if following is None:
        return False
    last = following if interval is None else following - interval
    return min(abs(now - following), abs(now - last)) <= span
