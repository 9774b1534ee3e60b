"""Market-quality objectives: are they met, and who uses up the budgets?"""

from grafana.boards.objectives_history import (
    BAD_SECONDS,
    BURNT,
    COVERAGES,
    COVERED,
    NOT_COUNTED,
)
from grafana.boards.objectives_now import BUDGETS, BURN_DOWN, BURNING, FIRST
from grafana.boards.objectives_series import OBJECTIVE
from grafana.boards.objectives_table import WORST
from grafana.frame import links
from grafana.frame.layout import Board, Row, exchange, instrument

OBJECTIVES = Board(
    links.OBJECTIVES,
    "Are the markets as good as they are to be, which are not, and how fast do budgets burn?",
    (
        Row(4, FIRST),
        Row(10, ((BUDGETS, 13), (BURN_DOWN, 11))),
        Row(8, ((BURNING, 24),), "Burning"),
        Row(8, tuple((panel, 12) for panel in BURNT)),
        Row(10, ((WORST, 24),), "30 days"),
        Row(9, ((BAD_SECONDS, 12), (NOT_COUNTED, 12))),
        Row(10, ((COVERAGES, 13), (COVERED, 11)), "Coverage"),
    ),
    (exchange(), instrument(), OBJECTIVE),
    refresh="1m",
    range="now-30d",
)
"""Over 30 days, so that all that is in a budget is in the picture."""
