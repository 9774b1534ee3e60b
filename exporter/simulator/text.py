"""Whole ticks and lots as the text that an exchange sends; exact, never a float."""

from collections.abc import Callable
from decimal import Decimal

Text = Callable[[int], str]
"""Whole steps to text."""


def padded(step: Decimal, places: int) -> Text:
    """Always so many decimals: 6180012 ticks of 0.01 with 8 are `61800.12000000`.

    Raises ValueError where the step has more decimals than that.
    """
    scale = step.scaleb(places)
    if scale != int(scale):
        raise ValueError(f"a step of {step} does not fit {places} decimals")
    units, whole = int(scale), 10**places
    if places == 0:
        return lambda steps: str(steps * units)

    def text(steps: int) -> str:
        front, back = divmod(steps * units, whole)
        return f"{front}.{back:0{places}d}"

    return text


def shortest(step: Decimal) -> Text:
    """No zeros at the end: 618010 ticks of 0.1 are `61801`."""
    places = decimals(step)
    long = padded(step, places)
    if places == 0:
        return long
    return lambda steps: long(steps).rstrip("0").rstrip(".")


def decimals(step: Decimal) -> int:
    """Decimals that a step needs: 3 for 0.001, 0 for 10."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(value: Decimal, places: int) -> str:
    """A computed value, rounded to so many decimals, without zeros at the end."""
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
