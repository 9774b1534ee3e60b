"""The payloads of OKX's channels, field by field as the exchange sends them; times are text."""

from decimal import Decimal

from exporter.simulator.market import Best, Market, Trade
from exporter.simulator.publication import Levels
from exporter.simulator.symbols import Symbol
from exporter.simulator.text import decimals, plain, shortest

_RATE_PLACES = 16


class OkxMessages:
    """What one market sends. Sizes are base currency on spot and contracts on swaps."""

    def __init__(self, symbol: Symbol) -> None:
        self.price = shortest(symbol.tick)
        self.size = shortest(symbol.lot)
        self._places = decimals(symbol.tick)
        self._name = symbol.name

    def book(
        self, action: str, bids: Levels, asks: Levels, sent: int, number: int, previous: int
    ) -> str:
        """`{"arg":…,"action":"update","data":[{"asks":[…],"bids":[…],"ts":"…",…}]}`, best first."""
        below, above = self.levels(sorted(bids, reverse=True)), self.levels(sorted(asks))
        return (
            f'{{{arg("books", self._name)},"action":"{action}",'
            f'"data":[{{"asks":{above},"bids":{below},"ts":"{sent}",'
            f'"checksum":0,"seqId":{number},"prevSeqId":{previous}}}]}}'
        )

    def best(self, best: Best, at: int) -> str:
        """`bbo-tbt`; its time is that of the matching engine."""
        bid, ask = [(best.bid, best.bid_lots)], [(best.ask, best.ask_lots)]
        return (
            f'{{{arg("bbo-tbt", self._name)},"data":[{{"asks":{self.levels(ask)},'
            f'"bids":{self.levels(bid)},"ts":"{at}","seqId":{best.number}}}]}}'
        )

    def trade(self, trade: Trade, at: int, number: int) -> str:
        """`trades`: each trade of the model is a taker order at one price, one fill."""
        side = "buy" if trade.buyer_initiated else "sell"
        return (
            f'{{{arg("trades", self._name)},"data":[{{"instId":"{self._name}",'
            f'"tradeId":"{trade.number}","px":"{self.price(trade.ticks)}",'
            f'"sz":"{self.size(trade.lots)}","side":"{side}","ts":"{at}","count":"1",'
            f'"source":"0","seqId":{number}}}]}}'
        )

    def mark_row(self, mark: Decimal, sent: int) -> str:
        """A row of `mark-price`, on the channel and by REST."""
        return (
            f'{{"instId":"{self._name}","instType":"SWAP",'
            f'"markPx":"{plain(mark, self._places)}","ts":"{sent}"}}'
        )

    def funding_row(self, market: Market, estimate: Decimal, sent: int) -> str:
        """A row of `funding-rate`: the estimate that settles at `fundingTime`."""
        rate = plain(estimate, _RATE_PLACES)
        settles, interval = market.next_funding or 0, market.funding_interval
        return (
            f'{{"formulaType":"withRate","fundingRate":"{rate}","fundingTime":"{settles}",'
            f'"impactValue":"20000.0000000000000000","instId":"{self._name}","instType":"SWAP",'
            f'"interestRate":"0.0001000000000000","maxFundingRate":"0.00375",'
            f'"method":"current_period","minFundingRate":"-0.00375","nextFundingRate":"",'
            f'"nextFundingTime":"{settles + interval}","premium":"{rate}",'
            f'"prevFundingTime":"{settles - interval}","settFundingRate":"{rate}",'
            f'"settState":"settled","ts":"{sent}"}}'
        )

    def levels(self, levels: Levels) -> str:
        """`[["120.67","90.475897","0","6"]]`: price, size, always 0, number of orders."""
        price, size = self.price, self.size
        return (
            "["
            + ",".join(
                f'["{price(ticks)}","{size(lots)}","0","{_orders(lots)}"]' for ticks, lots in levels
            )
            + "]"
        )


def arg(channel: str, name: str) -> str:
    """`"arg":{"channel":"books","instId":"BTC-USDT"}`"""
    return f'"arg":{{"channel":"{channel}","instId":"{name}"}}'


def message(channel: str, name: str, row: str) -> str:
    """One row as it comes on a channel."""
    return f'{{{arg(channel, name)},"data":[{row}]}}'


def _orders(lots: int) -> int:
    """How many orders make up a level: made up, but the same for the same quantity."""
    return 1 + lots % 9 if lots else 0
