"""A day of incidents by the script, through the real objectives, as Prometheus would scrape it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from exporter.markets.maintenance import Window
from exporter.metrics.sample import Sample
from exporter.model import NANOSECONDS
from tests.alerts.rig import GAP, START, Shown
from tests.objectives.counted import COUNTS, Rig

DAY = 86_400
EVERY = 15
"""Seconds between two scrapes: fewer than are shipped, and the figures are as exact."""
EXCHANGES = ("binance", "okx")
CALM: Mapping[str, Shown] = {"spread": 1, "depth": 10**6}


@dataclass(frozen=True)
class Incident:
    """What an exchange's perpetual shows from a second of the day on, up to another.

    The objective may be `both`.
    """

    exchange: str
    objective: str
    begin: int
    end: int
    shown: Shown


@dataclass(frozen=True)
class Script:
    """A day. `maintenance` is (exchange, begin, end); within `down` no exporter runs."""

    incidents: tuple[Incident, ...]
    maintenance: tuple[tuple[str, int, int], ...]
    down: tuple[int, int]

    def shown(self, second: int) -> list[Shown]:
        """What there is to see of each exchange and objective; of two incidents the last."""
        dials = {(exchange, name): calm for exchange in EXCHANGES for name, calm in CALM.items()}
        for one in self.incidents:
            for name in CALM if one.begin <= second < one.end else ():
                if one.objective in (name, "both"):
                    dials[one.exchange, name] = one.shown
        return list(dials.values())

    def changes(self) -> set[int]:
        """The seconds at which there is something else to see than before, the first included."""
        return {1}.union(*((one.begin, one.end) for one in self.incidents))


def at(clock: str) -> int:
    """Seconds since midnight of `14:05` or `14:05:30`."""
    hours, minutes, seconds = (*map(int, clock.split(":")), 0)[:3]
    return 3600 * hours + 60 * minutes + seconds


def incident(exchange: str, objective: str, begin: str, end: str, shown: Shown) -> Incident:
    """One by the clock."""
    return Incident(exchange, objective, at(begin), at(end), shown)


SLOW = tuple(Incident("binance", "spread", at("16:00") + 600 * k, at("16:00") + 600 * k + 30, 4)
             for k in range(36))  # fmt: skip
SCRIPT = Script(
    incidents=(
        incident("binance", "spread", "02:00", "02:10", 8),
        incident("binance", "spread", "05:00", "05:01:40", 3),
        incident("binance", "depth", "06:00", "06:30", 400_000),
        incident("binance", "both", "08:00", "08:30", GAP),
        incident("binance", "both", "09:30", "10:00", 50),
        incident("binance", "depth", "12:00", "12:05", Sample(Fraction(450_000), bound=True)),
        incident("binance", "depth", "12:05", "12:10", Sample(Fraction(600_000), bound=True)),
        *SLOW,
        incident("binance", "spread", "23:00", "23:05", 9),
        incident("binance", "both", "23:00", "23:05", GAP),
        incident("okx", "spread", "23:00", "23:01", 20),
    ),
    maintenance=(("binance", at("09:00"), at("11:00")),),
    down=(at("15:00"), at("15:10")),
)


@dataclass
class Scrapes:
    """What is scraped, by the text of the series; None where nothing answers."""

    up: list[int] = field(default_factory=list)
    series: dict[str, list[Fraction | None]] = field(default_factory=dict)

    def take(self, rig: Rig | None) -> None:
        """A scrape; `rig` is None while no exporter runs."""
        self.up.append(int(rig is not None))
        known = {} if rig is None else dict(_page(rig))
        for name in dict.fromkeys((*self.series, *known)):
            self.series.setdefault(name, []).append(known.get(name))


def played(script: Script) -> Scrapes:
    """Every second of the day, from 1 on."""
    rig, scrapes, changes = Rig(), Scrapes(), script.changes()
    rig.maintenance.windows = [
        Window(exchange, "", _time(begin), _time(end), "planned", "1")
        for exchange, begin, end in script.maintenance
    ]
    scrapes.take(rig)
    for second in range(1, DAY + 1):
        if second in changes:
            rig.show(*script.shown(second))
        running = not script.down[0] <= second < script.down[1]
        if second == script.down[1]:
            rig.restart()
        rig.now = START + second
        if running:
            rig.count_second()
        if second % EVERY == 0:
            scrapes.take(rig if running else None)
    return scrapes


def _time(second: int) -> int:
    return (START + second) * NANOSECONDS


def _page(rig: Rig) -> Iterator[tuple[str, Fraction]]:
    """The objectives as Prometheus has them."""
    readings = [*rig.readings(), *rig.objectives.described()]
    for series, value in readings:
        kind = series.family.name.removeprefix("market_slo_").removesuffix("_seconds_total")
        if kind in (*COUNTS, "target_ratio", "coverage_target_ratio"):
            assert isinstance(value, int | Fraction)
            yield _scraped(series.prefix.strip()), Fraction(value)


def _scraped(name: str) -> str:
    """With the labels that a scrape adds."""
    target = 'job="market-exporter",instance="a"'
    return name.replace("{", f"{{{target},") if "{" in name else f"{name}{{{target}}}"
