"""The index of a pair on OKX: a push each second, with the range since the simulation began."""

from collections.abc import Container, Mapping
from decimal import Decimal

from exporter.simulator.okx_market import Key, Publish
from exporter.simulator.okx_messages import message
from exporter.simulator.situation import Situation, following
from exporter.simulator.text import plain

_SPEED = 1000
_DIGITS = 6
"""Digits that an index is given with: 61800.2 and 0.582314."""


class OkxIndex:
    """The channel `index-tickers` of one pair; `indices` are the prices now, by pair."""

    def __init__(
        self,
        pair: str,
        indices: Mapping[str, Decimal],
        situation: Situation,
        publish: Publish,
        wanted: Container[Key],
    ) -> None:
        self.key: Key = ("index-tickers", pair)
        self._pair = pair
        self._indices = indices
        self._situation = situation
        self._publish = publish
        self._wanted = wanted
        self._open = self._low = self._high = indices[pair]
        self._places = max(0, _DIGITS - 1 - indices[pair].adjusted())
        self._due = 0

    def first(self) -> str:
        """What a new subscriber is sent at once."""
        return message("index-tickers", self._pair, self.row())

    def tick(self) -> None:
        """Send the index if it is time to."""
        price = self._indices[self._pair]
        self._low, self._high = min(self._low, price), max(self._high, price)
        if self._situation.now >= self._due:
            self._due = following(self._situation.now, _SPEED)
            if self.key in self._wanted:
                self._publish(self.key, self.first())

    def row(self) -> str:
        """A row of `index-tickers`, on the channel and by REST."""
        now, start, low, high = (
            plain(price, self._places)
            for price in (self._indices[self._pair], self._open, self._low, self._high)
        )
        return (
            f'{{"instId":"{self._pair}","idxPx":"{now}","high24h":"{high}","low24h":"{low}",'
            f'"open24h":"{start}","sodUtc0":"{start}","sodUtc8":"{start}",'
            f'"ts":"{self._situation.now}"}}'
        )
