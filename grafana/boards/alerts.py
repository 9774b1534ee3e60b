"""Alerts: which fire, which nearly do, which cannot, and which only make noise?"""

from grafana.boards.active import ACTIVE_ALERTS, URLS
from grafana.boards.alerts_history import (
    BLINDLY,
    DAILY_ENDINGS,
    DAILY_FIRINGS,
    DAILY_SECONDS,
    ESCALATED,
    PAGES,
    RESOLVE_DAY,
    RESOLVE_WEEK,
    STARTED,
)
from grafana.boards.alerts_near import BLIND, IN_FORCE, NEAREST
from grafana.boards.alerts_noise import NOISE, NOISIEST
from grafana.boards.alerts_states import KNOWN_NOW, NOT_SHOWN, P1, P2, P3, PENDING, STATES
from grafana.frame import links
from grafana.frame.layout import Board, Row, exchange, instrument

_FIGURES = (STARTED, PAGES, ESCALATED, BLINDLY, RESOLVE_DAY, RESOLVE_WEEK)

ALERTS = Board(
    links.ALERTS,
    "Which alerts fire, which nearly do, which cannot, and which only make noise?",
    (
        Row(4, tuple((panel, 4) for panel in (P1, P2, P3, PENDING, KNOWN_NOW, NOT_SHOWN))),
        Row(12, ((STATES, 24),)),
        Row(8, ((ACTIVE_ALERTS, 24),)),
        Row(9, ((NEAREST, 24),)),
        Row(8, ((IN_FORCE, 14), (BLIND, 10))),
        Row(4, tuple((panel, 4) for panel in _FIGURES), "The last days"),
        Row(8, ((DAILY_FIRINGS, 12), (DAILY_SECONDS, 12))),
        Row(9, ((NOISE, 12), (DAILY_ENDINGS, 12))),
        Row(10, ((NOISIEST, 24),)),
    ),
    (exchange(), instrument(), *URLS),
)
