"""The recorded series of objectives, and what several panels make of them."""

from grafana.frame import colours
from grafana.frame.layout import chosen
from grafana.frame.queries import of

OBJECTIVE = chosen(
    "objective", "Objective", "label_values(market_slo_target_ratio, objective)", multi=True
)
KEY = "exchange, instrument, objective"
NAME = "{{exchange}} {{instrument}} {{objective}}"
YOUNG = "first figures after 10 min"
NOT_YET = "nothing yet: choose a shorter range"
"""Steps of a month are longer than an hour, and the first begins later still."""
FAST, SLOW = 14.4, 6
"""Burn rates of the alerts: 1 just uses up the budget of 30 days in 30 days."""
WINDOW = "5m"
"""The recorded windows, and the least step that makes sense for them."""
LEFT = ((None, colours.UNKNOWN), (-1e9, colours.BAD), (0, colours.WARNING), (0.25, colours.GOOD))
"""Colours of what is left of a budget."""
SEEN = ((None, colours.UNKNOWN), (0.99, colours.GOOD))
"""Colours of coverage, by its target as shipped."""
_HALF_STEP = 15


def of_objective(series: str) -> str:
    """A series of the chosen objectives of the chosen markets."""
    return of(series, objective="=~$objective")


def each_window(series: str) -> str:
    """What a series of windows comes to in each step."""
    return f"sum_over_time({of_objective(series)}[$__interval])"


TARGET = f"max without (family) ({of_objective('market:slo_target_ratio:held')})"
BUDGET = of_objective("market:slo_budget_remaining:ratio30d")
COVERAGE = of_objective("market:slo_coverage:ratio30d")
COVERAGE_TARGET = "max(instance:slo_coverage_target_ratio:held)"


def at_end(series: str) -> str:
    """The last figures of the range, by which those to be shown are chosen."""
    return f"last_over_time({of_objective(series)}[1h] @ end())"


def burn(minutes: int) -> str:
    """Bad seconds of the last minutes as a multiple of those that the target allows, from the
    series and without the far edge of the window, as the alerts have it."""
    seconds = 60 * minutes
    bad = of_objective("market:slo_bad_seconds:increase30s")
    sums = f"max without (family) (sum_over_time({bad}[{seconds - _HALF_STEP}s]))"
    return f"{sums} / ({seconds} * (1 - {TARGET}))"


def burn_over_time(window: str, seconds: int) -> str:
    """The same from windows of five minutes, of which a month can be read at once, against the
    target of the end of the range."""
    bad = of_objective("market:slo_bad_seconds:increase5m")
    target = f"max without (family) ({at_end('market:slo_target_ratio:held')})"
    return f"sum_over_time({bad}[{window}]) / ({seconds} * (1 - {target}))"
