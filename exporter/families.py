"""Metric families and their series: what a number on the page is called and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from exporter.model import Value

Kind = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family: name (with `_total` for a counter), type, labels, unit and help text."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    unit: str
    help: str

    def series(self, *values: str) -> "Series":
        """The series of this family with these label values, in the order of `labels`."""
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name} has labels {self.labels}, not {values}")
        return Series(self, values)


class Series:
    """One series; what stands before the number on the page is made once and kept.

    A label without a value is one that the series does not have.
    """

    __slots__ = ("_buckets", "_prefix", "family", "values")

    def __init__(self, family: Family, values: tuple[str, ...]) -> None:
        self.family = family
        self.values = values
        self._prefix = ""
        self._buckets: tuple[str, ...] | None = None

    @property
    def prefix(self) -> str:
        """`name{label="value"} ` of a gauge or a counter."""
        if not self._prefix:
            self._prefix = f"{self.family.name}{self._labels()} "
        return self._prefix

    def bucket_prefixes(self, bounds: Sequence[float]) -> Sequence[str]:
        """As `prefix`, for each bucket of a histogram, then its sum, then its count."""
        if self._buckets is None:
            limits = (*map(repr, map(float, bounds)), "+Inf")
            buckets = (
                f"{self.family.name}_bucket{self._labels(('le', bound))} " for bound in limits
            )
            ends = (f"{self.family.name}_{end}{self._labels()} " for end in ("sum", "count"))
            self._buckets = (*buckets, *ends)
        return self._buckets

    def _labels(self, *more: tuple[str, str]) -> str:
        pairs = (*zip(self.family.labels, self.values, strict=True), *more)
        text = ",".join(f'{name}="{_escape(value)}"' for name, value in pairs if value)
        return f"{{{text}}}" if text else ""


class Histogram(NamedTuple):
    """A histogram's state: upper bounds, cumulative counts (one more, for +Inf), the sum."""

    bounds: Sequence[float]
    cumulative: Sequence[int]
    sum: float


Reading = tuple[Series, Value | Histogram]
"""A series and what it reads now."""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
