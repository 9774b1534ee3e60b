"""Long work on the event loop, in slices, so that frames are not held up."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from exporter import clock

T = TypeVar("T")


async def in_slices(made: Iterable[T]) -> list[T]:
    """All of what an iterator makes; others get their turn while it goes on."""
    turn, result = clock.monotonic(), []
    for one in made:
        result.append(one)
        if clock.monotonic() - turn > clock.SLICE:
            await asyncio.sleep(0)
            turn = clock.monotonic()
    return result
