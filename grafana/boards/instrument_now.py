"""How one market is now: the stats on top of its dashboard."""

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.boards.markets import FEED, FEED_STATES
from grafana.frame import colours
from grafana.frame.colours import State
from grafana.frame.looks import Field, Says
from grafana.frame.panels import stat_
from grafana.frame.queries import closeness, either, first_of, now, of, one

_BLIND = ((None, colours.UNKNOWN),)
_UNKNOWN, _NO_LIMIT = -2, -1
_COLOUR = (
    "The colour is of the way to the nearest threshold that the figure has gone: yellow from 70 %, "
    "orange from 100 %."
)


def _text(expr: str, text: str) -> str:
    return f'label_replace({expr}, "text", "{text}", "", "")'


def _first_text(*exprs: str) -> str:
    """The first that there is, with its text as its only label."""
    return "\nor on () ".join(exprs)


def _figure(
    title: str,
    says: Says,
    value: str,
    signal: str,
    unit: str = "bps",
    none: tuple[str, str] = ("unknown", colours.UNKNOWN),
) -> stat.Panel:
    """A figure as text, before the colour of how near to a limit it is; `none` is text and colour
    where there is no figure."""
    share = f"(max({closeness(signal)}) or {_NO_LIMIT} + 0 * max({value}))"
    figure = f'{share}\n* on () group_left (text) count_values("text", {value})'
    without, colour = none
    return stat_(
        title,
        says,
        Field(
            "none",
            none=without,
            steps=(
                (None, colour),
                (_NO_LIMIT, colours.FIRST),
                (0, colours.GOOD),
                (0.7, colours.NEAR),
                (1, colours.WARNING),
            ),
        ),
        now(
            _first_text(
                f'label_replace({figure}, "text", "$1 {unit}", "text", "(.+)")',
                _text(f"vector({_UNKNOWN})", without),
            ),
            "{{text}}",
        ),
        text=BigValueTextMode.NAME,
    )


_FIRING = "market:alert_firing:held"
_KNOWN = one(either("market_alert_evaluation_known"))
ALERT = stat_(
    "Alert",
    Says(
        "The worst state of this market's alerts, those among them that compare it with another "
        "exchange. It is unknown while any alert cannot be evaluated and none pages or is told.",
        "normal.",
        "the list below names each alert, with its explanation and its runbook.",
    ),
    Field("none", none="unknown", steps=_BLIND, states=colours.ALERT_STATES),
    now(
        first_of(
            f"{colours.P1.code} * max({either(_FIRING, priority='P1')})",
            f"{colours.P2.code} * max({either(_FIRING, priority='P2')})",
            f"{colours.UNEVALUATED.code} + (min({_KNOWN}) == 0)",
            f"{colours.P3.code} * max({either(_FIRING, priority='P3')})",
            f"{colours.PENDING.code} * (max({either('market_alert_state', state='pending')}) == 1)",
            f"{colours.NORMAL.code} * max({_KNOWN})",
        )
    ),
)
FEED_NOW = stat_(
    "Feed",
    Says(
        "Whether the book of this market can be believed. 'polled': its stream is down and REST "
        "stands in, so figures come now and then and no time is counted.",
        "live.",
        "what is said of the market is of before, or nothing. Open Feeds and exporter.",
    ),
    Field("none", none="unseen", steps=_BLIND, states=FEED_STATES),
    now(f"max(\n{FEED}\n)"),
)
SPREAD_NOW = _figure(
    "Spread",
    Says(
        f"Best ask against best bid, in bps of the mid. {_COLOUR}",
        "green, some hundredths of a bps for a liquid market.",
        "see the graph of the spread for since when, and the depth: is anybody quoting?",
    ),
    f"round(max({of('market_spread_bps')}), 0.001)",
    "spread_bps",
)
DEPTH_NOW = _figure(
    "Depth",
    Says(
        "What rests on both sides within the band that is chosen above, in thousands of the quote "
        f"currency. {_COLOUR}",
        "green.",
        "see the graph of the depth: one side or both, and is the figure complete?",
    ),
    f"round(max({of('market_depth_quote', side='total', band_bps='$band')}) / 1000)",
    "depth_quote",
    unit="k",
)
BASIS_NOW = _figure(
    "Basis",
    Says(
        f"The perpetual against spot of the same exchange, in bps. {_COLOUR} There is none for a "
        "spot market, or while one of the two books is unknown.",
        "green; a few bps, of either sign.",
        "see the graph of the basis: is it against all references, or has spot alone moved?",
    ),
    f"round(max({of('market_basis_bps', reference='spot')}), 0.01)",
    "basis_bps",
    none=("none seen", colours.IDLE),
)
Z_NOW = stat_(
    "|z|",
    Says(
        "The largest distance from normal of this market's signals, in standard deviations of "
        "its baseline, and whose it is. 50 is the cap.",
        "below 2.",
        "alone it fires nothing: its threshold must be passed as well. See the graph of z.",
    ),
    Field(
        "none",
        decimals=1,
        none="unknown",
        steps=(
            (None, colours.UNKNOWN),
            (0, colours.GOOD),
            (2, colours.NEAR),
            (3, colours.WARNING),
        ),
    ),
    now(
        "label_replace(topk(1, max by (signal) (abs("
        f"{of('market_baseline_zscore')}"
        '))), "signal", "$1", "signal", "(.+)_(?:bps|percent|quote)")',
        "{{signal}}",
    ),
    text=BigValueTextMode.VALUE_AND_NAME,
)

_YOUNG = f"{one(of('market_baseline_samples'))} < {one(of('market_baseline_warmup_samples'))}"
_WARMING = (
    f'label_join(0 * count_values("has", min({_YOUNG})) * on () group_left (needs)'
    f' count_values("needs", max({of("market_baseline_warmup_samples")})),'
    ' "text", "/", "has", "needs")'
)
_FROZEN = _text(f"1 + 0 * max({of('market_baseline_frozen_seconds')} > 0)", "frozen")
_LEARNING = _text(f"2 + 0 * max({of('market_baseline_samples')})", "learning")
BASELINE = stat_(
    "Baseline",
    Says(
        "What this market's baselines do: '15/30' says how many samples of those that it needs "
        "the youngest has; a frozen one does not learn from what is going on.",
        "learning; a count for the first half minute after a start or a gap.",
        "while it warms up, alerts that ask for a z are unknown; ceilings are in force. Frozen "
        "with nothing pending: see the baselines below.",
    ),
    Field(
        "none",
        none="unknown",
        steps=((None, colours.UNKNOWN), (1, colours.IDLE), (2, colours.GOOD)),
    ),
    now(
        _first_text(_WARMING, _FROZEN, _LEARNING, _text(f"vector({_UNKNOWN})", "unknown")),
        "{{text}}",
    ),
    text=BigValueTextMode.NAME,
)
PLANNED = stat_(
    "Planned",
    Says(
        "Whether the market is in planned maintenance: its alerts are silenced, its objectives do "
        "not count.",
        "none, or what was announced.",
        "a market that should be watched again: end its maintenance (docs/maintenance.md).",
    ),
    Field(
        "none",
        none="not asked",
        steps=((None, colours.IDLE),),
        states=(State(0, "none", colours.GOOD), State(1, "work", colours.PLANNED)),
    ),
    now(f"max({of('market_maintenance_active')})"),
)
