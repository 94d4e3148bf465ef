"""Why something cannot be done, as a value: a code and the facts that a sentence needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An expected refusal. ``playbook.i18n`` turns code and params into a sentence."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code}({facts})"


def problem(code: str, **params: Any) -> Problem:
    """A Problem from keyword facts."""
    return Problem(code, params)
