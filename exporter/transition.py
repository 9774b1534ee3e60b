"""What an alert can be, what can happen to it, and the record of what happened. Immutable."""

from enum import StrEnum
from typing import NamedTuple

from exporter.model import Target


class State(StrEnum):
    """Where an alert stands; whether it can be evaluated at all is said beside it."""

    INACTIVE = "inactive"
    PENDING = "pending"
    """Its conditions hold, not yet for as long as they must."""
    FIRING = "firing"


class Reason(StrEnum):
    """Why an alert changed."""

    CONDITIONS_MET = "conditions_met"
    HELD = "held"
    CLEARED = "cleared"
    NEW_REGIME = "new_regime"
    """What was unusual has lasted so long that it is the new normal."""
    NO_DATA = "no_data"
    DISABLED = "disabled"
    ESCALATED = "escalated"
    RESTORED = "restored"


PAGE, CHAT = "P1", "P2"
"""Priorities: what wakes somebody up, what is written where somebody may look."""

ENDINGS = (Reason.CLEARED, Reason.NEW_REGIME, Reason.NO_DATA, Reason.DISABLED)


class Transition(NamedTuple):
    """One change of one alert at pipeline time `time` (Unix ns).

    `sequence` counts all transitions, over restarts too. Values are in the signal's unit, None
    where they are not known.
    """

    time: int
    sequence: int
    alert: str
    target: Target
    severity: str
    priority: str
    before: State
    after: State
    reason: Reason
    value: float | None
    threshold: float | None
    z: float | None
    mean: float | None
    deviation: float | None
