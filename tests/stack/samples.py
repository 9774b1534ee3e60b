"""A message of each kind that fits, and the changes after which it does not."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]

FIT: Mapping[str, Json] = {
    "slack": {
        "channel": "#market",
        "attachments": [
            {
                "title": "[P1] spread_critical binance BTC-USDT-PERP",
                "title_link": "http://alerts.example.org/#/alerts",
                "text": "8.1 bps, normal is 0.8",
                "fallback": "spread_critical",
                "color": "danger",
                "mrkdwn_in": ["fallback", "pretext", "text"],
                "fields": [{"title": "since", "value": "10:00:00 UTC", "short": True}],
                "actions": [{"type": "button", "text": "Why", "url": "http://exporter.example/"}],
            }
        ],
    },
    "discord": {
        "content": "",
        "embeds": [
            {"title": "[P2 resolved] basis_warning", "description": "over", "color": 3066993}
        ],
    },
    "telegram": {
        "chat_id": "-100123",
        "text": '<b>[P1] depth_critical</b>\n<a href="http://x.example/">5 &lt; 6</a>',
        "parse_mode": "HTML",
        "disable_notification": "false",
    },
    "pagerduty": {
        "routing_key": "k" * 32,
        "event_action": "trigger",
        "dedup_key": "d" * 64,
        "client": "Alertmanager",
        "links": [{"href": "http://runbooks.example/x", "text": "runbook"}],
        "payload": {
            "summary": "[P1] spread_critical",
            "source": "binance",
            "severity": "critical",
            "custom_details": {"exchange": "binance"},
        },
    },
    "webhook": {
        "version": "4",
        "groupKey": '{}:{alertname="spread_critical"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "page",
        "groupLabels": {"alertname": "spread_critical"},
        "commonLabels": {"exchange": "binance", "instrument": "BTC-USDT-PERP"},
        "commonAnnotations": {},
        "externalURL": "http://alerts.example.org",
        "alerts": [
            {
                "status": "firing",
                "labels": {},
                "annotations": {},
                "startsAt": "2024-08-08T10:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "0123456789abcdef",
            }
        ],
    },
}

Change = Callable[[Json], object]


def attachment(message: Json) -> Json:
    found: Json = message["attachments"][0]
    return found


def embed(message: Json) -> Json:
    found: Json = message["embeds"][0]
    return found


def put(**values: object) -> Change:
    return lambda message: message.update(values)


def without(*keys: str) -> Change:
    return lambda message: [message.pop(key) for key in keys]


UNFIT: Mapping[str, tuple[str, Change]] = {
    "slack: says nothing": ("slack", without("attachments")),
    "slack: an empty list": ("slack", put(attachments=[])),
    "slack: 101 attachments": ("slack", put(attachments=[{"text": "one"}] * 101)),
    "slack: a text too long": ("slack", lambda m: attachment(m).update(text="x" * 40_001)),
    "slack: a link that is none": ("slack", lambda m: attachment(m).update(title_link="/#/alerts")),
    "slack: a colour's name": ("slack", lambda m: attachment(m).update(color="red")),
    "slack: a field without value": (
        "slack", lambda m: attachment(m).update(fields=[{"title": "since"}]),
    ),
    "slack: a button without text": (
        "slack", lambda m: attachment(m).update(actions=[{"type": "button", "text": ""}]),
    ),
    "discord: says nothing": ("discord", put(embeds=[])),
    "discord: an empty embed": ("discord", put(embeds=[{"title": ""}])),
    "discord: a content too long": ("discord", put(content="x" * 2001)),
    "discord: a title too long": ("discord", lambda m: embed(m).update(title="x" * 257)),
    "discord: a description too long": (
        "discord", lambda m: embed(m).update(description="x" * 4097),
    ),
    "discord: embeds too long together": (
        "discord", put(embeds=[{"description": "x" * 3001}] * 2),
    ),
    "discord: 11 embeds": ("discord", put(embeds=[{"description": "x"}] * 11)),
    "discord: a colour as text": ("discord", lambda m: embed(m).update(color="#ff0000")),
    "telegram: no chat": ("telegram", without("chat_id")),
    "telegram: a chat that is none": ("telegram", put(chat_id="the desk")),
    "telegram: no text": ("telegram", put(text="")),
    "telegram: nothing but tags": ("telegram", put(text="<b> </b>")),
    "telegram: a text too long": ("telegram", put(text="x" * 4097)),
    "telegram: a text too long in its units": ("telegram", put(text="\U0001f525" * 2049)),
    "telegram: a bare <": ("telegram", put(text="5 < 6")),
    "telegram: a bare > and <": ("telegram", put(text="5 < 6 and 7 > 3")),
    "telegram: a bare &": ("telegram", put(text="bid & ask")),
    "telegram: an entity that it does not know": ("telegram", put(text="a&nbsp;b")),
    "telegram: an unknown tag": ("telegram", put(text="<p>x</p>")),
    "telegram: a tag that stays open": ("telegram", put(text="<b>x")),
    "telegram: tags that overlap": ("telegram", put(text="<b><i>x</b></i>")),
    "telegram: an end without a beginning": ("telegram", put(text="x</b>")),
    "telegram: a link without address": ("telegram", put(text="<a>x</a>")),
    "telegram: a comment": ("telegram", put(text="<!-- x -->y")),
    "telegram: Markdown": ("telegram", put(parse_mode="Markdown")),
    "pagerduty: a short key": ("pagerduty", put(routing_key="k" * 31)),
    "pagerduty: a key with its line's end": ("pagerduty", put(routing_key="k" * 32 + "\n")),
    "pagerduty: an unknown action": ("pagerduty", put(event_action="page")),
    "pagerduty: nothing to say": ("pagerduty", without("payload")),
    "pagerduty: a resolve of nothing": (
        "pagerduty", lambda m: (m.update(event_action="resolve"), m.pop("dedup_key")),
    ),
    "pagerduty: a key too long": ("pagerduty", put(dedup_key="d" * 256)),
    "pagerduty: a summary too long": (
        "pagerduty", lambda m: m["payload"].update(summary="x" * 1025),
    ),
    "pagerduty: no summary": ("pagerduty", lambda m: m["payload"].update(summary="")),
    "pagerduty: no source": ("pagerduty", lambda m: m["payload"].pop("source")),
    "pagerduty: a severity that it lacks": (
        "pagerduty", lambda m: m["payload"].update(severity="P1"),
    ),
    "pagerduty: a link without address": ("pagerduty", put(links=[{"text": "runbook"}])),
    "pagerduty: details too large": (
        "pagerduty", lambda m: m["payload"].update(custom_details={"x": "x" * 512 * 1024}),
    ),
    "webhook: no alerts": ("webhook", put(alerts=[])),
    "webhook: another version": ("webhook", put(version="3")),
    "webhook: an unknown status": ("webhook", put(status="pending")),
    "webhook: a label that is no text": ("webhook", put(commonLabels={"value": 5})),
}  # fmt: skip
