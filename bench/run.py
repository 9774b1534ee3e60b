"""The benchmark: `python -m bench.run [FILE …] [--json FILE]`.

Only ratios carry over from one machine to another. Without a file it measures a made session.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import memory, pages, stream
from bench.session import write
from bench.stream import BOOK, FEED, JSON, Input
from bench.timing import Times
from exporter.config import Config, load
from exporter.errors import ExporterError

_CONFIG = Path(__file__).parent.parent / "config"
_FRAMES = 40_000
_SERIES = (1_000, 30_000)
_ROUNDS = 7
_PAGE_ROUNDS = 5
_SECONDS, _SEED = 60, 2026

Figures = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables, and leave the figures as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a recording")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    options = parser.parse_args(arguments)
    try:
        figures = _measure(options.files)
    except ExporterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(files: Sequence[Path]) -> Figures:
    config = load(_CONFIG)
    with TemporaryDirectory() as folder:
        paths = files or write(Path(folder), _SECONDS, _SEED)
        data = stream.load(paths, _FRAMES)
    what = ", ".join(path.name for path in files) or f"a made session of {_SECONDS} s, two markets"
    print(f"Input: {what}: {data.frames:,} frames, of which {data.depth_frames:,} change a book")
    print(f"Medians of {_ROUNDS} interleaved rounds ({_PAGE_ROUNDS} for pages); ratios of a round;")
    print("processor time of this process.")
    return {
        "stream": _stream(data, config),
        "depth": _depth(data),
        "pages": [_page(config, series) for series in _SERIES],
        "memory": _memory(data),
        "platform": _platform(),
    }


def _stream(data: Input, config: Config) -> Figures:
    times = stream.stages(data, config, _ROUNDS)
    figures = {name: _a_frame(times, name, data.frames) for name in times.rounds}
    speed = data.seconds / times.seconds(stream.PIPELINE)
    _table(
        f"Mixed stream (whole pipeline: {speed:,.0f} times real time)",
        ("", "µs/frame", "frames/s", "÷ JSON decode"),
        [
            (name, f"{f['us']:.2f}", f"{1e6 / f['us']:,.0f}", f"{f['ratio']:.2f}")
            for name, f in figures.items()
        ],
    )
    return {"stages": figures, "times_real_time": speed}


def _depth(data: Input) -> Figures:
    times = stream.depth_stages(data, _ROUNDS)
    figures = {name: _a_frame(times, name, data.depth_frames) for name in times.rounds}
    book = times.difference(BOOK, FEED) / data.levels * 1e9
    both = times.seconds(BOOK) / data.levels * 1e9
    changed = data.levels / data.depth_frames
    _table(
        f"Depth frames alone ({changed:.0f} changed levels a frame)",
        ("", "µs/frame", "÷ JSON decode"),
        [
            (name.removesuffix(", tops checked"), f"{f['us']:.2f}", f"{f['ratio']:.2f}")
            for name, f in figures.items()
        ],
    )
    print(f"A changed level: {both:.0f} ns with decoding, {book:.0f} ns in the book alone.")
    return {"stages": figures, "level_ns": both, "level_book_ns": book, "levels": changed}


def _page(config: Config, series: int) -> Figures:
    page = pages.measure(config, series, _PAGE_ROUNDS)
    slice_median, slice_worst = pages.longest(page)
    times = page.times
    figures = {}
    for name in times.rounds:
        scrape = pages.READ + (pages.GZIP if name.endswith(pages.GZIP) else "")
        text = pages.TEXT + (pages.GZIP if name.endswith(pages.GZIP) else "")
        figures[name] = {
            "ms": times.seconds(name) * 1e3,
            "to_text": times.ratio(name, text),
            "to_scrape": times.ratio(name, scrape),
        }
    _table(
        f"Market page, {page.series:,} series of {page.markets:,} made markets, "
        f"{page.size / 1e6:.2f} MB",
        ("", "ms", "÷ text alone", "÷ scrape"),
        [
            (name, f"{f['ms']:.2f}", f"{f['to_text']:.2f}", f"{f['to_scrape']:.2f}")
            for name, f in figures.items()
        ],
    )
    print(
        "Longest slice in which the page as served holds the event loop (wall clock): median "
        f"{slice_median * 1e3:.1f} ms, worst {slice_worst * 1e3:.1f} ms."
    )
    return {
        "series": page.series,
        "markets": page.markets,
        "bytes": page.size,
        "pages": figures,
        "longest_slice_ms": {"median": slice_median * 1e3, "worst": slice_worst * 1e3},
    }


def _memory(data: Input) -> list[Figures]:
    books = memory.measure(data)
    _table(
        "Memory of a book, KiB (sys.getsizeof of everything it refers to)",
        ("", "levels", "without memo", "with memo"),
        [(b.what, b.levels, f"{b.levels_only:,.0f}", f"{b.whole:,.0f}") for b in books],
    )
    return [
        {"book": b.what, "levels": b.levels, "kib_levels": b.levels_only, "kib": b.whole}
        for b in books
    ]


def _platform() -> str:
    text = (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}"
    )
    print(f"\n{text}")
    return text


def _a_frame(times: Times, name: str, frames: int) -> dict[str, float]:
    return {"us": times.seconds(name) / frames * 1e6, "ratio": times.ratio(name, JSON)}


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    print(f"\n{title}")
    for row in (header, *rows):
        _, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join((row[0].ljust(widths[0]), *rest)).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
