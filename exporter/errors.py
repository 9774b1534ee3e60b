"""Every error this program raises on purpose, and what each one means.

ExporterError
├── ConfigError      fatal at start: the configuration is refused, every problem named
├── RecordingError   fatal for a replay: the file, the line and what is wrong with it
├── DecodeError      one frame is refused and counted; the stream goes on
├── RestError        one REST request failed or was not sent; whoever asked decides what follows
├── RefusedError     one request to this program is answered with a sentence instead (web/asked.py)
├── SnapshotError    kept alerts cannot be used; they are set aside (alerts/snapshot.py)
└── LevelError       a price level cannot be held exactly: the book is invalid until a snapshot
    ├── PrecisionError   more decimals than the book's scale holds; refused, never rounded
    └── QuantityError    not a plain decimal number, or not a possible price or quantity
"""

from dataclasses import dataclass


class ExporterError(Exception):
    """Base of all errors below; its text is a sentence for a person."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration: the file, the path inside it, a sentence."""

    file: str
    path: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: {self.sentence}"


class ConfigError(ExporterError):
    """The configuration cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class RecordingError(ExporterError):
    """A recording cannot be read, or no exchange of this build claims it."""


class DecodeError(ExporterError):
    """A frame is not what the exchange documents; `symbol` names its market where readable."""

    def __init__(self, sentence: str, symbol: str | None = None) -> None:
        self.symbol = symbol
        super().__init__(sentence)


class RestError(ExporterError):
    """A REST request without an answer that can be used.

    `status` is the HTTP status, None where none came. `retry_after` is nanoseconds during which
    nothing may be asked at this address, None where nothing forbids it.
    """

    def __init__(
        self, sentence: str, status: int | None = None, retry_after: int | None = None
    ) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(sentence)


class LevelError(ExporterError):
    """A price level that the book cannot hold exactly."""


class PrecisionError(LevelError):
    """A value has more decimals than the book's scale."""


class QuantityError(LevelError):
    """A value is no plain decimal number, or no possible price or quantity."""
