"""One drill in a sandbox: wait for calm, start the incident, follow it, end it, follow its end."""

from collections.abc import Callable

from exporter.drills.following import Half, follow, silent
from exporter.drills.goals import Goals, clears, faults, fires, lives, notices
from exporter.drills.plan import Limits, Plan
from exporter.drills.sandbox import Sandbox
from exporter.simulator.incidents import KINDS
from exporter.simulator.symbols import Symbol

SILENT_FOR, SILENT_AFTER = 30, 15
"""Seconds of an incident that nobody is told of, and after it, in which nobody must be."""


async def drilled(
    sandbox: Sandbox, plan: Plan, market: Symbol, patience: float, tell: Callable[[str], None]
) -> list[Half]:
    """What was seen from the injection on, and from the end of the incident on; `tell` is told how
    it goes.

    Only the first where it did not come to its end. Raises ExporterError where the sandbox is not
    calm within `patience` seconds, or a part of it does not answer.
    """
    calm = await sandbox.calm(plan, market, patience)
    size = plan.drill.size(calm) if plan.drill.size else None
    pace = await sandbox.pace(plan)
    seen = notices(plan, await sandbox.page()) if plan.expected is None else fires(plan.expected)
    large = f" of {size:.4g} {KINDS[plan.drill.kind].unit}" if size else ""
    tell(f"All is calm; an incident{large} begins.")
    sandbox.forget()
    number = await sandbox.begin(plan, size)
    try:
        within = plan.fires_within(pace)
        began = await _half(sandbox, plan, seen, within, max(SILENT_FOR, within[0]))
    finally:
        await sandbox.end(number)
    if not began.whole:
        return [began]
    sandbox.forget()
    over = lives() if plan.expected is None else clears(plan.expected)
    return [began, await _half(sandbox, plan, over, plan.clears_within(pace), SILENT_AFTER)]


async def _half(sandbox: Sandbox, plan: Plan, goals: Goals, within: Limits, quiet: float) -> Half:
    """One way; where nobody must be told it is looked at for `quiet` seconds."""
    hold = quiet if plan.expected is None else 0
    half = await follow(goals, within, sandbox.look, lambda sight: faults(plan, sight), hold)
    return silent(half, quiet) if plan.expected is None else half
