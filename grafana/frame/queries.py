"""Queries of panels, and expressions that several of them need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
CHOSEN = 'exchange=~"$exchange",instrument=~"$instrument",drill=""'
"""The markets that are chosen above. Drills are no market's business."""
EXCHANGES = 'exchange=~"$exchange",drill=""'
"""The exchanges that are chosen above, with all their markets."""
AGAINST = 'other=~"$exchange",instrument=~"$instrument",drill=""'
"""The markets that are chosen above, where another exchange is compared with them."""
_OF_INSTRUMENTS = 'instrument=~"$instrument",drill=""'
_OPERATORS = ("!=", "=~", "!~")


@dataclass(frozen=True)
class Query:
    """PromQL over the range of the dashboard, with the name of its lines."""

    expr: str
    legend: str = "__auto"
    format: PromQueryFormat = PromQueryFormat.TIME_SERIES
    instant: bool = False
    every: str = ""
    """The least step, of series that come more rarely than others, such as `5m`."""

    def target(self, at: int) -> prometheus.Dataquery:
        """As the panel's query number `at`, from zero."""
        built = (
            prometheus.Dataquery()
            .expr(self.expr.strip())
            .legend_format(self.legend)
            .format(self.format)
            .ref_id(chr(ord("A") + at))
            .datasource(DATASOURCE)
        )
        if self.every:
            built.interval(self.every)
        return built.instant() if self.instant else built.range()


def now(expr: str, legend: str = "__auto") -> Query:
    """PromQL at the end of the range alone, one value each series."""
    return Query(expr, legend, instant=True)


def rows(expr: str) -> Query:
    """PromQL at the end of the range alone, as rows of a table."""
    return Query(expr, "", PromQueryFormat.TABLE, instant=True)


def buckets(expr: str) -> Query:
    """A histogram's rate by `le`, for a heatmap."""
    return Query(expr, "{{le}}", PromQueryFormat.HEATMAP)


def of(series: str, **labels: str) -> str:
    """A series of the chosen markets, narrowed by labels; a value may begin with `!=`, `=~` or
    `!~`."""
    return _narrowed(series, CHOSEN, labels)


def of_exchange(series: str, **labels: str) -> str:
    """A series of the chosen exchanges that is not of single markets, narrowed as by `of`."""
    return _narrowed(series, EXCHANGES, labels)


def either(series: str, within: str = "{}", **labels: str) -> str:
    """A series of the chosen markets, whichever side of a comparison they are on, narrowed as by
    `of`. `within` is what is done to each selector, such as `max_over_time({}[1m])`."""
    sides = (_narrowed(series, chosen, labels) for chosen in (CHOSEN, AGAINST))
    return f"({first_of(*(within.format(side) for side in sides))})"


def ranked(
    shown: str, measure: str, count: int, by: str, legend: str, *, least: bool = False,
    every: str = "",
) -> list[Query]:  # fmt: skip
    """Those that come first by `measure`, each in a query of its own and so in a colour of its
    own. Both have the labels `by`; with `least` the smallest come first."""
    first = "bottomk" if least else "topk"

    def at(rank: int) -> Query:
        before = f" unless {first}({rank - 1}, {measure})" if rank > 1 else ""
        chosen = f"{first}({rank}, {measure}){before}"
        return Query(f"{shown}\nand on ({by}) ({chosen})", legend, every=every)

    return [at(rank + 1) for rank in range(count)]


def one(expr: str) -> str:
    """Of several exporters that see the same, the largest."""
    return f"max without (instance, job) ({expr})"


def by_market(expr: str, operation: str = "max") -> str:
    """One value for each market."""
    return f"{operation} by (exchange, instrument) ({expr})"


def first_of(*exprs: str) -> str:
    """For each series what the first says that has it."""
    return "\nor ".join(expr.strip() for expr in exprs)


def both(series: str, within: str = "{}", **labels: str) -> str:
    """What compares an exchange with another, for both of them, of the chosen markets. `within` and
    `labels` are as in `either`."""
    found = within.format(_narrowed(series, _OF_INSTRUMENTS, labels))
    turned = f'label_replace({found}, "exchange", "$1", "other", "(.+)")'
    watched = f"last_over_time({of('market_feed_up')}[15m])"
    return f"(({found}\nor {turned}) and on (exchange, instrument) {watched})"


def closeness(signal: str = "", select: Callable[..., str] = of) -> str:
    """How much of the way to its threshold each alert has gone; 1 is the threshold.

    `signal` narrows it to the alerts that look at that, `select` says of which markets they are.
    """
    return select("market:alert_threshold:ratio", **({"signal": signal} if signal else {}))


def _narrowed(series: str, chosen: str, labels: Mapping[str, str]) -> str:
    own = [
        f'{name}{value[:2]}"{value[2:]}"' if value[:2] in _OPERATORS else f'{name}="{value}"'
        for name, value in labels.items()
    ]
    return f"{series}{{{','.join([chosen, *own])}}}"
