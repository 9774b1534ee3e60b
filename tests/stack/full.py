"""What the tests with the shipped times share."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.stack.configuration import PAGE
from tests.stack.measured import table, ways
from tests.stack.receivers import Message
from tests.stack.stack import Stack, stack

full = pytest.mark.skipif(
    os.environ.get("STACK") != "full", reason="takes the shipped times: make test-stack"
)
SAMPLES = 31
"""After which the shipped baselines know what is normal."""
RESOLVED = 65
"""Seconds within which the end of an alert must be told."""
SOON = 60
"""Seconds within which what has no persistence must have come; how soon is measured."""


@asynccontextmanager
async def calm(
    folder: Path,
    *,
    pairs: int,
    rate: float = 10,
    page: Sequence[str] = PAGE,
    exchanges: Sequence[str] = (),
) -> AsyncIterator[Stack]:
    """A stack with the shipped times that has started cold, warmed up and told nobody anything.

    What happened is printed after.
    """
    given = {"pairs": pairs, "rate": rate, "page": page, "exchanges": exchanges}
    async with stack(folder, quick=False, **given) as it:  # type: ignore[arg-type]
        try:
            await it.warm(SAMPLES)
            assert [str(one) for one in it.messages()] == [], "a cold start tells nobody anything"
            yield it
        finally:
            print(it.story(), table(ways(it)), sep="\n\n")


def hooks(it: Stack, *market: str, status: str, place: str = "page") -> list[Message]:
    """What a webhook was told of an alert: its name, exchange and instrument, as far as given."""
    names = ("alert", "exchange", "instrument")
    about = dict(zip(names, market, strict=False))
    return it.messages(kind="webhook", place=place, status=status, **about)


def assert_told_once(it: Stack, *market: str, place: str = "page") -> None:
    """Each receiver of a place was told once that it began and once that it was over."""
    names = ("alert", "exchange", "instrument")
    about = dict(zip(names, market, strict=False))
    for status in ("firing", "resolved"):
        came = [one.kind for one in it.messages(place=place, status=status, **about)]
        assert sorted(came) == sorted(it.kinds[place]), f"{market} {status}"


async def passes(it: Stack, seconds: float) -> None:
    """Time in which nothing is waited for but that nothing comes; all servers must be there."""
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        for server in it.servers.values():
            assert server.running, server.ending()
        await asyncio.sleep(0.1)
