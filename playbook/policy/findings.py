"""What a lint of the rules reports."""

from dataclasses import dataclass
from typing import Literal

from playbook.policy.base import Row


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong (``error``) or doubtful (``warning``) in the rules, with its place."""

    severity: Literal["error", "warning"]
    code: str
    file: str
    line: int
    row: str
    sentence: str

    def __str__(self) -> str:
        row = f" (row {self.row})" if self.row else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.sentence}{row} [{self.code}]"


def finding(severity: Literal["error", "warning"], code: str, row: Row, sentence: str) -> Finding:
    """A finding about a row, at the place where it is written."""
    return Finding(severity, code, row.file, row.line, row.id, sentence)
