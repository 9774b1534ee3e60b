"""How quick, how steady and how whole the feeds are, over time."""

from exporter.model import Stream
from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph, heat
from grafana.frame.queries import Query, buckets, of, of_exchange, one, ranked

_NONE = "no messages in this time"
_BUCKETS = of_exchange("exchange:market_feed_latency_seconds_bucket:rate1m", stream="$stream")

_HEAT = heat(
    "Latency of $stream: messages a second",
    Says(
        "From the exchange's time in the message to its receipt, by two clocks, of the chosen "
        "stream and all markets of the chosen exchanges. The brighter, the more messages.",
        "one narrow band that stays where it is.",
        "a band that rises and falls with the message rate is a queue, here or there; a second "
        "band is a second way or a second server of the exchange.",
    ),
    Field("mps", decimals=1, none=_NONE, minimum=0),
    buckets(f"sum by (le) ({_BUCKETS})"),
    "s",
)


def _quantile(q: float) -> Query:
    of_all = f"histogram_quantile({q}, sum by (exchange, le) ({_BUCKETS})) >= 0"
    return Query(of_all, f"{{{{exchange}}}} p{100 * q:.0f}")


_QUANTILES = graph(
    "Latency of $stream by exchange",
    Says(
        "99 % of the messages are as quick as this or quicker, and half of them as the dashed "
        "line; all markets of the exchange.",
        "steady; tens of milliseconds nearby, a few hundred over an ocean.",
        "one exchange alone: its own or the way to it. All together: ours; look at the event-loop "
        "delay and the clock below.",
    ),
    Field("s", decimals=1, none=_NONE, minimum=0),
    _quantile(0.5),
    _quantile(0.99),
    each=True,
    lines=colours.BY_EXCHANGE,
    limits=(".* p50",),
)


def _worst(series: str, **labels: str) -> list[Query]:
    """Those of a recorded series that were largest at some time of the range."""
    shown = of(series, **labels)
    most = f"max_over_time({shown}[$__range] @ end())"
    return ranked(shown, most, 4, "exchange, instrument", "{{exchange}} {{instrument}}")


_SLOWEST = graph(
    "p99 latency of $stream, the four slowest markets",
    Says(
        "The latency that 99 % of the messages of five minutes keep, of the chosen markets that "
        "were slowest at some time of the range.",
        "all about the same.",
        "a single slow market is a busy one: compare its message rate. Its figures are late by "
        "as much.",
    ),
    Field("s", decimals=1, none=_NONE, minimum=0),
    *_worst("market:market_feed_latency_seconds:p99_5m", stream="$stream"),
    calcs=(),
)
_SKEW = graph(
    "Clock skew by exchange",
    Says(
        "The least latency of a minute, of each exchange's slowest and (dashed) quickest market. "
        "More than the way takes is our clock being ahead; below zero it is behind.",
        "above zero by the time of the way, far below half a second.",
        "all exchanges alike: ours is wrong, look at its time service. One alone: the exchange's. "
        "Latencies are wrong by as much.",
    ),
    Field("s", decimals=1, none="unknown: no live feed"),
    Query(f"min by (exchange) ({of('market_feed_clock_skew_seconds')})", "{{exchange}} least"),
    Query(f"max by (exchange) ({of('market_feed_clock_skew_seconds')})", "{{exchange}} most"),
    each=True,
    lines=colours.BY_EXCHANGE,
    limits=(".* least",),
)
LATENCY = (_HEAT, _QUANTILES, _SLOWEST, _SKEW)

_SHOWN = (str(stream) for stream in Stream if stream is not Stream.TICKER)
_STREAMS = dict(zip(_SHOWN, colours.LINES, strict=True))
_RATE = of("market:market_feed_messages:rate1m")
_BY_EXCHANGE = graph(
    "Messages by exchange",
    Says(
        "Messages a second of the chosen markets, all streams together.",
        "follows the market; never zero.",
        "a step down is a stream that was lost; zero is a connection. A step up in a hectic "
        "market may end in dropped frames.",
    ),
    Field("mps", decimals=1, none=_NONE, minimum=0),
    Query(f"sum by (exchange) ({_RATE})", "{{exchange}}"),
    each=True,
    lines=colours.BY_EXCHANGE,
)
_BY_STREAM = graph(
    "Messages by stream",
    Says(
        "Messages a second of the chosen markets and exchanges, by what they are about.",
        "book and quote lead; funding is rare.",
        "one stream alone at zero: its subscription was lost, or the exchange changed it.",
    ),
    Field("mps", decimals=1, none=_NONE, minimum=0),
    Query(f"sum by (stream) ({_RATE})", "{{stream}}"),
    each=True,
    lines=_STREAMS,
)
_MESSAGE_AGE = graph(
    "Age of the last message, the four oldest",
    Says(
        "The longest wait for a message of the book's stream in each 15 seconds, of those chosen "
        "markets that waited longest in the range. The dashed line is the shortest silence after "
        "which a book is stale.",
        "far below the line.",
        "above it the market counts as not live. A line that climbs on and on: feed_silent tells; "
        "the connection is open and nothing comes.",
    ),
    Field("s", decimals=1, none="no feed seen", minimum=0),
    *_worst("market:market_feed_message_age_seconds:max15s"),
    Query(f"min({of('market_feed_silence_limit_seconds')})", "stale after"),
    calcs=(),
    lines={"stale after": colours.LIMIT},
    limits=("stale after",),
)
_CHANGE_AGE = graph(
    "Age of the last change of a book, the four oldest",
    Says(
        "How long the content of the book had stood still at worst in each 15 seconds, of those "
        "chosen markets whose book stood longest in the range. The dashed line is the shortest "
        "time after which a book counts as frozen.",
        "far below the line; more in quiet markets.",
        "messages come and nothing changes: the exchange sends the same again and again. Alert "
        "book_frozen tells; compare with its website.",
    ),
    Field("s", decimals=1, none="no book seen", minimum=0),
    *_worst("market:market_book_change_age_seconds:max15s"),
    Query(f"min({one(of('market_alert_threshold', alert='book_frozen'))})", "frozen after"),
    calcs=(),
    lines={"frozen after": colours.LIMIT},
    limits=("frozen after",),
)
STEADINESS = (_BY_EXCHANGE, _BY_STREAM, _MESSAGE_AGE, _CHANGE_AGE)
