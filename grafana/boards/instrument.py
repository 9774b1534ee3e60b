"""Instrument: what is wrong with one market, since when, and how far beyond its limits?"""

from grafana.boards.active import URLS
from grafana.boards.instrument_alerts import ACTIVE, MARKS, NEAREST, STATES
from grafana.boards.instrument_book import DEPTH, DROPS, IMBALANCE, SPREAD
from grafana.boards.instrument_breach import (
    BASIS_BEYOND,
    HEATMAP,
    SPREAD_BEYOND,
    SPREAD_BEYOND_LONG,
    TYPICAL,
)
from grafana.boards.instrument_normal import BASELINES, Z
from grafana.boards.instrument_now import (
    ALERT,
    BASELINE,
    BASIS_NOW,
    DEPTH_NOW,
    FEED_NOW,
    PLANNED,
    SPREAD_NOW,
    Z_NOW,
)
from grafana.boards.instrument_price import ANNUAL, BASIS, DIVERGENCE, FUNDING, GAP, MARK, NEXT
from grafana.boards.markets import BAND
from grafana.frame import links
from grafana.frame.layout import Board, Row, exchange, instrument

_NOW = (ALERT, FEED_NOW, SPREAD_NOW, DEPTH_NOW, BASIS_NOW, Z_NOW, BASELINE, PLANNED)

INSTRUMENT = Board(
    links.INSTRUMENT,
    "What is wrong with this market, since when, and how far beyond its limits is it?",
    (
        Row(3, tuple((one, 3) for one in _NOW)),
        Row(6, ((ACTIVE, 16), (NEAREST, 8))),
        Row(9, ((STATES, 8), (SPREAD, 8), (DEPTH, 8))),
        Row(9, ((BASIS, 12), (MARK, 12)), "Price"),
        Row(9, ((DIVERGENCE, 12), (GAP, 12))),
        Row(6, ((FUNDING, 18), (ANNUAL, 3), (NEXT, 3))),
        Row(8, ((Z, 14), (BASELINES, 10)), "What is normal"),
        Row(9, ((IMBALANCE, 12), (DROPS, 12)), "Liquidity"),
        Row(8, ((SPREAD_BEYOND, 8), (SPREAD_BEYOND_LONG, 8), (BASIS_BEYOND, 8)), "Time in breach"),
        Row(9, ((HEATMAP, 12), (TYPICAL, 12))),
    ),
    (exchange(multi=False), instrument(multi=False), BAND, *URLS),
    MARKS,
)
