"""What counts as seen at each stage, what does not, and what must not be seen at all."""

import pytest

from exporter.drills.goals import clears, faults, fires, lives, notices
from exporter.drills.sight import Alert, Page, Sight
from tests.drills.looks import OVER, PLAN, SILENT, SPREAD, TITLE, found, page, sight

RULED = Alert("market_alert", {"alertname": "market_alert", "alert": "spread_critical"})


def seen(looked: Sight) -> list[str]:
    return [goal.seen(looked) for goal in fires(SPREAD)]


def test_all_stages_are_seen_when_all_show_it() -> None:
    assert seen(sight(1, (found(),), (found(),), TITLE)) == [
        "spread_critical fires at 8.02 bps",
        "spread_critical (P1) on drill-binance BTC-USDT-PERP fires",
        "active, for drill",
        TITLE,
    ]


def test_nothing_is_seen_of_a_calm_market() -> None:
    assert seen(sight()) == ["", "", "", ""]


@pytest.mark.parametrize(
    "other",
    [
        found(exchange="drill-okx"),
        found(instrument="BTC-USDT-SPOT"),
        found(other="drill-okx"),
        found("spread_ceiling"),
        found(priority="P2"),
        found(drill=""),
    ],
    ids=str,
)
def test_another_alert_is_not_it(other: Alert) -> None:
    looked = sight(0, (other,), (other,))
    assert seen(looked)[1:3] == ["", ""]
    assert all(goal.seen(looked) for goal in clears(SPREAD)[1:3])


@pytest.mark.parametrize(
    "title",
    [
        "[P1] spread_critical: drill-binance BTC-USDT-PERP",
        "[DRILL] [P2] spread_critical: drill-binance BTC-USDT-PERP",
        "[DRILL] [P1] spread_critical: drill-okx BTC-USDT-PERP",
        "[DRILL] [P1] spread_ceiling: drill-binance BTC-USDT-PERP",
        OVER,
    ],
)
def test_another_message_is_not_it(title: str) -> None:
    assert seen(sight(0, (), (), title))[3] == ""


def test_what_is_muted_in_alertmanager_is_not_on_its_way() -> None:
    assert seen(sight(1, (), (found(muted=True),)))[2] == ""


def test_the_name_that_the_rule_carries_is_the_one_that_people_know() -> None:
    ruled = found("market_alert", alert="spread_critical")
    assert seen(sight(1, (ruled,)))[1]


def test_its_end_is_seen_stage_by_stage() -> None:
    running = sight(1, (found(),), (found(),), TITLE)
    assert [goal.seen(running) for goal in clears(SPREAD)] == ["", "", "", ""]
    assert [goal.seen(sight(0, (), (), OVER)) for goal in clears(SPREAD)] == [
        "spread_critical is over at 8.02 bps",
        "spread_critical is gone",
        "spread_critical is gone",
        OVER,
    ]


def test_what_nobody_is_told_of_must_be_noticed_after_it_began() -> None:
    (goal,) = notices(SILENT, page(gaps=2))
    assert goal.seen(Sight(page(gaps=2))) == ""
    assert goal.seen(Sight(page(gaps=3))) == 'market_feed_gaps_total{reason="sequence"} rose by 1'


def test_books_are_live_when_all_are_and_there_are_any() -> None:
    (goal,) = lives()
    assert [bool(goal.seen(Sight(one))) for one in (page(), page(up=0), Page(""))] == [
        True,
        False,
        False,
    ]


def wrong(looked: Sight, *, silent: bool = False) -> list[str]:
    return list(faults(SILENT if silent else PLAN, looked))


def test_the_alert_that_is_expected_is_no_fault_nor_is_what_the_chat_is_told_beside_it() -> None:
    beside = found("spread_warning", priority="P2")
    watchdog = Alert("watchdog", {"alertname": "watchdog", "kind": "watchdog"}, ("watchdog",))
    everything = sight(1, (found(), beside, watchdog), (found(), beside, watchdog), TITLE)
    assert wrong(everything) == []


def test_a_page_for_something_else_is_named() -> None:
    assert wrong(sight(0, (found("depth_critical", priority="P1"),))) == [
        "rule: depth_critical (P1) on drill-binance BTC-USDT-PERP fires, which this incident is no "
        "reason for"
    ]


def test_what_lost_its_mark_is_named_whatever_it_is() -> None:
    lost = found("feed_silent", drill="", priority="P3")
    assert wrong(sight(0, (lost,))) == [
        "rule: feed_silent (P3) on drill-binance BTC-USDT-PERP fires without the label drill"
    ]


def test_an_alert_that_goes_to_others_is_named() -> None:
    assert wrong(sight(0, (), (found("spread_critical", "drill", "page"),))) == [
        "Alertmanager: spread_critical (P1) on drill-binance BTC-USDT-PERP goes to page"
    ]


def test_a_message_without_its_mark_or_for_others_is_named() -> None:
    bare = TITLE.removeprefix("[DRILL] ")
    assert wrong(sight(0, (), (), bare)) == [f"receiver: drill was told {bare!r}"]
    assert wrong(sight(0, (), (), TITLE, receiver="page")) == [f"receiver: page was told {TITLE!r}"]


@pytest.mark.parametrize(("priority", "is_wrong"), [("P1", True), ("P2", True), ("P3", False)])
def test_where_nobody_must_be_told_the_chat_must_not_either(priority: str, is_wrong: bool) -> None:
    looked = sight(0, (found("feed_stale", priority=priority),))
    assert bool(wrong(looked, silent=True)) == is_wrong
