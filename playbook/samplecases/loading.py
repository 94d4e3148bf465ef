"""Sample cases: a message, the answers of an agent step by step, and what must come of them.

One YAML file per case in ``data/cases``; the format is described in the README there.
"""

import json
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from playbook.domain.base import Value
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import FactKind
from playbook.domain.promises import ClockStart, FollowUpKind, PromiseKind, PromiseState
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.letters import LetterKind
from playbook.letters.kinds import LOCALES
from playbook.policy.base import PolicyFault, Text
from playbook.policy.wording import fault_of
from playbook.policy.yamlfile import Document, YamlError
from playbook.settings import ROLES, data_dir
from playbook.viewmodels.followup import Outcome as CloseOutcome
from playbook.viewmodels.lock import FIELDS, SECOND_FACTS
from playbook.viewmodels.remedy import PLANS

NEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "known": (("field", "value"), ()),
    "pick": (("value",), ()),
    "second_fact": (("value",), ()),
    "lock": ((), ()),
    "withdraw_lock": ((), ("reason",)),
    "set": (("sku",), ("problem", "units", "photo")),
    "split": (("sku",), ("problem", "units", "photo")),
    "accept_all": ((), ()),
    "rest_is_fine": ((), ()),
    "leave_untouched": ((), ()),
    "confirm_breakdown": ((), ()),
    "photo": (("sku",), ("problem",)),
    "fact": (("fact",), ("value", "sku")),
    "choose": (("sku", "remedy"), ("problem", "units", "share", "amount")),
    "choose_preferred": ((), ()),
    "take_plan": (("value",), ()),
    "adopt_rules": ((), ()),
    "agree": ((), ("text",)),
    "withdraw": (("sku",), ("reason",)),
    "approve": ((), ("by", "role", "text")),
    "refuse": ((), ("by", "role", "text")),
    "confirm_plan": ((), ()),
    "promise": (("promise", "due"), ("sku", "units")),
    "letter": (("kind",), ("value",)),
    "edit": (("text",), ()),
    "open_thread": ((), ()),
    "send": ((), ()),
    "keep": ((), ("sku", "promise", "value")),
    "change": (("due",), ("sku", "promise", "reason")),
    "instead": ((), ("reason",)),
    "take_back": ((), ("sku", "promise", "reason")),
    "happened": (("start",), ("at", "value")),
    "count": (("sku",), ("units", "rejected", "why", "share")),
    "unexpected": (("units",), ("sku", "text")),
    "receive": ((), ("value", "at")),
    "amazon_refunded": (("sku",), ()),
    "check_refunds": ((), ("by", "role")),
    "export_refunds": ((), ()),
    "undo_export": (("reason",), ()),
    "cancel_refunds": (("reason",), ()),
    "done": (("value",), ()),
    "memo": ((), ()),
    "note": (("text",), ()),
    "wait": (("hours",), ()),
    "close": ((), ("value",)),
}
"""What an agent can do -> the fields it needs, and those it may have."""

VALUES: dict[str, tuple[str, ...]] = {
    "letter": LOCALES,
    "close": get_args(CloseOutcome),
    "second_fact": SECOND_FACTS,
    "take_plan": tuple(PLANS),
}
"""What ``value`` may say, where it is a word of a fixed vocabulary."""

Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""A time with its zone; compared as the moment that it is."""


def _word(allowed: Sequence[str]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in allowed:
            near = get_close_matches(word, allowed, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(allowed)}"
            raise ValueError(f"{word!r} is unknown; {hint}")
        return word

    return AfterValidator(check)


class Action(Value):
    """One thing the agent does: ``do`` names it, the other fields are what it needs (`NEEDS`)."""

    do: Annotated[str, _word(tuple(NEEDS))]
    field: Annotated[str, _word(FIELDS)] | None = None
    value: str | None = None
    sku: str | None = None
    problem: ProblemType | None = None
    units: int | None = None
    photo: bool | None = None
    rejected: int | None = None
    why: RejectionReason | None = None
    fact: FactKind | None = None
    amount: str | None = None
    remedy: RemedyKind | None = None
    share: Decimal | None = None
    promise: PromiseKind | None = None
    due: Moment | None = None
    start: ClockStart | None = None
    at: Moment | None = None
    kind: LetterKind | None = None
    text: str | None = None
    reason: str = ""
    by: str | None = None
    role: Annotated[str, _word(ROLES)] | None = None
    hours: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        needed, possible = NEEDS[self.do]
        given = self.model_fields_set - {"do"}
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"{self.do} needs {name}")
        for name in sorted(given - {*needed, *possible}):
            raise ValueError(f"{self.do} knows no {name}")
        words = VALUES.get(self.do)
        if words is not None and self.value is not None and self.value not in words:
            raise ValueError(f"value is {self.value!r}; allowed are {', '.join(words)}")
        return self


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
    due: Moment
    sku: str | None = None
    state: Annotated[str, _word(tuple(state.value for state in PromiseState))] = "open"


class ExpectedFollowUp(Value):
    """An open follow-up."""

    kind: FollowUpKind
    due: Moment


class Expect(Value):
    """What must come out. A field that is left out is not compared.

    ``proposal``: SKU -> problem -> units (null: asked) as read from the message. ``units``: SKU ->
    bucket -> units in the end; buckets are ``fine untouched elsewhere cancelled withdrawn``, a problem
    type (claimed), a remedy (agreed) or ``done:`` and a remedy (executed). ``options``: SKU -> remedy
    -> outcome when the remedy step opens. ``refusals``: codes of everything that was refused.
    ``returns``: the return requests advised in the end, each SKU -> units; ``returns_apart``: the ids of
    the rules that keep them apart. ``refund_file``: the control total of the refund sheet in the end.
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
    returns: tuple[dict[str, int], ...] | None = None
    returns_apart: tuple[str, ...] | None = None
    refund_file: str | None = None
    refusals: tuple[str, ...] = ()


class Sample(Value):
    """One sample case."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: Text
    teaches: tuple[Literal["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"], ...] = ()
    reviewed: bool
    as_of: Moment
    received_at: Moment
    marketplace: Marketplace | None = None
    agent: str = "lin"
    role: Literal["agent", "lead", "manager"] = "agent"
    message: str
    answers: Answers
    expect: Expect


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
        sample = Sample.model_validate_json(json.dumps(document.data, default=str), strict=True)
    except OSError as error:
        raise SampleError(f"{path.name} cannot be read: {error.strerror}") from None
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
