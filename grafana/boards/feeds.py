"""Feeds and exporter: is what we see true, and would somebody be told?"""

from grafana.boards.feeds_breaks import BREAKS
from grafana.boards.feeds_exporter import EXPORTER
from grafana.boards.feeds_now import FEEDS_TABLE, FIRST, STREAM
from grafana.boards.feeds_paging import PATH, STATES
from grafana.boards.feeds_streams import LATENCY, STEADINESS
from grafana.frame import links
from grafana.frame.layout import Board, Row, exchange, instrument

FEEDS = Board(
    links.FEEDS,
    "Is what we see of the exchanges true, whole and in time, and would somebody be told?",
    (
        Row(4, FIRST),
        Row(9, ((FEEDS_TABLE, 24),)),
        Row(8, ((LATENCY[0], 12), (LATENCY[1], 12)), "Latency and clocks"),
        Row(8, ((LATENCY[2], 12), (LATENCY[3], 12))),
        Row(8, ((STEADINESS[0], 12), (STEADINESS[1], 12)), "Messages"),
        Row(8, ((STEADINESS[2], 12), (STEADINESS[3], 12))),
        Row(8, tuple((panel, 12) for panel in BREAKS[:2]), "What broke"),
        Row(9, tuple((panel, 8) for panel in BREAKS[2:])),
        Row(7, tuple((panel, 8) for panel in EXPORTER[:3]), "Exporter"),
        Row(7, tuple((panel, 8) for panel in EXPORTER[3:])),
        Row(
            7,
            ((STATES[0], 9), (STATES[1], 10), (STATES[2], 5)),
            "Configuration, and the way to people",
        ),
        Row(8, tuple((panel, 12) for panel in PATH[:2])),
        Row(8, tuple((panel, 12) for panel in PATH[2:])),
    ),
    (exchange(), instrument(), STREAM),
)
