"""What the incidents under way do to a market."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from exporter.simulator.incidents import Incident
from exporter.simulator.symbols import Symbol

_RETURN_SECONDS = 1.0
_RAMP = 20_000
_NOTHING_BPS = 0.05
_PERPETUALS_ONLY = ("basis-drift", "basis-step", "mark-decoupling")


@dataclass(frozen=True, slots=True)
class Effects:
    """What is different from a calm market.

    `shift` and `mark` are bps on its price and on its mark, `scale` a factor on its price,
    `half_spread` bps on either side of mid without orders, `bids` and `asks` the shares of the
    quantities near mid that stay, `crossed` bps by which the best bid is above the best ask.
    """

    shift: float = 0.0
    scale: float = 1.0
    half_spread: float = 0.0
    bids: float = 1.0
    asks: float = 1.0
    crossed: float = 0.0
    mark: float = 0.0


CALM = Effects()


class Strain:
    """The effects on one market; remembers a drift, which takes some seconds to vanish.

    `reference_spread` (bps) is what a spread blow-out multiplies. `astray` says that this is the
    exchange that is dislocated where an incident names none.
    """

    def __init__(self, symbol: Symbol, reference_spread: float, astray: bool) -> None:
        self._symbol = symbol
        self._reference_spread = reference_spread
        self._astray = astray
        self._drift = 0.0

    def read(self, now: int, incidents: Sequence[Incident], seconds: float) -> Effects:
        """The effects now, `seconds` after they were last read."""
        if not incidents and not self._drift:
            return CALM
        effects, drift = CALM, self._drift * exp(-seconds / _RETURN_SECONDS)
        for incident in incidents:
            if not self._suffers(incident):
                continue
            if incident.kind.name == "basis-drift":
                drift = incident.size * (now - incident.started) / 60_000
            effects = self._with(effects, incident, now)
        self._drift = drift if drift > _NOTHING_BPS else 0.0
        return replace(effects, shift=effects.shift + self._drift) if self._drift else effects

    def _suffers(self, incident: Incident) -> bool:
        symbol = self._symbol
        if incident.kind.name in _PERPETUALS_ONLY and symbol.kind != "PERP":
            return False
        return incident.concerns(symbol.exchange, symbol.instrument)

    def _with(self, effects: Effects, incident: Incident, now: int) -> Effects:
        """The effects with those of one more incident."""
        size = incident.size
        match incident.kind.name:
            case "spread-blow-out":
                return replace(effects, half_spread=size * self._reference_spread / 2)
            case "one-sided-withdrawal":
                return replace(effects, bids=size)
            case "depth-evaporation":
                return replace(effects, bids=size, asks=size)
            case "basis-step":
                return replace(effects, shift=size)
            case "mark-decoupling":
                return replace(effects, mark=size * min(1.0, (now - incident.started) / _RAMP))
            case "exchange-dislocation" if incident.exchange or self._astray:
                return replace(effects, scale=1 + size / 100)
            case "crossed-book":
                return replace(effects, crossed=size)
            case _:
                return effects
