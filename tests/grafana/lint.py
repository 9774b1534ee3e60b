"""All that is wrong with a dashboard, apart from its types and its queries."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from tests.grafana.dashboards import Board, Json
from tests.grafana.rules import board as whole
from tests.grafana.rules import choices, colours, grid, links, panel

BOARD_RULES: Sequence[Callable[[Board], Iterator[str]]] = (
    whole.addressed,
    whole.named,
    whole.timed,
    whole.bounded,
    whole.counted,
    grid.placed,
    choices.existing,
    choices.of_use,
    choices.sourced,
    colours.distinct,
)
PANEL_RULES: Sequence[Callable[[Json], Iterator[str]]] = (
    panel.of_core,
    panel.described,
    panel.legible,
    links.columned,
    colours.coloured_columns,
    colours.nothing_is_not_good,
)
QUERIED_RULES: Sequence[Callable[[Json], Iterator[str]]] = (
    panel.measured,
    panel.sourced,
    panel.asked,
)


def faults(board: Board, boards: Mapping[str, Board], palette: Collection[str]) -> Iterator[str]:
    """What is wrong with a dashboard among all that there are, each with its place."""
    for rule in BOARD_RULES:
        yield from rule(board)
    yield from links.menu(board, boards)
    yield from links.data(board, boards)
    yield from colours.of_palette(board, palette)
    yield from _each(board, board.panels, PANEL_RULES)
    yield from _each(board, board.queried, QUERIED_RULES)


def _each(
    board: Board,
    panels: Sequence[Json],
    rules: Sequence[Callable[[Json], Iterator[str]]],
) -> Iterator[str]:
    for one in panels:
        for rule in rules:
            yield from (f"{board.place(one)}: {fault}" for fault in rule(one))
