"""Whatever is done to the shipped files, they load or are refused; nothing else is ever raised."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.config import load
from exporter.errors import ConfigError, Problem

SHIPPED = Path(__file__).parents[2] / "config"
FILES = (
    "alerts.yaml",
    "exchanges.yaml",
    "features.yaml",
    "instruments.yaml",
    "maintenance.yaml",
    "slo.yaml",
    "urls.yaml",
)
VALUES = (
    "5", '"5"', "-1", "0.5", "1e999", ".nan", "true", "~", "{}", "[]", "[1, 1]", "{a: b}",
    "{[a]: 1}", "{{a: 1}: 2}", "{5: 6}", "{a: 1, a: 2}", "&a [*a]", "!!set {a}", "!x y", "!!int z",
    "2024-01-01", "1:30", "<<", "=", "BTCUSDT", "BTC-USDT", "wss://[", "http://h:x", '"\\uD800"',
    '"\\0"', "9" * 200, "x" * 200,
)  # fmt: skip


def parents(node: yaml.Node) -> Iterator[yaml.CollectionNode]:
    """The mappings and lists at and beneath `node` that have entries."""
    if isinstance(node, yaml.CollectionNode) and node.value:
        yield node
        for entry in node.value:
            for child in entry if isinstance(entry, tuple) else (entry,):
                yield from parents(child)


def mutate(data: st.DataObject, root: yaml.Node) -> str:
    """The text of `root` with one entry deleted, duplicated or given another key or value."""
    parent = data.draw(st.sampled_from(list(parents(root))))
    index = data.draw(st.integers(0, len(parent.value) - 1))
    entry = parent.value[index]
    action = data.draw(st.sampled_from(("delete", "duplicate", "value", "key")))
    if action == "delete":
        del parent.value[index]
        return str(yaml.serialize(root))
    if action == "duplicate":
        parent.value.append(entry)
        return str(yaml.serialize(root))
    mark = yaml.ScalarNode("tag:yaml.org,2002:str", "REPLACED")
    if isinstance(entry, tuple):
        parent.value[index] = (mark, entry[1]) if action == "key" else (entry[0], mark)
    else:
        parent.value[index] = mark
    value = data.draw(st.sampled_from(VALUES))
    return str(yaml.serialize(root)).replace("REPLACED", value)


def refusal(directory: Path) -> tuple[Problem, ...] | None:
    """Why the configuration is refused; None where it loads."""
    try:
        load(directory)
    except ConfigError as error:
        return error.problems
    return None


def loads_or_is_refused(file: str, content: bytes) -> None:
    """Loads the shipped configuration with `content` in place of `file`."""
    with tempfile.TemporaryDirectory() as directory:
        for name in FILES:
            shutil.copy(SHIPPED / name, directory)
        (Path(directory) / file).write_bytes(content)
        problems = refusal(Path(directory))
    assert problems is None or problems
    for problem in problems or ():
        assert len(str(problem).splitlines()) == 1


@settings(max_examples=120, deadline=None)
@given(file=st.sampled_from(FILES), data=st.data())
def test_a_mutated_node_loads_or_is_refused(file: str, data: st.DataObject) -> None:
    root = yaml.compose((SHIPPED / file).read_text(), Loader=yaml.SafeLoader)
    assert root is not None
    loads_or_is_refused(file, mutate(data, root).encode())


@settings(max_examples=50, deadline=None)
@given(file=st.sampled_from(FILES), data=st.data())
def test_a_torn_file_loads_or_is_refused(file: str, data: st.DataObject) -> None:
    content = (SHIPPED / file).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    middle = data.draw(st.binary(max_size=8))
    loads_or_is_refused(file, content[:start] + middle + content[end:])


@settings(max_examples=50, deadline=None)
@given(
    file=st.sampled_from(FILES),
    text=st.text(alphabet="ab&*!{}[]:-?<'\"\\\n ,#|>%@`~\t", max_size=40),
)
def test_any_text_loads_or_is_refused(file: str, text: str) -> None:
    loads_or_is_refused(file, text.encode())
