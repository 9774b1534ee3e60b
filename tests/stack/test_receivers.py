"""The receivers take what their services document, and refuse the rest with a sentence."""

import asyncio
import copy
import json
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiohttp
import pytest

from tests.stack.payloads import CHECKS, Unfit
from tests.stack.receivers import Receivers, receivers
from tests.stack.samples import FIT, UNFIT, Json


@pytest.mark.parametrize("kind", FIT)
def test_what_fits_is_read(kind: str) -> None:
    read = CHECKS[kind](json.dumps(FIT[kind]).encode())
    assert read.status == ("resolved" if kind == "discord" else "firing")


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_refused(case: str) -> None:
    kind, change = UNFIT[case]
    message = copy.deepcopy(FIT[kind])
    change(message)
    with pytest.raises(Unfit, match=r"\w"):
        CHECKS[kind](json.dumps(message).encode())


@pytest.mark.parametrize("kind", FIT)
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"5", b"\xff"])
def test_what_is_no_object_is_refused(kind: str, raw: bytes) -> None:
    with pytest.raises(Unfit):
        CHECKS[kind](raw)


def mail(**changes: str | None) -> EmailMessage:
    """One that fits, with these headers in place of its own; None is left out."""
    message = EmailMessage()
    headers = {"From": "a@example.org", "To": "page@example.org", "Subject": "[P1] x"}
    headers |= {"Date": "Thu, 08 Aug 2024 10:00:00 +0000"}
    for name, value in {**headers, **changes}.items():
        if value is not None:
            message[name] = value
    message.set_content("8.1 bps\n.\n..two dots\n")
    return message


@pytest.mark.parametrize("header", ["From", "To", "Subject", "Date"])
def test_a_mail_without_a_header_is_refused(header: str) -> None:
    with pytest.raises(Unfit, match=header):
        CHECKS["email"](mail(**{header: None}).as_bytes())


def test_a_mail_in_html_alone_is_refused() -> None:
    message = mail()
    message.set_content("<b>x</b>", subtype="html")
    with pytest.raises(Unfit, match="plain text"):
        CHECKS["email"](message.as_bytes())


def test_a_mail_with_a_line_too_long_is_refused() -> None:
    with pytest.raises(Unfit, match="999 characters"):
        CHECKS["email"](mail().as_bytes() + b"\r\n" + b"x" * 999)


@pytest.fixture
async def them() -> AsyncIterator[Receivers]:
    async with receivers() as listening:
        yield listening


async def sent(them: Receivers, kind: str, content: Json) -> tuple[int, str]:
    """What a service answers to this."""
    url = them.address(kind, "page") + ("/bot1:secret/sendMessage" if kind == "telegram" else "")
    async with aiohttp.ClientSession() as asking, asking.post(url, json=content) as answer:
        return answer.status, await answer.text()


async def test_each_service_answers_as_documented(them: Receivers) -> None:
    answers = {kind: await sent(them, kind, content) for kind, content in FIT.items()}
    assert {kind: status for kind, (status, _) in answers.items()} == {
        "slack": 200, "discord": 204, "telegram": 200, "pagerduty": 202, "webhook": 200,
    }  # fmt: skip
    assert answers["slack"][1] == "ok"
    assert json.loads(answers["telegram"][1])["result"]["text"].startswith("[P1] depth")
    assert json.loads(answers["pagerduty"][1]) == {
        "status": "success", "message": "Event processed", "dedup_key": "d" * 64,
    }  # fmt: skip
    assert them.refusals() == []


async def test_what_is_refused_gets_400_and_a_sentence(them: Receivers) -> None:
    status, answer = await sent(them, "discord", {"content": "x" * 2001})
    assert (status, json.loads(answer)["ok"]) == (400, False)
    assert "too long" in json.loads(answer)["description"]
    assert them.messages() == []
    assert [one.kind for one in them.refusals()] == ["discord"]


async def test_messages_are_found_by_what_they_are_about(them: Receivers) -> None:
    for kind, content in FIT.items():
        await sent(them, kind, content)
    await sent(them, "watchdog", FIT["webhook"])
    found = them.messages(alert="spread_critical", status="firing")
    assert [one.kind for one in found] == ["slack", "pagerduty", "webhook"]
    assert them.messages(alert="spread") == []
    assert [one.kind for one in them.messages(instrument="BTC-USDT-PERP")] == ["slack", "webhook"]
    assert them.messages(exchange="okx", kind="webhook") == []
    assert len(them.messages(place="page")) == len(FIT)
    assert [one.kind for one in them.messages(kind="watchdog")] == ["watchdog"]
    assert them.messages(since=them.everything[-1].at + 1) == []


async def test_a_service_that_is_told_to_fail_fails(them: Receivers) -> None:
    them.failing["slack", "page"] = 503
    assert (await sent(them, "slack", FIT["slack"]))[0] == 503
    assert (await sent(them, "discord", FIT["discord"]))[0] == 204
    assert [one.kind for one in them.messages()] == ["discord"]


async def test_waiting_in_vain_says_what_came(them: Receivers) -> None:
    await sent(them, "slack", FIT["slack"])
    with pytest.raises(AssertionError, match="slack/page firing"):
        await them.until(lambda: False, 0.01)


async def test_a_mail_arrives_as_it_was_sent(them: Receivers) -> None:
    def send() -> None:
        with smtplib.SMTP(*them.mail.split(":")) as server:  # type: ignore[arg-type]
            server.send_message(mail())

    await asyncio.to_thread(send)
    (one,) = them.messages(kind="email")
    assert (one.place, one.status) == ("page", "firing")
    assert one.read.text == "[P1] x\n8.1 bps\n.\n..two dots"


async def test_a_mail_that_does_not_fit_is_answered_so(them: Receivers) -> None:
    def send() -> None:
        with smtplib.SMTP(*them.mail.split(":")) as server:  # type: ignore[arg-type]
            assert server.docmd("DATA")[0] == 503
            assert server.docmd("MAIL", "FROM:nobody")[0] == 501
            assert server.docmd("VRFY", "x")[0] == 502
            server.send_message(mail(Subject=None))

    with pytest.raises(smtplib.SMTPDataError, match="Subject"):
        await asyncio.to_thread(send)
    assert them.messages() == []
    assert len(them.refusals()) == 1
