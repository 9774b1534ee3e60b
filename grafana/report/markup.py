"""HTML and SVG in which everything is escaped that is not markup itself."""

from collections.abc import Iterable
from html import escape

_ALONE = frozenset({"meta", "br"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: str | float) -> Html:
    """An element. A trailing underscore of an attribute's name falls away, others are dashes;
    numbers that are not whole have one decimal."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>" + ("" if name in _ALONE else f"{joined(content)}</{name}>"))


def joined(content: Iterable[str]) -> Html:
    """One after the other; what is not markup is escaped."""
    return Html("".join(one if isinstance(one, Html) else escape(one) for one in content))


def _text(value: str | float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
