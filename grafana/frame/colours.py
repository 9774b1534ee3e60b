"""Colours, each with one meaning on every dashboard.

Those of states are from the palette of Okabe and Ito, which stays distinct for people who see
colours differently; those of lines are lighter, so that no line looks like a state.
"""

from typing import NamedTuple

GOOD = "#009E73"
NEAR = "#F0E442"
NOTED = "#DDCC77"
WARNING = "#E69F00"
BAD = "#D55E00"
UNKNOWN = "#CC79A7"
PLANNED = "#0072B2"
IDLE = "#6E7681"
NO_COLOUR = "transparent"

FIRST = "#77AADD"
SECOND = "#FFAABB"
THIRD = "#BBCC33"
FOURTH = "#44BB99"
FIFTH = "#EE8866"
SIXTH = "#DDDDDD"
LINES = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH)
"""Lines of a graph, in the order of its queries."""

BY_EXCHANGE = {"binance.*": FIRST, "okx.*": SECOND}
"""Lines of exchanges, by how their names begin."""

BID, ASK, TOTAL = FIRST, SECOND, SIXTH
LIMIT = WARNING
HARD_LIMIT = BAD


class State(NamedTuple):
    """A state as a number in a query, what it is called, and its colour."""

    code: int
    text: str
    colour: str


NORMAL = State(0, "normal", GOOD)
UNEVALUATED = State(1, "unknown", UNKNOWN)
PENDING = State(2, "pending", NEAR)
P3 = State(3, "P3 firing", NOTED)
P2 = State(4, "P2 firing", WARNING)
P1 = State(5, "P1 firing", BAD)
ALERT_STATES = (NORMAL, UNEVALUATED, PENDING, P3, P2, P1)
"""The codes are those of market:alert_state:code."""

DOWN = State(0, "down", BAD)
UP = State(1, "live", GOOD)
UP_STATES = (DOWN, UP)

PALETTE = frozenset({GOOD, NEAR, NOTED, WARNING, BAD, UNKNOWN, PLANNED, IDLE, NO_COLOUR, *LINES})
