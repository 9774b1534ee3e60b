"""`drill`: an incident in a sandbox, followed to whoever would be told, with a table of times."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from exporter import clock
from exporter.commands.drill_report import expectation, say, verdict
from exporter.commands.looping import run_until_told
from exporter.commands.sandbox import Files, sandbox
from exporter.config import Config
from exporter.drills.drilling import drilled
from exporter.drills.markets import Ground, ground
from exporter.drills.plan import plan
from exporter.drills.record import DrillRecord
from exporter.drills.table import DRILLS
from exporter.errors import ExporterError
from exporter.model import NANOSECONDS

INTERRUPTED = 130
_CALM_WITHIN = 120
"""Seconds within which a sandbox must be calm, beside those that a baseline needs."""


@dataclass(frozen=True)
class DrillOptions:
    """The kinds of incident, what is drilled, and the folder where successes are recorded."""

    kinds: tuple[str, ...]
    files: Files
    state: Path


def drill(config: Config, options: DrillOptions, out: Console) -> int:
    """Drill one kind after the other, each in a sandbox of its own.

    Returns 0 where all succeeded, 1 where one did not, 130 where it was told to stop. Raises
    ExporterError where there is nothing to drill.
    """
    good: dict[str, bool] = {}
    run_until_told(_drill(config, options, out, good))
    if len(good) < len(options.kinds):
        return INTERRUPTED
    failed = [kind for kind in good if not good[kind]]
    if len(good) > 1:
        say(out, f"{len(good)} drills, failed: {', '.join(failed) or 'none'}.")
    return 1 if failed else 0


async def _drill(
    config: Config, options: DrillOptions, out: Console, good: dict[str, bool]
) -> None:
    """Drill, and enter for each kind whether it succeeded."""
    where = ground(config)
    for kind in options.kinds:
        try:
            succeeded = await _one(kind, config, where, options.files, out)
            if succeeded:
                record(options.state, kind, out)
            good[kind] = succeeded
        except ExporterError as error:
            say(out, f"WRONG  {error}\n{kind} failed.\n")
            good[kind] = False


async def _one(kind: str, config: Config, where: Ground, files: Files, out: Console) -> bool:
    planned = plan(DRILLS[kind], config, where)
    say(out, expectation(planned))
    patience = _CALM_WITHIN + config.alerts.baseline.warmup_samples
    async with sandbox(files, config.urls, where) as it:
        say(out, "The sandbox is up; it may take a minute until it knows what is normal.")
        market = where.place(planned.drill)
        halves = await drilled(it, planned, market, patience, lambda sentence: say(out, sentence))
    return verdict(kind, halves, out)


def record(state: Path, kind: str, out: Console) -> None:
    """Write down that a drill has succeeded. Raises ExporterError where that cannot be done."""
    try:
        DrillRecord(state, lambda why: say(out, f"{why}; it begins anew")).succeeded(
            kind, clock.now() / NANOSECONDS
        )
    except OSError as error:
        raise ExporterError(f"cannot record it in {state}: {error.strerror}") from error
