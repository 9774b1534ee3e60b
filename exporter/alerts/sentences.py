"""An explanation in sentences: what is, why it cannot be said, what is missing. Pure."""

from collections.abc import Iterator

from exporter.alerts.explanation import NOT_EVALUATED, Explanation
from exporter.alerts.words import (
    amount,
    beside,
    deviations,
    exactly,
    figure,
    lasting,
    noun,
    unit_of,
)
from exporter.conditions import Condition
from exporter.model import NANOSECONDS
from exporter.transition import Reason, State

_REASONS = {
    NOT_EVALUATED: "no whole second has been judged yet",
    "std_too_low": "the baseline does not deviate at all, and its price step is not known",
    "stale": "the feed is silent for longer than its limit",
    "gap": "the book is unknown after a gap, or before its first snapshot",
    "one_sided": "the book has one side only",
    "crossed": "the book is crossed",
    "incomplete_depth": "the known book ends inside the band",
    "leg_missing": "something that it is compared with is missing",
}
_LEGS = {
    "basis_bps": "the spot market of the same exchange gives no price",
    "mark_index_bps": "mark or index price is missing",
    "depth_quote": "the size of a contract is not known",
    "depth_change_percent": "the depth 60 seconds before is not known",
    "exchange_divergence_bps": "the other exchange gives no price",
    "exchange_deviation_percent": "fewer than two other exchanges give a price",
}
_ENDED = {
    Reason.CLEARED: "its conditions cleared",
    Reason.NEW_REGIME: "it lasted so long that it is the new normal",
    Reason.NO_DATA: "data were missing for too long",
    Reason.DISABLED: "the rule was switched off",
}
_NOTHING = "nothing is missing now"
_VERBS = {Condition.ABOVE: "above", Condition.BELOW: "below", Condition.ABSOLUTE: "beyond"}
_ASKED = {Condition.ABOVE: ">", Condition.BELOW: "<", Condition.ABSOLUTE: "beyond"}
_MOVES = {
    Condition.ABOVE: "must rise above",
    Condition.BELOW: "must fall below",
    Condition.ABSOLUTE: "must move beyond",
}


def summary(one: Explanation) -> str:
    """All of it in one sentence."""
    return f"{one.target} {one.alert} is {_state(one)}: {'; '.join(_facts(one))}"


def why_unknown(one: Explanation) -> str:
    """Why it cannot be evaluated, in words; "" where it can."""
    if one.unknown == "zscore_warmup" and one.score is not None:
        return f"z-score warms up, {one.score.samples} of {one.score.warmup} samples"
    if one.unknown == "leg_missing" and one.signal.name in _LEGS:
        return _LEGS[one.signal.name]
    if one.unknown == "incomplete_depth" and one.threshold.value is not None:
        least = amount(figure(one.threshold.value), unit_of(one.signal, one.target))
        return f"{_REASONS[one.unknown]}, at least {least} is known"
    return _REASONS.get(one.unknown, one.unknown.replace("_", " "))


def missing(one: Explanation) -> str:
    """Which condition is missing for it to fire, or to go on firing."""
    if one.unknown:
        return _missing_data(one)
    if one.state is State.INACTIVE:
        return _missing_condition(one)
    if one.hold.failed:
        failed, tolerated = one.hold.failed, one.hold.tolerance
        return f"{_missing_condition(one)}, for {failed} s of {tolerated} s that are tolerated"
    if one.state is State.FIRING:
        return "nothing is missing, all conditions hold"
    held, needed = one.hold.held, one.hold.needed
    return f"all conditions hold, for {held} of {needed} s; {needed - held} s are missing"


def lacks(one: Explanation) -> str:
    """The same in as few words as can be: `threshold and z`."""
    if one.unknown:
        return why_unknown(one)
    if one.state is State.PENDING and not one.hold.failed:
        return f"{one.hold.needed - one.hold.held} s"
    conditions = {"threshold": one.threshold.holds, "z": one.score and one.score.holds}
    return " and ".join(name for name, holds in conditions.items() if holds is False) or "nothing"


def value_of_z(one: Explanation) -> str:
    """The z-score; "" where none is asked or known."""
    return "" if one.score is None or one.score.z is None else _z(one)


def asked(one: Explanation) -> str:
    """What is asked of the value: `> 3 bps`."""
    sign = _ASKED[one.threshold.comparison]
    text = amount(exactly(one.threshold.threshold), unit_of(one.signal, one.target))
    return f"{sign} {_both_sides(one)}{text}"


def asked_of_z(one: Explanation) -> str:
    """What is asked of the z-score: `> 2`; "" where nothing is."""
    if one.score is None:
        return ""
    return f"{_ASKED[one.threshold.comparison]} {_z_limit(one)}"


def value(one: Explanation) -> str:
    """The value with its unit; "" where it is not known."""
    check = one.threshold
    if check.value is None:
        return ""
    text = amount(beside(check.value, check.threshold), unit_of(one.signal, one.target))
    return f"at least {text}" if check.at_least else text


def ended(one: Explanation) -> str:
    """How its last run went; "" where there was none or one is open."""
    run = one.last_run
    if run is None:
        return ""
    ago = lasting((one.now - run.end) // NANOSECONDS)
    sentence = f"the last run ended {ago} ago, {_ENDED.get(run.reason, run.reason)}"
    if run.held is None or run.start is None:
        return sentence
    if not one.hold.needed:
        return f"{sentence}; it fired for {lasting((run.end - run.start) // NANOSECONDS)}"
    held = f"its conditions held for {run.held} s of {one.hold.needed} s"
    return f"{sentence}; {held}, so it {'fired' if run.fired else 'did not fire'}"


def _state(one: Explanation) -> str:
    unsure = " and cannot be evaluated" if one.unknown else ""
    match one.state:
        case State.INACTIVE:
            return f"inactive{unsure}"
        case State.PENDING:
            return f"pending, held {one.hold.held} of {one.hold.needed} s{unsure}"
        case State.FIRING:
            since = one.now if one.since is None else one.since
            escalated = ", escalated," if one.escalated else ""
            return f"firing{escalated} for {lasting((one.now - since) // NANOSECONDS)}{unsure}"


def _facts(one: Explanation) -> Iterator[str]:
    if one.unknown:
        yield why_unknown(one)
    if one.threshold.holds is not None:
        yield _threshold_fact(one)
    if one.score is not None and one.score.holds is not None:
        yield _z_fact(one)


def _threshold_fact(one: Explanation) -> str:
    check = one.threshold
    limit = amount(exactly(check.threshold), unit_of(one.signal, one.target))
    verb = _VERBS[check.comparison] if check.holds else f"not {_VERBS[check.comparison]}"
    return f"{noun(one.signal)} {value(one)} is {verb} {_both_sides(one)}{limit}{_changed(one)}"


def _z_fact(one: Explanation) -> str:
    assert one.score is not None
    verb = _VERBS[one.threshold.comparison]
    return f"z {_z(one)} is {verb if one.score.holds else f'not {verb}'} {_z_limit(one)}"


def _changed(one: Explanation) -> str:
    """How the threshold in force came from the one that is configured."""
    check = one.threshold
    unit = unit_of(one.signal, one.target)
    firing = "while it fires" if one.state is State.FIRING else "as it was firing"
    parts = [
        f"{amount(exactly(check.configured), unit)} loosened by {exactly(check.multiplier)}"
        if check.multiplier != 1
        else "",
        f"eased from {amount(exactly(check.fires), unit)} {firing}" if check.eased else "",
    ]
    told = ", ".join(filter(None, parts))
    return f" ({told})" if told else ""


def _missing_data(one: Explanation) -> str:
    reason = why_unknown(one)
    if one.state is not State.INACTIVE:
        return f"data have been missing for {one.hold.missing} s, its clock stands still: {reason}"
    if one.threshold.holds:
        return f"threshold met; the rest cannot be said: {reason}"
    if one.threshold.holds is False:
        return f"threshold is missing: {_to_go(one)}; the rest cannot be said: {reason}"
    return f"cannot be said: {reason}"


def _missing_condition(one: Explanation) -> str:
    check, score = one.threshold, one.score
    if score is None:
        return _NOTHING if check.holds else f"threshold is missing: {_to_go(one)}"
    z = f"z {_z(one)} of {_z_limit(one)}"
    if check.holds:
        return _NOTHING if score.holds else f"threshold met, {z} is missing"
    if score.holds:
        return f"z met, threshold is missing: {_to_go(one)}"
    return f"threshold and z are missing: {_to_go(one)}; {z}"


def _to_go(one: Explanation) -> str:
    check = one.threshold
    beyond = check.fires if one.state is State.INACTIVE else check.threshold
    limit = amount(exactly(beyond), unit_of(one.signal, one.target))
    return f"{noun(one.signal)} {value(one)} {_MOVES[check.comparison]} {_both_sides(one)}{limit}"


def _z(one: Explanation) -> str:
    score = one.score
    assert score is not None
    return "unknown" if score.z is None else deviations(score.z, _z_limit_number(one))


def _z_limit_number(one: Explanation) -> float:
    assert one.score is not None
    limit = one.score.limit
    return -limit if one.threshold.comparison is Condition.BELOW else limit


def _z_limit(one: Explanation) -> str:
    return _both_sides(one) + exactly(_z_limit_number(one))


def _both_sides(one: Explanation) -> str:
    return "±" if one.threshold.comparison is Condition.ABSOLUTE else ""
