"""The cost of dashboards: the made past hangs together, and the tool measures all of it."""

import re
from itertools import pairwise

import pytest

from bench import dashboards
from bench.block import past
from bench.observed import Series, widened
from bench.openmetrics import Past, lines
from bench.spells import FIRING, SPARSE, sparse
from exporter.simulator.symbols import symbols
from tests.programs import needed

DAY = 86_400
NOW = 1_700_000_000
QUICK = ("--markets=4", "--hours=0.1", "--settling=2", "--fine=1")
ALERTS = [
    {
        "__name__": FIRING,
        "alert": f"spread_{number}_critical",
        "exchange": "okx",
        "instrument": "BTC-USDT-SPOT",
        "priority": "P1",
    }
    for number in range(300)
]


@pytest.mark.parametrize("days", range(0, 200, 7))
def test_a_past_never_lies_across_the_edge_of_a_block(days: int) -> None:
    """Blocks of Prometheus begin at whole multiples of their length, here of sixty days."""
    found = past(NOW + days * DAY, 24)
    length = 2 * 3600 * 3**6
    assert found.first // length == found.end // length
    assert found.end - found.start == DAY
    assert NOW + days * DAY - length < found.end <= NOW + days * DAY


def test_no_bucket_of_a_histogram_overtakes_the_next() -> None:
    """However fast each was seen to rise, a histogram stays one."""
    seen = [("0.1", 5, 0.0), ("0.5", 9, 1.5), ("+Inf", 9, 2.5)]
    each = [
        _values(
            Series({"__name__": "x_bucket", "le": le, "exchange": "okx"}, float(value), rate),
            Past(0, 0, DAY),
        )
        for le, value, rate in seen
    ]
    assert all(one <= two <= three for one, two, three in zip(*each, strict=True))
    assert all(values == sorted(values) and values[-1] > values[0] for values in each)


def test_few_alerts_do_something_in_a_day_and_what_is_recorded_of_them_agrees() -> None:
    """What is held is there exactly while the exporter says that the alert fires."""
    day = Past(NOW - DAY, NOW - DAY, NOW)
    firing = [_values(Series(labels, 0, 0), day) for labels in ALERTS]
    lively = [values for values in firing if any(values)]
    assert 0 < len(lively) < 0.1 * len(ALERTS)
    for labels, values in zip(ALERTS, firing, strict=True):
        held = next(one for one in sparse(labels) if one["__name__"].endswith(":held"))
        assert held["__name__"] in SPARSE
        assert _values(Series(dict(held), 0, 0), day) == [1.0] * int(sum(values))


def test_no_alert_does_two_things_at_once() -> None:
    """What is recorded of an alert is in the order of time, over weeks."""
    weeks = Past(NOW - 28 * DAY, NOW - DAY, NOW)
    recorded = [Series(dict(one), 0, 0) for labels in ALERTS for one in sparse(labels)]
    times = [[int(line.split()[2]) for line in lines(one, 60, weeks)] for one in recorded]
    assert any(times)
    assert all(one < two for each in times for one, two in pairwise(each))


def test_all_markets_beyond_the_watched_are_as_the_second_pair() -> None:
    """Each series of the model once for each pair but the first, whose incidents stay its own."""
    watched = [
        Series({"__name__": "x", "instrument": f"{base}-USDT-PERP"}, 1, 0)
        for base in dict.fromkeys(one.base for one in symbols(2))
    ]
    wide = [one.labels["instrument"] for one in widened(watched, 100)]
    assert sorted(wide) == sorted({one.instrument for one in symbols(25) if one.kind == "PERP"})


def test_the_tool_measures_every_dashboard(capsys: pytest.CaptureFixture[str]) -> None:
    """A few markets and minutes, from the simulated exchanges to the tables."""
    for program in ("promtool", "prometheus", "alertmanager"):
        needed(program)
    assert dashboards.main(QUICK) == 0
    told = capsys.readouterr().out
    assert "refused" not in told
    made = re.findall(r"(?m)^([\d,]+) series, ([\d,]+) samples", told)
    assert len(made) == 2
    assert all(int(count.replace(",", "")) > 0 for counts in made for count in counts)
    costs = re.findall(r"(?m)^  market-([\w-]+) +([\d.]+) +(\d+) ", told)
    boards = {path.stem for path in dashboards.FOLDER.glob("*.json")}
    assert {f"market-{name}" for name, _, _ in costs} == boards
    assert all(float(seconds) > 0 for _, seconds, _ in costs)


def _values(one: Series, past_: Past) -> list[float]:
    return [float(line.split()[1]) for line in lines(one, 60, past_)]
