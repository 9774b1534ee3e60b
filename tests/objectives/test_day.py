"""A day of incidents: what the rules make of it is what the script says, counted by hand."""

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from tests.objectives.counted import Count
from tests.objectives.scripted import DAY, EVERY, SCRIPT, Scrapes, at, played
from tests.programs import promtool
from tests.shared import ROOT

RULES = ROOT / "prometheus" / "rules" / "slo.yml"
INSTRUMENT = "BTC-USDT-PERP"

Key = tuple[str, str]
"""Exchange and objective."""

ELAPSED = {"binance": DAY - 7200, "okx": DAY}
"""Two hours of maintenance."""
UNSEEN = {
    ("binance", "spread"): 1800 + 600 + 300,  # the feed was dead twice, the exporter once
    ("binance", "depth"): 1800 + 600 + 300 + 300,  # and the book did not reach far enough
    ("okx", "spread"): 600,
    ("okx", "depth"): 600,
}
BAD = {
    ("binance", "spread"): 600 + 36 * 30,
    ("binance", "depth"): 1800,
    ("okx", "spread"): 60,
    ("okx", "depth"): 0,
}
FIRING = {
    ("slo_burn_fast", "binance", "spread"): [("02:04:30", "02:14:30")],
    ("slo_burn_fast", "binance", "depth"): [("06:04:30", "06:34:30")],
    ("slo_burn_slow", "binance", "spread"): [("19:30:30", "22:10")],
    ("slo_coverage_low", "binance", "spread"): [("08:22", "08:58")],
    ("slo_coverage_low", "binance", "depth"): [("08:22", "08:58"), ("12:02", "12:33")],
}
"""First and last evaluation of each time, one each 30 s.

Fast is more than 259.2 bad seconds of an hour and 21.6 of five minutes, slow more than 648 of six
hours and 54 of half an hour; a low coverage more than 1296 unseen of six hours and 108 of the half.
"""


@cache
def day() -> Scrapes:
    """Played once."""
    return played(SCRIPT)


def by_hand(key: Key) -> Count:
    """What an exporter that never restarts would have counted."""
    observed = ELAPSED[key[0]] - UNSEEN[key]
    return Count(observed, observed - BAD[key], DAY - ELAPSED[key[0]])


def test_the_counts_of_the_exporter_are_those_of_the_script() -> None:
    totals = {key: _counted(day(), key) for key in BAD}
    assert totals == {key: by_hand(key) for key in BAD}


def test_the_figures_of_prometheus_are_those_of_the_script(tmp_path: Path) -> None:
    """All but the observed seconds are exact; a restart costs less than two scrapes of them."""
    checks: list[dict[str, Any]] = [
        _asked("market:slo_elapsed_seconds:sum30d", {k: ELAPSED[k[0]] for k in BAD}, named=True),
        _asked("round(market:slo_bad_seconds:sum30d)", BAD),
        *(
            _asked(
                f"abs(market:slo_observed_seconds:sum30d{{{_one(key)}}} - {by_hand(key).observed})"
                f" < bool {2 * EVERY}",
                {key: 1},
            )
            for key in BAD
        ),
        *(_close(f"market:slo_good:ratio30d{{{_one(key)}}}", key, _good(key)) for key in BAD),
        *(
            _close(f"market:slo_coverage:ratio30d{{{_one(key)}}}", key, _coverage(key))
            for key in BAD
        ),
        *(
            _close(f"market:slo_budget_remaining:ratio30d{{{_one(key)}}}", key, _budget(key))
            for key in BAD
        ),
    ]
    _verify(tmp_path, "5m", checks, "slo_burn", "slo")


def test_each_alert_fires_when_the_script_says_and_at_no_other_time(tmp_path: Path) -> None:
    checks = [_evaluations()]
    for key, times in FIRING.items():
        for first, last in times:
            for second, fires in (
                (at(first) - 30, False),
                (at(first), True),
                (at(last), True),
                (at(last) + 30, False),
            ):
                checks.append(_firing(key, second, fires=fires))
    _verify(tmp_path, "30s", checks, "slo_burn")


def _evaluations() -> dict[str, Any]:
    """How often each fires in the day; what is not among them never does."""
    samples = [
        {
            "labels": f'{{alertname="{alert}",exchange="{exchange}",objective="{name}"}}',
            "value": sum((at(last) - at(first)) // 30 + 1 for first, last in times),
        }
        for (alert, exchange, name), times in FIRING.items()
    ]
    expr = "sum by (alertname, exchange, objective) (count_over_time(ALERTS[1d]))"
    return {"expr": expr, "eval_time": f"{DAY}s", "exp_samples": samples}


def _firing(key: tuple[str, str, str], second: int, *, fires: bool) -> dict[str, Any]:
    """Whether an alert fires at a second of the day."""
    alert, exchange, name = key
    expr = f'count(ALERTS{{alertname="{alert}",exchange="{exchange}",objective="{name}"}})'
    samples = [{"labels": "{}", "value": 1}] if fires else []
    return {"expr": expr, "eval_time": f"{second}s", "exp_samples": samples}


def _good(key: Key) -> Fraction:
    return Fraction(by_hand(key).good, by_hand(key).observed)


def _coverage(key: Key) -> Fraction:
    return Fraction(by_hand(key).observed, ELAPSED[key[0]])


def _budget(key: Key) -> Fraction:
    return 1 - (1 - _good(key)) / Fraction(5, 1000)


def _counted(scrapes: Scrapes, key: Key) -> Count:
    """The last value before the restart, and the last of all."""

    def total(kind: str) -> int:
        values = next(
            values
            for name, values in scrapes.series.items()
            if f"_slo_{kind}_seconds" in name and all(f'"{part}"' in name for part in key)
        )
        dead = values.index(None)
        return int((values[dead - 1] or 0) + (values[-1] or 0))

    # the seconds between the last scrape and the end of an exporter are in no scrape
    unscraped = EVERY - 1
    last = Count(*map(total, ("observed", "good", "excluded")))
    return last._replace(observed=last.observed + unscraped, good=last.good + unscraped)


def _asked(expr: str, wanted: Mapping[Key, int], *, named: bool = False) -> dict[str, Any]:
    """An expression at the end of the day, and what it must give for each."""
    samples = [
        {"labels": f"{expr if named else ''}{{{_one(key)}}}", "value": value}
        for key, value in wanted.items()
    ]
    return {"expr": expr, "eval_time": f"{DAY}s", "exp_samples": samples}


def _close(expr: str, key: Key, wanted: Fraction) -> dict[str, Any]:
    """A figure that must be right to a ten-thousandth."""
    return _asked(f"abs({expr} - {float(wanted)}) < bool 0.0001", {key: 1})


def _one(key: Key) -> str:
    return f'exchange="{key[0]}",instrument="{INSTRUMENT}",objective="{key[1]}"'


def _verify(folder: Path, every: str, checks: list[dict[str, Any]], *groups: str) -> None:
    """Ask Prometheus' own tester for all of this, with the day as its input to these groups."""
    rules = folder / "rules.yml"
    written = yaml.safe_load(RULES.read_text())["groups"]
    rules.write_text(json.dumps({"groups": [one for one in written if one["name"] in groups]}))
    scrapes = day()
    values = {'up{job="market-exporter",instance="a"}': " ".join(map(str, scrapes.up))}
    values |= {name: _values(numbers) for name, numbers in scrapes.series.items()}
    test = {
        "interval": f"{EVERY}s",
        "input_series": [{"series": name, "values": text} for name, text in values.items()],
        "promql_expr_test": checks,
    }
    file = folder / "day.yml"
    whole = {"rule_files": [str(rules)], "group_eval_order": groups, "tests": [test]}
    file.write_text(json.dumps(whole | {"evaluation_interval": every}))
    result = promtool("test", "rules", str(file))
    assert result.returncode == 0, result.stdout + result.stderr


def _values(numbers: list[Fraction | None]) -> str:
    """As a test of rules writes them; the first that is missing is marked so."""
    parts: list[str] = []
    for number, run in groupby(numbers):
        times = len(list(run)) - 1
        if number is None:
            parts.append(f"stale _x{times}" if times else "stale")
        else:
            parts.append(f"{float(number):g}x{times}" if times else f"{float(number):g}")
    return " ".join(parts)
