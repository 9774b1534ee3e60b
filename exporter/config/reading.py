"""YAML files into plain trees of mappings, lists, text, numbers and booleans.

PyYAML finds the nodes; what they mean is decided here, because its own reading keeps the last of
two equal keys silently, and takes `on` for true and `1:30` for 90. Plain scalars are those of YAML
1.2, which is how editors see the file. Aliases are followed; tags and merges are not read.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from exporter.config.wording import found, place, printed
from exporter.errors import ConfigError, Problem

Tree = Mapping[str, object]
Where = tuple[str | int, ...]

_STANDARD = "tag:yaml.org,2002:"
_UNTAGGED = {f"{_STANDARD}{kind}" for kind in ("map", "seq", "str")}
_PLAIN: Sequence[tuple[re.Pattern[str], Callable[[str], object]]] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,100}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda text: float(text.replace(".", "")),
    ),
)
_BEING_BUILT = object()


def read(path: Path) -> tuple[Tree, Sequence[Problem]]:
    """The tree in a file, empty for an empty file, and the problems that leave the rest readable.

    Raises ConfigError where nothing of the file can be used.
    """
    text = _text(path)
    builder = _Builder(path.name)
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        tree = None if node is None else builder.build(node, ())
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise _unusable(path.name, _syntax(error, text)) from error
    if tree is None:
        return {}, builder.problems
    if not isinstance(tree, dict):
        sentence = f"must be a mapping, found {found(tree)}; write lines of `name: value`"
        raise _unusable(path.name, sentence)
    return tree, builder.problems


def _unusable(file: str, sentence: str, where: Where = ()) -> ConfigError:
    return ConfigError((Problem(file, place(where), sentence),))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        sentence = f"cannot be read: {error.strerror}; make it a file that this user may read"
        raise _unusable(path.name, sentence) from error
    except UnicodeDecodeError as error:
        byte, line = error.object[error.start], error.object.count(b"\n", 0, error.start) + 1
        sentence = f"is not UTF-8: byte 0x{byte:02x} in line {line}; save the file as UTF-8"
        raise _unusable(path.name, sentence) from error


def _syntax(error: Exception, text: str) -> str:
    """Why PyYAML cannot read `text`; ValueError and OverflowError are its own, for escapes."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
        reason = ", ".join(filter(None, (error.context, error.problem)))
        at = f"line {line}, column {column}"
        return f"is not YAML at {at}: {reason}; check indentation, colons and quotes there"
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"is not YAML: line {line} has a control character; remove it"
    if isinstance(error, RecursionError):
        return "is nested too deeply to be read; use the shape of the shipped file"
    return "has an escape such as \\U00110000 for a character that does not exist; remove it"


class _Builder:
    """Turns nodes into values and keeps the problems met on the way."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._built: dict[int, object] = {}

    def build(self, node: yaml.Node, where: Where) -> object:
        """The value of `node` at the place `where`; a node met again by an alias is built once."""
        if id(node) not in self._built:
            self._built[id(node)] = _BEING_BUILT
            self._built[id(node)] = self._value(node, where)
        elif self._built[id(node)] is _BEING_BUILT:
            raise _unusable(self._file, "contains itself through an alias; write it out", where)
        return self._built[id(node)]

    def _value(self, node: yaml.Node, where: Where) -> object:
        if node.tag not in _UNTAGGED:
            tag = printed(node.tag.replace(_STANDARD, "!!"))
            self._add(where, f"has the tag `{tag}`; tags are not read here, remove it")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*where, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, where) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, object]:
        built: dict[str, object] = {}
        lines: dict[str, int] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            key = self.build(name, where)
            if not isinstance(key, str):
                sentence = (
                    f"has {found(key)} for a key in line {line}; a key is text, put in quotes"
                )
                self._add(where, sentence)
            elif key in lines:
                sentence = f"stands twice, in lines {lines[key]} and {line}; remove one of them"
                self._add((*where, key), sentence)
            else:
                lines[key] = line
                built[key] = self.build(value, (*where, key))
        return built

    def _scalar(self, node: yaml.ScalarNode, where: Where) -> object:
        text: str = node.value
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise _unusable(self._file, "has half a character (a surrogate); remove it", where)
        if node.style is None:
            for pattern, convert in _PLAIN:
                if pattern.fullmatch(text):
                    return convert(text)
        return text

    def _add(self, where: Where, sentence: str) -> None:
        self.problems.append(Problem(self._file, place(where), sentence))
