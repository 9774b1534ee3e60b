"""Tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models import common as c
from grafana_foundation_sdk.models import dashboard as d

from grafana.frame.looks import Field, Says, dressed, mapping, steps_of, uncoloured
from grafana.frame.queries import Query

_TEXT = Field("string", none="")


@dataclass(frozen=True)
class Column:
    """A column of a table: the label, or the number of the query, that it shows.

    `coloured` puts the colour of its value behind it, `gauge` a bar from the field's minimum to its
    maximum beside it.
    """

    source: str | int
    title: str
    width: int
    field: Field = _TEXT
    coloured: bool = False
    gauge: bool = False


def grid(
    title: str, says: Says, columns: Sequence[Column], *queries: Query, sort: str = "",
    links: Sequence[Mapping[str, object]] = (), none: str = "",
) -> table.Panel:  # fmt: skip
    """A row for each set of labels that the queries have in common, with these columns only.

    Rows are sorted by the column `sort`, the largest first, where one is named; `links` open from
    the first two columns; `none` stands there where there is no row.
    """
    names = {_source(one, len(queries)): one.title for one in columns}
    panel = (
        table.Panel()
        .cell_height(c.TableCellHeight.SM)
        .show_header(True)
        .align(c.FieldTextAlignment.LEFT)
        .with_transformation(d.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_arranged(names))
    )
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
    for at, one in enumerate(columns):
        shown = replace(one.field, links=links) if at < 2 and links else one.field
        panel.override_by_name(one.title, _column(replace(one, field=shown)))
    return dressed(panel, title, says, Field("string", none=none), queries)


def _source(column: Column, queries: int) -> str:
    if isinstance(column.source, str):
        return column.source
    return f"Value #{chr(ord('A') + column.source)}" if queries > 1 else "Value"


def _arranged(names: Mapping[str, str]) -> d.DataTransformerConfig:
    """Only these columns, in this order."""
    order = {name: at for at, name in enumerate(names)}
    return d.DataTransformerConfig(
        id_val="organize",
        options={
            "includeByName": dict.fromkeys(names, True),
            "indexByName": order,
            "renameByName": dict(names),
        },
    )


def _column(column: Column) -> list[d.DynamicConfigValue]:
    field = column.field
    properties: dict[str, Any] = {
        "custom.width": column.width,
        "unit": field.unit,
        "decimals": field.decimals,
        "noValue": field.none,
        "thresholds": steps_of(field.steps).build(),
    }
    if field.links:
        properties["links"] = list(field.links)
    if column.coloured:
        named = [mapping(field.states)] if field.states else []
        properties["mappings"] = [uncoloured(field.none), *named]
        properties["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        properties["color"] = {"mode": "thresholds"}
    if column.gauge:
        properties |= {"min": field.minimum, "max": field.maximum, "color": {"mode": "thresholds"}}
        properties["custom.cellOptions"] = {"type": "gauge", "mode": "basic"}
    return [d.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]
