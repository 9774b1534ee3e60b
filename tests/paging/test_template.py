"""What a folder of secrets makes of the shipped template: nothing more, nothing less."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from exporter.paging.template import render
from tests.paging.integrations import NEEDED, OPTIONAL, TEMPLATE, Texts

KEYS: Texts = {
    "slack_webhook_url": "api_url",
    "discord_webhook_url": "webhook_url",
    "telegram_bot_token": "bot_token",
    "telegram_chat_id": "chat_id",
    "pagerduty_routing_key": "routing_key",
    "webhook_url": "url",
    "email_to": "to",
    "email_from": "from",
    "smtp_smarthost": "smarthost",
}
RECEIVERS = ("page", "chat", "watchdog", "drill", "log")


def rendered(secrets: Mapping[str, Texts]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The integrations of each receiver."""
    tree = yaml.safe_load(render(TEMPLATE, secrets).text)
    return {one.pop("name"): one for one in tree["receivers"]}


def way(kind: str, texts: Texts) -> dict[str, Any]:
    """The settings of one integration of `page`."""
    (found,) = rendered({"page": texts})["page"][f"{kind}_configs"]
    return found


def test_without_secrets_every_receiver_is_there_and_reaches_nobody() -> None:
    made = render(TEMPLATE, {})
    assert rendered({}) == {name: {} for name in RECEIVERS}
    assert made.receivers == dict.fromkeys(RECEIVERS, ())
    assert made.remote == ()
    assert render(TEMPLATE, {"page": {}, "chat": {}}) == made


def test_all_but_the_receivers_is_the_template_s_own() -> None:
    made = yaml.safe_load(render(TEMPLATE, {"page": NEEDED["slack"]}).text)
    given = yaml.safe_load(TEMPLATE.partition("\nreceivers:")[0])
    assert {key: value for key, value in made.items() if key != "receivers"} == given


@pytest.mark.parametrize("kind", NEEDED)
@pytest.mark.parametrize("receiver", ["page", "chat", "watchdog", "drill", "log"])
def test_a_receiver_has_the_integration_whose_secrets_it_has(receiver: str, kind: str) -> None:
    made = render(TEMPLATE, {receiver: NEEDED[kind]})
    assert made.receivers == {**dict.fromkeys(RECEIVERS, ()), receiver: (kind,)}
    found = rendered({receiver: NEEDED[kind]})
    assert {name for name, ways in found.items() if ways} == {receiver}
    assert list(found[receiver]) == [f"{kind}_configs"]


def test_a_receiver_has_all_that_its_folder_has() -> None:
    everything = {name: text for texts in NEEDED.values() for name, text in texts.items()}
    made = render(TEMPLATE, {"chat": everything, "page": NEEDED["pagerduty"]})
    assert made.receivers["chat"] == tuple(NEEDED)
    assert made.receivers["page"] == ("pagerduty",)


@pytest.mark.parametrize("kind", NEEDED)
def test_every_integration_says_when_it_is_over(kind: str) -> None:
    assert way(kind, NEEDED[kind])["send_resolved"] is True


@pytest.mark.parametrize("kind", NEEDED)
def test_each_secret_stands_where_alertmanager_looks_for_it(kind: str) -> None:
    found = way(kind, NEEDED[kind])
    assert {name: str(found[KEYS[name]]) for name in NEEDED[kind]} == NEEDED[kind]


def test_what_is_optional_is_left_out_with_what_it_stood_in() -> None:
    assert "api_url" not in way("telegram", NEEDED["telegram"])
    assert "url" not in way("pagerduty", NEEDED["pagerduty"])
    assert "http_config" not in way("webhook", NEEDED["webhook"])
    assert not {"auth_username", "auth_password", "require_tls"} & set(
        way("email", NEEDED["email"])
    )


def test_what_is_optional_is_there_if_its_secret_is() -> None:
    made = {kind: way(kind, {**NEEDED[kind], **texts}) for kind, texts in OPTIONAL.items()}
    assert made["telegram"]["api_url"] == "http://127.0.0.1:8081"
    assert made["pagerduty"]["url"] == "https://events.eu.pagerduty.com/v2/enqueue"
    assert made["webhook"]["http_config"] == {"authorization": {"credentials": "geheim"}}
    assert made["email"]["auth_username"] == "alerts"
    assert made["email"]["auth_password"] == "geheim"  # noqa: S105 - made up
    assert made["email"]["require_tls"] is False


def test_an_empty_text_of_the_template_stays() -> None:
    assert way("email", NEEDED["email"])["html"] == ""


@pytest.mark.parametrize("text", ["-1001234567890", "42", "0", "-007"])
def test_a_number_stays_a_number(text: str) -> None:
    found = way("telegram", {**NEEDED["telegram"], "telegram_chat_id": text})["chat_id"]
    assert found == int(text)
    assert isinstance(found, int)


@pytest.mark.parametrize(
    "text",
    [
        "a: b", "- x", "# x", "x # y", "'", '"', "{a: b}", "[x", "*x", "&x", "!secret x", "%x",
        "@x", "`x`", "|", ">", "true", "null", "~", "1e3", "0123", "2024-08-08", "é ß 日本", "a  b",
        "\\n", "x" * 400, "word " * 60 + "end", "<<", "=", "?", ",", ": ",
    ],
)  # fmt: skip
def test_a_secret_survives_whatever_it_means_in_yaml(text: str) -> None:
    stripped = text.strip()
    assert way("pagerduty", {"pagerduty_routing_key": stripped})["routing_key"] == stripped


@pytest.mark.parametrize("text", ["mail.example.org:25", "127.0.0.1:2525", "[::1]:25", "m_x:587"])
def test_a_mail_server_is_a_host_and_a_port(text: str) -> None:
    found = way("email", {**NEEDED["email"], "smtp_smarthost": text})
    assert found["smarthost"] == text


# --- what leaves this machine


@pytest.mark.parametrize("kind", NEEDED)
def test_what_leaves_this_machine_is_named(kind: str) -> None:
    assert render(TEMPLATE, {"chat": NEEDED[kind]}).remote == (f"chat: {kind}",)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("slack", {"slack_webhook_url": "http://127.0.0.1:8080/x"}),
        ("slack", {"slack_webhook_url": "http://localhost/x"}),
        ("discord", {"discord_webhook_url": "http://[::1]:8080/x"}),
        ("webhook", {"webhook_url": "http://127.8.9.1/x"}),
        ("webhook", {"webhook_url": "https://relay.localhost/x"}),
        ("telegram", {**NEEDED["telegram"], **OPTIONAL["telegram"]}),
        ("pagerduty", {**NEEDED["pagerduty"], "pagerduty_url": "http://localhost:1/v2/enqueue"}),
        ("email", {**NEEDED["email"], "smtp_smarthost": "localhost:25"}),
        ("email", {**NEEDED["email"], "smtp_smarthost": "[::1]:25"}),
    ],
)
def test_what_stays_on_this_machine_is_not(kind: str, texts: Texts) -> None:
    made = render(TEMPLATE, {"page": texts})
    assert (made.receivers["page"], made.remote) == ((kind,), ())


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.5/x", "http://127.0.0.1.example.org/x", "http://localhost.example.org/x",
        "http://example.org/127.0.0.1", "http://127.0.0.1@example.org/x", "http://0.0.0.0/x",
    ],
)  # fmt: skip
def test_what_only_looks_like_this_machine_leaves_it(url: str) -> None:
    assert render(TEMPLATE, {"page": {"webhook_url": url}}).remote == ("page: webhook",)


def test_each_that_leaves_is_named_and_no_other() -> None:
    local = {"webhook_url": "http://127.0.0.1/x"}
    made = render(TEMPLATE, {"page": {**NEEDED["slack"], **local}, "watchdog": NEEDED["webhook"]})
    assert made.remote == ("page: slack", "watchdog: webhook")


# --- the template itself


def test_a_template_of_one_s_own_is_filled_in_as_well() -> None:
    template = """
    receivers: [{name: one}, {name: two}]
    integrations:
      webhook_configs: {url: !secret where, fixed: 5, not_here: {at: {all: !optional other}}}
    """
    made = yaml.safe_load(render(template, {"two": {"where": "here"}}).text)
    assert made["receivers"] == [
        {"name": "one"},
        {"name": "two", "webhook_configs": [{"url": "here", "fixed": 5}]},
    ]
