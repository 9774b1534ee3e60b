"""One alert as HTML: in a sentence, condition by condition, in a picture, and what it did."""

from collections.abc import Iterator, Sequence
from html import escape

from exporter.alerts.explanation import Explanation
from exporter.alerts.history import Point
from exporter.alerts.past import Span
from exporter.alerts.sentences import (
    asked,
    asked_of_z,
    ended,
    missing,
    summary,
    value,
    value_of_z,
    why_unknown,
)
from exporter.alerts.words import amount, exactly, figure, lasting, noun, unit_of
from exporter.model import NANOSECONDS
from exporter.timestamps import timestamp
from exporter.transition import State, Transition
from exporter.web import runbooks
from exporter.web.links import address, link
from exporter.web.picture import STYLE, picture
from exporter.web.style import document, mark, sentence

_STYLE = f"""
{STYLE}
.told {{ font-size: 1.15rem; margin: .2rem 0 .4rem }} .lacks {{ margin: 0 0 1rem }}
.pair {{ display: grid; grid-template-columns: 3fr 2fr; gap: 0 2.5rem; align-items: start }}
@media (max-width: 60rem) {{ .pair {{ grid-template-columns: 1fr }} }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }}
dl {{ margin: .4rem 0 1rem }}
dt {{ opacity: .65 }} dd {{ margin: 0 }} td, th {{ padding: .3rem .6rem }}
h2 small {{ font-weight: 400; opacity: .65 }}
"""

_RENEWED = ("told", "facts", "picture", "past")


def single(one: Explanation, points: Sequence[Point], spans: Sequence[Span]) -> str:
    """The page of one alert."""
    heading = f"{escape(one.alert)} <small>{link(str(one.target), one.target)}</small>"
    body = f"""<div id="told"><p class="told {mark(one.standing)}">{escape(summary(one))}</p>
<p class="lacks">{sentence(missing(one))} {runbooks.link(one.alert)}</p></div>
<div id="facts" class="pair">{_conditions(one)}{_facts(one)}</div>
<div id="picture">{picture(one, points, spans)}</div>
<div id="past">{_transitions(one)}</div>"""
    title = f"{one.standing}: {one.alert} {one.target}"
    return document(title, heading, body, _RENEWED, _STYLE)


def _conditions(one: Explanation) -> str:
    rows = [
        _row("threshold", value(one), asked(one), one.threshold.holds, _threshold_lacks(one)),
    ]
    score = one.score
    if score is not None:
        lacks = "" if not score.lacking else f"{figure(score.lacking, 2)} deviations"
        rows.append(_row("z-score", value_of_z(one), asked_of_z(one), score.holds, lacks))
    if one.hold.needed:
        rows.append(_hold(one))
    return f"""<table><thead><tr><th>condition</th><th>now</th><th>asked</th>
<th>holds</th><th>what is lacking</th></tr></thead><tbody>{"".join(rows)}</tbody></table>"""


def _row(name: str, now: str, wants: str, holds: bool | None, lacks: str) -> str:
    cells = "".join(f"<td>{escape(text) or '–'}</td>" for text in (now, wants))
    word = {True: "yes", False: "no", None: "unknown"}[holds]
    weight = f"<strong>{word}</strong>" if holds else word
    return f"<tr><td>{name}</td>{cells}<td>{weight}</td><td>{escape(lacks) or '–'}</td></tr>"


def _hold(one: Explanation) -> str:
    hold = one.hold
    left = max(0, hold.needed - hold.held)
    started = one.state is not State.INACTIVE
    return _row(
        "persistence",
        f"{hold.held} s",
        f"{hold.needed} s",
        started and not left,
        f"{left} s" if left else "",
    )


def _threshold_lacks(one: Explanation) -> str:
    check = one.threshold
    if not check.lacking:
        return ""
    text = amount(figure(check.lacking), unit_of(one.signal, one.target))
    share = check.lacking_percent
    return text if share is None else f"{text} ({figure(share, 2)} % of the threshold)"


def _facts(one: Explanation) -> str:
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in _told(one) if text)
    return f"<dl>{rows}</dl>"


def _told(one: Explanation) -> Iterator[tuple[str, str]]:
    yield "state", f"{one.state}{_since(one)}"
    yield "evaluation", why_unknown(one) or ("known, from polled data" if one.degraded else "known")
    yield "far from firing", _distance(one)
    yield "threshold", _threshold(one)
    yield "baseline", _baseline(one)
    yield "tolerates", f"{one.hold.tolerance} failing s in a row" if one.hold.tolerance else ""
    yield "farthest", _peak(one)
    yield "last run", ended(one).removeprefix("the last run ")
    yield "signal", f"{one.about} ({one.signal})"
    yield "rule", f"{one.family}, {one.severity}, {_priority(one)}"


def _since(one: Explanation) -> str:
    if one.since is None:
        return ""
    since = lasting((one.now - one.since) // NANOSECONDS)
    return f" for {since}, since {_clock(one.since)}"


def _priority(one: Explanation) -> str:
    return f"{one.priority}, escalated to P1" if one.escalated else one.priority


def _distance(one: Explanation) -> str:
    far = one.distance
    if far is None:
        return ""
    wait = f"{far.seconds} s to hold" if far.seconds else ""
    if far.by is None or far.value is None:
        return f"not known{f'; {wait}' if wait else ''}"
    if not far.by and one.threshold.holds:
        return wait
    unit = unit_of(one.signal, one.target)
    share = "" if far.percent is None else f" ({figure(far.percent, 2)} % of the threshold)"
    text = f"{amount(figure(far.by), unit)}{share}, to {amount(figure(far.value), unit)}"
    return f"{text}; then {wait}" if wait else text


def _threshold(one: Explanation) -> str:
    check, unit = one.threshold, unit_of(one.signal, one.target)
    parts = [f"configured {amount(exactly(check.configured), unit)}"]
    if check.multiplier != 1:
        parts.append(f"loosened by {exactly(check.multiplier)} in this regime")
    parts.append(f"clears at {amount(exactly(check.clears), unit)}")
    return ", ".join(parts)


def _baseline(one: Explanation) -> str:
    score = one.score
    if score is None:
        return "none is asked"
    unit = unit_of(one.signal, one.target)
    parts = []
    if score.mean is not None:
        parts.append(f"mean {amount(figure(score.mean), unit)}")
    if score.deviation is not None:
        parts.append(f"deviation {amount(figure(score.deviation), unit)}")
    if score.floor_used and score.used is not None:
        parts.append(f"the floor {amount(figure(score.used), unit)} counts instead")
    parts.append(f"{score.samples} samples")
    if score.frozen is not None:
        parts.append(f"frozen for {lasting(score.frozen)}")
    return ", ".join(parts)


def _peak(one: Explanation) -> str:
    if one.peak is None:
        return ""
    far, when = one.peak
    text = amount(figure(far), unit_of(one.signal, one.target))
    return f"{text} at {_clock(when)}"


def _transitions(one: Explanation) -> str:
    links = f'<a href="{address(one.target, one.alert, form="json")}">as JSON</a>'
    title = f"<h2>Last transitions <small>{links}</small></h2>"
    if not one.transitions:
        return f'{title}<p class="unknown">None that is remembered.</p>'
    names = ("time, UTC", "from", "to", "reason", noun(one.signal), "threshold", "z")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(_transition(one, change) for change in one.transitions)
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _transition(one: Explanation, change: Transition) -> str:
    unit = unit_of(one.signal, one.target)
    numbers = (change.value, change.threshold)
    shown = ["–" if number is None else amount(figure(number), unit) for number in numbers]
    z = "–" if change.z is None else figure(change.z, 2)
    words = (_clock(change.time), change.before, change.after, change.reason.replace("_", " "))
    cells = "".join(f"<td>{escape(text)}</td>" for text in (*words, *shown, z))
    return f"<tr>{cells}</tr>"


def _clock(time: int) -> str:
    return timestamp(time)[:19].replace("T", " ")
