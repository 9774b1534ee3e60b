"""What an alert asks of a value: on which side of a threshold it must lie. Pure and exact."""

from enum import StrEnum
from fractions import Fraction

EASE = Fraction(4, 5)
"""A firing alert is tested at this share of its threshold, so that it does not flutter."""


class Condition(StrEnum):
    """On which side of its threshold a value counts; comparisons are strict."""

    ABOVE = ">"
    BELOW = "<"
    ABSOLUTE = "absolute"
    """Beyond the threshold on either side of zero."""

    def met(self, value: Fraction, threshold: Fraction) -> bool:
        """Whether the value lies beyond the threshold."""
        match self:
            case Condition.ABOVE:
                return value > threshold
            case Condition.BELOW:
                return value < threshold
            case Condition.ABSOLUTE:
                return abs(value) > threshold

    def met_from_below(self, bound: Fraction, threshold: Fraction) -> bool | None:
        """The same of a value known to be `bound` or more; None where that does not tell."""
        match self:
            case Condition.BELOW:
                return False if bound >= threshold else None
            case _:
                return True if bound > threshold else None

    def unusual(self, z: float, limit: float) -> bool:
        """Whether a z-score lies beyond its limit on the side that the condition looks at."""
        match self:
            case Condition.ABOVE:
                return z > limit
            case Condition.BELOW:
                return z < -limit
            case Condition.ABSOLUTE:
                return abs(z) > limit

    def eased(self, threshold: Fraction) -> Fraction:
        """Where a firing alert clears: 0.8 T; for `<` with T above zero T / 0.8."""
        return threshold / EASE if self._divides(threshold) else threshold * EASE

    def loosened(self, threshold: Fraction, multiplier: Fraction) -> Fraction:
        """The threshold under a regime whose `multiplier`, at least 1, asks for more."""
        return threshold / multiplier if self._divides(threshold) else threshold * multiplier

    def milder(self, threshold: Fraction, other: Fraction) -> bool:
        """Whether `threshold` is met by less than what meets `other`."""
        return threshold > other if self is Condition.BELOW else threshold < other

    def _divides(self, threshold: Fraction) -> bool:
        return self is Condition.BELOW and threshold > 0
