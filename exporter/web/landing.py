"""The landing page: what is running, and every market at a glance."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape

from exporter import __version__
from exporter.families import Histogram
from exporter.markets.market import Market
from exporter.metrics.metric import number
from exporter.model import NANOSECONDS
from exporter.pipeline import Pipeline

_Values = Mapping[tuple[str, ...], float]
"""What a market reads now, by family name and the labels after exchange and instrument."""

_COLUMNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("mid", ("market_mid_price",), ",.8g"),
    ("spread, bps", ("market_spread_bps",), ",.4g"),
    ("average, bps", ("market_spread_average_bps",), ",.4g"),
    ("imbalance, 5 levels", ("market_imbalance_normalized", "5"), "+.2f"),
    ("basis to spot, bps", ("market_basis_bps", "spot"), "+,.2f"),
    ("basis to index, bps", ("market_basis_bps", "index"), "+,.2f"),
)

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 86rem }
h1 { font-size: 1.35rem; margin: 0 } h1 small { font-weight: 400; opacity: .65 }
p { margin: .3rem 0 1.2rem } nav a { margin-right: 1.2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: right; font-weight: 600; font-size: .85rem; vertical-align: bottom }
th, td { padding: .35rem .6rem; border-bottom: 1px solid #8884 }
td { text-align: right; white-space: nowrap }
th:first-child, td:first-child, .state { text-align: left }
.up::before { content: "● "; color: #0a7ea4 } .down::before { content: "▲ "; color: #c2410c }
.down { font-weight: 600 } .part { opacity: .6 } .unknown { opacity: .4 }
"""

_REFRESH = """
setInterval(async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    for (const id of ["doing", "markets"])
      document.getElementById(id).replaceWith(page.getElementById(id));
    document.getElementById("lost").textContent = "";
  } catch { document.getElementById("lost").textContent = "The exporter does not answer."; }
}, 2000);
"""


def landing(pipeline: Pipeline, doing: str) -> str:
    """The page as HTML; it renews its table every two seconds where scripts run."""
    heard = [market for market in pipeline.markets.values() if _heard(market)]
    silent = [market for market in pipeline.markets.values() if not _heard(market)]
    rows = "".join(_row(pipeline, market) for market in heard)
    bands = pipeline.config.features.depth.bands_bps
    titles = [title for title, _, _ in _COLUMNS]
    titles.insert(3, f"depth {_band(bands)} bps, quote")
    head = "".join(f"<th>{escape(title)}</th>" for title in (*titles, "gaps", "tops equal"))
    others = ""
    if silent:
        names = ", ".join(escape(str(market.id)) for market in silent)
        others = f'<p class="unknown">Configured, nothing received yet: {names}</p>'
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Market quality</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>
<body><h1>Market-quality exporter <small>{__version__}</small></h1>
<p id="doing">{escape(doing)}{_market_time(pipeline.now)}</p>
<nav><a href="/metrics">metrics</a><a href="/-/healthy">healthy</a><a href="/-/ready">ready</a>
<strong id="lost"></strong></nav>
<div id="markets"><table><thead><tr><th>market</th><th class="state">book</th>{head}</tr></thead>
<tbody>{rows}</tbody></table>{others}</div>
<script>{_REFRESH}</script></body></html>
"""


def _market_time(now: int) -> str:
    if not now:
        return ""
    time = datetime.fromtimestamp(now // NANOSECONDS, UTC)
    return f" The market below is as of {time:%Y-%m-%d %H:%M:%S} UTC."


def _heard(market: Market) -> bool:
    return any(clock.messages for clock in market.clocks.values())


def _row(pipeline: Pipeline, market: Market) -> str:
    values = _values(pipeline, market)
    cells = [_cell(values.get(key), shape) for _, key, shape in _COLUMNS]
    cells.insert(3, _depth(values, _band(pipeline.config.features.depth.bands_bps)))
    tops = market.sync.tops
    tail = f"<td>{sum(market.sync.gaps.values())}</td><td>{_share(tops.equal, tops.compared)}</td>"
    return (
        f"<tr><td>{escape(str(market.id))}</td>{_state(pipeline.now, market)}"
        f"{''.join(cells)}{tail}</tr>"
    )


def _state(now: int, market: Market) -> str:
    health = market.health(now)
    if health.up:
        return '<td class="state up">live</td>'
    since = ""
    if health.last_message is not None and health.reason == "stale":
        since = f" {(now - health.last_message) / NANOSECONDS:,.0f} s"
    return f'<td class="state down">{health.reason.replace("_", " ")}{since}</td>'


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
    for series, value in pipeline.market_readings(market):
        if not isinstance(value, Histogram):
            yield (series.family.name, *series.values[2:]), float(value)
