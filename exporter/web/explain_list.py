"""All alerts, market by market, as HTML: what concerns most stands first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from exporter.alerts.explanation import Explanation, Wanted
from exporter.alerts.sentences import asked, asked_of_z, lacks, value, value_of_z
from exporter.alerts.words import amount, figure, lasting, unit_of
from exporter.model import NANOSECONDS, Target
from exporter.timestamps import timestamp
from exporter.transition import State
from exporter.web.links import link
from exporter.web.slices import in_slices
from exporter.web.style import counted, document, mark

_COLUMNS = ("state", "alert", "value", "asked", "z", "asked", "held", "to go", "missing")
_TEXTS = ("state", "alert", "missing")

_STYLE = """
.counts span { margin-right: 1.4rem } td, th { padding: .22rem .6rem }
tbody th { text-align: left; font-size: 1rem; padding-top: 1.1rem }
.name small { opacity: .65; margin-left: .4em }
"""


async def listing(explanations: Sequence[Explanation], asked_for: Wanted, now: int) -> str:
    """The page of several alerts, made in slices."""
    groups: dict[Target, list[Explanation]] = {}
    for one in explanations:
        groups.setdefault(one.target, []).append(one)
    ordered = sorted(groups.values(), key=lambda group: min(one.standing.rank for one in group))
    rows = "".join(await in_slices(_rows(ordered)))
    head = "".join(
        f'<th class="text">{name}</th>' if name in _TEXTS else f"<th>{name}</th>"
        for name in _COLUMNS
    )
    told = ", ".join(filter(None, asked_for))
    heading = f"Alerts <small>{escape(told) or 'of all markets'}</small>"
    body = f"""<p id="doing">{_as_of(now)}</p>
<p id="counts" class="counts">{counted(Counter(one.standing for one in explanations))}</p>
<table id="alerts"><thead><tr>{head}</tr></thead>{rows}</table>"""
    return document("Alerts", heading, body, ("doing", "counts", "alerts"), _STYLE)


def _as_of(now: int) -> str:
    if not now:
        return "Nothing has been received yet."
    return f"As of {timestamp(now)[:19].replace('T', ' ')} UTC."


def _rows(groups: Iterable[Sequence[Explanation]]) -> Iterator[str]:
    for group in groups:
        target = group[0].target
        yield (
            f'<tbody><tr><th colspan="{len(_COLUMNS)}" scope="rowgroup">'
            f"{link(str(target), target)}</th></tr>"
        )
        for one in sorted(group, key=lambda one: one.standing.rank):
            yield _row(one)
        yield "</tbody>"


def _row(one: Explanation) -> str:
    numbers = (
        escape(value(one)) or "–",
        escape(asked(one)),
        value_of_z(one) or ("–" if one.score else ""),
        escape(asked_of_z(one)),
        _held(one),
        _to_go(one),
    )
    cells = "".join(f"<td>{number}</td>" for number in numbers)
    return (
        f'<tr><td class="state {mark(one.standing)}">{_state(one)}</td>'
        f'<td class="text name">{link(one.alert, one.target, one.alert)}'
        f"<small>{_worth(one)}</small></td>{cells}"
        f'<td class="text">{escape(lacks(one))}</td></tr>'
    )


def _state(one: Explanation) -> str:
    if one.state is State.INACTIVE or one.since is None:
        return str(one.standing)
    return f"{one.state} {lasting((one.now - one.since) // NANOSECONDS)}"


def _worth(one: Explanation) -> str:
    return f"{one.priority}{', escalated' if one.escalated else ''}"


def _held(one: Explanation) -> str:
    if not one.hold.needed:
        return ""
    if one.state is State.INACTIVE:
        return f"{one.hold.needed} s"
    return f"{min(one.hold.held, one.hold.needed)} of {one.hold.needed} s"


def _to_go(one: Explanation) -> str:
    far = one.distance
    if far is None or not far.by:
        return ""
    return escape(amount(figure(far.by), unit_of(one.signal, one.target)))
