"""The shipped dashboards are those that the code makes, and it makes the same each time."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from grafana_foundation_sdk.builders import stat

from grafana.boards import BOARDS
from grafana.build import FOLDER, dashboards, main
from grafana.frame import links
from grafana.frame.layout import Board, Row
from grafana.frame.looks import Field, Says
from grafana.frame.panels import stat_
from grafana.frame.queries import closeness, now, of
from tests.prometheus.catalogue import faults


def test_what_is_shipped_is_what_the_code_makes() -> None:
    made = dict(dashboards())
    shipped = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert shipped.keys() == made.keys()
    stale = [name for name, text in made.items() if shipped[name] != text]
    assert not stale, f"make docs writes {', '.join(stale)} anew"


def test_it_makes_the_same_twice() -> None:
    assert dict(dashboards()) == dict(dashboards())


def test_each_dashboard_of_the_menu_is_made_in_its_order() -> None:
    assert [board.uid for board in BOARDS] == list(links.TITLES)


def test_a_dashboard_that_is_no_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "market-gone.json").write_text("{}")
    main(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == links.TITLES.keys()


def _panel() -> stat.Panel:
    return stat_("One", Says("a", "b", "c"), Field("none"), now("up"))


@pytest.mark.parametrize("widths", [(23,), (12, 13), ()])
def test_a_row_that_does_not_fill_the_page_is_refused(widths: Sequence[int]) -> None:
    board = Board(links.HEALTH, "?", [Row(4, [(_panel(), width) for width in widths])])
    with pytest.raises(ValueError, match="market-overview: a row of panels is not 24"):
        board.build()


def test_panels_lie_side_by_side_and_rows_below_each_other() -> None:
    rows = [Row(4, [(_panel(), 8), (_panel(), 16)]), Row(6, [(_panel(), 24)], "Below")]
    places = [
        (panel.grid_pos.x, panel.grid_pos.y, panel.grid_pos.w, panel.grid_pos.h)
        for panel in Board(links.HEALTH, "?", rows).build().panels or ()
        if panel.grid_pos is not None
    ]
    assert places == [(0, 0, 8, 4), (8, 0, 16, 4), (0, 4, 24, 1), (0, 5, 24, 6)]


def test_a_selector_has_the_chosen_markets_and_knows_operators() -> None:
    chosen = 'exchange=~"$exchange",instrument=~"$instrument",drill=""'
    assert of("up") == f"up{{{chosen}}}"
    assert of("up", a="b", c="!=d", e="=~f|g") == f'up{{{chosen},a="b",c!="d",e=~"f|g"}}'


def test_closeness_names_only_what_there_is() -> None:
    assert faults(closeness("spread_bps")) == []
