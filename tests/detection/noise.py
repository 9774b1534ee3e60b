"""The noise of the acceptance runs: slow and fast drift, and jitter with heavy tails."""

from math import sqrt
from random import Random

_HALF_LIVES = (600, 20)
_SHARES = (0.30, 0.36, 0.34)
"""Of the variance: the two drifts, the jitter."""


class Noise:
    """Samples with mean 0 and variance 1, one a second; the same for the same seed.

    The drifts are Ornstein-Uhlenbeck processes that start in their stationary law, the jitter is
    Student's t with four degrees of freedom.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - noise is no secret
        self._stay = [0.5 ** (1 / half_life) for half_life in _HALF_LIVES]
        self._drifts = [self._random.gauss(0, 1) for _ in _HALF_LIVES]
        self._weights = [sqrt(share) for share in _SHARES]

    def next(self) -> float:
        """The next sample."""
        slow, fast, white = self._weights
        value = slow * self._drifts[0] + fast * self._drifts[1] + white * self._jitter()
        self._drifts = [
            stay * drift + sqrt(1 - stay * stay) * self._random.gauss(0, 1)
            for stay, drift in zip(self._stay, self._drifts, strict=True)
        ]
        return value

    def _jitter(self) -> float:
        """t(4) has variance 2."""
        chi_square = self._random.gammavariate(2, 2)
        return self._random.gauss(0, 1) / sqrt(chi_square / 4) / sqrt(2)
