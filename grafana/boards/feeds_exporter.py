"""How the exporter itself is doing."""

from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph
from grafana.frame.queries import Query

_OWN = 'job="market-exporter",drill=""'
_NONE = "no exporter"


def _quantile(q: float, histogram: str) -> str:
    """Of a histogram of each exporter; it says nothing while nothing is measured."""
    rate = f'rate({histogram}_bucket{{drill=""}}[$__rate_interval])'
    return f"histogram_quantile({q}, sum by (instance, le) ({rate})) >= 0"


_DELAY = graph(
    "Event-loop delay",
    Says(
        "How late the exporter's loop comes to what is due: half of the time, and in the worst "
        "hundredth. Every timestamp of a message is late by as much.",
        "p50 below 2 ms, p99 below 25 ms.",
        "no CPU is left, or one piece of work takes long: compare CPU and page time. Above 100 ms "
        "latencies say more of us than of the exchanges.",
    ),
    Field("s", decimals=1, none=_NONE, minimum=0),
    Query(_quantile(0.5, "market_exporter_loop_delay_seconds"), "{{instance}} p50"),
    Query(_quantile(0.99, "market_exporter_loop_delay_seconds"), "{{instance}} p99"),
)
_PAGE = graph(
    "Scrape and page time",
    Says(
        "How long Prometheus waited for the page, and how long the exporter took to build it "
        "(99 % of pages).",
        "below 100 ms up to 50 markets.",
        "near the line scrapes fail and every graph has holes: fewer markets for each exporter, or "
        "a longer interval (docs/deployment.md).",
    ),
    Field("s", decimals=1, none=_NONE, minimum=0),
    Query(f"max by (instance) (scrape_duration_seconds{{{_OWN}}})", "{{instance}} scrape"),
    Query(_quantile(0.99, "market_exporter_page_duration_seconds"), "{{instance}} page p99"),
)
_SAMPLES = graph(
    "Samples scraped",
    Says(
        "How many series the page has.",
        "flat; it changes with the configuration.",
        "a step down: markets or feeds went. Growth without an end: report it as a fault.",
    ),
    Field("short", decimals=1, none=_NONE, minimum=0),
    Query(f"max by (instance) (scrape_samples_scraped{{{_OWN}}})", "{{instance}}"),
)
_CPU = graph(
    "CPU",
    Says(
        "The share of one processor that the exporter uses. It runs on one.",
        "below 70 %.",
        "near 100 % frames wait and are dropped in the end: fewer markets for each exporter.",
    ),
    Field("percentunit", decimals=1, none=_NONE, minimum=0),
    Query(f"rate(process_cpu_seconds_total{{{_OWN}}}[$__rate_interval])", "{{instance}}"),
)
_MEMORY = graph(
    "Memory",
    Says(
        "Resident memory of the exporter.",
        "flat after the first quarter of an hour.",
        "growth that does not end is a leak: note how fast, restart it, report it.",
    ),
    Field("bytes", decimals=1, none=_NONE, minimum=0),
    Query(f"process_resident_memory_bytes{{{_OWN}}}", "{{instance}}"),
)
_TASKS = graph(
    "Tasks and connections",
    Says(
        "Tasks of the event loop, and open WebSockets by exchange.",
        "flat while the same markets are watched.",
        "tasks that only grow are a leak. An exchange with fewer connections than usual is "
        "reconnecting.",
    ),
    Field("none", none=_NONE, minimum=0),
    Query('sum by (instance) (market_exporter_tasks{drill=""})', "{{instance}} tasks"),
    Query(
        'sum by (exchange) (market_exporter_connections{exchange=~"$exchange",drill=""})',
        "{{exchange}} connections",
    ),
    each=True,
    lines={".* tasks": colours.SIXTH, **colours.BY_EXCHANGE},
)
EXPORTER = (_DELAY, _PAGE, _SAMPLES, _CPU, _MEMORY, _TASKS)
