"""What is broken now, of feeds, exporter and the way to people, and one row a feed."""

from grafana.frame import colours, links
from grafana.frame.colours import State
from grafana.frame.layout import chosen
from grafana.frame.looks import TO_LIMIT, Field, Says, from_one
from grafana.frame.panels import stat_
from grafana.frame.queries import by_market, closeness, first_of, now, of, one, rows
from grafana.frame.tables import Column, grid

STREAM = chosen(
    "stream", "Stream", "label_values(market_feed_messages_total, stream)", first="book"
)
_SILENT = "no exporter"

_DEAD = stat_(
    "Feeds not live",
    Says(
        "How many markets have no live book, those left out that the exchange does not trade.",
        "0.",
        "the table below has them first. All of one exchange: its connection; all of several: "
        "the exporter or its network.",
    ),
    Field(
        "none",
        none=_SILENT,
        steps=from_one(colours.BAD),
    ),
    now(
        first_of(
            f"count({by_market(of('market:feed_up:held'))} == 0)",
            f"0 * count({of('market_feed_up')})",
        )
    ),
)
_GAPS = stat_(
    "Gaps, 1 h",
    Says(
        "How often a live book became unknown in the last hour, of all chosen markets together.",
        "0, or one for each reconnection the exchange asks for (about one a day).",
        "the panel of gaps by reason says which kind: a disconnect is the line, a sequence or "
        "checksum is the exchange or what we make of it.",
    ),
    Field(
        "none",
        none="no figures yet",
        steps=((None, colours.UNKNOWN), (0, colours.GOOD), (0.5, colours.NEAR)),
    ),
    now(f"sum({of('market:market_feed_gaps:increase1h')}) and on () count({of('market_feed_up')})"),
)
_NO_EXPORTER = State(0, "down", colours.BAD)
_SOME = State(1, "one down", colours.WARNING)
_ALL = State(2, "up", colours.GOOD)
_UP = 'up{job="market-exporter",drill=""}'
_EXPORTER = stat_(
    "Exporter",
    Says(
        "Whether the exporter answers Prometheus; of a pair, whether both do.",
        "up.",
        "nothing on any dashboard is of now while it is down. Begin here: runbook exporter_down.",
    ),
    Field(
        "none",
        none="not scraped",
        steps=((None, colours.UNKNOWN),),
        states=(_NO_EXPORTER, _SOME, _ALL),
    ),
    now(f"min({_UP}) + max({_UP})"),
)
_REFUSED = State(0, "refused", colours.WARNING)
_ACCEPTED = State(1, "accepted", colours.GOOD)
CONFIGURED = (_REFUSED, _ACCEPTED)
RELOADED = first_of(
    'market_exporter_config_last_reload_successful{drill=""}',
    "prometheus_config_last_reload_successful",
    "alertmanager_config_last_reload_successful",
)
"""1 for each program that took its configuration, 0 for one that refused it."""
_CONFIGURATION = stat_(
    "Configuration",
    Says(
        "Whether exporter, Prometheus and Alertmanager took the configuration that stands on disk.",
        "accepted.",
        "the one before stays in force, but a restart fails. The table below says whose it is; "
        "`market-quality-exporter check`, `promtool check config` or `amtool check-config` says "
        "why.",
    ),
    Field("none", none=_SILENT, steps=((None, colours.UNKNOWN),), states=CONFIGURED),
    now(
        f"min({RELOADED})\nand on ()"
        ' count(market_exporter_config_last_reload_successful{drill=""})'
    ),
)
_PAGING = stat_(
    "Paging faults",
    Says(
        "What is wrong on the way from a rule to a person: alerts of kind paging that fire, and "
        "Alertmanagers that do not answer or that Prometheus does not know of.",
        "0.",
        "alerts may reach nobody. The panels at the end of this page show where it breaks.",
    ),
    Field(
        "none",
        none="rules do not run",
        steps=from_one(colours.BAD),
    ),
    now(
        first_of(
            'count(ALERTS{kind="paging",alertstate="firing"}'
            ' or up{job="alertmanager"} == 0'
            " or prometheus_notifications_alertmanagers_discovered < 1)",
            '0 * count(ALERTS{alertname="watchdog",alertstate="firing"})',
        )
    ),
)
DRILLED = 'market_exporter_drill_last_success_timestamp_seconds{drill=""}'
_DRILL = stat_(
    "Drill due in",
    Says(
        "The time until the next drill must have succeeded (drills.every_days after the last).",
        "more than zero.",
        "run a drill (docs/drills.md): whether an incident would still reach somebody was not "
        "tried for too long.",
    ),
    Field("s", none="none seen", steps=((None, colours.WARNING), (0, colours.GOOD))),
    now(f'max({DRILLED}) + max(market_exporter_drill_every_seconds{{drill=""}}) - time()'),
)
FIRST = ((_DEAD, 4), (_EXPORTER, 4), (_GAPS, 4), (_CONFIGURATION, 4), (_PAGING, 4), (_DRILL, 4))

_LIVE = State(0, "live", colours.GOOD)
_HALTED = State(1, "halted", colours.IDLE)
_POLLED = State(2, "polled", colours.NEAR)
_DOWN = State(3, "down", colours.BAD)
_UNSEEN = State(4, "unseen", colours.UNKNOWN)
_STATE = first_of(
    f"{_HALTED.code} + ({by_market(of('market_instrument_trading'))} == 0)",
    f"{_LIVE.code} * ({by_market(of('market_feed_up'))} == 1)",
    f"{_POLLED.code} * ({by_market(of('market_feed_degraded'))} == 1)",
    f"{_DOWN.code} - {_DOWN.code} * {by_market(of('market_feed_up'))}",
    f"{_UNSEEN.code} + 0 * {by_market('last_over_time(' + of('market_feed_up') + '[15m])')}",
)
"""The worse, the larger, so that the worst are on top."""


def _age(timestamp: str) -> str:
    return f"clamp_min(time() - {by_market(timestamp)}, 0)"


_TRADED = f"unless on (exchange, instrument) {of('market_instrument_trading')} == 0"
_BOOK_AGE = _age(of("market_feed_last_message_timestamp_seconds", stream="book"))
_AGE = Field("s", decimals=1, none="–")
_COUNT = Field("none", none="–", steps=((None, colours.NO_COLOUR), (0.5, colours.NEAR)))

FEEDS_TABLE = grid(
    "Feeds, the worst first",
    Says(
        "One row for each market. 'Message' is the age of the last message of the book's stream, "
        "'change' that of the last that changed the book; 'limit' is the share of the silence "
        "after which the book is stale, or of that after which it is frozen. Latency is of the "
        "chosen stream.",
        "live, limits below 70 %, no gaps, a clock within half a second.",
        "down with a growing age: nothing comes. Down with a young age: it comes, but does not "
        "fit together: look at the gaps. A row opens the market.",
    ),
    (
        Column("exchange", "Exchange", 84),
        Column("instrument", "Instrument", 140),
        Column(
            0, "State", 86, Field("none", none="unseen", states=(
                _LIVE, _HALTED, _POLLED, _DOWN, _UNSEEN)), True,
        ),
        Column(1, "Message", 78, _AGE),
        Column(2, "limit", 58, TO_LIMIT, True),
        Column(3, "Change", 78, _AGE),
        Column(4, "limit ", 58, TO_LIMIT, True),
        Column(5, "Msgs/s", 66, Field("none", decimals=1, none="–")),
        Column(6, "p99 latency", 94, Field("s", decimals=1, none="–")),
        Column(7, "Gaps 1 h", 80, _COUNT, True),
        Column(8, "Resyncs", 80, _COUNT, True),
        Column(9, "Refused", 78, _COUNT, True),
        Column(
            10, "Clock", 80,
            Field(
                "s",
                decimals=1,
                none="–",
                steps=((None, colours.WARNING), (-0.5, colours.NO_COLOUR), (0.5, colours.WARNING)),
            ),
            True,
        ),
    ),
    rows(_STATE),
    rows(_BOOK_AGE),
    rows(f"{_BOOK_AGE} / {by_market(of('market_feed_silence_limit_seconds'))} {_TRADED}"),
    rows(_age(of("market_book_last_change_timestamp_seconds"))),
    rows(by_market(closeness("unchanged_seconds"))),
    rows(by_market(of("market:market_feed_messages:rate1m"), "sum")),
    rows(f"{by_market(of('market:market_feed_latency_seconds:p99_5m', stream='$stream'))} >= 0"),
    rows(by_market(of("market:market_feed_gaps:increase1h"))),
    rows(by_market(f"increase({of('market_feed_resyncs_total')}[1h])")),
    rows(by_market(f"increase({of('market_feed_decode_errors_total')}[1h])")),
    rows(by_market(one(of("market_feed_clock_skew_seconds")))),
    sort="State",
    links=(links.to_row(links.INSTRUMENT),),
)  # fmt: skip
