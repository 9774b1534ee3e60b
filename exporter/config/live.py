"""The `live` section of `features.yaml`: connections, polling, snapshots."""

from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from exporter.config.sentences import refused
from exporter.config.values import Seconds, Section, Share, exact, one_of, up_to

Timeout = Annotated[Decimal, up_to(60), BeforeValidator(exact)]
Silence = Annotated[Decimal, up_to(25), BeforeValidator(exact)]
"""Seconds without a frame; OKX closes a connection after 30."""
Age = Annotated[Decimal, up_to(22), BeforeValidator(exact)]
"""Hours; with 1.5 more at random it stays below the 24 at which exchanges cut."""
RefreshMinutes = Annotated[Decimal, up_to(1440), BeforeValidator(exact)]
QueueFrames = Annotated[int, Field(ge=100, le=10_000_000)]

SNAPSHOT_LEVELS = (100, 500, 1000, 5000)
POLL_LEVELS = (100, 500)
SnapshotLevels = Annotated[
    int,
    AfterValidator(one_of(SNAPSHOT_LEVELS)),
    WithJsonSchema({"type": "integer", "enum": list(SNAPSHOT_LEVELS)}),
]
PollLevels = Annotated[
    int,
    AfterValidator(one_of(POLL_LEVELS)),
    WithJsonSchema({"type": "integer", "enum": list(POLL_LEVELS)}),
]


class Live(Section):
    """Parameters of live connections."""

    rest_fallback: bool = Field(
        default=True,
        description="whether a book is polled by REST while the connection that carries it is down",
    )
    rest_budget_share: Share = Field(
        default=Decimal("0.8"),
        description="share of an exchange's request budget for one address that is used, up to 1",
    )
    connect_timeout_seconds: Timeout = Field(
        default=Decimal(10), description="seconds within which a connection must be open"
    )
    answer_timeout_seconds: Timeout = Field(
        default=Decimal(10),
        description="seconds within which an acknowledgement, a pong or a REST answer must come",
    )
    ping_after_seconds: Silence = Field(
        default=Decimal(10), description="seconds of silence after which a connection is pinged"
    )
    backoff_first_seconds: Seconds = Field(
        default=Decimal("0.5"),
        description="seconds before the first reconnect; doubled at each further one",
    )
    backoff_limit_seconds: Seconds = Field(
        default=Decimal(10),
        validate_default=True,
        description="seconds before a reconnect at most; not below `backoff_first_seconds`",
    )
    healthy_after_seconds: Seconds = Field(
        default=Decimal(10),
        description="seconds after which a connection that lasted starts again from the first wait",
    )
    silent_stream_seconds: Seconds = Field(
        default=Decimal(20),
        description="seconds of silence, or its stale limit where that is longer, after which an "
        "acknowledged stream is subscribed anew",
    )
    crossed_book_seconds: Seconds = Field(
        default=Decimal(2), description="seconds after which a crossed book is fetched anew"
    )
    renew_after_hours: Age = Field(
        default=Decimal(22),
        description="age in hours, and up to 1.5 more at random, at which a connection is replaced",
    )
    queue_frames: QueueFrames = Field(
        default=50_000,
        description="frames waiting to be processed beyond which new ones are dropped and their "
        "books fetched anew",
    )
    snapshot_levels: SnapshotLevels = Field(
        default=1000,
        description="levels a side asked for in a snapshot; an exchange with fewer gives its most",
    )
    poll_levels: PollLevels = Field(
        default=500, description="levels a side asked for when a book is polled by REST"
    )
    instruments_refresh_minutes: RefreshMinutes = Field(
        default=Decimal(10), description="minutes after which instrument lists are read anew"
    )

    @field_validator("backoff_limit_seconds")
    @classmethod
    def _not_below_the_first(cls, limit: Decimal, info: ValidationInfo) -> Decimal:
        first = info.data.get("backoff_first_seconds", limit)
        if limit < first:
            raise refused(
                f"must not be below `backoff_first_seconds`, but {limit} is below {first}; "
                "raise it, or lower the other"
            )
        return limit
