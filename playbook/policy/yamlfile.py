"""Strict YAML: no duplicate keys, no surprise types, and every value knows its line.

Only texts, whole numbers, ``true``/``false``, ``null`` and dates (YYYY-MM-DD) exist; ``yes``, ``NO``,
``on``, ``0x1F`` and ``12:30`` stay texts, and a number with a decimal point is an error, because
amounts are exact only as texts. Anchors, aliases and merge keys (``<<``) may be used.
"""

import re
from datetime import date
from typing import Any, ClassVar, NoReturn

import yaml

from playbook.policy.base import PolicyFault

LARGEST_FILE = 1_000_000
DEEPEST = 40
MOST_VALUES = 50_000

_MERGE = "tag:yaml.org,2002:merge"
_STR = "tag:yaml.org,2002:str"
_RESOLVERS: tuple[tuple[str, str, list[str]], ...] = (
    (_MERGE, r"^<<$", ["<"]),
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", ["t", "f"]),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("tag:yaml.org,2002:timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", list("0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
)

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Base):  # type: ignore[misc]  # the C loader has no static type
    """A safe loader that knows only the scalar types of this module, and stops at deep nesting.

    The C composer descends on the C stack, so the depth has to be watched while it does.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}
    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, _index: object) -> None:
        self._depth += 1
        if self._depth > DEEPEST and current_node is not None:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=current_node.start_mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1


for _tag, _pattern, _first in _RESOLVERS:
    _StrictLoader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


class YamlError(Exception):
    """A file that cannot be read at all, or values in it that are not allowed."""

    def __init__(self, faults: list[PolicyFault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


class Document:
    """The content of one file as plain values (``data``), and where each of them stands."""

    def __init__(self, name: str, raw: bytes) -> None:
        self.name = name
        self._faults: list[PolicyFault] = []
        self._values: dict[int, Any] = {}
        self._open: set[int] = set()
        self._root = self._parse(raw)
        self.data = self._build(self._root)
        if self._faults:
            raise YamlError(self._faults)

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line (from 1) of the value at *path*, or of the deepest part of the path that exists."""
        node, line = self._root, self._root.start_mark.line
        for step in path:
            found = self._step(node, step)
            if found is None:
                break
            key, node = found
            line = (key or node).start_mark.line
        return int(line) + 1

    def _step(self, node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return None, node.value[step]
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step and key.tag != _MERGE:
                    return key, value
            for key, value in node.value:
                if key.tag == _MERGE:
                    for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                        if (found := self._step(source, step)) is not None:
                            return found
        return None

    def _parse(self, raw: bytes) -> yaml.Node:
        if len(raw) > LARGEST_FILE:
            self._stop(1, f"the file has {len(raw):,} bytes; more than {LARGEST_FILE:,} are not read")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._stop(line, "the file is not UTF-8; save it with the encoding UTF-8")
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=_StrictLoader)
        except yaml.YAMLError as error:
            self._stop(*_syntax(error, text))
        if root is None:
            self._stop(1, "the file is empty")
        return root

    def _stop(self, line: int, sentence: str) -> NoReturn:
        raise YamlError([PolicyFault(self.name, line, "", sentence)]) from None

    def _fault(self, node: yaml.Node, sentence: str) -> None:
        self._faults.append(PolicyFault(self.name, node.start_mark.line + 1, "", sentence))

    def _build(self, node: yaml.Node) -> Any:
        known = id(node)
        if known in self._values:
            return self._values[known]
        if known in self._open:
            self._fault(node, "an anchor contains itself")
            return None
        if len(self._values) > MOST_VALUES:
            self._stop(node.start_mark.line + 1, f"the file has more than {MOST_VALUES:,} values")
        self._open.add(known)
        if isinstance(node, yaml.MappingNode):
            value: Any = self._mapping(node)
        elif isinstance(node, yaml.SequenceNode):
            value = [self._build(item) for item in node.value]
        else:
            value = self._scalar(node)
        self._open.discard(known)
        self._values[known] = value
        return value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in reversed(value.value if isinstance(value, yaml.SequenceNode) else [value]):
                    built = self._build(source)
                    if isinstance(built, dict):
                        merged.update(built)
                    else:
                        self._fault(value, "<< can only take in mappings")
            elif key.tag != _STR or not isinstance(key.value, str):
                self._fault(key, f"the key {_shown(key)} is not a text; put it in quotes")
            elif key.value in own:
                self._fault(key, f"the key {key.value!r} appears twice")
            else:
                own[key.value] = self._build(value)
        return {**merged, **own}

    def _scalar(self, node: yaml.Node) -> str | int | bool | date | None:
        text, kind = str(node.value), str(node.tag).rpartition(":")[2]
        if kind == "str":
            return text
        if kind == "int":
            return self._whole(node, text)
        if kind == "bool":
            if text not in {"true", "false"}:
                self._fault(node, f"{text} is not true or false")
            return text == "true"
        if kind == "null":
            return None
        if kind == "timestamp":
            try:
                return date.fromisoformat(text)
            except ValueError:
                self._fault(node, f"{text} is not a day of the calendar")
                return None
        if kind == "float":
            self._fault(node, f'{text} is a number with a decimal point; write amounts as texts: "{text}"')
            return None
        self._fault(node, f"the tag {node.tag} is not allowed")
        return None

    def _whole(self, node: yaml.Node, text: str) -> int | None:
        if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
            self._fault(node, f"{text[:40]} is not a whole number of at most 18 digits")
            return None
        return int(text)


def _shown(key: yaml.Node) -> str:
    return repr(key.value) if isinstance(key, yaml.ScalarNode) else "(a list or mapping)"


def _syntax(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Line and sentence for text that is not YAML."""
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return line, "a control character is not allowed in a policy file"
    lines = text.splitlines()
    if mark is not None and 0 < line <= len(lines) and re.match(r"\s*\t", lines[line - 1]):
        return line, "a tab is used for indentation; use spaces"
    problem = str(getattr(error, "problem", None) or error)
    if "nesting depth" in problem:  # PyYAML has a limit of its own from 6.0.4 on
        problem = "nested too deeply"
    return line, f"not valid YAML: {problem}"
