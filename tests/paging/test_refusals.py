"""Secrets that the template cannot use are refused in sentences that do not say them."""

from collections.abc import Mapping

import pytest

from exporter.errors import ConfigError
from exporter.paging.template import render
from tests.paging.integrations import NEEDED, OPTIONAL, TEMPLATE, Texts

PARTS = [(kind, name) for kind, texts in NEEDED.items() if len(texts) > 1 for name in texts]


def refused(secrets: Mapping[str, Texts]) -> list[str]:
    """Why these are refused; no secret is among the words."""
    with pytest.raises(ConfigError) as caught:
        render(TEMPLATE, secrets)
    problems = [str(problem) for problem in caught.value.problems]
    assert "geheim" not in "\n".join(problems)
    return problems


@pytest.mark.parametrize(("kind", "missing"), PARTS)
def test_a_part_of_an_integration_is_refused(kind: str, missing: str) -> None:
    texts = {name: text for name, text in NEEDED[kind].items() if name != missing}
    there = " and ".join(texts)
    assert refused({"page": texts}) == [
        f"secrets/page/{missing}: is missing; without it {there} cannot be used"
    ]


def test_what_is_optional_is_nothing_alone() -> None:
    assert refused({"chat": {"smtp_password": "geheim"}}) == [
        f"secrets/chat/{name}: is missing; without it smtp_password cannot be used"
        for name in ("email_to", "email_from", "smtp_smarthost")
    ]


def test_a_part_in_another_receiver_s_folder_does_not_help() -> None:
    token, chat = NEEDED["telegram"].items()
    assert refused({"page": dict([token]), "chat": dict([chat])}) == [
        "secrets/page/telegram_chat_id: is missing; without it telegram_bot_token cannot be used",
        "secrets/chat/telegram_bot_token: is missing; without it telegram_chat_id cannot be used",
    ]


@pytest.mark.parametrize(
    ("receiver", "advice"),
    [
        ("pages", "did you mean `page`?"),
        ("Chat", "did you mean `chat`?"),
        ("slack_webhook_url", "write page, chat, watchdog, drill or log"),
    ],
)
def test_a_folder_of_no_receiver_is_refused(receiver: str, advice: str) -> None:
    assert refused({receiver: NEEDED["slack"]}) == [f"secrets/{receiver}: is no receiver; {advice}"]


def test_a_secret_that_nothing_uses_is_refused() -> None:
    assert refused({"page": {**NEEDED["slack"], "slack_webhook": "geheim"}}) == [
        "secrets/page/slack_webhook: is not used; did you mean `slack_webhook_url`?"
    ]
    (problem,) = refused({"page": {"key": "geheim"}})
    assert problem.startswith("secrets/page/key: is not used; write slack_webhook_url, ")


@pytest.mark.parametrize(
    "text",
    [
        "geheim",
        "--5",
        "-",
        "+5",
        "1.5",
        "1_0",
        "0x1F",
        "٣",
        "5 6",
        "@channel",
        "9" * 19,
        "9" * 5000,
    ],
)
def test_a_chat_that_is_no_number_is_refused(text: str) -> None:
    assert refused({"chat": {**NEEDED["telegram"], "telegram_chat_id": text}}) == [
        "secrets/chat/telegram_chat_id: must be a whole number"
    ]


@pytest.mark.parametrize("text", ["yes", "False", "0", "geheim"])
def test_a_switch_that_is_none_is_refused(text: str) -> None:
    assert refused({"chat": {**NEEDED["email"], "smtp_require_tls": text}}) == [
        "secrets/chat/smtp_require_tls: must be true or false"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "geheim", "geheim.example.org/x", "//geheim/x", "ftp://geheim/x", "https://", "https:///geheim",
        "https://geheim:0/", "https://geheim:99999/", "https://geheim:x/", "https://[geheim/",
        "https://geheim /x", "https://h/geheim x", "https://h/%geheim", "https://geheim%41/",
        "https://geheim\\x", "https://{{ .geheim }}/", "<https://geheim/>", '"https://geheim/"',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["slack_webhook_url", "discord_webhook_url", "webhook_url"])
def test_what_is_no_address_is_refused(name: str, text: str) -> None:
    assert refused({"page": {name: text}}) == [
        f"secrets/page/{name}: must be an address such as https://HOST/PATH"
    ]


@pytest.mark.parametrize("kind", ["telegram", "pagerduty"])
def test_an_optional_address_is_looked_at_as_well(kind: str) -> None:
    ((name, _),) = OPTIONAL[kind].items()
    assert refused({"page": {**NEEDED[kind], name: "geheim"}}) == [
        f"secrets/page/{name}: must be an address such as https://HOST/PATH"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "geheim", "geheim:", ":587", "geheim:smtp", "geheim:99999", "geheim:0", "geheim:25:3",
        "[::1:25", "geheim :25", "smtp://geheim:25", "user@geheim:25", "geheim:25/x",
    ],
)  # fmt: skip
def test_a_mail_server_without_a_port_is_refused(text: str) -> None:
    assert refused({"page": {**NEEDED["email"], "smtp_smarthost": text}}) == [
        "secrets/page/smtp_smarthost: must be HOST:PORT, such as smtp.example.org:587"
    ]


def test_every_problem_is_told_not_only_the_first() -> None:
    assert refused(
        {
            "pager": NEEDED["slack"],
            "page": {"slack_url": "geheim", "webhook_url": "geheim"},
            "chat": {"telegram_chat_id": "geheim"},
        }
    ) == [
        "secrets/pager: is no receiver; did you mean `page`?",
        "secrets/page/slack_url: is not used; did you mean `slack_webhook_url`?",
        "secrets/page/webhook_url: must be an address such as https://HOST/PATH",
        "secrets/chat/telegram_chat_id: must be a whole number",
        "secrets/chat/telegram_bot_token: is missing; without it telegram_chat_id cannot be used",
    ]
