"""How a moment is written."""

from datetime import UTC, datetime

from exporter.model import MILLISECOND, NANOSECONDS


def timestamp(now: int) -> str:
    """Unix ns in RFC 3339, UTC, with milliseconds."""
    time = datetime.fromtimestamp(now // NANOSECONDS, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{now % NANOSECONDS // MILLISECOND:03d}Z"
