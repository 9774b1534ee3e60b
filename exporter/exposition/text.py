"""The market page in Prometheus text format 0.0.4 or OpenMetrics 1.0.

Sample lines are the same in both; a series' name and labels are formatted once and kept, so a page
costs little more than its numbers.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from exporter.families import Family, Histogram, Reading
from exporter.model import Value

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Page:
    """Collects sample lines by family and puts them together in the order of `families`.

    Fed market by market, so that a long page can be built in pieces.
    """

    def __init__(self, families: Sequence[Family]) -> None:
        self._lines: dict[str, list[str]] = {family.name: [] for family in families}
        self._families = families

    def add(self, readings: Iterable[Reading]) -> None:
        """Add the lines of these readings."""
        lines = self._lines
        for series, value in readings:
            if isinstance(value, Histogram):
                prefixes = series.bucket_prefixes(value.bounds)
                numbers = (*value.cumulative, value.sum, value.cumulative[-1])
                lines[series.family.name] += [
                    prefix + number(part) for prefix, part in zip(prefixes, numbers, strict=True)
                ]
            else:
                lines[series.family.name].append(series.prefix + number(value))

    def text(self, *, openmetrics: bool = False) -> str:
        """The page, without `# EOF`; families that have no series are left out."""
        parts: list[str] = []
        for family in self._families:
            lines = self._lines[family.name]
            if lines:
                parts += _head(family, openmetrics=openmetrics)
                parts += lines
        return "\n".join(parts) + "\n" if parts else ""


def number(value: Value) -> str:
    """A value as the formats spell it; exact numbers become the nearest float here."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        value = value.numerator / value.denominator
    return repr(value)


def _head(family: Family, *, openmetrics: bool) -> list[str]:
    name = family.name.removesuffix("_total") if openmetrics else family.name
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    head = [f"# HELP {name} {text}", f"# TYPE {name} {family.kind}"]
    if openmetrics and family.unit and name.endswith(f"_{family.unit}"):
        head.insert(1, f"# UNIT {name} {family.unit}")
    return head
