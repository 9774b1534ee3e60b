"""What the dashboards cost a Prometheus: `python -m bench.dashboards [--markets N] [--hours H]`.

Simulated exchanges are watched for two minutes. What the dashboards read of that is made into a day
of so many markets, in one block, and each query is timed over an hour and over all of it. Then the
same for the heaviest panels alone, with a sample as often as the project's own files take one.
"""

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from bench import block, tables
from bench.observed import Series, Waits, keep, observe, read, widened
from bench.passes import Plan, Result, affordable, heaviest, run
from bench.selected import Pool
from bench.spells import FIRING, SPARSE, sparse
from exporter.stack.programs import missing

FOLDER = Path(__file__).parent.parent / "grafana" / "dashboards"
"""Those that are measured."""
_COARSE, _FINE = 15, 1
_MILLION = 1_000_000


def main(arguments: Sequence[str]) -> int:
    """Measure and print tables."""
    options = _options(arguments)
    lacking = [*missing().values(), *_without_promtool()]
    if lacking:
        print(*lacking, sep="\n", file=sys.stderr)
        return 1
    with TemporaryDirectory() as folder:
        asyncio.run(_measured(options, Path(folder)))
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.dashboards",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--markets", type=int, default=100, metavar="N")
    parser.add_argument("--hours", type=float, default=24, metavar="H")
    parser.add_argument(
        "--fine",
        type=int,
        default=8,
        metavar="N",
        help="panels of the second pass, so many of each kind",
    )
    parser.add_argument("--most", type=float, default=100, metavar="M",
                        help="million samples of the second pass")  # fmt: skip
    parser.add_argument("--settling", type=float, default=Waits().settling, metavar="S",
                        help="seconds that the simulated exchanges are left alone")  # fmt: skip
    parser.add_argument("--observed", type=Path, metavar="FILE",
                        help="the series seen there, kept for the next time")  # fmt: skip
    return parser.parse_args(arguments)


def _without_promtool() -> Iterator[str]:
    if shutil.which("promtool") is None:
        yield "promtool is not installed (it comes with prometheus)."


async def _measured(options: argparse.Namespace, folder: Path) -> None:
    pool = Pool(_series(await _observed(options), options.markets))
    boards = [json.loads(one.read_text(encoding="utf-8")) for one in sorted(FOLDER.glob("*.json"))]
    plan = Plan(boards, pool, block.past(time(), options.hours), _COARSE)
    print(f"{options.markets} markets, {options.hours:g} h, a sample every {_COARSE} s or by rule")
    result = await run(plan, folder / "coarse")
    tables.made(result, pool.lacking(one.expr for one in plan.asked(plan.spans[0]) if one.expr))
    tables.panels(result)
    tables.dashboards(result)
    if options.fine:
        await _again(plan._replace(least=_FINE), folder / "fine", result, options)


async def _again(plan: Plan, folder: Path, coarse: Result, options: argparse.Namespace) -> None:
    """Panels that look at more than the last moment, with all the samples that they would have."""
    heavy = heaviest(coarse.panels[-1][1], options.fine)
    chosen = affordable(plan, heavy, options.most * _MILLION)
    print(
        f"\n{len(chosen)} panels again, a sample every {_FINE} s or by rule: the slowest of those"
    )
    print("that show more than a moment, and those that look at most samples")
    tables.left_out(one for one in heavy if one not in chosen)
    if chosen:
        result = await run(plan, folder, chosen)
        tables.made(result, ())
        tables.panels(result)


def _series(observed: Sequence[Series], markets: int) -> list[Series]:
    """Of so many markets, and what would be recorded of their alerts."""
    wide = list(widened(observed, markets))
    alerts = (labels for one in wide if one.name == FIRING for labels in sparse(one.labels))
    return [
        *(one for one in wide if one.name not in SPARSE),
        *(Series(dict(labels), 0, 0) for labels in alerts),
    ]


async def _observed(options: argparse.Namespace) -> Sequence[Series]:
    if options.observed and options.observed.exists():
        return read(options.observed)
    series = await observe(Waits(options.settling, min(options.settling, Waits().between)))
    if options.observed:
        keep(options.observed, series)
    return series


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
