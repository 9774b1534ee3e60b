"""What one rule makes of one sample: which condition holds, and what cannot be said. Pure."""

from fractions import Fraction
from typing import NamedTuple

from exporter.alerts.rule import Rule
from exporter.detection.baseline import Score
from exporter.metrics.sample import Sample


class Judgement(NamedTuple):
    """A sample before a rule. `met` is None where it cannot be said, for the reason `unknown`.

    `beyond` and `unusual` are the two conditions, threshold and z-score, each None where it is not
    asked or cannot be said. `threshold` is what the value was compared with: `fires` before the
    rule fires, `clears`, which is easier to meet, while it does.
    """

    value: Fraction | None
    threshold: Fraction
    fires: Fraction
    clears: Fraction
    score: Score | None
    beyond: bool | None
    unusual: bool | None
    met: bool | None
    unknown: str

    @property
    def z(self) -> float | None:
        """The z-score, where the rule asks for one and there is one."""
        return None if self.score is None else self.score.z


def judged(
    rule: Rule, sample: Sample, score: Score | None, limit: Fraction, *, firing: bool
) -> Judgement:
    """What the rule says of a sample that makes it fire beyond `limit`; eased while it does.

    `score` is None for a rule without a z-score, and where there is no value.
    """
    clears = rule.condition.eased(limit)
    threshold = clears if firing else limit
    if sample.value is None:
        return Judgement(None, threshold, limit, clears, score, None, None, None, sample.missing)
    beyond, unknown = _beyond(rule, sample, threshold)
    unusual = None
    if rule.z is not None:
        unusual, unknown = _unusual(rule, rule.z, score, unknown)
    met = None if unknown else bool(beyond) and unusual is not False
    return Judgement(sample.value, threshold, limit, clears, score, beyond, unusual, met, unknown)


def _beyond(rule: Rule, sample: Sample, threshold: Fraction) -> tuple[bool | None, str]:
    assert sample.value is not None
    if not sample.bound:
        return rule.condition.met(sample.value, threshold), ""
    beyond = rule.condition.met_from_below(sample.value, threshold)
    return beyond, "incomplete_depth" if beyond is None else ""


def _unusual(
    rule: Rule, limit: float, score: Score | None, unknown: str
) -> tuple[bool | None, str]:
    if score is None or score.z is None:
        return None, unknown or (score.reason if score and score.reason else "zscore_warmup")
    return rule.condition.unusual(score.z, limit), unknown
