"""Receivers and routes of Alertmanager as contact points and the notification policy of Grafana."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from exporter.errors import ConfigError, Problem
from exporter.paging.durations import seconds
from exporter.paging.grafana.expressions import AFTER
from exporter.paging.grafana.matchers import Matcher, only

Tree = Mapping[str, Any]

NOBODY = "market-nobody"
"""The mute timing of all hours, for routes whose receiver has no way to reach anybody."""
_TITLE = '{{ template "market.title" . }}'
_TEXT = '{{ template "plain.text" . }}'
_TIMED = ("group_wait", "group_interval", "repeat_interval")
_ROUTE = ("receiver", "matchers", "group_by", "continue", "routes", *_TIMED)
_SAME = ("severity", "client", "client_url", "component", "group", "class", "details", "url")
_NAMES: Mapping[str, Mapping[str, str]] = {
    "slack": {"url": "api_url", "title": "title", "text": "text"},
    "discord": {"url": "webhook_url", "title": "title", "message": "message"},
    "telegram": {
        "bottoken": "bot_token",
        "chatid": "chat_id",
        "parse_mode": "parse_mode",
        "message": "message",
    },
    "pagerduty": {
        "integrationKey": "routing_key",
        "summary": "description",
        **{name: name for name in _SAME},
    },
    "webhook": {"url": "url", "maxAlerts": "max_alerts"},
    "email": {"addresses": "to", "message": "text"},
}
"""What Grafana calls the settings of a service, and Alertmanager."""


def contact_points(receivers: Sequence[Tree]) -> list[dict[str, Any]]:
    """A contact point for each receiver that has a way to reach people; never one without.

    Raises ConfigError for what Grafana cannot do, and where nobody would be told of anything.
    """
    problems = [problem for one in receivers for problem in _refused(one)]
    if not any(map(_ways, receivers)):
        sentence = "no receiver has a secret; Grafana needs one that can be told"
        problems.append(Problem("secrets", "", sentence))
    if problems:
        raise ConfigError(tuple(problems))
    return [
        {"orgId": 1, "name": _named(one["name"]), "receivers": [*_integrations(one)]}
        for one in receivers
        if _ways(one)
    ]


def policy(route: Tree, receivers: Sequence[Tree], preferred: Iterable[str]) -> dict[str, Any]:
    """The tree of routes. What no route wants goes to the root's receiver, or where that has no way
    to reach people to the first of `preferred` that has one.

    Raises ConfigError for what a route says and Grafana would not do.
    """
    able = [one["name"] for one in receivers if _ways(one)]
    root = next(name for name in (route["receiver"], *preferred, *able) if name in able)
    return {"orgId": 1, **_route(route, able, root), "receiver": _named(root)}


def mute_timings() -> list[dict[str, Any]]:
    """All hours of all days."""
    always = {"times": [{"start_time": "00:00", "end_time": "24:00"}]}
    return [{"orgId": 1, "name": NOBODY, "time_intervals": [always]}]


def _route(route: Tree, able: Sequence[str], root: str) -> dict[str, Any]:
    only(_ROUTE, route, "route")
    made: dict[str, Any] = {"receiver": _named(route["receiver"])}
    if matchers := route.get("matchers"):
        made["object_matchers"] = [_escaped([*Matcher.read(one)]) for one in matchers]
        if route["receiver"] not in able:
            made |= {"receiver": _named(root), "mute_time_intervals": [NOBODY]}
    if by := route.get("group_by"):
        made["group_by"] = [*by, *(["alert"] if "alertname" in by else [])]
    made |= {name: route[name] for name in _TIMED if name in route}
    if "group_wait" in made:
        made["group_wait"] = _patient(made["group_wait"])
    if route.get("continue"):
        made["continue"] = True
    if inner := route.get("routes"):
        of = {"receiver": route["receiver"]}
        made["routes"] = [_route({**of, **one}, able, root) for one in inner]
    return made


def _patient(wait: str) -> str:
    """What Alertmanager tells at once waits for a second, so that Grafana never looks at its rules
    and at a group in the same instant. What waits waits for longer than a look, and can be muted
    yet."""
    return f"{max(round(seconds(wait)), AFTER)}s" if seconds(wait) else "1s"


def _named(receiver: str) -> str:
    return f"market-{receiver}"


def _ways(receiver: Tree) -> list[tuple[str, Tree]]:
    """The services of a receiver, and what Alertmanager is told of each."""
    return [
        (name.removesuffix("_configs"), way)
        for name, ways in receiver.items()
        if name.endswith("_configs")
        for way in ways
    ]


def _integrations(receiver: Tree) -> Iterator[dict[str, Any]]:
    for service, way in _ways(receiver):
        settings = {name: value for name, value in _settings(service, way).items() if value}
        yield {
            "uid": f"{_named(receiver['name'])}-{service}",
            "type": service,
            "settings": _escaped(settings),
            "disableResolveMessage": not way.get("send_resolved", True),
        }


def _settings(service: str, way: Tree) -> dict[str, Any]:
    """Who sends mail, and by which server, is in Grafana's own settings."""
    made = {ours: way.get(theirs) for ours, theirs in _NAMES[service].items()}
    if service == "telegram":
        return {**made, "chatid": str(made["chatid"])}
    if service == "email":
        subject = way.get("headers", {}).get("Subject", _TITLE)
        return {**made, "subject": subject, "singleEmail": True}
    if service == "webhook":
        return {**made, "title": _TITLE, "message": _TEXT, **_authorization(way)}
    return made


def _authorization(way: Tree) -> Mapping[str, str]:
    bearer = way.get("http_config", {}).get("authorization", {}).get("credentials")
    if not bearer:
        return {}
    return {"authorization_scheme": "Bearer", "authorization_credentials": bearer}


def _refused(receiver: Tree) -> Iterator[Problem]:
    for service, way in _ways(receiver):
        if service == "telegram" and "api_url" in way:
            sentence = "cannot be carried over to Grafana, which sends to Telegram itself alone"
            yield Problem(f"secrets/{receiver['name']}/telegram_api_url", "", sentence)


def _escaped(value: Any) -> Any:
    """Grafana replaces `$NAME` by a variable of its environment, wherever it stands."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {name: _escaped(one) for name, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value
