"""Who is told of what, and how soon: the shipped routes, asked of Alertmanager's own tool."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.programs import amtool
from tests.prometheus.catalogue import rules
from tests.shared import ROOT

CONFIG = ROOT / "prometheus" / "alertmanager.yml"
GROUP = ["alertname", "exchange", "instrument", "other", "drill"]

DRILL = "drill=true"
MARKET = "alertname=spread_critical kind=market family=spread exchange=okx instrument=BTC-USDT-PERP"
ROUTES: Mapping[str, tuple[str, str]] = {
    "the watchdog": ("alertname=watchdog kind=watchdog severity=info", "watchdog"),
    "a watchdog with what other routes want": ("kind=watchdog priority=P1", "watchdog"),
    "a watchdog of a drill": (f"kind=watchdog {DRILL}", "drill"),
    "a market's P1": (f"{MARKET} severity=critical priority=P1", "page"),
    "a market's P2": (f"{MARKET} severity=warning priority=P2", "chat"),
    "a market's P2, however severe": (f"{MARKET} severity=critical priority=P2", "chat"),
    "a market's P3": (f"{MARKET} severity=info priority=P3", "log"),
    "a P2 that has escalated": (
        f"{MARKET} severity=warning priority=P1 escalated=true", "page",
    ),
    "two exchanges that differ": (f"{MARKET} other=binance priority=P2", "chat"),
    "many markets": ("alertname=market_wide kind=market family=spread priority=P1", "page"),
    "many markets in the chat": ("alertname=market_wide kind=market priority=P2", "chat"),
    "the exporter's P1": ("alertname=exporter_down kind=health priority=P1", "page"),
    "the exporter's P2": ("alertname=feed_silent kind=health priority=P2", "chat"),
    "the exporter's P3": ("alertname=alert_unevaluated kind=health priority=P3", "log"),
    "an alert of a user's own": ("alertname=my_own kind=market family=mine priority=P1", "page"),
    "the way to the people": (
        "alertname=notifications_failing kind=paging priority=P2", "page,chat",
    ),
    "the way to the people, without a priority": ("kind=paging", "page,chat"),
    "a budget that burns fast": (
        "alertname=slo_burn_fast kind=slo exchange=okx objective=spread priority=P1", "page",
    ),
    "a budget that burns slowly": ("alertname=slo_burn_slow kind=slo priority=P2", "chat"),
    "what was not seen": ("alertname=slo_coverage_low kind=slo priority=P3", "log"),
    "a drill's P1": (f"{MARKET} priority=P1 {DRILL}", "drill"),
    "a drill's P2": (f"{MARKET} priority=P2 {DRILL}", "drill"),
    "a drill's P3": (f"{MARKET} priority=P3 {DRILL}", "drill"),
    "a drill that has escalated": (f"{MARKET} priority=P1 escalated=true {DRILL}", "drill"),
    "a drill of the exporter": (
        f"alertname=exporter_down kind=health priority=P1 {DRILL}", "drill",
    ),
    "a drill of the way to the people": (f"kind=paging priority=P2 {DRILL}", "drill"),
    "a drill that rings the pager": (f"{MARKET} priority=P2 drill=page", "page"),
    "a drill of the way to the people that rings the pager": ("kind=paging drill=page", "page"),
    "what says that it is none": (f"{MARKET} priority=P1 drill=false", "page"),
    "labels that no route knows": ("alertname=other severity=page team=x", "log"),
    "a priority that does not exist": (f"{MARKET} priority=P0", "log"),
}  # fmt: skip


@pytest.mark.parametrize("case", ROUTES)
def test_an_alert_reaches_whom_it_should_and_nobody_else(case: str) -> None:
    labels, receivers = ROUTES[case]
    result = amtool(
        *("config", "routes", "test", f"--config.file={CONFIG}"),
        *(f"--verify.receivers={receivers}", *labels.split()),
    )
    assert (result.returncode, result.stdout) == (0, f"{receivers}\n"), result.stderr


def tree() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return found


def settings(*matchers: str) -> dict[str, Any]:
    """What holds for the route with these matchers; without any, for the root."""
    root = tree()["route"]
    if not matchers:
        return dict(root)
    (found,) = (
        route
        for route in root["routes"]
        if route["matchers"] == list(matchers) and not route.get("continue")
    )
    return {**root, **found}


@pytest.mark.parametrize(
    ("matcher", "wait", "interval", "repeat"),
    [
        ('priority="P1"', "0s", "60s", "1h"),
        ('priority="P2"', "5s", "60s", "4h"),
        ('kind="paging"', "5s", "60s", "4h"),
        ('kind="watchdog"', "0s", "10s", "25s"),  # looked at every 10 s: sent every 30 s
        ('drill="true"', "0s", "10s", "4h"),  # whoever drills waits for the end
        ('drill="page"', "0s", "60s", "4h"),
    ],
)
def test_how_soon_and_how_often(matcher: str, wait: str, interval: str, repeat: str) -> None:
    found = settings(matcher)
    times = [found[key] for key in ("group_wait", "group_interval", "repeat_interval")]
    assert times == [wait, interval, repeat]


def test_each_market_is_a_group_of_its_own_everywhere() -> None:
    assert settings()["group_by"] == GROUP
    assert not [route for route in tree()["route"]["routes"] if "group_by" in route]


def test_drills_come_first_and_the_watchdog_next_and_all_else_is_none_of_theirs() -> None:
    first = tree()["route"]["routes"][:3]
    assert [(route["matchers"], route["receiver"]) for route in first] == [
        (['drill="page"'], "page"),
        (['drill="true"'], "drill"),
        (['kind="watchdog"'], "watchdog"),
    ]
    assert not any("continue" in route for route in first)


def test_no_route_knows_an_alert_by_its_name() -> None:
    assert "alertname" not in str(tree()["route"]["routes"])


def test_each_kind_that_a_rule_gives_has_its_route() -> None:
    kinds = {rule["labels"]["kind"] for rule in rules() if "alert" in rule}
    assert {
        labels.split("kind=")[1].split()[0] for labels, _ in ROUTES.values() if "kind=" in labels
    } == kinds
