"""Rules for where panels stand."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from tests.grafana.dashboards import ROW, Board, Json

WIDTH = 24


class Box(NamedTuple):
    """What a panel covers; right and bottom are the first columns and lines that it does not."""

    left: int
    top: int
    right: int
    bottom: int

    def beside(self, other: "Box") -> bool:
        """Whether no column is of both."""
        return self.right <= other.left or other.right <= self.left

    def apart(self, other: "Box") -> bool:
        """Whether no cell is of both."""
        return self.beside(other) or self.bottom <= other.top or other.bottom <= self.top


def placed(board: Board) -> Iterator[str]:
    """Panels stay on the grid, do not overlap, and leave no gap above one: Grafana would move it
    up. What lies in a closed row is laid out below its heading, by itself."""
    yield from _laid_out(board, board.spec.get("panels", ()), 0)
    for row in board.rows_and_panels:
        if row["type"] == ROW and row.get("panels"):
            yield from _laid_out(board, row["panels"], _box(row).bottom)


def _laid_out(board: Board, panels: Sequence[Json], floor: int) -> Iterator[str]:
    boxes = [(board.place(one), _box(one)) for one in panels]
    for place, box in boxes:
        if box.left < 0 or box.right > WIDTH or box.left >= box.right or box.top >= box.bottom:
            yield f"{place}: is not on the grid: {box}"
        rests = box.top == floor or any(
            other.bottom == box.top and not box.beside(other) for _, other in boxes
        )
        if not rests:
            yield f"{place}: there is a gap above it"
    for (place, box), (other, covered) in combinations(boxes, 2):
        if not box.apart(covered):
            yield f"{place}: overlaps {other}"


def _box(panel: Json) -> Box:
    at = panel["gridPos"]
    return Box(at["x"], at["y"], at["x"] + at["w"], at["y"] + at["h"])
