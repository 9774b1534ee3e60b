"""The landing page: what is running, and every market at a glance."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape

from exporter import __version__
from exporter.alerts.explanation import Standing, Subject, explain
from exporter.alerts.sentences import value
from exporter.families import Histogram
from exporter.markets.market import Market
from exporter.metrics.metric import number
from exporter.model import NANOSECONDS, Target
from exporter.pipeline import Pipeline
from exporter.web import maintenance
from exporter.web.links import link
from exporter.web.slices import in_slices
from exporter.web.standing import by_target, cell, counts
from exporter.web.style import counted, document

_Values = Mapping[tuple[str, ...], float]
"""What a market reads now, by family name and the labels after exchange and instrument."""

Subjects = Mapping[Target, Sequence[Subject]]
"""All alerts by what they are about."""

_COLUMNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("mid", ("market_mid_price",), ",.8g"),
    ("spread, bps", ("market_spread_bps",), ",.4g"),
    ("average, bps", ("market_spread_average_bps",), ",.4g"),
    ("imbalance, 5 levels", ("market_imbalance_normalized", "5"), "+.2f"),
    ("basis to spot, bps", ("market_basis_bps", "spot"), "+,.2f"),
    ("basis to index, bps", ("market_basis_bps", "index"), "+,.2f"),
)

_STYLE = """
.counts span { margin-right: 1.4rem }
.alerts { min-width: 15rem } .alerts span { white-space: nowrap }
th, td { padding: .35rem .5rem }
#pairs { margin-top: 1.5rem } #pairs table { width: auto }
"""


async def landing(pipeline: Pipeline, doing: str) -> str:
    """The page as HTML, made in slices; it renews itself every two seconds where scripts run."""
    alerts = by_target(pipeline.alerts)
    markets = list(pipeline.markets.values())
    shown = [market for market in markets if _heard(market) or _running(alerts, market)]
    silent = [market for market in markets if market not in shown]
    rows = "".join(await in_slices(_row(pipeline, alerts, market) for market in shown))
    heading = f"Market-quality exporter <small>{__version__}</small>"
    standings = counts(subject for group in alerts.values() for subject in group)
    body = f"""<p id="doing">{escape(doing)}{_market_time(pipeline.now)}</p>
<p id="alerts" class="counts">{counted(standings)}</p>
<div id="maintenance">{maintenance.told(pipeline.maintenance, pipeline.now)}</div>
<div id="markets"><table><thead><tr>{_head(pipeline)}</tr></thead>
<tbody>{rows}</tbody></table>{_silent(silent, alerts)}</div>
<div id="pairs">{_pairs(alerts)}</div>"""
    renewed = ("doing", "alerts", "maintenance", "markets", "pairs")
    style = _STYLE + maintenance.STYLE
    return document(_title(standings), heading, body, renewed, style)


def _title(standings: Mapping[Standing, int]) -> str:
    firing = standings.get(Standing.FIRING)
    return f"{firing} firing: market quality" if firing else "Market quality"


def _head(pipeline: Pipeline) -> str:
    titles = [title for title, _, _ in _COLUMNS]
    titles.insert(3, f"depth {_band(pipeline.config.features.depth.bands_bps)} bps, quote")
    head = "".join(f"<th>{escape(title)}</th>" for title in (*titles, "gaps", "tops equal"))
    return f'<th>market</th><th class="state">alerts</th><th class="state">book</th>{head}'


def _silent(silent: Sequence[Market], alerts: Subjects) -> str:
    if not silent:
        return ""
    names = ", ".join(_name(market, alerts) for market in silent)
    return f'<p class="unknown">Configured, nothing received yet: {names}</p>'


def _pairs(alerts: Subjects) -> str:
    """What is alerted on between two exchanges."""
    rows = "".join(
        f"<tr><td>{link(str(target), target)}</td>{cell(group)}<td>{_now(group[0])}</td></tr>"
        for target, group in alerts.items()
        if target.other
    )
    if not rows:
        return ""
    head = '<th>pair</th><th class="state">alerts</th><th>now</th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _now(subject: Subject) -> str:
    return escape(value(explain(subject, {}, 0))) or "–"


def _running(alerts: Subjects, market: Market) -> bool:
    """Whether an alert of a market is pending or firing."""
    return any(subject.alert.running for subject in alerts.get(Target(*market.id), ()))


def _market_time(now: int) -> str:
    if not now:
        return ""
    time = datetime.fromtimestamp(now // NANOSECONDS, UTC)
    return f" The market below is as of {time:%Y-%m-%d %H:%M:%S} UTC."


def _heard(market: Market) -> bool:
    return any(clock.messages for clock in market.clocks.values())


def _row(pipeline: Pipeline, alerts: Subjects, market: Market) -> str:
    own = alerts.get(Target(*market.id), ())
    values = _values(pipeline, market)
    cells = [_cell(values.get(key), shape) for _, key, shape in _COLUMNS]
    cells.insert(3, _depth(values, _band(pipeline.config.features.depth.bands_bps)))
    tops = market.sync.tops
    tail = f"<td>{sum(market.sync.gaps.values())}</td><td>{_share(tops.equal, tops.compared)}</td>"
    head = f"<td>{_name(market, alerts)}</td>{cell(own)}{_state(pipeline, market)}"
    return f"<tr>{head}{''.join(cells)}{tail}</tr>"


def _name(market: Market, alerts: Subjects) -> str:
    """A market's name, which leads to what its alerts say of it."""
    target = Target(*market.id)
    return link(str(target), target) if target in alerts else escape(str(target))


def _state(pipeline: Pipeline, market: Market) -> str:
    now = pipeline.now
    health = market.health(now)
    planned = maintenance.mark(pipeline.maintenance, market.id, now)
    if health.up:
        return f'<td class="state up">live{planned}</td>'
    since = ""
    if health.last_message is not None and health.reason == "stale":
        since = f" {(now - health.last_message) / NANOSECONDS:,.0f} s"
    return f'<td class="state down">{health.reason.replace("_", " ")}{since}{planned}</td>'


def _depth(values: _Values, band: str) -> str:
    """Total depth; a lower bound says so."""
    total = values.get(("market_depth_quote", "total", band))
    if total is None:
        return _cell(None, "")
    if values.get(("market_depth_complete", "total", band)):
        return f"<td>{total:,.0f}</td>"
    return f'<td class="part" title="the known book ends inside the band">≥ {total:,.0f}</td>'


def _cell(value: float | None, shape: str) -> str:
    return '<td class="unknown">–</td>' if value is None else f"<td>{value:{shape}}</td>"


def _share(good: int, total: int) -> str:
    return f"{good:,} of {total:,}" if total else "–"


def _band(bands: Sequence[Decimal]) -> str:
    """The band shown: 10 bps where it is configured, else the middle one."""
    names = [number(band) for band in bands]
    return "10" if "10" in names else names[len(names) // 2]


def _values(pipeline: Pipeline, market: Market) -> _Values:
    return dict(_scalars(pipeline, market))


def _scalars(pipeline: Pipeline, market: Market) -> Iterator[tuple[tuple[str, ...], float]]:
    for metric in pipeline.metrics_of(*market.id):
        for series, reading in metric.readings(pipeline.now):
            if not isinstance(reading, Histogram):
                yield (series.family.name, *series.values[2:]), float(reading)
