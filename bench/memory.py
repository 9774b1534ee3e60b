"""What a book keeps in memory, by `sys.getsizeof` of all it refers to, each object once."""

import gc
import sys
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from bench.stream import Books, Input, decoded
from exporter.book.orderbook import OrderBook
from exporter.model import BookSnapshot

_CODE = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)


@dataclass(frozen=True)
class BookMemory:
    """KiB of one book of so many levels; `levels_only` leaves out the remembered texts."""

    what: str
    levels: str
    levels_only: float
    whole: float


def measure(data: Input) -> list[BookMemory]:
    """Books fresh from each snapshot of the input, and as they stand at its end."""
    found: list[BookMemory] = []
    books = Books()
    for item in data.items:
        events = decoded(item)
        books.apply(item.feed, events)
        for event in events:
            if isinstance(event, BookSnapshot):
                book = OrderBook(item.feed.bounded_levels)
                book.replace(event)
                found.append(_measured(f"{item.feed.name} {event.symbol} snapshot", book))
    for (feed, symbol), sync in books.items():
        if sync.live:
            found.append(_measured(f"{feed} {symbol} at the end", sync.book))
    return found


def _measured(what: str, book: OrderBook) -> BookMemory:
    levels = [book.bids.keys, book.bids.quantities, book.asks.keys, book.asks.quantities]
    shape = f"{len(book.bids.keys):,} x {len(book.asks.keys):,}"
    return BookMemory(what, shape, _deep(levels) / 1024, _deep(book) / 1024)


def _deep(thing: Any) -> int:
    seen: set[int] = set()
    total, waiting = 0, [thing]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, _CODE):
            continue
        seen.add(id(thing))
        total += sys.getsizeof(thing)
        waiting += gc.get_referents(thing)
    return total
