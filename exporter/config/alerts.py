"""`alerts.yaml`: what is alerted on, how, and when thresholds are loosened.

What a single value can break is refused here; what takes several is in `alert_rules.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetPydanticSchema,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)
from pydantic_core import core_schema

from exporter.conditions import Condition
from exporter.config.choices import AlertName, RegimeName, choice, enum, given, pattern
from exporter.config.instruments import ID_PATTERN
from exporter.config.regimes import Regime
from exporter.config.sentences import refused
from exporter.config.values import BasisPoints, Section, Table, exact, up_to
from exporter.config.wording import found, listed
from exporter.signals import SIGNALS, SignalKey

FILE = "alerts.yaml"

FAMILIES = ("spread", "basis", "depth", "mark", "cross_exchange", "feed")
SEVERITIES = ("info", "warning", "critical")
PRIORITIES = ("P1", "P2", "P3")
SIDES = ("bid", "ask", "total")
OTHER = "other"
"""Stands for every instrument that is not named beside it."""

K = TypeVar("K")
V = TypeVar("V")


def _condition(text: str) -> Condition:
    if text not in list(Condition):
        raise refused(
            f'must be ">", "<" or {Condition.ABSOLUTE}, the first two in quotes, '
            f"found {found(text)}"
        )
    return Condition(text)


def _condition_schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(_condition, core_schema.str_schema())


FreeTable = Annotated[Mapping[K, V], AfterValidator(MappingProxyType), PlainSerializer(dict)]
"""A mapping by free names that may be empty, read-only once it is loaded."""

Family = Annotated[str, choice("a family of alerts", FAMILIES), enum(FAMILIES)]
Severity = Annotated[str, choice("a severity", SEVERITIES), enum(SEVERITIES)]
Priority = Annotated[str, choice("a priority", PRIORITIES), enum(PRIORITIES)]
SignalName = Annotated[str, choice("a signal", SIGNALS), enum(SIGNALS)]
Side = Annotated[str, choice("a side of the book", SIDES), enum(SIDES)]
ConditionWord = Annotated[Condition, GetPydanticSchema(_condition_schema), enum(list(Condition))]

Z = Annotated[Decimal, up_to(50), BeforeValidator(exact)]
PersistenceSeconds = Annotated[int, Field(ge=0, le=3600)]
ThresholdName = Annotated[str, pattern(f"{OTHER}|{ID_PATTERN.strip('^$')}")]
Threshold = Annotated[Decimal, Field(gt=-(10**15), lt=10**15), BeforeValidator(exact)]

WindowSamples = Annotated[int, Field(ge=2, le=3600)]
ResetSeconds = Annotated[int, Field(ge=1, le=600)]
FreezeSeconds = Annotated[int, Field(ge=60, le=86_400)]
DataSeconds = Annotated[int, Field(ge=1, le=599)]
"""After 600 seconds without data nothing is remembered."""
EscalationSeconds = Annotated[int, Field(ge=1, le=86_400)]


class BaselineSizes(Section):
    """What a z-score is taken against; there is one sample a second."""

    window_samples: WindowSamples = Field(
        default=300, description="samples that say what is normal"
    )
    warmup_samples: WindowSamples = Field(
        default=30,
        validate_default=True,
        description="samples without which there is no z; not above `window_samples`",
    )
    reset_after_seconds: ResetSeconds = Field(
        default=5, description="seconds without data that empty a window that is not frozen"
    )
    freeze_limit_seconds: FreezeSeconds = Field(
        default=1800, description="seconds after which what was unusual is the new normal"
    )

    @field_validator("warmup_samples")
    @classmethod
    def _within_the_window(cls, warmup: int, info: ValidationInfo) -> int:
        window = info.data.get("window_samples", warmup)
        if warmup > window:
            raise refused(
                f"must not be above `window_samples`, but {warmup} is above {window}; "
                "lower it, or raise the other"
            )
        return warmup


class Timing(Section):
    """What happens to alerts as time passes."""

    no_data_after_seconds: DataSeconds = Field(
        default=300, description="seconds without data after which a running alert ends"
    )
    escalate_after_seconds: EscalationSeconds = Field(
        default=300, description="seconds that a P2 fires before it pages"
    )


class MarketWide(Section):
    """When many markets are one incident."""

    instruments: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=5,
        description="instruments of an exchange with alerts of one family and priority that make "
        "one notification instead of one each",
    )


class AlertRule(Section):
    """One rule: it fires while its signal is beyond its threshold, and its z too if one is set.

    `thresholds` are as they are written, with `other`.
    """

    enabled: bool = Field(default=True, description="whether the rule is evaluated")
    family: Family = Field(description=f"what it is about: {listed(FAMILIES, 'or')}")
    severity: Severity = Field(description="how bad what it sees is: info, warning or critical")
    priority: Priority = Field(description="what happens then: P1 page, P2 chat, P3 log")
    signal: SignalName = Field(description="the number that it looks at, such as spread_bps")
    side: Annotated[Side | None, BeforeValidator(given)] = Field(
        default=None, description="bid, ask or total, for a signal of the book near mid"
    )
    band_bps: Annotated[BasisPoints | None, BeforeValidator(given)] = Field(
        default=None,
        description="distance from mid, for a signal of the book near mid; "
        "one of depth.bands_bps in features.yaml",
    )
    condition: ConditionWord = Field(
        description='where the number must lie: ">" above its threshold, "<" below it, '
        "absolute beyond it on either side of zero"
    )
    z: Annotated[Z | None, BeforeValidator(given)] = Field(
        default=None,
        description="standard deviations that it must be away from normal as well, up to 50",
    )
    persistence_seconds: PersistenceSeconds = Field(
        default=0, description="whole seconds for which all this must hold"
    )
    thresholds: Table[ThresholdName, Threshold] = Field(
        description="the threshold of each instrument, and `other` for those that are not named"
    )
    ceiling_of: Annotated[str | None, BeforeValidator(given)] = Field(
        default=None, description="the alert above which this one stands without asking for a z"
    )

    @property
    def key(self) -> SignalKey:
        """The signal with its side and band."""
        return SignalKey(self.signal, self.side or "", self.band_bps)

    @property
    def by_instrument(self) -> Mapping[str, Decimal]:
        """The thresholds of the instruments that are named."""
        return {name: value for name, value in self.thresholds.items() if name != OTHER}

    @property
    def otherwise(self) -> Decimal | None:
        """The threshold of all other instruments; None where the rule does not apply to them."""
        return self.thresholds.get(OTHER)

    def threshold(self, instrument: str) -> Decimal | None:
        """The threshold for an instrument; None where the rule does not apply to it."""
        return self.thresholds.get(instrument, self.otherwise)


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class AlertsFile(Section):
    """The whole of `alerts.yaml`."""

    baseline: BaselineSizes = Field(
        default_factory=BaselineSizes, description="the window that a z-score is taken against"
    )
    timing: Timing = Field(
        default_factory=Timing, description="what happens to alerts as time passes"
    )
    market_wide: MarketWide = Field(
        default_factory=MarketWide, description="when many markets are one incident"
    )
    alerts: FreeTable[AlertName, AlertRule] = Field(
        default_factory=_none, description="the rules by id, which is the name of the alert"
    )
    regimes: FreeTable[RegimeName, Regime] = Field(
        default_factory=_none, description="windows of time in which thresholds are loosened, by id"
    )

    @property
    def widest_band(self) -> Decimal:
        """The widest band of the book, in bps, that a rule asks about; 0 where none does."""
        bands = (rule.band_bps for rule in self.alerts.values() if rule.enabled)
        return max((band for band in bands if band is not None), default=Decimal(0))
