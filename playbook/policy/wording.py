"""Says in words what is wrong in a policy file; pydantic's own words where they are already clear."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from playbook.policy.base import PolicyFault
from playbook.policy.yamlfile import Document


def fault_of(document: Document, detail: ErrorDetails, model: type[BaseModel]) -> PolicyFault:
    """The fault behind one validation error, at the line where the value stands."""
    path = tuple(step for step in detail["loc"] if step != "[key]")
    row = ""
    if len(path) >= 2 and path[0] == "rows" and isinstance(path[1], int):
        row = str(_at(document.data, (*path[:2], "id")) or f"number {path[1] + 1}")
    return PolicyFault(document.name, document.line(path), row, _sentence(path, detail, model))


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _sentence(path: tuple[str | int, ...], detail: ErrorDetails, model: type[BaseModel]) -> str:
    inner = path[2:] if path[:1] == ("rows",) and len(path) > 1 else path
    name = ".".join(str(step) for step in inner) or "row"
    given = detail["input"]
    match detail["type"]:
        case "missing":
            return f"{name} is missing"
        case "extra_forbidden":
            close = get_close_matches(str(path[-1]), _keys(model.model_json_schema()), n=1)
            return f"unknown key {path[-1]!r}" + (f"; did you mean {close[0]!r}?" if close else "")
        case "enum" | "literal_error":
            return f"{name} is {given!r}; allowed are {detail.get('ctx', {}).get('expected', '')}"
        case "value_error":
            return f"{name}: {detail['ctx']['error']}"
        case "int_type" | "int_parsing":
            return f"{name} must be a whole number, not {given!r}"
        case "bool_type":
            return f"{name} must be true or false, not {given!r}"
        case "string_type":
            return f"{name} must be a text, not {given!r}"
        case _:
            return f"{name}: {detail['msg']}"


def _keys(schema: Any) -> set[str]:
    """Every property name in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*(_keys(item) for item in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(_keys(value) for value in schema.values()))
