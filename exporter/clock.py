"""The only reader of time. Everything else is told what time it is."""

import time


def monotonic() -> int:
    """Nanoseconds on a clock that never goes back; only differences mean something."""
    return time.monotonic_ns()
