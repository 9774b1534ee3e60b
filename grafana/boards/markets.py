"""One row a market: what an operator looks at first."""

from collections.abc import Sequence

from grafana.frame import colours, links
from grafana.frame.colours import State
from grafana.frame.layout import chosen
from grafana.frame.looks import TO_LIMIT, Field, Says
from grafana.frame.queries import both, by_market, closeness, first_of, of, one, rows
from grafana.frame.tables import Column, grid

_MARKET = "exchange, instrument"
BAND = chosen("band", "Depth bps", "label_values(market_depth_quote, band_bps)", first="10")

DOWN = State(0, "down", colours.BAD)
LIVE = State(1, "live", colours.GOOD)
POLLED = State(2, "polled", colours.NEAR)
HALTED = State(3, "halted", colours.IDLE)
UNSEEN = State(4, "unseen", colours.UNKNOWN)
FEED_STATES = (DOWN, LIVE, POLLED, HALTED, UNSEEN)

_WATCHED = by_market(f"last_over_time({of('market_feed_up')}[15m])")
"""Every market that is configured; also for a while when the exporter is away."""

FEED = first_of(
    f"{HALTED.code} + ({by_market(of('market_instrument_trading'))} == 0)",
    f"({by_market(of('market_feed_up'))} == 1)",
    f"{POLLED.code} * ({by_market(of('market_feed_degraded'))} == 1)",
    by_market(of("market_feed_up")),
    f"{UNSEEN.code} + 0 * {_WATCHED}",
)

_KNOWN = one(both("market_alert_evaluation_known"))


def _in(priority: str) -> str:
    return by_market(both("market:alert_firing:held", priority=priority))


_PENDING = by_market(both("market_alert_state", state="pending"))
WORST_STATE = first_of(
    f"{colours.P1.code} * {_in('P1')}",
    f"{colours.P2.code} * {_in('P2')}",
    f"{colours.UNEVALUATED.code} + ({by_market(_KNOWN, 'min')} == 0)",
    f"{colours.P3.code} * {_in('P3')}",
    f"{colours.PENDING.code} * ({_PENDING} == 1)",
    f"{colours.NORMAL.code} * {by_market(_KNOWN)}",
    f"{colours.UNEVALUATED.code} + 0 * {_WATCHED}",
)
"""The worst of each market. What cannot be evaluated is unknown, not normal, unless something
pages or is told."""

_SIGNAL = 'label_replace({}, "signal", "$1", "signal", "(.+?)(?:_index)?_(?:bps|percent|quote)")'
_SCORES = _SIGNAL.format(f"max by ({_MARKET}, signal) (abs({of('market_baseline_zscore')}))")
_Z = f"topk by ({_MARKET}) (1, {_SCORES})"

_BEYOND = by_market(
    f"sum_over_time({of('market:slo_bad_seconds:increase5m')}[1d])"
    f" / (sum_over_time({of('market:slo_observed_seconds:increase5m')}[1d]) > 0)"
)


def _noted(expr: str, text: str) -> str:
    return f'label_replace({expr}, "note", "{text}", "", "")'


def _warming_up() -> str:
    """The samples of the youngest baseline, and how many it needs, as text."""
    needed = one(of("market_baseline_warmup_samples"))
    has = by_market(f"{one(of('market_baseline_samples'))} < {needed}", "min")
    needs = by_market(of("market_baseline_warmup_samples"))
    pair = (
        f'count_values by ({_MARKET}) ("has", {has})'
        f' * on ({_MARKET}) group_left (needs) count_values by ({_MARKET}) ("needs", {needs})'
    )
    joined = f'label_join({pair}, "note", "/", "has", "needs")'
    text = f'label_replace({joined}, "note", "warming up ($1)", "note", "(.+)")'
    return f"max by ({_MARKET}, note) ({text})"


def _note() -> str:
    """Why a market is not simply normal: planned, not traded, not known, or too young."""
    unknown = of("market_alert_evaluation_unknown", reason="!=zscore_warmup")
    known = of("market_alert_evaluation_known")
    nobody = f"({unknown} == 1 unless on ({_MARKET}, other, alert) {known} == 1)"
    reasons = f"topk by ({_MARKET}) (1, count by ({_MARKET}, reason) {nobody})"
    because = f'max by ({_MARKET}, note) (label_replace({reasons}, "note", "$1", "reason", "(.+)"))'
    return f"\nor on ({_MARKET})\n".join(
        (
            _noted(f"{by_market(of('market_maintenance_active'))} == 1", "maintenance"),
            _noted(f"{by_market(of('market_instrument_trading'))} == 0", "not traded"),
            because,
            _warming_up(),
        )
    )


_OF_BAND = 'market_alert_rule_info{band_bps="$band",drill=""}'
_BPS = Field("none", decimals=2, none="–")


def _figure(at: int, title: str, width: int, field: Field = _BPS) -> Sequence[Column]:
    """A figure, and how much of the way to its nearest threshold it has gone."""
    blank = " " * at
    return (
        Column(at, title, width, field),
        Column(at + 1, f"limit{blank}", 52, TO_LIMIT, coloured=True),
    )


_Z_SCORE = Field(
    "none",
    decimals=1,
    none="–",
    steps=((None, colours.GOOD), (3, colours.NEAR)),
)
_SHARE_BEYOND = Field(
    "percentunit",
    decimals=1,
    none="–",
    steps=((None, colours.GOOD), (0.005, colours.WARNING), (0.05, colours.BAD)),
)

MARKETS = grid(
    "Markets: spread, basis and divergence in bps, depth in quote currency",
    Says(
        "One row for each configured market, in the same place whatever happens to it. 'limit' is "
        "how much of the way to the nearest threshold the figure before it has gone; at 100 % it "
        "is beyond. 'Beyond' is the share of the last 24 h outside its objectives. |z| is the "
        "figure that is farthest from its baseline, and which it is. The alert is purple while "
        "anything of the market cannot be evaluated; the note says why.",
        "green throughout, limits below 70 %, no note.",
        "open the row with the worst colour. A row whose feed is not live says nothing of its "
        "market: mend the feed first.",
    ),
    (
        Column("exchange", "Exchange", 84),
        Column("instrument", "Instrument", 124),
        Column(1, "Alert", 80, Field("none", none="unknown", states=colours.ALERT_STATES), True),
        Column(0, "Feed", 62, Field("none", none="unseen", states=FEED_STATES), True),
        *_figure(2, "Spread", 62),
        *_figure(4, "Depth", 66, Field("short", decimals=1, none="–")),
        *_figure(6, "Basis", 54),
        *_figure(8, "Div.", 56),
        Column(10, "|z|", 46, _Z_SCORE, coloured=True),
        Column("signal", "of", 62),
        Column(11, "Beyond", 66, _SHARE_BEYOND, coloured=True),
        Column("note", "Note", 118),
    ),
    rows(f"0 * {_WATCHED} + on ({_MARKET}) (\n{FEED}\n)"),
    rows(WORST_STATE),
    rows(by_market(of("market_spread_bps"))),
    rows(by_market(closeness("spread_bps"))),
    rows(by_market(of("market_depth_quote", side="total", band_bps="$band"))),
    rows(by_market(f"{closeness('depth_quote')} and on (alert) {_OF_BAND}")),
    rows(by_market(of("market_basis_bps", reference="spot"))),
    rows(by_market(closeness("basis_bps"))),
    rows(by_market(both("market_divergence_bps", "abs({})"))),
    rows(by_market(closeness("exchange_divergence_bps", both))),
    rows(_Z),
    rows(_BEYOND),
    rows(_note()),
    links=(links.to_row(links.INSTRUMENT), links.to_row(links.FEEDS)),
)
