"""Secrets of each integration, made up; those that must never be told have `geheim` in them."""

from collections.abc import Mapping

from tests.shared import ROOT

Texts = Mapping[str, str]

TEMPLATE = (ROOT / "prometheus" / "alertmanager.template.yml").read_text()
NEEDED: Mapping[str, Texts] = {
    "slack": {"slack_webhook_url": "https://hooks.example.org/services/T/B/geheim"},
    "discord": {"discord_webhook_url": "https://discord.example.org/api/webhooks/1/geheim"},
    "telegram": {"telegram_bot_token": "123:geheim", "telegram_chat_id": "-1001234567890"},
    "pagerduty": {"pagerduty_routing_key": "0123456789abcdef0123456789geheim"},
    "webhook": {"webhook_url": "https://alerts.example.org/geheim"},
    "email": {
        "email_to": "geheim@example.org",
        "email_from": "alerts@example.org",
        "smtp_smarthost": "geheim.example.org:587",
    },
}
"""The secrets that each integration cannot do without."""
OPTIONAL: Mapping[str, Texts] = {
    "telegram": {"telegram_api_url": "http://127.0.0.1:8081"},
    "pagerduty": {"pagerduty_url": "https://events.eu.pagerduty.com/v2/enqueue"},
    "webhook": {"webhook_bearer_token": "geheim"},
    "email": {
        "smtp_username": "alerts",
        "smtp_password": "geheim",
        "smtp_require_tls": "false",
    },
}
