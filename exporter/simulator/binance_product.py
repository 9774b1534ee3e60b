"""What tells Binance's services apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporter.simulator.binance_messages import FuturesMessages, Messages, SpotMessages
from exporter.simulator.symbols import Symbol


@dataclass(frozen=True)
class Product:
    """One of Binance's services, with instruments of this `kind`.

    - `speeds` are the difference streams by their ms; `paths` say which kinds of stream a path
      delivers (all where None).
    - Errors are `nested` in an `error` or not; ids of requests may be text (`text_ids`) or not.
    - `api` is what REST paths begin with. `depth_weights` are limits of a depth request and what it
      costs up to each; any limit is taken (`any_depth`) or only these.
    """

    name: str
    kind: str
    messages: Callable[[Symbol], Messages]
    speeds: Mapping[str, int]
    paths: Mapping[str, frozenset[str] | None]
    nested: bool
    text_ids: bool
    api: str
    depth_weights: Mapping[int, int]
    any_depth: bool
    usual_depth: int
    listing_weight: int


SPOT = Product(
    name="binance/spot",
    kind="SPOT",
    messages=SpotMessages,
    speeds={"depth": 1000, "depth@100ms": 100},
    paths={"": None},
    nested=False,
    text_ids=True,
    api="/api/v3",
    depth_weights={100: 5, 500: 25, 1000: 50, 5000: 250},
    any_depth=True,
    usual_depth=100,
    listing_weight=20,
)
USDM = Product(
    name="binance/usdm",
    kind="PERP",
    messages=FuturesMessages,
    speeds={"depth": 250, "depth@500ms": 500, "depth@100ms": 100},
    paths={
        "/public": frozenset({"depth", "depth@500ms", "depth@100ms", "bookTicker", "trade"}),
        "/market": frozenset({"aggTrade", "markPrice", "markPrice@1s"}),
    },
    nested=True,
    text_ids=False,
    api="/fapi/v1",
    depth_weights={5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20},
    any_depth=False,
    usual_depth=500,
    listing_weight=1,
)
