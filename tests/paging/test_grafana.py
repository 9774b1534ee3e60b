"""What is written for Grafana's own alerting: rules, contact points, policy, texts.

test_grafana_muting.py asks Prometheus what the queries answer; tests/grafana/test_alerting.py gives
all of it to a real Grafana.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from exporter.errors import ConfigError
from exporter.paging.durations import seconds
from exporter.paging.grafana.alerts import read_groups
from exporter.paging.grafana.expressions import AFTER, LOOK
from exporter.paging.grafana.matchers import Inhibition, Matcher, may_match
from exporter.paging.grafana.texts import messages, sentence
from tests.paging.alerting import ALL, LOCAL, MESSAGES, RUNBOOKS, queries, rules, tree, written
from tests.paging.integrations import NEEDED, OPTIONAL, TEMPLATE, Texts
from tests.prometheus import catalogue
from tests.prometheus.catalogue import RULES, faults
from tests.prometheus.test_routing import ROUTES

FILES = {
    "rules.yaml", "contact-points.yaml", "policies.yaml", "mute-timings.yaml", "templates.yaml",
}  # fmt: skip
SHIPPED = {rule["alert"]: rule for rule in catalogue.rules() if "alert" in rule}
TITLES = sorted({*SHIPPED, "watchdog_silent"})
ASKED = [(title, ref, text) for title, one in queries().items() for ref, text in one.items()]
NOT_KEPT = {"watchdog": "OK", "watchdog_silent": "Alerting"}
"""Rules that do not keep their state when Prometheus cannot be asked, and what they are then."""


def rule(title: str) -> dict[str, Any]:
    (found,) = (one for one in rules() if one["title"] == title)
    return found


def points(secrets: Mapping[str, Texts]) -> dict[str, dict[str, Any]]:
    """Settings by type, by name of the contact point."""
    return {
        point["name"]: {one["type"]: one["settings"] for one in point["receivers"]}
        for point in tree("contact-points.yaml", secrets)
    }


def refused(secrets: Mapping[str, Texts] = ALL, template: str = TEMPLATE) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        written(secrets, template)
    return [str(problem) for problem in caught.value.problems]


def told(route: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[str]:
    """Contact points that the policy finds for these labels, as Alertmanager would."""
    found = False
    for one in route.get("routes", ()):
        matchers = [Matcher(*matcher) for matcher in one["object_matchers"]]
        if all(matcher.accepts(labels.get(matcher.label, "")) for matcher in matchers):
            found = True
            if "mute_time_intervals" not in one:
                yield from told(one, labels)
            if not one.get("continue"):
                return
    if not found:
        yield route["receiver"]


def texts(value: object) -> Iterator[str]:
    """Every text in a tree."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


# --- files


def test_grafana_gets_all_that_its_alerting_is_made_of() -> None:
    assert written().keys() == FILES
    assert all(tree(name) for name in FILES)


def test_secrets_are_in_one_file_alone() -> None:
    assert {name for name, text in written().items() if "geheim" in text} == {"contact-points.yaml"}


# --- rules


def test_each_alert_is_in_one_rule() -> None:
    assert sorted(one["title"] for one in rules()) == TITLES


@pytest.mark.parametrize("title", sorted(SHIPPED))
def test_a_rule_has_the_labels_by_which_it_is_routed(title: str) -> None:
    assert rule(title)["labels"] == SHIPPED[title]["labels"]


def test_nothing_is_asked_more_often_than_grafana_allows() -> None:
    assert {group["interval"] for group in tree("rules.yaml")} == {f"{LOOK}s"}
    assert LOOK == 10


def test_uids_are_such_as_grafana_takes_and_market_alerts_come_first() -> None:
    uids = [one["uid"] for one in rules()]
    assert Counter(uids).most_common(1)[0][1] == 1
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", uid) for uid in uids)
    assert sorted(uids)[:2] == ["0-market-market_alert", "0-market-market_wide"]


@pytest.mark.parametrize("title", TITLES)
def test_a_rule_fires_on_its_first_query_which_looks_at_this_instant(title: str) -> None:
    found = rule(title)
    *asked, last = found["data"]
    assert (asked[0]["refId"], last["refId"]) == ("A", found["condition"])
    assert {one["datasourceUid"] for one in asked} == {"market-prometheus"}
    assert all(one["model"]["instant"] and not one["model"]["range"] for one in asked)
    assert (last["datasourceUid"], last["model"]["type"]) == ("__expr__", "threshold")
    assert last["model"]["expression"] == "A"
    (condition,) = last["model"]["conditions"]
    limit = ("lt", 1) if title == "watchdog_silent" else ("gt", 0)
    assert (condition["evaluator"]["type"], *condition["evaluator"]["params"]) == limit


@pytest.mark.parametrize("title", TITLES)
def test_without_prometheus_each_keeps_its_state_and_one_says_so(title: str) -> None:
    found = rule(title)
    state = NOT_KEPT.get(title, "KeepLast")
    assert (found["noDataState"], found["execErrState"]) == (state, state)


def test_what_says_so_pages_and_leads_to_a_runbook_that_is_there() -> None:
    found = rule("watchdog_silent")
    assert found["labels"]["priority"] == "P1"
    assert found["labels"]["kind"] == "paging"
    assert found["annotations"]["runbook_url"] == f"{RUNBOOKS}/{found['labels']['alert']}"
    assert found["labels"]["alert"] in SHIPPED
    assert seconds(found["for"]) > 2 * LOOK


@pytest.mark.parametrize(("title", "ref", "text"), ASKED)
def test_all_that_a_query_names_exists(title: str, ref: str, text: str) -> None:
    assert faults(text) == []


def test_a_number_is_never_nothing_as_that_would_stop_its_rule() -> None:
    others = [text for _, ref, text in ASKED if ref != "A"]
    assert len(others) > 5
    assert all(text.endswith('or label_replace(vector(0), "none", "none", "", "")')
               for text in others)  # fmt: skip


def test_what_mutes_is_evaluated_so_often_that_it_is_never_lost_from_sight() -> None:
    files = [yaml.safe_load(path.read_text()) for path in RULES.glob("*.yml")]
    every = {
        group["name"]: seconds(group.get("interval", "1s"))
        for file in files
        for group in file["groups"]
    }
    inhibitions = yaml.safe_load(TEMPLATE.partition("receivers:")[0])["inhibit_rules"]
    sources = [Inhibition.read(one).source for one in inhibitions]
    muting = {
        group.name
        for group in read_groups(files)
        for alert in group.alerts
        if any(may_match(source, alert.known) for source in sources)
    }
    assert muting == {"market", "health"}
    assert all(2 * every[name] < AFTER for name in muting)


# --- texts


@pytest.mark.parametrize("title", TITLES)
def test_no_text_asks_prometheus_or_for_what_grafana_has_not(title: str) -> None:
    for text in rule(title)["annotations"].values():
        assert not re.search(r"\bquery\b|\$value\b", text)
    for text in rule(title)["labels"].values():
        assert "$" not in text


def test_each_leads_to_its_runbook() -> None:
    links = {one["title"]: one["annotations"]["runbook_url"] for one in rules()}
    assert links["market_alert"] == f"{RUNBOOKS}/{{{{ $labels.alert }}}}"
    assert links["feed_silent"] == f"{RUNBOOKS}/{{{{ $labels.alertname }}}}"


def test_what_can_be_told_is_told_in_the_same_words() -> None:
    shipped, found = SHIPPED["exporter_replica_down"]["annotations"], rule("exporter_replica_down")
    assert found["annotations"]["summary"] == shipped["summary"]
    assert found["annotations"]["description"] == shipped["description"]
    assert (
        rule("market_alert")["annotations"]["summary"]
        == (SHIPPED["market_alert"]["annotations"]["summary"])
    )


def test_what_asks_prometheus_is_left_out_and_the_summary_stands_for_it() -> None:
    found = rule("exchange_down")["annotations"]
    assert found["description"] == found["summary"] == "{{ $labels.exchange }}: no live feed"


def test_the_number_of_a_rule_is_asked_for_where_a_text_tells_it() -> None:
    lines = [line.strip() for line in SHIPPED["feed_silent"]["expr"].splitlines()]
    assert [line.strip() for line in queries()["feed_silent"]["B"].splitlines()][1:-2] == lines
    assert queries()["exporter_down"].keys() == {"A"}


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("plain", "plain"),
        ("{{ $labels.a }} of {{ $value }}",
         "{{ $labels.a }} of {{ with $values.B }}{{ .Value }}{{ end }}"),
        ('{{- printf "%.0f" $value -}} x',
         '{{ with $values.B }}{{- printf "%.0f" .Value -}}{{ end }} x'),
        ("{{ $value | humanizeDuration }}",
         "{{ with $values.B }}{{ .Value | humanizeDuration }}{{ end }}"),
        ('{{ $labels.a | reReplaceAll "x" "y" }}',
         '{{ (or $labels.a "") | reReplaceAll "x" "y" }}'),
        ("{{ range query `up` }}x{{ end }}", None),
        ("my query", "my query"),
    ],
)  # fmt: skip
def test_a_text_of_prometheus_for_grafana(written: str, made: str | None) -> None:
    assert sentence(written) == made


def test_messages_name_a_market_alert_by_its_own_name_and_silence_it_in_grafana() -> None:
    (found,) = tree("templates.yaml")
    text, shipped = found["template"], MESSAGES.read_text()
    assert "(or .Labels.alert .Labels.alertname)" in text
    assert "(or $.Labels.alert $.Labels.alertname)" in text
    names = re.findall(r"\.Labels\.alertname", text)
    assert len(names) == len(re.findall(r"or \$?\.Labels\.alert \$?\.Labels\.alertname", text))
    defined = re.compile('define "([^"]+)"')
    assert defined.findall(text) == defined.findall(shipped)
    assert "{{ .SilenceURL }}" in text
    assert "url.alertmanager" not in text
    assert "url.alertmanager" in shipped
    assert messages("as it was") == "as it was"


# --- contact points


def test_a_receiver_without_a_secret_is_no_contact_point() -> None:
    made = points({"page": NEEDED["pagerduty"], "chat": NEEDED["slack"]})
    assert {name: set(one) for name, one in made.items()} == {
        "market-page": {"pagerduty"},
        "market-chat": {"slack"},
    }


@pytest.mark.parametrize("kind", NEEDED)
def test_no_setting_is_empty(kind: str) -> None:
    """With an empty address of Slack, Grafana would not start."""
    (settings,) = points({"page": NEEDED[kind]})["market-page"].values()
    assert len(settings) > 2
    assert all(value for value in settings.values())


@pytest.mark.parametrize("kind", NEEDED)
def test_what_its_service_needs_is_there_and_a_title_that_says_how_urgent_it_is(kind: str) -> None:
    (settings,) = points({"page": NEEDED[kind]})["market-page"].values()
    unused = {"email_from", "smtp_smarthost"}  # Grafana has a mail server of its own
    needed = {value for name, value in NEEDED[kind].items() if name not in unused}
    assert needed <= set(texts(settings))
    wanted = "telegram.text" if kind == "telegram" else "market.title"
    assert any(wanted in text for text in texts(settings))


def test_all_services_at_once_are_one_contact_point() -> None:
    everything = {name: text for one in NEEDED.values() for name, text in one.items()}
    (point,) = tree("contact-points.yaml", {"page": everything})
    assert [one["uid"] for one in point["receivers"]] == [f"market-page-{one}" for one in NEEDED]
    assert not any(one["disableResolveMessage"] for one in point["receivers"])


def test_what_is_optional_is_carried_over() -> None:
    made = points(
        {
            "page": {**NEEDED["pagerduty"], **OPTIONAL["pagerduty"]},
            "chat": {**NEEDED["webhook"], **OPTIONAL["webhook"]},
        }
    )
    assert made["market-page"]["pagerduty"]["url"] == OPTIONAL["pagerduty"]["pagerduty_url"]
    assert made["market-chat"]["webhook"].items() >= {
        ("authorization_scheme", "Bearer"),
        ("authorization_credentials", "geheim"),
        ("maxAlerts", 5),
    }


def test_a_dollar_stays_one_where_grafana_would_read_a_variable() -> None:
    key = "a$HOME$$b${x}$__file{/etc/passwd}"
    made = points({"page": {"pagerduty_routing_key": key}})["market-page"]["pagerduty"]
    assert made["integrationKey"] == key.replace("$", "$$")
    assert all("$" not in text.replace("$$", "") for text in texts(made))


def test_a_number_stays_a_text() -> None:
    made = points({"page": NEEDED["telegram"]})["market-page"]["telegram"]
    assert made["chatid"] == "-1001234567890"


def test_what_grafana_cannot_do_is_refused() -> None:
    everywhere = {**NEEDED["telegram"], **OPTIONAL["telegram"]}
    assert refused({"chat": everywhere}) == [
        "secrets/chat/telegram_api_url: cannot be carried over to Grafana, which sends to Telegram "
        "itself alone"
    ]
    assert refused({}) == ["secrets: no receiver has a secret; Grafana needs one that can be told"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("matchers: ['priority=\"P2\"']", "match: {priority: P2}", "template: route.match: "),
        ("group_interval: 60s", "active_time_intervals: [day]", "route.active_time_intervals: "),
        ("equal: [exchange, instrument, drill]", "name: x", "template: inhibit_rules.name: "),
        ("matchers: ['priority=\"P2\"']", "matchers: ['P2']", "'P2' is no matcher"),
    ],
)
def test_what_a_template_says_and_grafana_would_not_do_is_refused(
    old: str, new: str, problem: str
) -> None:
    assert old in TEMPLATE
    (found, *_) = refused(ALL, TEMPLATE.replace(old, new))
    assert problem in found


# --- policy


@pytest.mark.parametrize("case", ROUTES)
def test_an_alert_reaches_the_same_people(case: str) -> None:
    labels, receivers = ROUTES[case]
    (policy,) = tree("policies.yaml")
    given = dict(one.split("=", 1) for one in labels.split())
    assert [*told(policy, given)] == [f"market-{one}" for one in receivers.split(",")]


@pytest.mark.parametrize("case", ROUTES)
def test_what_had_nobody_has_nobody(case: str) -> None:
    """But for what no route wants: Grafana's root must have somebody."""
    labels, receivers = ROUTES[case]
    (policy,) = tree("policies.yaml", {"page": LOCAL})
    given = dict(one.split("=", 1) for one in labels.split())
    paged = "page" in receivers.split(",") or case in {
        "labels that no route knows", "a priority that does not exist",
    }  # fmt: skip
    assert [*told(policy, given)] == ["market-page"] * paged


def test_what_no_route_wants_goes_to_the_chat_where_there_is_one() -> None:
    (policy,) = tree("policies.yaml", {"page": LOCAL, "chat": LOCAL})
    assert policy["receiver"] == "market-chat"


@pytest.mark.parametrize("secrets", [ALL, {"page": LOCAL}, {"drill": LOCAL}])
def test_each_contact_point_and_mute_timing_that_is_named_exists(
    secrets: Mapping[str, Texts],
) -> None:
    (policy,) = tree("policies.yaml", secrets)
    named = {policy["receiver"], *(one["receiver"] for one in policy["routes"])}
    assert named <= points(secrets).keys()
    timings = {name for one in policy["routes"] for name in one.get("mute_time_intervals", ())}
    assert timings <= {one["name"] for one in tree("mute-timings.yaml", secrets)}


def test_nobody_is_told_at_no_hour() -> None:
    (timing,) = tree("mute-timings.yaml")
    assert timing["time_intervals"] == [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]


def test_each_market_and_each_alert_of_it_is_a_group() -> None:
    (policy,) = tree("policies.yaml")
    shipped = yaml.safe_load(TEMPLATE.partition("receivers:")[0])["route"]
    assert policy["group_by"] == [*shipped["group_by"], "alert"]


def test_a_p1_is_told_at_once_and_all_else_after_another_look() -> None:
    (policy,) = tree("policies.yaml")
    waits = {str(one["object_matchers"]): one.get("group_wait") for one in policy["routes"]}
    assert waits["[['priority', '=', 'P1']]"] == "1s"
    assert waits["[['priority', '=', 'P2']]"] is None
    assert policy["group_wait"] == f"{AFTER}s"
    assert AFTER > LOOK


# --- matchers


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('priority="P1"', ("priority", "=", "P1")),
        ("a=b", ("a", "=", "b")),
        (' kind =~ "market|health" ', ("kind", "=~", "market|health")),
        ('ceiling_of!=""', ("ceiling_of", "!=", "")),
        (r'a!~"say \"x\" \\d"', ("a", "!~", r'say "x" \d')),
    ],
)
def test_a_matcher_is_read_as_alertmanager_reads_it(text: str, read: tuple[str, ...]) -> None:
    matcher = Matcher.read(text)
    assert matcher == read
    assert Matcher.read(str(matcher)) == matcher


@pytest.mark.parametrize(
    ("text", "accepted", "not_accepted"),
    [
        ('a="b"', "b", "bb"),
        ('a!="b"', "", "b"),
        ('a=~"b|c"', "c", "bc"),
        ('a!~"b.*"', "ab", "bc"),
        ('a=""', "", "b"),
    ],
)
def test_a_matcher_is_for_the_whole_value(text: str, accepted: str, not_accepted: str) -> None:
    matcher = Matcher.read(text)
    assert matcher.accepts(accepted)
    assert not matcher.accepts(not_accepted)
