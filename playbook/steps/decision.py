"""What a step answers: events that happened, or problems that a person can act on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from playbook.domain.case import Case
from playbook.domain.events import Body, Event
from playbook.domain.folding import apply
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

    ``elsewhere`` is compensation of the same order by other cases, ``stock`` how many units of a SKU
    there are, as far as anybody counted, ``promised`` how many of them other cases have agreed to send
    and have not sent. ``known`` keeps dates that many options share, so that each is
    counted once.
    """

    policy: Policy
    now: datetime
    actor: Actor
    elsewhere: tuple[Earlier, ...] = ()
    stock: Mapping[str, int] = field(default_factory=dict)
    promised: Mapping[str, int] = field(default_factory=dict)
    known: dict[tuple[object, ...], tuple[datetime, datetime]] = field(
        default_factory=dict, compare=False, repr=False
    )


def refused(code: str, **params: Any) -> Refused:
    """A refusal with one reason."""
    return Refused((problem(code, **params),))


def refused_all(problems: Sequence[Problem]) -> Refused:
    """A refusal with several reasons."""
    return Refused(tuple(problems))


def after(case: Case, bodies: Sequence[Body], setting: Setting) -> Case:
    """The case as it would be after the facts of a decision."""
    return apply(
        case,
        (
            Event(case_id=case.case_id, seq=seq, at=setting.now, actor=setting.actor.name, body=body)
            for seq, body in enumerate(bodies, start=case.version + 1)
        ),
    )


MOST_UNITS = 1_000_000
"""More units in one place than this are a typing error."""


def is_count(units: object, least: int = 1) -> bool:
    """Whether *units* is a whole number of units: a field may hold anything."""
    return isinstance(units, int) and not isinstance(units, bool) and least <= units <= MOST_UNITS


def new_ids(prefix: str, taken: Iterable[str]) -> Iterator[str]:
    """Further ids of a kind within a case, ``c1``, ``c2`` ...; one that is *taken* never comes again."""
    numbers = (used[len(prefix) :] for used in taken if used.startswith(prefix))
    last = max((int(number) for number in numbers if number.isdecimal()), default=0)
    return (f"{prefix}{number}" for number in count(last + 1))


_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")
_FORBIDDEN |= dict.fromkeys(range(55296, 57344), "�")


def clean(text: str) -> str:
    """What a person typed, fit to be stored: no control characters, no half characters, trimmed."""
    return text.translate(_FORBIDDEN).strip()
