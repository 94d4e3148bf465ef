"""The layout of each policy file as JSON Schema, for editors that check while one types."""

import json
from pathlib import Path

from pydantic import BaseModel

from playbook.policy.loading import FILES


def schema_name(file: str) -> str:
    """``remedies.yaml`` -> ``remedies.schema.json``."""
    return file.removesuffix(".yaml") + ".schema.json"


def schemas() -> dict[str, str]:
    """Name of the schema file -> its text, for every policy file; always the same for the same models."""
    return {schema_name(file): schema_text(model) for file, model in FILES.items()}


def schema_text(model: type[BaseModel]) -> str:
    """The layout of one kind of file as JSON Schema."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write every schema into *folder* (created when missing); the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return tuple(written)
