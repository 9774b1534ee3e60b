"""Which configurations are in force, and the way from a rule to a person."""

from grafana.boards.feeds_now import CONFIGURED, DRILLED, RELOADED
from grafana.frame import colours
from grafana.frame.looks import Field, Says
from grafana.frame.panels import graph, timeline
from grafana.frame.queries import Query, first_of, rows
from grafana.frame.tables import Column, grid

_EVERY = "5s"
"""Prometheus and Alertmanager are scraped more rarely than the exporter."""

_WAY = timeline(
    "The way from an exchange to a person",
    Says(
        "Who answers Prometheus, whether it knows of an Alertmanager, and whether its rules run: "
        "the watchdog is a rule that always fires.",
        "green throughout.",
        "the first line from above that is not green is where it breaks. Gaps in all lines: "
        "Prometheus itself was away.",
    ),
    Field("none", none="unseen", states=colours.UP_STATES),
    Query(
        'min_over_time(up{job="market-exporter",drill=""}[$__interval])',
        "exporter {{instance}}",
        every=_EVERY,
    ),
    Query('max(ALERTS{alertname="watchdog",alertstate="firing"})', "rules run", every=_EVERY),
    Query(
        "max(prometheus_notifications_alertmanagers_discovered) > bool 0",
        "Alertmanager known",
        every=_EVERY,
    ),
    Query(
        'min_over_time(up{job="alertmanager"}[$__interval])',
        "Alertmanager {{instance}}",
        every=_EVERY,
    ),
)
_RELOADS = first_of(
    'market_exporter_config_last_reload_success_timestamp_seconds{drill=""}',
    "prometheus_config_last_reload_success_timestamp_seconds",
    "alertmanager_config_last_reload_success_timestamp_seconds",
)
_CONFIGURATION = grid(
    "Configurations",
    Says(
        "Whether each program took the configuration on disk when it last read it, and how long "
        "ago it read the one that is in force.",
        "accepted.",
        "refused: the older one stays in force, and a restart fails. Its log says why.",
    ),
    (
        Column("job", "Program", 122),
        Column("instance", "Instance", 122),
        Column(0, "On disk", 84, Field("none", none="unknown", states=CONFIGURED), True),
        Column(1, "Read", 90, Field("s", none="–")),
    ),
    rows(f"max by (job, instance) (\n{RELOADED}\n)"),
    rows(f"time() - max by (job, instance) (\n{_RELOADS}\n)"),
)
_DRILLS = grid(
    "Last drills",
    Says(
        "How long ago each kind of drill last succeeded: an incident on a shadow market, or a "
        "page through the real Alertmanager.",
        "no older than drills.every_days (30 as shipped).",
        "an empty list: nothing was drilled yet, nobody knows whether pages arrive. Run one "
        "(docs/drills.md).",
    ),
    (
        Column("kind", "Kind", 120),
        Column(0, "Ago", 70, Field("s", none="–")),
    ),
    rows(f"time() - max by (kind) ({DRILLED})"),
).no_value("none yet")
_OF_PROMETHEUS = "prometheus_notifications"
_SENT = graph(
    "Alerts that Prometheus sends",
    Says(
        "Alerts handed to Alertmanager in each step, those that failed, and those dropped because "
        "none could be reached. What fires is sent again and again.",
        "some sent at all times, as the watchdog fires; none fails.",
        "failed or dropped: Alertmanager is down or the way to it is; runbook "
        "alertmanager_unreachable. Nobody is paged meanwhile.",
    ),
    Field("none", none="Prometheus is not scraped", minimum=0),
    Query(f"sum(increase({_OF_PROMETHEUS}_sent_total[$__rate_interval]))", "sent", every=_EVERY),
    Query(
        f"sum(increase({_OF_PROMETHEUS}_errors_total[$__rate_interval]))", "failed", every=_EVERY
    ),
    Query(
        f"sum(increase({_OF_PROMETHEUS}_dropped_total[$__rate_interval]))", "dropped", every=_EVERY
    ),
    calcs=("max",),
    bars=True,
    lines={"failed": colours.BAD, "dropped": colours.WARNING},
)
_DELIVERED = graph(
    "Notifications that Alertmanager delivers",
    Says(
        "Requests to the services that tell people (webhook, Slack, PagerDuty, e-mail), in each "
        "step, and those of them that failed.",
        "a few for each incident; none fails.",
        "the service is down or refuses: a key that ran out, a channel that is gone. Alert "
        "notifications_failing; Alertmanager's log has the answer.",
    ),
    Field("none", none="nothing delivered in this time", minimum=0),
    Query(
        "sum by (integration)"
        " (increase(alertmanager_notification_requests_total[$__rate_interval])) > 0",
        "{{integration}}",
        every=_EVERY,
    ),
    Query(
        "sum by (integration)"
        " (increase(alertmanager_notification_requests_failed_total[$__rate_interval])) > 0",
        "{{integration}} failed",
        every=_EVERY,
    ),
    calcs=("max",),
    bars=True,
    each=True,
    lines={".* failed": colours.BAD},
)
_RULES = graph(
    "Rules: evaluations that failed or were missed",
    Says(
        "In each step, over all groups of rules. One that failed has no result; one that was "
        "missed was not done in time.",
        "nothing.",
        "failed: Prometheus' log has the rule. missed: it has too much to do, alerts come late; "
        "see how busy the groups are.",
    ),
    Field("none", none="Prometheus is not scraped", minimum=0),
    Query(
        "sum(increase(prometheus_rule_evaluation_failures_total[$__rate_interval]))",
        "failed",
        every=_EVERY,
    ),
    Query(
        "sum(increase(prometheus_rule_group_iterations_missed_total[$__rate_interval]))",
        "missed",
        every=_EVERY,
    ),
    calcs=("max",),
    bars=True,
    lines={"failed": colours.BAD, "missed": colours.WARNING},
)
_GROUP = "prometheus_rule_group"
_BUSY = graph(
    "Rules: how busy the five busiest groups are",
    Says(
        "The share of its interval that a group of rules takes to be evaluated.",
        "below 30 %.",
        "at 100 % evaluations are missed and alerts are late: fewer markets for each Prometheus, "
        "or a faster machine.",
    ),
    Field("percentunit", decimals=1, none="Prometheus is not scraped", minimum=0),
    Query(
        f"topk(5, label_replace({_GROUP}_last_duration_seconds / {_GROUP}_interval_seconds,"
        ' "group", "$1", "rule_group", ".*;(.+)"))',
        "{{group}}",
        every=_EVERY,
    ),
    each=True,
    calcs=(),
)  # fmt: skip
STATES = (_WAY, _CONFIGURATION, _DRILLS)
PATH = (_SENT, _DELIVERED, _RULES, _BUSY)
