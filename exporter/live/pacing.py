"""Waiting until a budget allows what is to be done."""

import asyncio

from exporter import clock
from exporter.live.budget import Budget
from exporter.model import NANOSECONDS


async def admission(budget: Budget) -> None:
    """Wait until one may be spent, and spend it."""
    while True:
        wait = budget.wait(clock.now())
        if not wait:
            budget.spend(clock.now())
            return
        await asyncio.sleep(wait / NANOSECONDS)
