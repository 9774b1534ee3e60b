"""What the measuring of dashboards found, for a terminal."""

from collections.abc import Iterable, Sequence

from bench.asking import Panel
from bench.passes import Result
from grafana.report.asked import Kind, Span

_SLOWEST = 15
_GOAL = 1
"""Seconds that a query may take."""
_MILLION, _MIB = 1e6, 2**20


def made(found: Result, lacking: Sequence[str]) -> None:
    """Print what was made of which series, and those of which there are none."""
    its = found.made
    millions = its.samples / _MILLION
    print(
        f"{its.series:,} series, {its.samples:,} samples: {found.disk / _MIB:,.1f} MiB in a block. "
        f"Writing them as text ({its.text / _MIB:,.0f} MiB) took {its.writing:.0f} s, "
        f"{its.writing / millions:.1f} s a million, promtool {its.importing:.0f} s, "
        f"{its.importing / millions:.1f} s a million, with at most {its.memory / _MIB:,.0f} MiB "
        f"of memory; Prometheus had at most {found.memory / _MIB:,.0f} MiB."
    )
    if lacking:
        print(f"No series (nothing of the kind happened, or is planned): {', '.join(lacking)}")


def panels(found: Result) -> None:
    """Print the slowest over each span, and what was refused."""
    for span, listed in reversed(found.panels):
        _panels(f"Slowest panels over {_hours(span)}", _slowest(listed)[:_SLOWEST])
        _notable(listed)


def dashboards(found: Result) -> None:
    """Print what a refresh of each costs."""
    names = list(dict.fromkeys(one.dashboard for one in found.panels[0][1]))
    header = [""]
    for span, _ in found.panels:
        header += [f"refresh, {_hours(span)}", "queries", "opening", "slowest query"]
    rows = [
        [name, *(cell for _, listed in found.panels for cell in _costs(name, listed))]
        for name in names
    ]
    _table("A refresh of each dashboard, one query after the other, seconds", header, rows)


def left_out(panels: Iterable[Panel]) -> None:
    """Print the panels that are too much."""
    for one in panels:
        print(f"  left out, as its series would have too many samples: {_name(one)}")


def _slowest(panels: Iterable[Panel]) -> list[Panel]:
    """Panels and annotations, the slowest first; variables are asked when a dashboard opens."""
    asked = (one for one in panels if one.kind is not Kind.VARIABLE)
    return sorted(asked, key=lambda one: one.seconds, reverse=True)


def _panels(title: str, panels: Sequence[Panel]) -> None:
    _table(
        title,
        ("", "queries", "seconds", "slowest query", "s", "in Prometheus", "series", "samples"),
        [
            (
                _name(one),
                f"{len(one.costs)}",
                f"{one.seconds:.3f}",
                one.worst.asked.ref_id,
                f"{one.worst.seconds:.3f}",
                f"{one.worst.engine:.3f}",
                f"{one.worst.series:,}",
                f"{one.worst.samples:,}",
            )
            for one in panels
        ],
    )


def _costs(name: str, panels: Sequence[Panel]) -> list[str]:
    """Of a refresh, and of the variables that are asked when it is opened."""
    own = [one for one in panels if one.dashboard == name]
    refreshed = [cost for one in _slowest(own) for cost in one.costs]
    opened = sum(one.seconds for one in own if one.kind is Kind.VARIABLE)
    seconds = [one.seconds for one in refreshed] or [0.0]
    return [f"{sum(seconds):.2f}", f"{len(refreshed)}", f"{opened:.2f}", f"{max(seconds):.3f}"]


def _notable(panels: Iterable[Panel]) -> None:
    """What takes too long, and what Prometheus did not answer."""
    for one in panels:
        for cost in one.costs:
            if cost.error:
                print(f"  refused: {_name(one)} {cost.asked.ref_id}: {cost.error}")
            elif cost.seconds > _GOAL:
                print(f"  beyond {_GOAL} s: {_name(one)} {cost.asked.ref_id}: {cost.asked.expr}")


def _name(one: Panel) -> str:
    kind = "" if one.kind is Kind.PANEL else f" ({one.kind.value})"
    return f"{one.dashboard.removeprefix('market-')}: {one.title}{kind}"


def _hours(span: Span) -> str:
    return f"{span.seconds / 3600:.3g} h"


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    print(f"\n{title}")
    for row in (header, *rows):
        _, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join((row[0].ljust(widths[0]), *rest)).rstrip())
