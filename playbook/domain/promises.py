"""Promises to the buyer and the follow-ups we owe ourselves."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from playbook.domain.base import Value
from playbook.domain.money import Money


class PromiseKind(StrEnum):
    """What was promised."""

    SHIP_GOODS = "ship_goods"
    SHIP_PART = "ship_part"
    SUBMIT_REFUND = "submit_refund"
    SEND_LABEL = "send_label"
    CANCEL_UNITS = "cancel_units"
    TRACE = "trace"
    REDIRECT = "redirect"
    ANSWER = "answer"


MOVES = frozenset(
    {PromiseKind.SHIP_GOODS, PromiseKind.SHIP_PART, PromiseKind.SUBMIT_REFUND, PromiseKind.CANCEL_UNITS}
)
"""Promises whose keeping moves goods or money; an answer or a label moves neither."""


class PromiseState(StrEnum):
    """Stored states; *late* is not stored: it is an open promise whose due time has passed."""

    OPEN = "open"
    KEPT = "kept"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Promise(Value):
    """Who promised what, for which units or amount, until when.

    ``deadline`` is the id of the policy row that set the clock; ``remedy`` is empty for a promise
    that belongs to the case as a whole, such as the date of an answer.
    """

    promise: str
    kind: PromiseKind
    remedy: str = ""
    line: int | None = None
    units: int | None = Field(default=None, ge=1)
    amount: Money | None = None
    due_at: AwareDatetime
    deadline: str = ""
    made_at: AwareDatetime
    made_by: str

    def same_subject(self, other: "Promise") -> bool:
        """Whether both promise the same thing: one without a remedy speaks for the whole line."""
        same_remedy = self.remedy == other.remedy or not (self.remedy and other.remedy)
        return (self.kind, self.line) == (other.kind, other.line) and same_remedy

    def contradicts(self, other: "Promise") -> bool:
        """Whether both cannot be meant: same subject, but other units, another amount or another date.

        Units or an amount that one of them leaves open contradict nothing.
        """
        return self.same_subject(other) and (
            self.due_at != other.due_at
            or _differ(self.units, other.units)
            or _differ(self.amount, other.amount)
        )


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


class FollowUpKind(StrEnum):
    """Why the agent comes back to the case."""

    FIRST_REPLY = "first_reply"
    PROMISE_DUE = "promise_due"
    NO_NEWS_UPDATE = "no_news_update"
    PLATFORM_DEADLINE = "platform_deadline"
    EVIDENCE_REMINDER = "evidence_reminder"
    FINAL_CHECK = "final_check"
    CLOSE_OUT = "close_out"


class FollowUp(Value):
    """One dated task. ``promise`` links it to the promise it watches; ``deadline`` to the policy row."""

    follow_up: str
    kind: FollowUpKind
    due_at: AwareDatetime
    promise: str = ""
    deadline: str = ""
    done: bool = False
