"""The conditions of one alert at the last whole second, each with what it lacks. Pure."""

from fractions import Fraction
from typing import NamedTuple

from exporter.alerts.alert import Alert
from exporter.alerts.judgement import Judgement
from exporter.alerts.watch import Watch
from exporter.conditions import Condition
from exporter.detection.baseline import CAP, Score
from exporter.metrics.sample import Sample

_FLOOR_SHARE = 1000


class ThresholdCheck(NamedTuple):
    """A value against its threshold, in the unit of the signal.

    `at_least`: the true value is this or more. `threshold` is the one in force: `configured`,
    loosened by `multiplier` (1 outside of regimes), and `eased` where the alert was firing. The
    alert fires beyond `fires` and clears at `clears`. `lacking` is how far the value is from
    meeting it, 0 where it does; `lacking_percent` is the same as a share of the threshold.
    """

    value: float | None
    at_least: bool
    comparison: Condition
    threshold: float
    configured: float
    multiplier: float
    eased: bool
    fires: float
    clears: float
    holds: bool | None
    lacking: float | None
    lacking_percent: float | None


class ScoreCheck(NamedTuple):
    """A z-score against its limit, and the baseline that it was taken against.

    `samples` of `warmup` that are needed. `used` is the deviation that counted, which is the floor
    where `floor_used`. `frozen` is for how many seconds the baseline has not learnt, None while it
    learns. `lacking` is in deviations, 0 where the condition holds.
    """

    z: float | None
    limit: float
    holds: bool | None
    mean: float | None
    deviation: float | None
    used: float | None
    floor_used: bool
    samples: int
    warmup: int
    frozen: int | None
    lacking: float | None


class Hold(NamedTuple):
    """How long it has held, in seconds with data: `held` of `needed`.

    `failed` samples in a row did not meet the conditions, of which `tolerance` are forgiven;
    `missing` seconds in a row were without data.
    """

    held: int
    needed: int
    tolerance: int
    failed: int
    missing: int


class Distance(NamedTuple):
    """How far from firing: at which `value`, `by` how much more, in `percent` of the threshold.

    0 where the value is far enough, None where that cannot be said. `seconds` are still to hold.
    """

    value: float | None
    by: float | None
    percent: float | None
    seconds: int


def threshold_check(alert: Alert, sample: Sample | None) -> ThresholdCheck:
    """Value against threshold as they were judged; as configured before anything was."""
    rule, judgement = alert.rule, alert.judgement
    configured = rule.threshold(alert.target.instrument)
    assert configured is not None, "rules without a threshold are not watched"
    fires = judgement.fires if judgement else configured
    clears = judgement.clears if judgement else rule.condition.eased(configured)
    threshold = judgement.threshold if judgement else configured
    lacking = _lacking(rule.condition, judgement) if judgement else None
    return ThresholdCheck(
        value=float(judgement.value) if judgement and judgement.value is not None else None,
        at_least=sample is not None and sample.bound,
        comparison=rule.condition,
        threshold=float(threshold),
        configured=float(configured),
        multiplier=_multiplier(configured, fires),
        eased=threshold != fires,
        fires=float(fires),
        clears=float(clears),
        holds=judgement.beyond if judgement else None,
        lacking=None if lacking is None else float(lacking),
        lacking_percent=_percent(lacking, threshold),
    )


def score_check(alert: Alert, watch: Watch) -> ScoreCheck | None:
    """z against its limit; None for a rule that asks for none."""
    rule, judgement, baseline = alert.rule, alert.judgement, watch.baseline
    if rule.z is None or baseline is None:
        return None
    score = judgement.score if judgement else None
    z = score.z if score else None
    return ScoreCheck(
        z=z,
        limit=rule.z,
        holds=judgement.unusual if judgement else None,
        mean=score.mean if score else baseline.mean,
        deviation=score.deviation if score else baseline.deviation,
        used=_used(score, watch.sample),
        floor_used=score is not None and score.floor_used,
        samples=score.samples if score else baseline.samples,
        warmup=baseline.warmup,
        frozen=baseline.frozen,
        lacking=None if z is None else max(0.0, rule.z - _toward(rule.condition, z)),
    )


def hold(alert: Alert) -> Hold:
    """How long it has held."""
    rule, life = alert.rule, alert.life
    return Hold(life.held, rule.persistence, rule.tolerance, life.bad, life.missing)


def distance(
    alert: Alert, threshold: ThresholdCheck, score: ScoreCheck | None, holding: Hold
) -> Distance:
    """How far an alert that does not fire is from firing."""
    seconds = max(0, holding.needed - holding.held)
    judgement = alert.judgement
    if judgement is None or judgement.met is None or threshold.value is None:
        return Distance(None, None, None, seconds)
    if judgement.met:
        return Distance(threshold.value, 0.0, 0.0, seconds)
    places = _places(threshold, score)
    if places is None:
        return Distance(None, None, None, seconds)
    here = threshold.value
    nearest = min(places, key=lambda place: abs(place - here))
    by = abs(nearest - here)
    share = 100 * by / abs(threshold.fires) if threshold.fires else None
    return Distance(nearest, by, share, seconds)


def _places(threshold: ThresholdCheck, score: ScoreCheck | None) -> list[float] | None:
    """The ends of the ranges in which both conditions hold; None where they cannot be told."""
    limit = threshold.fires
    if score is None:
        return [limit, -limit] if threshold.comparison is Condition.ABSOLUTE else [limit]
    if score.mean is None or score.used is None:
        return None
    high, low = (score.mean + side * score.limit * score.used for side in (1, -1))
    match threshold.comparison:
        case Condition.ABOVE:
            return [max(limit, high)]
        case Condition.BELOW:
            return [min(limit, low)]
        case Condition.ABSOLUTE:
            between = [low] * (low > limit) + [high] * (high < -limit)
            return [max(limit, high), min(-limit, low), *between]


def _lacking(condition: Condition, judgement: Judgement) -> Fraction | None:
    value, threshold = judgement.value, judgement.threshold
    if value is None or judgement.beyond is None:
        return None
    match condition:
        case Condition.ABOVE:
            return max(Fraction(0), threshold - value)
        case Condition.BELOW:
            return max(Fraction(0), value - threshold)
        case Condition.ABSOLUTE:
            return max(Fraction(0), threshold - abs(value))


def _percent(part: Fraction | None, threshold: Fraction) -> float | None:
    return float(100 * part / abs(threshold)) if part is not None and threshold else None


def _toward(condition: Condition, z: float) -> float:
    """z counted in the direction in which the condition looks."""
    match condition:
        case Condition.ABOVE:
            return z
        case Condition.BELOW:
            return -z
        case Condition.ABSOLUTE:
            return abs(z)


def _multiplier(configured: Fraction, fires: Fraction) -> float:
    if not configured or not fires:
        return 1.0
    return float(max(fires / configured, configured / fires))


def _used(score: Score | None, sample: Sample | None) -> float | None:
    """The deviation that z was taken by.

    Where the floor counts it follows from z; at z = 0 or at its cap, from what the floor is made
    of, with the mean for the median.
    """
    if score is None or sample is None or sample.value is None:
        return None
    if score.z is None or score.mean is None or score.deviation is None:
        return None
    if not score.floor_used:
        return score.deviation
    if 0 < abs(score.z) < CAP:
        return (float(sample.value) - score.mean) / score.z
    return max(float(sample.resolution), abs(score.mean) / _FLOOR_SHARE)
