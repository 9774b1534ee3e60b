"""Windows of time that loosen thresholds, and never do anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.alerts.regimes import Regimes
from exporter.conditions import Condition
from exporter.config.regimes import Regime
from exporter.markets.market import Market
from exporter.model import NANOSECONDS, MarketId
from exporter.pipeline import Pipeline
from exporter.transition import State
from tests.alerts.rig import PERP, START, Rig, configured, written
from tests.shared import shipped

MINUTE = 60 * NANOSECONDS
HOUR = 60 * MINUTE
NOON = 1_800_014_400 * NANOSECONDS
"""12:00 UTC."""


@pytest.fixture
def market() -> Market:
    return Pipeline(shipped()).markets[MarketId(*PERP[:2])]


def regime(**words: object) -> Regime:
    return Regime.model_validate({"multiplier": 3, "alerts": ["one"], **words})


def funding(minutes: int = 15) -> Regimes:
    return Regimes({"settlement": regime(around_funding_minutes=minutes)})


def test_a_window_loosens_the_rules_that_it_names(market: Market) -> None:
    regimes = Regimes({"noon": regime(between=["12:00", "12:30"], alerts=["one", "two"])})
    inside, outside = NOON + MINUTE, NOON + 31 * MINUTE
    assert [regimes.multiplier(name, market, inside) for name in ("one", "two", "three")] == [
        3, 3, 1,
    ]  # fmt: skip
    assert regimes.multiplier("one", market, outside) == 1


def test_a_regime_that_is_off_never_holds(market: Market) -> None:
    always = regime(between=["00:00", "24:00"], enabled=False)
    assert Regimes({"always": always}).multiplier("one", market, NOON) == 1


def test_of_several_windows_any_may_hold(market: Market) -> None:
    regimes = Regimes(
        {
            "morning": regime(between=["06:00", "07:00"], multiplier=2),
            "noon": regime(between=["12:00", "12:30"], multiplier=5),
        }
    )
    times = (NOON - 6 * HOUR, NOON, NOON + HOUR)
    assert [regimes.multiplier("one", market, time) for time in times] == [2, 5, 1]


def test_without_a_funding_time_nothing_is_around_it(market: Market) -> None:
    assert market.next_funding_time is None
    assert funding().multiplier("one", market, NOON) == 1


@pytest.mark.parametrize(
    ("minutes", "multiplier"),
    [(-16, 1), (-15, 3), (-1, 3), (0, 3), (15, 3), (16, 1)],
)
def test_a_window_lies_before_and_after_a_settlement(
    market: Market, minutes: int, multiplier: int
) -> None:
    """Once it has passed, the exchange says the next: the last is an interval before that."""
    settled, now = NOON, NOON + minutes * MINUTE
    market.funding_interval = 8 * HOUR
    market.next_funding_time = settled if minutes < 0 else settled + 8 * HOUR
    assert funding().multiplier("one", market, now) == multiplier


def test_a_settlement_that_the_exchange_still_calls_the_next_counts_too(market: Market) -> None:
    market.next_funding_time = NOON
    assert funding().multiplier("one", market, NOON + 15 * MINUTE) == 3
    assert funding().multiplier("one", market, NOON + 16 * MINUTE) == 1


def test_without_an_interval_only_the_next_settlement_is_known(market: Market) -> None:
    market.next_funding_time, market.funding_interval = NOON, None
    assert funding().multiplier("one", market, NOON - 15 * MINUTE) == 3
    assert funding().multiplier("one", market, NOON - 8 * HOUR) == 1


# --- in alerts

HOUR_OF_START = {"between": ["08:00", "09:00"]}
"""START is 08:00:00 UTC."""


def rig(regimes: dict[str, object] | None = None, **rule: object) -> Rig:
    return Rig(configured({"one": written(**rule)}, regimes))


def loose(**words: object) -> dict[str, object]:
    return {"early": {"multiplier": 3, "alerts": ["one"], **HOUR_OF_START, **words}}


def test_a_loosened_threshold_is_the_one_in_force() -> None:
    loosened = rig(loose())
    assert START % 86_400 == 8 * 3600
    assert loosened.run([11, 29, 30]) == []
    (fired,) = loosened.run([31])
    assert (fired.after, fired.threshold) == (State.FIRING, 30)
    assert loosened.run([25]) == []
    (cleared,) = loosened.run([24])
    assert cleared.threshold == 24


def test_a_window_that_ends_leaves_the_threshold_as_configured() -> None:
    loosened = rig(loose())
    assert loosened.run([11] * 3_600) == []
    (fired,) = loosened.run([11])
    assert (fired.threshold, loosened.second) == (10, 3_601)


def test_a_window_that_begins_may_clear_what_fires() -> None:
    loosened = rig(loose(between=["08:01", "09:00"]))
    changes = loosened.run([11] * 120)
    assert [(one.after, one.threshold) for one in changes] == [
        (State.FIRING, 10),
        (State.INACTIVE, 24),
    ]


def test_a_regime_leaves_the_z_as_it_is() -> None:
    loosened = rig(loose(), z=2)
    loosened.run([*[34, 36] * 100])
    (fired,) = loosened.run([38])
    assert fired.after is State.FIRING
    assert fired.z == pytest.approx(3, abs=0.05)


walks = st.lists(st.one_of(st.none(), st.integers(-50, 50)), min_size=1, max_size=60)
rules = st.one_of(
    st.tuples(st.sampled_from([Condition.ABOVE, Condition.ABSOLUTE]), st.integers(1, 30)),
    st.tuples(st.just(Condition.BELOW), st.sampled_from([-20, -5, 5, 20])),
)


@given(rule=rules, walk=walks, multiplier=st.integers(2, 9))
def test_whatever_fires_under_a_regime_fires_without_it(
    rule: tuple[Condition, int], walk: list[int | None], multiplier: int
) -> None:
    condition, threshold = rule
    thresholds = {"other": threshold}
    bare = rig(condition=condition.value, thresholds=thresholds)
    loosened = rig(loose(multiplier=multiplier), condition=condition.value, thresholds=thresholds)
    for value in walk:
        bare.step(value)
        loosened.step(value)
        assert bare.alert("one").firing or not loosened.alert("one").firing
