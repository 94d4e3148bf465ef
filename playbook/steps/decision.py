"""What a step answers: events that happened, or problems that a person can act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbook.domain.case import Case
from playbook.domain.events import Body
from playbook.domain.orders import Earlier
from playbook.domain.problems import Problem, problem
from playbook.policy import Policy
from playbook.steps.commands import Actor


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing happened; every reason at once."""

    problems: tuple[Problem, ...]


Decision = tuple[Body, ...] | Refused


@dataclass(frozen=True, slots=True)
class Setting:
    """What a decision depends on beside case and command: rules, time, person, and the world outside.

    ``elsewhere`` is compensation of the same order by other cases.
    """

    policy: Policy
    now: datetime
    actor: Actor
    elsewhere: tuple[Earlier, ...] = ()


def refused(code: str, **params: Any) -> Refused:
    """A refusal with one reason."""
    return Refused((problem(code, **params),))


def refused_all(problems: Sequence[Problem]) -> Refused:
    """A refusal with several reasons."""
    return Refused(tuple(problems))


def next_id(prefix: str, taken: Sequence[str]) -> str:
    """The next id of a kind within a case: ``c1``, ``c2`` ...; never reused."""
    numbers = [int(used[len(prefix) :]) for used in taken if used.startswith(prefix) and used[len(prefix) :].isdigit()]
    return f"{prefix}{max(numbers, default=0) + 1}"


def known_remedy_ids(case: Case) -> list[str]:
    """Every remedy id the case has ever used or proposed."""
    proposed = [remedy.remedy for request in case.pending for remedy in request.remedies]
    return [remedy.remedy for remedy in (*case.remedies, *case.withdrawn)] + proposed
