"""Improvement actions: what is done about a cause, by whom, until when, and what has become of it.

A measure is chosen because a product goes wrong more often than it should; it holds for goods that leave
the house from a day on. Every change is a revision of its own, and none is ever overwritten. Nothing here
is personal: owners are names of the staff, goods are SKUs and traits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from playbook.domain.problems import Problem, problem

LONGEST_NOTE = 200


class ImprovementState(StrEnum):
    """Where an action stands. Closed and dropped are ends."""

    PLANNED = "planned"
    IN_EFFECT = "in_effect"
    CLOSED = "closed"
    DROPPED = "dropped"


NEXT: Mapping[ImprovementState, frozenset[ImprovementState]] = {
    ImprovementState.PLANNED: frozenset({ImprovementState.IN_EFFECT, ImprovementState.DROPPED}),
    ImprovementState.IN_EFFECT: frozenset({ImprovementState.CLOSED, ImprovementState.DROPPED}),
    ImprovementState.CLOSED: frozenset(),
    ImprovementState.DROPPED: frozenset(),
}
"""What an action may become."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """One revision of an action.

    ``number`` counts all actions (0: not saved yet), ``revision`` the changes of one. ``measure`` and
    ``department`` are codes of the table of measures. ``about`` says what goods are meant: ``sku``,
    ``problem``, or traits such as ``lot``. ``since`` is the shipping day from which they went wrong,
    ``effective_on`` the first shipping day with the measure. ``aim_percent`` is how much of the rate before
    may remain (50: it is to be halved). ``at`` and ``by`` are of this revision.
    """

    measure: str
    department: str
    owner: str
    due_on: date
    about: Mapping[str, str]
    since: date
    at: datetime
    by: str
    state: ImprovementState = ImprovementState.PLANNED
    effective_on: date | None = None
    aim_percent: int = 50
    note: str = ""
    number: int = 0
    revision: int = 1

    @property
    def is_over(self) -> bool:
        """Whether nothing more can become of it."""
        return not NEXT[self.state]

    def overdue(self, today: date) -> bool:
        """Whether it should have been in effect before *today* and is not."""
        return self.state is ImprovementState.PLANNED and self.due_on < today


def planned(action: Improvement) -> Improvement | tuple[Problem, ...]:
    """A new action, or every reason against it."""
    today = action.at.date()
    found = [
        *([problem("improvement_without_goods")] if not any(action.about.values()) else []),
        *([problem("improvement_without_owner")] if not action.owner.strip() else []),
        *([problem("improvement_due_past", due_on=action.due_on)] if action.due_on < today else []),
        *_of_the_rest(action),
    ]
    return tuple(found) or action


def changed(
    action: Improvement, *, at: datetime, by: str, state: ImprovementState | None = None, **changes: Any
) -> Improvement | tuple[Problem, ...]:
    """The next revision of *action* with *changes*, or every reason against it.

    What came into effect without a day did so on the day of the change.
    """
    if action.is_over:
        return (problem("improvement_over", state=action.state),)
    if state is not None and state not in NEXT[action.state] | {action.state}:
        return (problem("improvement_not_next", state=action.state, asked=state),)
    new = replace(action, **changes, state=state or action.state, at=at, by=by, revision=action.revision + 1)
    if new.state is ImprovementState.IN_EFFECT and new.effective_on is None:
        new = replace(new, effective_on=at.date())
    return _of_the_rest(new) or new


def _of_the_rest(action: Improvement) -> tuple[Problem, ...]:
    found = []
    if not 0 < action.aim_percent < 100:
        found.append(problem("improvement_aim", percent=action.aim_percent))
    if len(action.note) > LONGEST_NOTE:
        found.append(problem("improvement_note_long", limit=LONGEST_NOTE))
    if action.effective_on is not None and action.effective_on <= action.since:
        found.append(
            problem("improvement_before_its_cause", effective_on=action.effective_on, since=action.since)
        )
    if action.effective_on is not None and action.effective_on > action.at.date():
        found.append(problem("improvement_in_future", effective_on=action.effective_on))
    return tuple(found)
