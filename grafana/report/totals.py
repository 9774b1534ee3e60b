"""The top of the page: how much was asked, what failed, what returned nothing, what was slow."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from grafana.report.asked import Asked, Kind
from grafana.report.markup import Html, tag
from grafana.report.report import One, Report, Seen, points

SLOWEST = 10
_WHERE = ("dashboard", "panel", "query")


def totals(report: Report) -> Iterator[Html]:
    """Tables with links to the panels."""
    start, end = (_moment(at) for at in (report.span.start, report.span.end))
    yield tag("h1", "What the dashboards ask and get")
    told = (
        f"{report.server}, {start} to {end} ({report.span.seconds / 60:g} min), all times in UTC. "
        "Queries were asked one after the other; a time is until the whole answer was here. "
        "A refresh asks all but the queries of variables."
    )
    yield tag("p", told, class_="quiet")
    yield _by_board(report)
    yield tag("h4", f"Failed: {len(report.failed)}")
    yield _table(
        (*_WHERE, "error"),
        [[*_where(report, [one]), tag("td", one[1].error, class_="text")] for one in report.failed],
    )
    empty = f"Returned nothing: {len(report.nothing)}; panels without anything: {report.empty}"
    yield tag("h4", empty)
    yield _table(
        (*_WHERE, "the panel", "why"),
        [
            [*_where(report, alike), _instead(report, alike[0][0]), tag("td", why, class_="text")]
            for why, alike in report.grouped(report.got())
        ],
    )
    yield tag("h4", f"The {SLOWEST} slowest queries")
    slowest = report.slowest(SLOWEST)
    yield _table(
        (*_WHERE, "ms", "series", "points"),
        [
            [
                *_where(report, [one]),
                _figure(milliseconds(one[1].seconds)),
                _figure(f"{len(one[1].series):,}"),
                _figure(f"{points(one[1]):,}"),
            ]
            for one in slowest
        ],
    )


def summary(report: Report) -> str:
    """The totals in a line."""
    return (
        f"{len(report.seen)} dashboards, {report.panels} panels, {len([*report.got()])} queries; "
        f"{len(report.nothing)} returned nothing ({report.empty} panels are empty), "
        f"{len(report.failed)} failed"
    )


def milliseconds(seconds: float) -> str:
    """With as much precision as is of use."""
    return f"{seconds * 1000:,.{0 if seconds >= 0.01 else 1}f}"


def _by_board(report: Report) -> Html:
    titles = (
        "dashboard", "panels", "queries", "series", "points", "failed", "nothing", "refresh, ms",
        "slowest, ms",
    )  # fmt: skip
    rows = [
        [tag("td", tag("a", seen.title, href=f"#{seen.uid}")), *_figures([seen])]
        for seen in report.seen
    ]
    return _table(titles, [*rows, [tag("td", "all"), *_figures(report.seen)]])


def _figures(seen: Sequence[Seen]) -> Iterator[Html]:
    got = [one for each in seen for one in each.got]
    yield _figure(str(sum(len(each.panels) for each in seen)))
    yield _figure(str(len(got)))
    yield _figure(f"{sum(len(answer.series) for _, answer in got):,}")
    yield _figure(f"{sum(points(answer) for _, answer in got):,}")
    yield _figure(str(sum(bool(answer.error) for _, answer in got)))
    yield _figure(str(sum(answer.nothing for _, answer in got)))
    yield _figure(milliseconds(sum(each.cost for each in seen)))
    yield _figure(milliseconds(max((answer.seconds for _, answer in got), default=0.0)))


def _where(report: Report, alike: Sequence[One]) -> Iterator[Html]:
    """Dashboard, panel and queries of what is of one panel."""
    asked = alike[0][0]
    titles = {seen.uid: seen.title for seen in report.seen}
    place = f"#{asked.dashboard}-{asked.panel or asked.kind.value}"
    title = asked.title if asked.kind is Kind.PANEL else f"{asked.kind.value} {asked.title}"
    yield tag("td", titles[asked.dashboard])
    yield tag("td", tag("a", title, href=place), class_="text")
    yield tag("td", ", ".join(one.ref_id for one, _ in alike))


def _instead(report: Report, asked: Asked) -> Html:
    """What its panel shows instead."""
    if asked.kind is not Kind.PANEL:
        return tag("td")
    same = (asked.dashboard, asked.panel)
    others = [answer for one, answer in report.got() if (one.dashboard, one.panel) == same]
    if any(answer.series for answer in others):
        return tag("td", "has other data", class_="quiet")
    return tag("td", f"shows “{asked.no_value}”" if asked.no_value else "shows no text of its own")


def _table(titles: Sequence[str], rows: Sequence[Sequence[Html]]) -> Html:
    if not rows:
        return Html("")
    figures = [' class="number"' in cell.partition(">")[0] for cell in rows[0]]
    head = [
        tag("th", title, class_="number") if is_figure else tag("th", title)
        for title, is_figure in zip(titles, figures, strict=True)
    ]
    return tag("table", tag("tr", *head), *(tag("tr", *row) for row in rows))


def _figure(text: str) -> Html:
    return tag("td", text, class_="number")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
