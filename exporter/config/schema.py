"""The JSON schema of each file, so that editors complete its keys and show what they mean.

`python -m exporter.config.schema DIRECTORY` writes them as `<name>.schema.json`. They are made
from the models and say all that the models say; rules across values and files are the loader's.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from exporter.config.alerts import AlertsFile
from exporter.config.exchanges import ExchangesFile
from exporter.config.features import Features
from exporter.config.instruments import InstrumentsFile
from exporter.config.maintenance import MaintenanceFile
from exporter.config.slo import SloFile
from exporter.config.urls import UrlsFile
from exporter.config.values import Section

MODELS: Mapping[str, type[Section]] = {
    "exchanges": ExchangesFile,
    "instruments": InstrumentsFile,
    "features": Features,
    "alerts": AlertsFile,
    "urls": UrlsFile,
    "maintenance": MaintenanceFile,
    "slo": SloFile,
}


class _Generator(GenerateJsonSchema):
    """Pydantic's schema, as strict as the loader.

    Numbers are never text, what may be left out may still not be null, names must fit their
    pattern.
    """

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        limits = {"exclusiveMinimum": schema.get("gt"), "exclusiveMaximum": schema.get("lt")}
        return {"type": "number"} | {
            word: _plain(limit) for word, limit in limits.items() if limit is not None
        }

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        return inner if default is None else {**inner, "default": _plain(default)}

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def schema(name: str) -> JsonSchemaValue:
    """The JSON schema (draft 2020-12) of `<name>.yaml`; KeyError where there is no such file."""
    generated = MODELS[name].model_json_schema(schema_generator=_Generator)
    return {"$schema": GenerateJsonSchema.schema_dialect, **generated}


def text(name: str) -> str:
    """The schema as it is committed: sorted, indented, with a newline at the end."""
    return json.dumps(schema(name), indent=2, sort_keys=True) + "\n"


def _plain(value: object) -> object:
    """A default or limit as JSON has it: a Decimal as a number, a tuple as a list."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def main(arguments: Sequence[str]) -> int:
    """Writes every schema into the directory that is the only argument; 2 where there is none."""
    if len(arguments) != 1:
        print("usage: python -m exporter.config.schema DIRECTORY", file=sys.stderr)
        return 2
    for name in MODELS:
        (Path(arguments[0]) / f"{name}.schema.json").write_text(text(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
