"""`python -m grafana.report --prometheus URL [--out FILE]`"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from grafana.report.answers import UnreachableError
from grafana.report.asked import Span, UnknownError
from grafana.report.making import ChoiceError, made, shipped
from grafana.report.page import page
from grafana.report.totals import summary

OUT = "dashboards-report.html"


def main(arguments: Sequence[str]) -> int:
    """0, or 2 with a sentence on standard error."""
    options = _parser().parse_args(arguments)
    end = time.time()
    given = {
        name: getattr(options, name)
        for name in ("exchange", "instrument")
        if getattr(options, name)
    }
    span = Span(end - options.minutes * 60, end)
    try:
        report = asyncio.run(made(options.prometheus, span, shipped(), given))
        options.out.write_text(page(report), encoding="utf-8")
    except (UnreachableError, ChoiceError, UnknownError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{options.out}: {summary(report)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grafana.report",
        description="What every panel asks and what a Prometheus answers, as an HTML page.",
    )
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument("--exchange", help="this one alone; without it all, or the first")
    parser.add_argument("--instrument", help="this one alone; without it all, or the first")
    parser.add_argument("--minutes", type=_minutes, default=60.0, help="up to now (60)")
    parser.add_argument("--out", type=Path, default=Path(OUT), metavar="FILE")
    return parser


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
