"""Incidents of streams, connections and REST, applied to what the servers send.

What each one means on the wire:

- `stale-stream`: messages of the book stream are lost while it lasts, new subscriptions are
  acknowledged and get nothing. Afterwards the chain of ids shows what was lost.
- `frozen-book`: the book is published no further, but nothing looks wrong. Binance sends depth
  events without levels whose ids chain on; OKX sends its heartbeat, every half second. Afterwards
  one update carries all that changed. Best quotes: at Binance they come from the matching engine
  and not from the difference stream, so `bookTicker` goes on and contradicts the book; at OKX
  `bbo-tbt` is cut from the same book under the same `seqId`, so it freezes too.
- `sequence-gap`, `duplicate`, `reorder`: book messages are lost, sent twice, or sent after the one
  that follows them.
- `disconnect`: sockets are cut without a word, new ones refused; REST works.
- `half-open`: the sockets open when it begins are dead from then on, and cut when it ends; a new
  socket works.
- `server-shutdown`: announced once to the sockets then open, which are closed after `size` seconds
  at Binance and six times as many at OKX, whose documented notice is of 60 s.
- `rest-errors`: REST answers with the status; Binance's 429 and 418 say when to come again.
"""

from exporter.simulator.incidents import Incident
from exporter.simulator.situation import Situation

FROZEN_HEARTBEAT = 500
"""Milliseconds between OKX's heartbeats of a frozen book."""
NOTICES = {"binance": 1, "okx": 6}
"""Seconds from the notice of a shutdown to the close, for each second of the incident's size."""


class BookFaults:
    """What happens to the messages of one book stream on their way to all subscribers."""

    def __init__(self, situation: Situation, exchange: str, instrument: str) -> None:
        self._situation = situation
        self._exchange = exchange
        self._instrument = instrument
        self._last_gap = 0
        self._to_lose = 0
        self._held: list[str] = []

    @property
    def stale(self) -> bool:
        """Whether the stream is silent now."""
        return self._active("stale-stream") is not None

    @property
    def frozen(self) -> bool:
        """Whether the book stands still now."""
        return self._active("frozen-book") is not None

    def through(self, message: str) -> list[str]:
        """What subscribers get now that this message is sent."""
        if self.stale:
            self._held = []
            return []
        if self._loses():
            return []
        messages = [message] * (2 if self._active("duplicate") else 1)
        if self._held:
            messages, self._held = [*messages, *self._held], []
        elif self._active("reorder"):
            messages, self._held = [], messages
        return messages

    def rest(self) -> list[str]:
        """What is held back and has no reason to wait any longer."""
        if not self._held or self._active("reorder"):
            return []
        return self.drain()

    def drain(self) -> list[str]:
        """All that is held back."""
        messages, self._held = self._held, []
        return messages

    def _loses(self) -> bool:
        gap = self._active("sequence-gap")
        if gap is not None and gap.number > self._last_gap:
            self._last_gap = gap.number
            self._to_lose += round(gap.size)
        if self._to_lose == 0:
            return False
        self._to_lose -= 1
        return True

    def _active(self, kind: str) -> Incident | None:
        return self._situation.active(kind, self._exchange, self._instrument)


class ConnectionFaults:
    """Incidents of an exchange's connections: each begins once and ends once."""

    def __init__(self, situation: Situation, exchange: str) -> None:
        self._situation = situation
        self._exchange = exchange
        self._known: set[int] = set()

    @property
    def refused(self) -> bool:
        """Whether no new socket is taken now."""
        return self._situation.active("disconnect", self._exchange) is not None

    def begun(self) -> list[Incident]:
        """Those under way that were not when this was asked last."""
        now = {
            incident.number: incident
            for incident in self._situation.under_way
            if incident.kind.place == "connection" and incident.concerns(self._exchange, None)
        }
        new = [incident for number, incident in now.items() if number not in self._known]
        self._known = set(now)
        return new

    def over(self, number: int) -> bool:
        """Whether the incident of this number is over, as of the last question."""
        return number not in self._known
