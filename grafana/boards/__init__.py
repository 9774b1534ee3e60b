"""All dashboards, in the order of their menu."""

from collections.abc import Sequence

from grafana.boards.alerts import ALERTS
from grafana.boards.feeds import FEEDS
from grafana.boards.health import HEALTH
from grafana.boards.instrument import INSTRUMENT
from grafana.boards.objectives import OBJECTIVES
from grafana.frame.layout import Board

BOARDS: Sequence[Board] = (HEALTH, INSTRUMENT, ALERTS, FEEDS, OBJECTIVES)
