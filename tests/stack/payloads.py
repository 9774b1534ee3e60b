"""Whether a message is one that its service would take, and what can be read in it. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_SHAPES = yaml.safe_load(Path(__file__).with_name("shapes.yaml").read_text(encoding="utf-8"))
_DISCORD_EMBEDS = 6000
_TELEGRAM_TEXT = 4096
_PAGERDUTY_BYTES = 512 * 1024
_EMAIL_LINE = 998
_SENTENCE = 150
_TAGS = frozenset({"a", "b", "code", "i", "pre", "s", "u"})
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ENTITY = re.compile(r"&(lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);")
_OVER = re.compile(r"\bresolved\b", re.IGNORECASE)

Labels = Mapping[str, str]


class Unfit(Exception):  # noqa: N818 - what it is, not an error of ours
    """A service would not take this; says why in a sentence."""


class Read(NamedTuple):
    """What a message says: `firing` or `resolved`, its first line, all of its text as a person
    sees it, and its labels where it carries any."""

    status: str
    headline: str
    text: str
    labels: Labels = MappingProxyType({})


def slack(raw: bytes) -> Read:
    """An incoming webhook."""
    message = _shaped("slack", raw)
    parts = [message.get("text", "")]
    for one in message.get("attachments", ()):
        parts += [one.get(key, "") for key in ("pretext", "title", "text", "footer")]
        parts += [f"{field['title']}: {field['value']}" for field in one.get("fields", ())]
        parts += [f"[{action['text']}] {action.get('url')}" for action in one.get("actions", ())]
    return _told(parts)


def discord(raw: bytes) -> Read:
    """A webhook with embeds."""
    message = _shaped("discord", raw)
    parts = [message.get("content", "")]
    counted = 0
    for one in message.get("embeds", ()):
        texts = [one.get("title", ""), one.get("description", "")]
        texts += [text for field in one.get("fields", ()) for text in field.values()]
        counted += sum(len(text) for text in texts if isinstance(text, str))
        parts += [str(text) for text in texts]
    if counted > _DISCORD_EMBEDS:
        raise Unfit(f"embeds: {counted} characters together, at most {_DISCORD_EMBEDS} are taken")
    return _told(parts)


def telegram(raw: bytes) -> Read:
    """`sendMessage` of a bot."""
    message = _shaped("telegram", raw)
    text: str = message["text"]
    links: list[str] = []
    if message.get("parse_mode") == "HTML":
        text, links = _Html.read(text)
    length = len(text.encode("utf-16-le")) // 2
    if not text.strip():
        raise Unfit("message text is empty")
    if length > _TELEGRAM_TEXT:
        raise Unfit(f"message is too long: {length} of {_TELEGRAM_TEXT} characters")
    return _told([text, *links])


def pagerduty(raw: bytes) -> Read:
    """An event of the Events API v2; its labels are what `custom_details` has as text."""
    if len(raw) > _PAGERDUTY_BYTES:
        raise Unfit(f"event of {len(raw)} bytes is larger than {_PAGERDUTY_BYTES}")
    event = _shaped("pagerduty", raw)
    payload = event.get("payload", {})
    details = payload.get("custom_details", {})
    lines = [payload.get("summary", ""), *(f"{key}: {value}" for key, value in details.items())]
    lines += [f"{link.get('text')}: {link['href']}" for link in event.get("links", ())]
    status = "resolved" if event["event_action"] == "resolve" else "firing"
    return _told(lines)._replace(status=status)


def webhook(raw: bytes) -> Read:
    """Alertmanager's own; the labels are those that all of its alerts have."""
    message = _shaped("webhook", raw)
    labels = {**message["groupLabels"], **message["commonLabels"]}
    return Read(message["status"], message["groupKey"], json.dumps(message, indent=1), labels)


def email(raw: bytes) -> Read:
    """A message with its headers, as it stood after DATA."""
    longest = max(map(len, raw.split(b"\r\n")))
    if longest > _EMAIL_LINE:
        raise Unfit(f"a line of {longest} characters, at most {_EMAIL_LINE} are taken")
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    for name in ("From", "To", "Subject", "Date"):
        if not str(message.get(name, "")).strip():
            raise Unfit(f"the header {name} is missing or empty")
    body = message.get_body(("plain",))
    if body is None or not body.get_content().strip():
        raise Unfit("there is no part of plain text")
    return _told([str(message["Subject"]), body.get_content()])


CHECKS: Mapping[str, Callable[[bytes], Read]] = {
    check.__name__: check for check in (slack, discord, telegram, pagerduty, webhook, email)
}
"""By kind of receiver; each raises Unfit with a sentence where the service would refuse."""


def _shaped(kind: str, raw: bytes) -> dict[str, Any]:
    """The JSON object, which has the shape that the service documents."""
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise Unfit(f"not JSON: {error}") from error
    schema = {**_SHAPES[kind], "$defs": _SHAPES["$defs"]}
    problem = best_match(Draft202012Validator(schema).iter_errors(value))
    if problem is not None:
        words = problem.message
        short = words if len(words) <= _SENTENCE else f"{words[:40]} … {words[-_SENTENCE:]}"
        raise Unfit(f"{problem.json_path}: {short}")
    found: dict[str, Any] = value
    return found


def _told(parts: list[str]) -> Read:
    """What its lines say; that it is over stands in the first."""
    text = "\n".join(filter(None, parts)).replace("\r\n", "\n").strip()
    headline = text.partition("\n")[0]
    return Read("resolved" if _OVER.search(headline) else "firing", headline, text)


class _Html(HTMLParser):
    """Telegram's HTML: a few tags, all closed, and no bare `<`, `>` or `&`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._text: list[str] = []
        self._links: list[str] = []

    @classmethod
    def read(cls, text: str) -> tuple[str, list[str]]:
        """The text without its tags, and its links. Raises Unfit where Telegram cannot parse it."""
        bare = re.search(r"[&<>]", _ENTITY.sub("", _TAG.sub("", text)))
        if bare:
            raise Unfit(f"can't parse entities: {bare[0]} must be written as an entity")
        parser = cls()
        parser.feed(text)
        parser.close()
        if parser._open:
            raise Unfit(f"can't parse entities: can't find end tag of <{parser._open[-1]}>")
        return "".join(parser._text), parser._links

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One that is known, an `a` with its address."""
        if tag not in _TAGS:
            raise Unfit(f"can't parse entities: unsupported start tag <{tag}>")
        if tag == "a" and not re.match(r"(https?|tg|mailto)://?\S", dict(attrs).get("href") or ""):
            raise Unfit("can't parse entities: <a> has no address")
        self._open.append(tag)
        self._links += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        """The one that was opened last."""
        if not self._open or self._open.pop() != tag:
            raise Unfit(f"can't parse entities: unexpected end tag </{tag}>")

    def handle_data(self, data: str) -> None:
        """What a person reads."""
        self._text.append(data)

    def handle_comment(self, data: str) -> None:
        """Nothing that Telegram knows."""
        raise Unfit("can't parse entities: a comment is no tag")
