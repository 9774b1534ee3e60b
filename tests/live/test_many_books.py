"""Fifty books that lose their connections at once come back within every budget."""

from decimal import Decimal
from pathlib import Path

from tests.live.rig import rig

_PAIRS = 13
_WITHIN = 30.0


async def test_fifty_books_are_live_again_within_half_a_minute_and_no_rule_is_broken(
    tmp_path: Path,
) -> None:
    settings = {"rest_budget_share": Decimal("0.8"), "backoff_limit_seconds": Decimal(5)}
    stale = {"book": Decimal(10)}
    async with rig(tmp_path, pairs=_PAIRS, rate=4, settings=settings, stale=stale) as world:
        books = len(world.pipeline.markets)
        assert books == 4 * _PAIRS >= 50
        await world.all_live(60)
        world.simulation.begin("disconnect", seconds=1)
        await world.until(lambda: not any(map(world.live, map(str, world.pipeline.markets))))
        await world.all_live(_WITHIN)
        assert not world.simulation.violations, world.simulation.broken_rules
        await world.books_equal()
        for intake in world.pipeline.intakes.values():
            assert set(intake.requests) <= {"ok"}
