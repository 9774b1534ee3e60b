"""How a command runs on an event loop, and how it ends when it is told to."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress

if sys.platform == "win32":
    new_event_loop = asyncio.new_event_loop
else:
    from uvloop import new_event_loop  # twice as fast at receiving frames one by one


def run_until_told(main: Coroutine[None, None, None]) -> None:
    """Run it; SIGINT, SIGTERM and the end of its terminal cancel it, which is no failure."""
    with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_listening(main))


async def _listening(main: Coroutine[None, None, None]) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await main


def end_with_input() -> None:
    """Whoever started this program holds its standard input open, and is gone once that ends."""
    task, loop, descriptor = asyncio.current_task(), asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096) and task is not None:
            loop.remove_reader(descriptor)
            task.cancel()

    loop.add_reader(descriptor, read)
