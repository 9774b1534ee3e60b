"""The acceptance cases: what happens at the onset, and in which share of runs what must follow."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.detection.baseline import Baseline
from exporter.transition import Reason
from tests.detection.plain import Rolling, RollingWithCurrent
from tests.detection.runs import NORMAL, Kind, Run, clean

Levels = Sequence[float | None]

WARNING, CRITICAL = "basis_warning", "basis_critical"
THRESHOLD, FIRST_HOLD, SECOND_HOLD = 10, 120, 60
PLAIN = (RollingWithCurrent, Rolling)
ALL_SEEDS = 400

_WATCHED = 420
_HOUR, _DAY = 3_600, 86_400


class Claim(NamedTuple):
    """What must hold in a share of the runs: in at least this one, and in about the expected."""

    words: str
    holds: Callable[[Run], bool]
    least: float = 1.0
    expected: float | None = None


class Figure(NamedTuple):
    """A number to be shown: what it is of a run, and about what its median should be."""

    words: str
    read: Callable[[Run], float]
    expected: str


@dataclass(frozen=True)
class Case:
    """One row: noise of deviation `sd`, clean at first, then these levels.

    `seeds` are all runs of the full count. `silent` says that the plain window must never fire,
    `controlled` that it is run at all.
    """

    name: str
    sd: float
    levels: Levels
    claims: Sequence[Claim]
    clean: int = 2_000
    seeds: int = ALL_SEEDS
    silent: bool = True
    controlled: bool = True
    figure: Figure | None = None

    def run(self, seed: int) -> Run:
        """One run of it on the project's baseline."""
        return self._run(seed, Baseline, tolerant=True)

    def control(self, seed: int, kind: Kind, *, tolerant: bool = False) -> Run:
        """The same on a plain window; its rules tolerate no bad sample unless told to."""
        return self._run(seed, kind, tolerant=tolerant)

    def _run(self, seed: int, kind: Kind, *, tolerant: bool) -> Run:
        past = clean(seed, self.sd, kind, self.clean, tolerant=tolerant)
        return past.fork().live(self.levels)


def met(case: Case, runs: Iterable[Run]) -> list[int]:
    """In how many of the runs each claim holds."""
    held = [[claim.holds(run) for claim in case.claims] for run in runs]
    return [sum(column) for column in zip(*held, strict=True)]


def fires(run: Run) -> bool:
    """Whether either alert fired at all."""
    return bool(run.fired(WARNING) or run.fired(CRITICAL))


def step(level: float) -> Levels:
    """At this level at once, and for as long as is watched."""
    return [level] * _WATCHED


def ramp(rate: float) -> Levels:
    """So many bps a minute up to 40, watched from the threshold on."""
    seconds = round(crossing(rate)) + _WATCHED
    return [min(40.0, NORMAL + rate * second / 60) for second in range(seconds)]


def crossing(rate: float) -> float:
    """When a ramp reaches the threshold of the warning, in seconds."""
    return (THRESHOLD - NORMAL) / rate * 60


def _at(alert: str, second: int) -> Claim:
    return Claim(f"{_short(alert)} at {second} s", lambda run: run.fired(alert)[:1] == [second])


def _by(alert: str, second: int, least: float, expected: float | None = None) -> Claim:
    words = f"{_short(alert)} by {second} s"
    return Claim(words, lambda run: _delay(run, alert) <= second, least, expected)


def _ever(alert: str, least: float = 1.0, expected: float | None = None) -> Claim:
    return Claim(f"{_short(alert)} fires", lambda run: bool(run.fired(alert)), least, expected)


def _short(alert: str) -> str:
    return alert.removeprefix("basis_")


def _delay(run: Run, alert: str) -> float:
    return min(run.fired(alert), default=float("inf"))


ON_TIME = (_at(WARNING, FIRST_HOLD), _at(CRITICAL, SECOND_HOLD))
BY_WARNING = (_by(WARNING, FIRST_HOLD + 1, 0.995),)
BY_CRITICAL = (*BY_WARNING, _by(CRITICAL, SECOND_HOLD + 1, 0.995))


def _steps() -> Iterable[Case]:
    for sd, level in ((1, 25), (0.5, 25), (1, 100), (2, 30), (2, 100)):
        yield Case(f"sd {sd}, step to {level}", sd, step(level), ON_TIME)
    most = (_at(WARNING, FIRST_HOLD), _ever(CRITICAL), _by(CRITICAL, SECOND_HOLD + 1, 0.99))
    yield Case("sd 2, step to 25", 2, step(25), most)
    for sd in (0.5, 1, 2):
        yield Case(f"sd {sd}, step to 15", sd, step(15), BY_WARNING)
    for sd in (0.5, 1):
        yield Case(f"sd {sd}, step to 30", sd, step(30), BY_CRITICAL)
    near = (_ever(WARNING, 0.98, 0.993), _by(WARNING, FIRST_HOLD + 1, 0.92, 0.945))
    yield Case("sd 1, step to 12", 1, step(12), near)
    yield Case("sd 0.5, step to 12", 0.5, step(12), (_ever(WARNING, 0.995),))
    yield Case("sd 2, step to 12", 2, step(12), (_ever(WARNING, 0.90, 0.938),))


def _ramp(rate: float, expected: str) -> Case:
    start = crossing(rate)
    soon = Claim(
        "warning within 320 s of 10 bps", lambda run: _delay(run, WARNING) <= start + 320, 0.95
    )
    delay = Figure("delay after 10 bps, s", lambda run: _delay(run, WARNING) - start, expected)
    claims = (_ever(WARNING), soon)
    name = f"ramp of {rate:g} bps/min to 40, sd 1"
    return Case(name, 1, ramp(rate), claims, silent=rate <= 4, figure=delay)


def _onset(sd: float, seconds: int) -> Case:
    return Case(
        f"sd {sd}, step to 25 after {seconds} clean samples", sd, step(25), ON_TIME, clean=seconds
    )


def _gap(seconds: int) -> Case:
    levels = [*[25.0] * 60, *[None] * seconds, *[25.0] * 360]
    late = (_at(WARNING, FIRST_HOLD + seconds), _at(CRITICAL, SECOND_HOLD + seconds))
    return Case(
        f"sd 1, step to 25, 60 s later a gap of {seconds} s",
        1,
        levels,
        late,
        silent=False,
        controlled=False,
    )


def _permanent() -> Case:
    claims = (
        Claim("1 warning", lambda run: len(run.fired(WARNING)) == 1),
        Claim("1 critical", lambda run: len(run.fired(CRITICAL)) == 1),
        Claim("1 new regime, at 1,800 s", lambda run: run.ended(Reason.NEW_REGIME) == [1_800]),
    )
    after = Figure("frozen after 30 min, %", _frozen_later, "1.2")
    levels = [25.0] * 6 * _HOUR
    return Case("sd 1, step to 25 that stays for 6 h", 1, levels, claims, figure=after)


def _frozen_later(run: Run) -> float:
    return 100 * (run.frozen - 1_800) / (run.seconds - 1_800)


def _second_step() -> Case:
    """A run that noise had begun just before it makes an alert some seconds early."""
    later = 4 * _HOUR
    claims = (_anew(WARNING, later, FIRST_HOLD), _anew(CRITICAL, later, SECOND_HOLD))
    delay = Figure("warning after, s", lambda run: _after(run, WARNING, later), "120")
    levels = [*[25.0] * later, *step(60)]
    name = "sd 1, step to 25, 4 h later to 60"
    return Case(name, 1, levels, claims, seeds=40, figure=delay)


def _anew(alert: str, second: int, hold: int) -> Claim:
    words = f"{_short(alert)} by {hold} s after it"
    return Claim(words, lambda run: _after(run, alert, second) <= hold)


def _after(run: Run, alert: str, second: int) -> float:
    """How long after that an alert fired."""
    return min((s - second for s in run.fired(alert) if s >= second), default=float("inf"))


def calm(days: float, seeds: int) -> Case:
    """Clean noise; the threshold is 6 deviations above the mean."""
    claims = (
        Claim("0 alerts", lambda run: not fires(run)),
        Claim("frozen for less than 0.5 %", lambda run: _frozen(run) < 0.5),
    )
    return _clean(days, seeds, 6, "0.1", claims)


def restless(days: float, seeds: int) -> Iterable[Case]:
    """Clean noise under thresholds that are nearer to it."""
    for deviations, expected in ((2, "22"), (3, "3.9"), (4, "0.7")):
        yield _clean(days, seeds, deviations, expected)


def _clean(
    days: float, seeds: int, deviations: int, expected: str, claims: Sequence[Claim] = ()
) -> Case:
    name, sd = f"clean for {days:g} days, threshold at {deviations} sd", 8 / deviations
    levels, share = [NORMAL] * round(days * _DAY), Figure("frozen, %", _frozen, expected)
    return Case(name, sd, levels, claims, 0, seeds, controlled=bool(claims), figure=share)


def _frozen(run: Run) -> float:
    """The share of its seconds, in percent."""
    return 100 * run.frozen / run.seconds


_RAMPS = ((0.5, "149"), (1, "133"), (2, "117"), (4, "117"), (8, "119"), (16, "120"), (30, ""))
"""Bps a minute, and the median delay to be expected."""

SHORT = (
    *_steps(),
    *(_ramp(rate, delay) for rate, delay in _RAMPS),
    *(_onset(sd, seconds) for sd in (0.5, 1) for seconds in (30, 60, 120, 300)),
    *(_gap(seconds) for seconds in (10, 20, 60)),
)
LONG = (_permanent(), _second_step())
