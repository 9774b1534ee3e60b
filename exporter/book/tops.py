"""Cross-check of a rebuilt book against the exchange's own best bid and ask.

For each applied state with last id u on a snapshot with id L, the quote with the largest id in
[L, u] must show the same best prices and sizes. It is known to be that quote only once one with an
id above u has arrived: some quotes arrive after the update they belong to. Where there is no such
quote nothing is counted.
"""

from collections import deque
from collections.abc import Callable, Sequence

from exporter.book.orderbook import Top

_WAITING = 1024


class TopsCheck:
    """Pairs book states with quotes by id; both queues are bounded, the oldest go first.

    `compared` and `equal` count the comparisons made and those that agreed.
    """

    __slots__ = ("_quotes", "_same", "_states", "compared", "equal")

    def __init__(self, same: Callable[[Top, Sequence[str]], bool]) -> None:
        self._same = same
        self._states: deque[tuple[int, int, Top]] = deque(maxlen=_WAITING)
        self._quotes: deque[tuple[int, Sequence[str]]] = deque(maxlen=_WAITING)
        self.compared = 0
        self.equal = 0

    def state(self, snapshot_id: int, last_id: int, top: Top) -> None:
        """A book state was applied. Quotes for it may already be here."""
        self._states.append((snapshot_id, last_id, top))
        if self._quotes and self._quotes[-1][0] > last_id:
            self._settle(self._quotes[-1][0])

    def quote(self, number: int, quote: Sequence[str]) -> None:
        """A quote arrived; ids that do not rise are ignored."""
        quotes = self._quotes
        if quotes and number <= quotes[-1][0]:
            return
        quotes.append((number, quote))
        if self._states and self._states[0][1] < number:
            self._settle(number)

    def clear(self) -> None:
        """Ids began anew: neither states nor quotes from before mean anything."""
        self.forget()
        self._quotes.clear()

    def forget(self) -> None:
        """The book was dropped: states not yet compared never will be."""
        self._states.clear()

    def _settle(self, newest: int) -> None:
        states, quotes = self._states, self._quotes
        while states and states[0][1] < newest:
            snapshot_id, last_id, top = states.popleft()
            while len(quotes) > 1 and quotes[1][0] <= last_id:
                quotes.popleft()
            number, quote = quotes[0]
            if snapshot_id <= number <= last_id:
                self.compared += 1
                self.equal += self._same(top, quote)
