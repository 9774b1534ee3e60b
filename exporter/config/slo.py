"""`slo.yaml`: the quality that markets are to have, and for how much of the time.

What a single value can break is refused here; what takes several is in `slo_rules.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from exporter.conditions import Condition
from exporter.config.alerts import (
    FAMILIES,
    OTHER,
    Family,
    FreeTable,
    Side,
    Threshold,
    ThresholdName,
)
from exporter.config.choices import ObjectiveName, choice, enum, given
from exporter.config.values import BasisPoints, Percent, Section, Table
from exporter.config.wording import listed
from exporter.signals import SIGNALS, SignalKey

FILE = "slo.yaml"

OF_PAIRS = {"exchange_divergence_bps"}
"""Signals of two exchanges; an objective is about one market."""
OF_MARKETS = [name for name in SIGNALS if name not in OF_PAIRS]

GOOD: Mapping[str, Condition] = {
    "<=": Condition.ABOVE,
    ">=": Condition.BELOW,
    "within": Condition.ABSOLUTE,
}
"""By the side of its limit on which a number is good, the condition that it is bad under."""

SignalName = Annotated[str, choice("a signal of one market", OF_MARKETS), enum(OF_MARKETS)]
Good = Annotated[str, choice("a side of the limit", GOOD), enum(GOOD)]


class Objective(Section):
    """One objective: its signal is to be on the good side of its limit for most of the time.

    `limits` are as they are written, with `other`.
    """

    enabled: bool = Field(default=True, description="whether its seconds are counted")
    family: Family = Field(
        description=f"the family of the alerts about the same: {listed(FAMILIES, 'or')}"
    )
    signal: SignalName = Field(description="the number that it looks at, such as spread_bps")
    side: Annotated[Side | None, BeforeValidator(given)] = Field(
        default=None, description="bid, ask or total, for a signal of the book near mid"
    )
    band_bps: Annotated[BasisPoints | None, BeforeValidator(given)] = Field(
        default=None,
        description="distance from mid, for a signal of the book near mid; "
        "one of depth.bands_bps in features.yaml",
    )
    good: Good = Field(
        description='where the number is good: "<=" up to its limit, ">=" from it on, '
        "within on either side of zero"
    )
    target_percent: Percent = Field(
        description="for how much of the time it is to be good, such as 99.5; from 93.1 on so much "
        "can be bad that it pages, from 83.4 on that it is told in the chat"
    )
    limits: Table[ThresholdName, Threshold] = Field(
        description="the limit of each instrument, and `other` for those that are not named"
    )

    @property
    def key(self) -> SignalKey:
        """The signal with its side and band."""
        return SignalKey(self.signal, self.side or "", self.band_bps)

    @property
    def bad(self) -> Condition:
        """The condition that a value beyond the limit meets."""
        return GOOD[self.good]

    def limit(self, instrument: str) -> Decimal | None:
        """The limit for an instrument; None where the objective does not apply to it."""
        return self.limits.get(instrument, self.limits.get(OTHER))


class Coverage(Section):
    """How much of the time the exporter is to know."""

    target_percent: Percent = Field(
        default=Decimal(99),
        description="for how much of the time each objective is to be evaluated at all",
    )


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class SloFile(Section):
    """The whole of `slo.yaml`."""

    objectives: FreeTable[ObjectiveName, Objective] = Field(
        default_factory=_none, description="the objectives by id"
    )
    coverage: Coverage = Field(
        default_factory=Coverage, description="the objective for what is known at all"
    )
