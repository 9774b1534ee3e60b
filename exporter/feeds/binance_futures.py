"""The order-book rules of Binance futures (USD-M and COIN-M); they differ from spot's.

1. Open the stream and buffer every event.
2. GET …/v1/depth?limit=1000, whose lastUpdateId is L.
3. Drop events with u < L (strictly).
4. The first event applied has U <= L and u >= L; where the oldest buffered U > L, fetch again.
5. Then every event has pu == u of the one before it; anything else is a gap: back to step 2,
   keeping the stream and the buffer.
6. Quantities are absolute, zero removes, removing an unknown level is normal.

Ids are shared by all symbols, so U is far above pu + 1 and says nothing about gaps. For the same
reason L may fall between pu and U of an event: nothing of this symbol lies there, so step 4 is
taken as pu <= L <= u, which contains it.
"""

import re

from exporter.feeds.feed import Verdict
from exporter.model import BookUpdate

COINM_SYMBOL = re.compile(rb'"[A-Z0-9]+USD_(PERP|\d{6})"')
"""A COIN-M contract, settled in its coin: `BTCUSD_PERP`, `BTCUSD_211231`; USD-M has `BTCUSDT`."""


def joins(update: BookUpdate, snapshot: int | None) -> Verdict:
    """Whether `update` is the first to apply to a snapshot with this id (steps 3 and 4)."""
    if snapshot is None or update.last_id is None or update.first_id is None:
        return Verdict.GAP
    if update.last_id < snapshot:
        return Verdict.OLD
    previous = update.first_id if update.previous_id is None else update.previous_id
    return Verdict.APPLY if min(update.first_id, previous) <= snapshot else Verdict.GAP


def follows(update: BookUpdate, last: int | None) -> Verdict:
    """Whether `update` continues a book whose last applied id is `last` (step 5)."""
    if last is None or update.last_id is None:
        return Verdict.GAP
    if update.last_id <= last:
        return Verdict.OLD
    return Verdict.APPLY if update.previous_id == last else Verdict.GAP
