"""`exchanges.yaml`: which exchanges are watched, and at which addresses."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from exporter.config.catalogue import EXCHANGES, LABELS
from exporter.config.sentences import refused
from exporter.config.values import Section, Table
from exporter.config.wording import found

FILE = "exchanges.yaml"


def address(*schemes: str) -> Callable[[str], str]:
    """A validator of base addresses with one of `schemes`; a slash at the end is dropped."""

    def check(text: str) -> str:
        if "@" in text:
            raise refused("must have no user or password, found an @; public data need neither")
        if not _is_base_address(text, schemes):
            raise refused(
                f"must be {schemes[-1]}://HOST, with :PORT and /PATH if need be, "
                f"and no query or fragment, found {found(text)}"
            )
        return text.rstrip("/")

    return check


def _is_base_address(text: str, schemes: tuple[str, ...]) -> bool:
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\?#"<>{}'):
        return False
    try:
        url = urlsplit(text)
        return url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


WebSocketAddress = Annotated[
    str,
    AfterValidator(address("ws", "wss")),
    WithJsonSchema({"type": "string", "pattern": r"^wss?://[^/?#@\s]+[^?#@\s]*$"}),
]
RestAddress = Annotated[
    str,
    AfterValidator(address("http", "https")),
    WithJsonSchema({"type": "string", "pattern": r"^https?://[^/?#@\s]+[^?#@\s]*$"}),
]
ExchangeName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(EXCHANGES)})]
FeedName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(LABELS)})]


class Endpoint(Section):
    """Where one feed of an exchange is reached."""

    websocket: WebSocketAddress = Field(
        description="the base address of its WebSocket service, such as wss://ws.okx.com:8443"
    )
    rest: RestAddress = Field(
        description="the base address of its REST service, such as https://api.binance.com"
    )


class Exchange(Section):
    """One exchange: whether it is watched, and its feeds."""

    enabled: bool = Field(
        default=True,
        description="whether the exchange is watched; false keeps its addresses and opens nothing",
    )
    feeds: Table[FeedName, Endpoint] = Field(
        description="the addresses of the exchange's feeds by name; `public` where it has only one"
    )


class ExchangesFile(Section):
    """The whole of `exchanges.yaml`."""

    exchanges: Table[ExchangeName, Exchange] = Field(
        description="the exchanges by name, each with `enabled` and `feeds`"
    )
