"""The payloads of Binance's streams, field by field as the exchange sends them."""

from typing import Protocol

from exporter.simulator.market import Best, Market, Trade
from exporter.simulator.publication import Levels, Update
from exporter.simulator.symbols import Symbol
from exporter.simulator.text import Text, decimals, padded

_SPOT_PLACES = 8
_FEWEST_PLACES = 2


class Messages(Protocol):
    """What one market of a service sends; `sent` is the time on the wire (ms) and `shift` how far
    the market's own times lie behind it."""

    price: Text
    size: Text

    def depth(self, update: Update, sent: int) -> str:
        """`<s>@depth`: the difference since the last one."""

    def best(self, best: Best, sent: int, shift: int) -> str:
        """`<s>@bookTicker`."""

    def trade(self, trade: Trade, sent: int, shift: int) -> str:
        """`<s>@trade`."""

    def aggregate(self, trade: Trade, sent: int, shift: int) -> str:
        """`<s>@aggTrade`: each trade of the model is a taker order at one price."""


class SpotMessages:
    """Spot: prices and sizes with 8 decimals; no time and no `e` on the best quote."""

    def __init__(self, symbol: Symbol) -> None:
        self.price = padded(symbol.tick, _SPOT_PLACES)
        self.size = padded(symbol.lot, _SPOT_PLACES)
        self._name = symbol.name

    def depth(self, update: Update, sent: int) -> str:
        """`{"e":"depthUpdate","E":…,"s":"BNBBTC","U":157,"u":160,"b":[…],"a":[…]}`, best first."""
        return (
            f'{{"e":"depthUpdate","E":{sent},"s":"{self._name}",'
            f'"U":{update.previous + 1},"u":{update.last},'
            f'"b":{rows(sorted(update.bids, reverse=True), self)},'
            f'"a":{rows(sorted(update.asks), self)}}}'
        )

    def best(self, best: Best, sent: int, shift: int) -> str:
        """`{"u":400900217,"s":"BNBUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.66"}`"""
        return f'{{"u":{best.number},"s":"{self._name}",{_quote(best, self)}}}'

    def trade(self, trade: Trade, sent: int, shift: int) -> str:
        """`{"e":"trade","E":…,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":…,"m":true,…}`"""
        return (
            f'{{"e":"trade","E":{sent},"s":"{self._name}","t":{trade.number},'
            f'"p":"{self.price(trade.ticks)}","q":"{self.size(trade.lots)}",'
            f'"T":{trade.at + shift},"m":{_maker(trade)},"M":true}}'
        )

    def aggregate(self, trade: Trade, sent: int, shift: int) -> str:
        """`{"e":"aggTrade","E":…,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,…}`"""
        number = trade.number
        return (
            f'{{"e":"aggTrade","E":{sent},"s":"{self._name}","a":{number},'
            f'"p":"{self.price(trade.ticks)}","q":"{self.size(trade.lots)}",'
            f'"f":{number},"l":{number},"T":{trade.at + shift},"m":{_maker(trade)},"M":true}}'
        )


class FuturesMessages:
    """USD-M: the decimals of tick (two at least) and lot; `st` 1 says USD-M, `ps` the pair."""

    def __init__(self, symbol: Symbol) -> None:
        self.price = padded(symbol.tick, max(_FEWEST_PLACES, decimals(symbol.tick)))
        self.size = padded(symbol.lot, decimals(symbol.lot))
        self._name = symbol.name

    def depth(self, update: Update, sent: int) -> str:
        """As spot, and `T`, `ps`, `st`, and `pu`: the `u` of this stream's last event. Levels come
        with rising prices on both sides."""
        return (
            f'{{"e":"depthUpdate","E":{sent},"T":{sent},"s":"{self._name}","ps":"{self._name}",'
            f'"U":{update.first},"u":{update.last},"pu":{update.previous},'
            f'"b":{rows(sorted(update.bids), self)},"a":{rows(sorted(update.asks), self)},"st":1}}'
        )

    def best(self, best: Best, sent: int, shift: int) -> str:
        """As spot, and `e`, `ps`, `T`, `E`, `st`."""
        return (
            f'{{"e":"bookTicker","u":{best.number},"s":"{self._name}","ps":"{self._name}",'
            f'{_quote(best, self)},"T":{best.at + shift},"E":{sent},"st":1}}'
        )

    def trade(self, trade: Trade, sent: int, shift: int) -> str:
        """As spot without `M`; `X` says what sort of trade it was."""
        return (
            f'{{"e":"trade","E":{sent},"T":{trade.at + shift},"s":"{self._name}",'
            f'"t":{trade.number},"p":"{self.price(trade.ticks)}","q":"{self.size(trade.lots)}",'
            f'"X":"MARKET","m":{_maker(trade)},"st":1}}'
        )

    def aggregate(self, trade: Trade, sent: int, shift: int) -> str:
        """As spot without `M`; `nq` is the quantity without retail price improvement."""
        number, size = trade.number, self.size(trade.lots)
        return (
            f'{{"e":"aggTrade","E":{sent},"a":{number},"s":"{self._name}",'
            f'"p":"{self.price(trade.ticks)}","q":"{size}","nq":"{size}",'
            f'"f":{number},"l":{number},"T":{trade.at + shift},"m":{_maker(trade)},"st":1}}'
        )


def mark_price(market: Market, sent: int) -> str:
    """`<s>@markPrice@1s` of a perpetual; the moving average `ap` is the mark itself here, the
    estimated settlement `P` the index."""
    mark, index, rate = market.mark or 0, market.index or 0, market.funding_rate or 0
    return (
        f'{{"e":"markPriceUpdate","E":{sent},"s":"{market.symbol.name}",'
        f'"p":"{mark:.8f}","ap":"{mark:.8f}","P":"{index:.8f}","i":"{index:.8f}",'
        f'"r":"{rate:.8f}","T":{market.next_funding or 0},"st":1}}'
    )


def premium_index(market: Market, now: int) -> str:
    """A row of `/fapi/v1/premiumIndex`."""
    mark, index, rate = market.mark or 0, market.index or 0, market.funding_rate or 0
    return (
        f'{{"symbol":"{market.symbol.name}","markPrice":"{mark:.8f}","indexPrice":"{index:.8f}",'
        f'"estimatedSettlePrice":"{index:.8f}","lastFundingRate":"{rate:.8f}",'
        f'"interestRate":"0.00010000","nextFundingTime":{market.next_funding or 0},"time":{now}}}'
    )


def rows(levels: Levels, messages: Messages) -> str:
    """`[["84551.00","2.027"],["82548.60","0.000"]]`"""
    price, size = messages.price, messages.size
    return "[" + ",".join(f'["{price(ticks)}","{size(lots)}"]' for ticks, lots in levels) + "]"


def _quote(best: Best, messages: Messages) -> str:
    price, size = messages.price, messages.size
    return (
        f'"b":"{price(best.bid)}","B":"{size(best.bid_lots)}",'
        f'"a":"{price(best.ask)}","A":"{size(best.ask_lots)}"'
    )


def _maker(trade: Trade) -> str:
    """`m`: whether the buyer was the maker, which is to say that the taker sold."""
    return "false" if trade.buyer_initiated else "true"
