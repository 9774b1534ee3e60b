"""What a drill tells on the terminal: what is expected, and a table of what was seen when."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exporter.drills.following import Half, Row
from exporter.drills.plan import Plan
from exporter.drills.table import DRILLS

_WHEN = ("", " after the end")


def say(out: Console, sentence: str) -> None:
    """A line as it is."""
    out.print(sentence, markup=False, highlight=False, soft_wrap=True)


def listing(out: Console) -> None:
    """Which drills there are, and what each one proves."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("incident", "expected", "what it proves"):
        table.add_column(heading, overflow="fold")
    for one in DRILLS.values():
        table.add_row(one.kind, one.alert or "nobody is told", one.proves)
    out.print(table, highlight=False)


def expectation(plan: Plan) -> str:
    """What is to come of it, in a sentence."""
    where = f"{plan.drill.kind} on {plan.where}"
    if plan.expected is None:
        return f"{where} must reach nobody: {plan.drill.proves}."
    about = " ".join(filter(None, plan.expected.target))
    of = "" if about == plan.where else f" for {about}"
    return f"{where} must raise {plan.expected.alert} ({plan.expected.priority}){of}."


def verdict(name: str, halves: Sequence[Half], out: Console) -> bool:
    """Print what was seen on the way and, where it came so far, after the end; what was wrong; and
    whether it succeeded, which is returned."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("stage")
    table.add_column("seen after", justify="right")
    table.add_column("limit", justify="right")
    table.add_column("what was seen", overflow="fold")
    for number, half in enumerate(halves):
        if number:
            table.add_row("the end")
        for row in half.rows:
            table.add_row(*map(escape, _cells(row)))
    out.print(table, highlight=False)
    failures = [
        failure
        for half, when in zip(halves, _WHEN, strict=False)
        for failure in _failures(half, when)
    ]
    if len(halves) < len(_WHEN) and not failures:
        failures = ["it did not come to its end"]
    for failure in dict.fromkeys(failures):
        say(out, f"WRONG  {failure}")
    say(out, f"{name} {'failed' if failures else 'succeeded'}.\n")
    return not failures


def _cells(row: Row) -> tuple[str, str, str, str]:
    limit = "" if row.limit is None else f"{row.limit:.0f} s"
    after = "" if row.after is None else f"+{row.after:.1f} s"
    what = row.what if row.what or row.after is not None else "nothing"
    late = " (late)" if row.after is not None and not row.good else ""
    return row.stage, after, limit, f"{what}{late}"


def _failures(half: Half, when: str) -> Iterator[str]:
    """Of stages that were not reached the first is named: the others wait for it."""
    unseen = [row for row in half.rows if row.limit is not None and row.after is None]
    for row in unseen[:1]:
        yield f"{row.stage}: not seen within {row.limit:.0f} s{when}"
    for row in half.rows:
        if row.after is not None and not row.good:
            yield f"{row.stage}: seen {row.after:.1f} s{when}, later than {row.limit:.0f} s"
    yield from half.wrong
