"""Why a file, or a row of it, cannot be imported: codes with facts (sentences: `playbook.i18n.orders`)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from playbook.domain.problems import Problem, problem
from playbook.i18n.orders import IMPORTS


def sentence(about: Problem) -> str:
    """The English sentence of a refusal."""
    return IMPORTS[about.code].format(**about.params)


class ImportRefused(Exception):  # noqa: N818 - it says what happened to the file
    """A file that cannot be imported at all. ``problem`` has code and facts, ``str()`` the sentence."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.problem = problem(code, **params)
        super().__init__(sentence(self.problem))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied by code and facts, because it may come from another process."""
        return partial(ImportRefused, self.problem.code, **self.problem.params), ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out: its line number in the file, the order if known, and why."""

    line: int
    order_id: str
    why: Problem

    def __str__(self) -> str:
        return sentence(self.why)


class RowRefused(Exception):  # noqa: N818 - see ImportRefused
    """Stops reading one row; carries the reason up to where rows are counted."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.why = problem(code, **params)
        super().__init__(code)
