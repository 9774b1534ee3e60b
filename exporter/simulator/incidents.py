"""The catalogue of incidents, and which of them are under way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of incident.

    `place` is who brings it about: `market` the model, `stream`, `connection` and `rest` the
    servers. `unit` says what the size means ("" where it means nothing); `size` and `seconds` are
    what holds unless told otherwise.
    """

    name: str
    place: str
    unit: str
    size: float
    seconds: float
    meaning: str


_CATALOGUE = (
    Kind(
        "spread-blow-out",
        "market",
        "times",
        10,
        60,
        "levels near mid are deleted on both sides until the spread is this many times the pair's "
        "reference spread (0.8 bps for BTC, 1.5 for ETH, 3 for others)",
    ),
    Kind(
        "one-sided-withdrawal",
        "market",
        "share",
        0.1,
        120,
        "only this share of the bids within 25 bps of mid stays",
    ),
    Kind(
        "depth-evaporation",
        "market",
        "share",
        0.015,
        120,
        "only this share of the quantity within 25 bps of mid stays, on both sides",
    ),
    Kind(
        "basis-drift",
        "market",
        "bps/min",
        6,
        300,
        "the perpetual drifts up from its index at this speed",
    ),
    Kind(
        "basis-step",
        "market",
        "bps",
        30,
        180,
        "the perpetual stands this far above its usual price",
    ),
    Kind(
        "mark-decoupling",
        "market",
        "bps",
        40,
        180,
        "the mark price leaves the index by this much within 20 s; the books stay",
    ),
    Kind(
        "exchange-dislocation",
        "market",
        "percent",
        1.5,
        60,
        "all prices of one exchange (the last by name unless told) are this much higher",
    ),
    Kind("crossed-book", "market", "bps", 1, 15, "the best bid is this much above the best ask"),
    Kind(
        "stale-stream",
        "stream",
        "",
        1,
        60,
        "all messages of the book stream stop; the socket stays open",
    ),
    Kind(
        "frozen-book",
        "stream",
        "",
        1,
        60,
        "the book stops changing while heartbeats and trades go on, and no gap shows",
    ),
    Kind("sequence-gap", "stream", "messages", 3, 10, "so many book messages are lost, once"),
    Kind("duplicate", "stream", "", 1, 30, "each book message is sent twice"),
    Kind("reorder", "stream", "", 1, 30, "neighbouring book messages are exchanged"),
    Kind("disconnect", "connection", "", 1, 20, "sockets are closed and new ones refused"),
    Kind(
        "half-open",
        "connection",
        "",
        1,
        60,
        "sockets stay open, but nothing is sent or answered any more, not even pings",
    ),
    Kind(
        "server-shutdown",
        "connection",
        "seconds",
        10,
        30,
        "an upgrade is announced; the sockets are closed so many seconds later",
    ),
    Kind("rest-errors", "rest", "status", 503, 60, "REST requests are answered with this status"),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _CATALOGUE}

_LIMITS: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "share": (lambda size: size < 1, "the share that stays, below 1"),
    "messages": (float.is_integer, "a whole number of messages"),
    "status": (
        lambda size: size.is_integer() and 400 <= size <= 599,
        "an HTTP status from 400 to 599",
    ),
}
"""What a size of this unit must be beyond being above zero."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident from `started` until before `ends` (ms). Exchange, instrument: None for all."""

    number: int
    kind: Kind
    exchange: str | None
    instrument: str | None
    size: float
    started: int
    ends: int

    def concerns(self, exchange: str, instrument: str | None) -> bool:
        """Whether it happens to this market; with no instrument, to anything of the exchange."""
        if self.exchange not in (None, exchange):
            return False
        return instrument is None or self.instrument in (None, instrument)


class Incidents:
    """The incidents that were started and are not yet over."""

    def __init__(self) -> None:
        self._known: list[Incident] = []
        self._last = 0

    def start(
        self,
        kind: str,
        now: int,
        *,
        exchange: str | None = None,
        instrument: str | None = None,
        size: float | None = None,
        seconds: float | None = None,
    ) -> Incident:
        """Begin an incident now. Raises ValueError with a sentence that names what is wrong."""
        what = _kind(kind)
        size = _above_zero(kind, "size", what.size if size is None else size)
        seconds = _above_zero(kind, "seconds", what.seconds if seconds is None else seconds)
        fits, wanted = _LIMITS.get(what.unit, (lambda size: True, ""))
        if not fits(size):
            raise ValueError(f"size of {kind} must be {wanted}, not {size:g}")
        self._last += 1
        ends = now + max(1, round(1000 * seconds))
        incident = Incident(self._last, what, exchange, instrument, size, now, ends)
        self._known.append(incident)
        return incident

    def stop(self, number: int | None = None) -> None:
        """End this incident, or all. Raises ValueError where none of that number is known."""
        kept = [incident for incident in self._known if number not in (None, incident.number)]
        if number is not None and len(kept) == len(self._known):
            raise ValueError(f"no incident {number} is under way")
        self._known = kept

    def active(
        self, now: int, kind: str, exchange: str, instrument: str | None = None
    ) -> Incident | None:
        """The incident of this kind that happens there now; the last started where several do."""
        for incident in reversed(self.under_way(now)):
            if incident.kind.name == kind and incident.concerns(exchange, instrument):
                return incident
        return None

    def under_way(self, now: int) -> list[Incident]:
        """All that happen now, in the order in which they were started; forgets what is over."""
        if not self._known:
            return []
        self._known = [incident for incident in self._known if now < incident.ends]
        return [incident for incident in self._known if incident.started <= now]


def _kind(name: str) -> Kind:
    if name in KINDS:
        return KINDS[name]
    near = get_close_matches(name, KINDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KINDS)}"
    raise ValueError(f"no incident is called {name!r}; {hint}")


def _above_zero(kind: str, what: str, value: float) -> float:
    if not (isfinite(value) and value > 0):
        raise ValueError(f"{what} of {kind} must be a number above zero, not {value:g}")
    return float(value)
