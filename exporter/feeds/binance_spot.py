"""Binance spot: `stream.binance.com`, sizes in the base asset."""

import re
from decimal import Decimal

from exporter.feeds import binance
from exporter.feeds.feed import Feed, Rate, RestRequest, RestRules, Route, Verdict
from exporter.model import BookUpdate, Stream

# The order-book procedure of spot:
#  1. Open the stream and buffer every event.
#  2. GET /api/v3/depth, whose lastUpdateId is L.
#  3. L < U of the first buffered event: the snapshot is too old, fetch again, keep the buffer.
#  4. Drop events with u <= L.
#  5. The first event applied has U <= L+1 <= u.
#  6. Then, `id` being the last applied: u < id is ignored, U > id+1 is a gap, else apply; id = u.
#  7. Quantities are absolute, zero removes, removing an unknown level is normal.
# Steps 4 to 6 are one rule with id = L. U = L+1 passes step 5 and is applied: nothing lies between.


def _follows(update: BookUpdate, last: int | None) -> Verdict:
    if last is None or update.first_id is None or update.last_id is None:
        return Verdict.GAP
    if update.last_id <= last:
        return Verdict.OLD
    return Verdict.APPLY if update.first_id <= last + 1 else Verdict.GAP


def _recognise(frame: bytes) -> bool:
    """Spot's depth events alone have no `pu`."""
    return b'"depthUpdate"' in frame and b'"pu":' not in frame


_snapshot = binance.depth_request("/api/v3/depth", ((100, 5), (500, 25), (1000, 50), (5000, 250)))


FEED = Feed(
    exchange="binance",
    product="spot",
    kinds={"SPOT": re.compile(r"[A-Z0-9]{2,30}")},
    hosts=frozenset(
        {
            "stream.binance.com",
            "data-stream.binance.vision",
            "api.binance.com",
            "api-gcp.binance.com",
            *(f"api{number}.binance.com" for number in range(1, 5)),
            "data-api.binance.vision",
        }
    ),
    recognise=_recognise,
    symbol_of=binance.symbol_of,
    decode=binance.decoder(binance.STREAMS),
    decode_rest=binance.decode_rest(Decimal(1)),
    joins=_follows,
    follows=_follows,
    multiplier=lambda symbol: Decimal(1),
    service=binance.service(
        routes=(Route("/stream", (Stream.BOOK, Stream.QUOTE, Stream.TRADE)),),
        kinds={Stream.BOOK: "depth@100ms", Stream.QUOTE: "bookTicker", Stream.TRADE: "aggTrade"},
        messages=Rate(5, 1),
        rest=RestRules(
            budget=Rate(6000, 60),
            listings=(RestRequest("/api/v3/exchangeInfo", 20),),
            poll=lambda symbol, levels: (_snapshot(symbol, levels),),
            snapshot=_snapshot,
            used_header="X-MBX-USED-WEIGHT-1M",
        ),
    ),
)
