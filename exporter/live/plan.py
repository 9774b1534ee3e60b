"""Which connections a feed needs and what is asked for on each: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exporter.feeds.feed import Feed, Operation, Request, Service
from exporter.model import Stream


@dataclass(frozen=True, slots=True)
class Plan:
    """One connection: its address, and the streams of these symbols that are had there."""

    feed: Feed
    service: Service
    url: str
    symbols: tuple[str, ...]
    streams: tuple[Stream, ...]

    def names(self, symbols: Sequence[str], streams: Sequence[Stream]) -> list[str]:
        """The exchange's names of these streams; one that symbols share stands in it once."""
        names = (
            self.service.stream_name(symbol, stream) for symbol in symbols for stream in streams
        )
        return list(dict.fromkeys(name for name in names if name is not None))

    def requests(
        self, operation: Operation, names: Sequence[str], number: int
    ) -> Iterator[Request]:
        """Frames for these names within the exchange's limits, numbered from `number`."""
        most = self.service.socket.names_a_frame
        for start in range(0, len(names), most):
            yield self.service.request(operation, names[start : start + most], number)
            number += 1


def plans(feed: Feed, websocket: str, symbols: Sequence[str]) -> list[Plan]:
    """The connections for these symbols: one for each route and as many symbols as it takes."""
    service = feed.service
    if service is None:
        return []
    most = service.socket.symbols_a_connection
    return [
        Plan(feed, service, websocket + route.path, tuple(part), route.streams)
        for route in service.routes
        for part in (symbols[start : start + most] for start in range(0, len(symbols), most))
    ]
