"""What a coin is worth, and how far from it a market stands: the two random walks of the model."""

from math import exp
from random import Random

_JUMP_BPS = 0.16
_MOOD = 0.4
_MOOD_SECONDS = 120.0


class FairPrice:
    """The worth of a coin: a martingale of small jumps, more of them in a lively mood.

    On average there are `pace` jumps a second. The mood changes over minutes: its logarithm goes
    back to calm, so the price has spells in which it moves half as much as usual, or twice.
    """

    def __init__(self, price: float, pace: float, seconds: float, rng: Random) -> None:
        self.price = price
        self._rng = rng
        self._chance = pace * seconds * exp(-(_MOOD**2) / 2)
        self._stays = exp(-seconds / _MOOD_SECONDS)
        self._stir = _MOOD * (1 - self._stays**2) ** 0.5
        self._mood = rng.gauss(0, _MOOD)

    def move(self) -> bool:
        """Let a slice of time pass; whether the price has changed."""
        self._mood = self._stays * self._mood + self._rng.gauss(0, self._stir)
        if self._rng.random() >= self._chance * exp(self._mood):
            return False
        self.price *= 1 + self._rng.gauss(0, _JUMP_BPS) / 10_000
        return True


class Offset:
    """How far a market's own price is from the worth, in bps: now and then a step, back to `mean`.

    `deviation` is its standard deviation in the long run; a step takes it a hundredth of the way
    back, and there are `pace` steps a second.
    """

    _BACK = 0.01

    def __init__(
        self, mean: float, deviation: float, pace: float, seconds: float, rng: Random
    ) -> None:
        self.bps = rng.gauss(mean, deviation)
        self._mean = mean
        self._step = deviation * (2 * self._BACK) ** 0.5
        self._chance = pace * seconds
        self._rng = rng

    def move(self) -> bool:
        """Let a slice of time pass; whether the offset has changed."""
        if self._rng.random() >= self._chance:
            return False
        self.bps += self._BACK * (self._mean - self.bps) + self._rng.gauss(0, self._step)
        return True
