"""Why a query returned nothing, as far as the server can tell."""

import re
from collections.abc import Collection

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTED = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:[{\[]|$)")
"""Names before braces and brackets, and one that stands last or alone."""
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")


def reason(expr: str, names: Collection[str]) -> str:
    """`names` are those of all series that the server had in the time."""
    bare = _QUOTED.sub('""', expr)
    selected = dict.fromkeys(_SELECTED.findall(bare))
    if missing := [name for name in selected if name not in names]:
        return f"there are no series {', '.join(missing)}"
    there = any(word in names for word in _WORD.findall(bare))
    return "its series are there; none matches" if there else ""
