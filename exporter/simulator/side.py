"""One side of a book: what rests at which price, and the prices in order."""

from bisect import bisect_left, insort


class Side:
    """Bids (`sign` 1) or asks (-1). A key is sign x ticks: the higher, the better the price."""

    __slots__ = ("keys", "lots", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.lots: dict[int, int] = {}
        self.keys: list[int] = []

    def put(self, ticks: int, lots: int) -> None:
        """This quantity rests at this price from now on; zero removes the level."""
        key = self.sign * ticks
        if lots == 0:
            del self.lots[ticks]
            del self.keys[bisect_left(self.keys, key)]
            return
        if ticks not in self.lots:
            insort(self.keys, key)
        self.lots[ticks] = lots

    def best(self) -> int:
        """The best price, in ticks. Raises IndexError where the side is empty."""
        return self.sign * self.keys[-1]

    def better(self, key: int) -> list[int]:
        """The prices in ticks that are better than a key, the best first."""
        sign, found = self.sign, []
        for held in reversed(self.keys):
            if held <= key:
                break
            found.append(sign * held)
        return found
