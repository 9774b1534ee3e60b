"""What breaks in the feeds, and what they ask of the exchanges."""

from exporter.model import GapReason
from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph
from grafana.frame.queries import Query, of, of_exchange, one

_NONE = "no exporter"
_TIMES = Field("none", none="none seen in this time", minimum=0)


def _increase(series: str) -> str:
    """Of a counter that exists from the first page on."""
    return f"increase({series}[$__rate_interval])"


def _happened(series: str) -> str:
    """Of a counter that begins to exist with its first event, which is no increase yet: it is new
    where its exporter was seen without it."""
    before = f"last_over_time({series}[5m] offset $__rate_interval)"
    seen = 'up{job="market-exporter"} offset $__rate_interval == 1'
    return f"({series} unless {before} and on (instance, job) {seen} or {_increase(series)})"


_REASONS = dict(zip((*GapReason, "resynced"), colours.LINES, strict=True))
_GAPS = graph(
    "Gaps by reason, and resyncs",
    Says(
        "How often live books of the chosen markets became unknown in the five minutes before, "
        "and how often (dashed) books came back.",
        "nothing; each gap followed by a resync within seconds.",
        "disconnect: the line. sequence: messages were lost. checksum: our book or theirs is "
        "wrong. precision, value: the exchange sent what it should not. No resync after a gap: "
        "its snapshot cannot be had; look at REST.",
    ),
    Field("none", none="no figures yet", minimum=0),
    Query(f"sum by (reason) ({of('market:market_feed_gaps:increase5m')}) > 0", "{{reason}}"),
    Query(f"sum({of('market:market_feed_resyncs:increase5m')})", "resynced"),
    calcs=("max",),
    each=True,
    lines=_REASONS,
    limits=("resynced",),
)
_LOSSES = {
    ".* closed": colours.FIRST,
    ".* unreachable": colours.SECOND,
    ".* silent": colours.THIRD,
    ".* unanswered": colours.FOURTH,
    ".* replaced": colours.SIXTH,
    ".* stream (gap|crossed)": colours.FIFTH,
}
_LOST = of_exchange("market_exporter_reconnects_total")
_RESTARTED = of_exchange("market_exporter_streams_restarted_total")
_RECONNECTS = graph(
    "Reconnections and restarted streams by reason",
    Says(
        "WebSockets lost or not had, and streams that were subscribed anew on an open one, in "
        "each step.",
        "'replaced' about once a day and connection; nothing else.",
        "closed: the exchange or the way ended it. unreachable: nobody answers. silent: open, but "
        "nothing comes. unanswered: no subscription is acknowledged.",
    ),
    _TIMES,
    Query(f"sum by (exchange, reason) ({_happened(_LOST)}) > 0", "{{exchange}} {{reason}}"),
    Query(
        f"sum by (exchange, reason) ({_happened(_RESTARTED)}) > 0",
        "{{exchange}} stream {{reason}}",
    ),
    calcs=("max",),
    bars=True,
    each=True,
    lines=_LOSSES,
)
_FRAMES = of_exchange("market_exporter_frames_total", result="=~refused|dropped")
_ANSWERS = of_exchange("market_exporter_rest_answers_total", result="refused")
_REFUSED = graph(
    "Refused and dropped",
    Says(
        "WebSocket frames and REST answers that could not be read (refused), and frames that "
        "came quicker than they could be processed (dropped), in each step.",
        "nothing, ever.",
        "refused: the exchange may have changed its protocol; the log has the frame. dropped: "
        "too much for this machine; alert frames_dropped.",
    ),
    Field("none", none=_NONE, minimum=0),
    Query(
        f"sum by (exchange, result) ({one(_increase(_FRAMES))})", "{{exchange}} frames {{result}}"
    ),
    Query(f"sum by (exchange) ({one(_increase(_ANSWERS))})", "{{exchange}} REST refused"),
    calcs=(),
    bars=True,
    each=True,
    lines={
        ".* frames refused": colours.SECOND,
        ".* frames dropped": colours.FIFTH,
        ".* REST refused": colours.THIRD,
    },
).axis_soft_max(1)
_WAITING = graph(
    "Frames and book updates that wait",
    Says(
        "Frames received that nobody has processed yet, and book updates that wait for the "
        "snapshot of their book.",
        "frames about 0; updates only for seconds after a gap.",
        "frames that pile up are dropped in the end: look at CPU and event-loop delay. Updates "
        "that pile up: the snapshot does not come, look at REST.",
    ),
    Field("none", none=_NONE, minimum=0),
    Query('sum(market_exporter_queue_frames{drill=""})', "frames"),
    Query(f"sum by (exchange) ({one(of('market_book_updates_waiting'))})", "{{exchange}} updates"),
    calcs=("max",),
    each=True,
    lines={"frames": colours.SIXTH, **colours.BY_EXCHANGE},
)
_REQUESTS = of_exchange("market_exporter_rest_requests_total")
_REST = graph(
    "REST requests by result",
    Says(
        "Requests to the exchanges in each step, by what came of them: ok, timeout, unreachable, "
        "oversize, or the HTTP status.",
        "a few ok, more after a gap and while a book is polled.",
        "429 or 418: the exchange refuses, its limit is used up; the exporter waits. timeout, "
        "unreachable: snapshots cannot be had, gaps last.",
    ),
    _TIMES,
    Query(f"sum by (exchange, result) ({_happened(_REQUESTS)}) > 0", "{{exchange}} {{result}}"),
    calcs=("max",),
    bars=True,
    each=True,
    lines={
        **colours.BY_EXCHANGE,
        ".* (timeout|unreachable|oversize)": colours.FIFTH,
        ".* [0-9]+": colours.THIRD,
    },
)
BREAKS = (_GAPS, _RECONNECTS, _REFUSED, _WAITING, _REST)
