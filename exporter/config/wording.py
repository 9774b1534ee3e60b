"""How problems are worded: places, values found, lists of names, near misses."""

import difflib
import json
from collections.abc import Iterable

_LONGEST = 60


def printed(text: str) -> str:
    """`text` on one line, at most 60 characters, with escapes for what cannot be printed."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    return text if text.isprintable() else json.dumps(text)[1:-1]


def place(parts: Iterable[str | int]) -> str:
    """The path of a node inside its file: `("depth", "bands_bps", 1)` is `depth.bands_bps[1]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = printed(part) or '""'
            text += f".{name}" if text else name
    return text


def found(value: object) -> str:
    """What stands in the file, in words that fit after "found": `5`, `the text "5"`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{printed(value)}"'
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return printed(str(value))


def listed(names: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; `last` is the word before the last name."""
    *head, tail = names
    return f"{', '.join(head)} {last} {tail}" if head else tail


def near_miss(word: str, legal: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The legal name that `word` most likely stands for; None where none is as alike as `cutoff`.

    The likeness of two words is that of `difflib`, from 0 to 1.
    """
    nearest = difflib.get_close_matches(word.lower(), list(legal), n=1, cutoff=cutoff)
    return nearest[0] if nearest else None


def advice(word: str, legal: Iterable[str]) -> str:
    """What to write instead of the unknown name `word`: the nearest legal name, or all of them."""
    names = list(legal)
    nearest = near_miss(word, names)
    return f"did you mean `{nearest}`?" if nearest else f"write {listed(names, 'or')}"
