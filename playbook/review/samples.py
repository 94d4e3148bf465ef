"""Sample cases: a message, the answers of an agent step by step, and what must come of them.

One YAML file per case in ``data/cases``; the format is described in the README there.
"""

from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from playbook.domain.base import Value
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.promises import FollowUpKind, PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.policy.base import PolicyFault, Text
from playbook.policy.wording import fault_of
from playbook.policy.yamlfile import Document, YamlError
from playbook.settings import data_dir

Verb = Literal[
    "known",
    "pick",
    "second_fact",
    "lock",
    "withdraw_lock",
    "set",
    "split",
    "accept_all",
    "rest_is_fine",
    "leave_untouched",
    "confirm_breakdown",
    "photo",
    "choose",
    "choose_preferred",
    "agree",
    "withdraw",
    "approve",
    "refuse",
    "confirm_plan",
    "promise",
    "letter",
    "edit",
    "send",
    "keep",
    "change",
    "done",
    "memo",
    "note",
    "wait",
    "close",
]


class Action(Value):
    """One thing the agent does: ``do`` names it, the other fields are what it needs."""

    do: Verb
    field: str | None = None
    value: str | None = None
    sku: str | None = None
    problem: ProblemType | None = None
    units: int | None = None
    photo: bool | None = None
    remedy: RemedyKind | None = None
    share: str | None = None
    promise: PromiseKind | None = None
    due: AwareDatetime | None = None
    kind: str | None = None
    text: str | None = None
    reason: str = ""
    by: str | None = None
    role: str | None = None
    hours: int | None = Field(default=None, ge=1)


class Answers(Value):
    """The agent's actions, by the step in which they happen; a later step may go back."""

    lock: tuple[Action, ...] = ()
    breakdown: tuple[Action, ...] = ()
    remedy: tuple[Action, ...] = ()
    follow_up: tuple[Action, ...] = ()


class ExpectedLock(Value):
    """What the search finds, and the order locked in the end (None: none)."""

    verdict: Literal["certain", "ask", "none"]
    order_id: str | None = None


class ExpectedPromise(Value):
    """A promise with its due time and state."""

    kind: PromiseKind
    due: AwareDatetime
    sku: str | None = None
    state: str = "open"


class ExpectedFollowUp(Value):
    """An open follow-up."""

    kind: FollowUpKind
    due: AwareDatetime


class Expect(Value):
    """What must come out. A field that is left out is not compared.

    ``proposal``: SKU -> problem -> units (null: asked) as read from the message. ``units``: SKU ->
    bucket -> units in the end; buckets are ``fine untouched elsewhere cancelled withdrawn``, a problem
    type (claimed), a remedy (agreed) or ``done:`` and a remedy (executed). ``options``: SKU -> remedy
    -> outcome when the remedy step opens. ``refusals``: codes of everything that was refused.
    """

    lock: ExpectedLock
    stage: Literal["lock", "breakdown", "remedy", "follow_up", "closed"]
    proposal: dict[str, dict[ProblemType, int | None]] | None = None
    questions: tuple[str, ...] | None = None
    units: dict[str, dict[str, int]] | None = None
    options: dict[str, dict[RemedyKind, Literal["allowed", "needs_lead", "refused"]]] | None = None
    refunds: dict[str, str] | None = None
    total_refund: str | None = None
    promises: tuple[ExpectedPromise, ...] | None = None
    follow_ups: tuple[ExpectedFollowUp, ...] | None = None
    lint: tuple[str, ...] | None = None
    memo: str | None = None
    refusals: tuple[str, ...] = ()


class Sample(Value):
    """One sample case."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: Text
    teaches: tuple[Literal["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"], ...] = ()
    reviewed: bool
    as_of: AwareDatetime
    received_at: AwareDatetime
    marketplace: Marketplace | None = None
    agent: str = "lin"
    role: Literal["agent", "lead", "manager"] = "agent"
    message: str
    answers: Answers
    expect: Expect

    @property
    def now(self) -> datetime:
        return self.as_of


class SampleError(ValueError):
    """A sample case that cannot be used: file, line, what is wrong."""


def cases_dir(folder: Path | str | None = None) -> Path:
    """The folder of the sample cases: the given one, else the shipped one."""
    return Path(folder) if folder else data_dir() / "cases"


def sample_names(folder: Path | str | None = None) -> tuple[str, ...]:
    """The names of all sample cases, sorted."""
    return tuple(sorted(path.stem for path in cases_dir(folder).glob("*.yaml")))


def load_sample(name: str, folder: Path | str | None = None) -> Sample:
    """The sample case *name*. Raises SampleError, with near names for an unknown one."""
    known = sample_names(folder)
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise SampleError(f"there is no sample case {name!r} in {cases_dir(folder).name}{hint}")
    path = cases_dir(folder) / f"{name}.yaml"
    try:
        document = Document(path.name, path.read_bytes())
        sample = Sample.model_validate(document.data)
    except YamlError as error:
        raise SampleError("\n".join(str(fault) for fault in error.faults)) from None
    except ValidationError as error:
        faults = [fault_of(document, detail, Sample) for detail in error.errors(include_url=False)]
        raise SampleError("\n".join(str(fault) for fault in faults)) from None
    if sample.name != name:
        fault = PolicyFault(
            path.name, document.line(("name",)), "", f"the name is {sample.name!r}, the file {name!r}"
        )
        raise SampleError(str(fault))
    return sample
