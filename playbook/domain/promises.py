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

    ``deadline`` is the id of the policy row that set the clock, unless the agent has ``date_chosen``;
    ``remedy`` is empty for a promise that belongs to the case as a whole, such as the date of an
    answer. The date is what the buyer was told: no change of a rule or calendar moves it.
    """

    promise: str
    kind: PromiseKind
    remedy: str = ""
    line: int | None = None
    units: int | None = Field(default=None, ge=1)
    amount: Money | None = None
    due_at: AwareDatetime
    deadline: str = ""
    date_chosen: bool = False
    made_at: AwareDatetime
    made_by: str

    def same_subject(self, other: "Promise") -> bool:
        """Whether both promise the same thing: one without a remedy speaks for the whole line."""
        if self.line != other.line or self.kind is not other.kind:
            return False
        return self.remedy == other.remedy or not (self.remedy and other.remedy)

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
    REPLY = "reply"
    NOTICE = "notice"
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


class ClockStart(StrEnum):
    """What starts a clock of ``deadlines.yaml``. `RECORDED` ones happen outside: somebody has to say so."""

    MESSAGE_RECEIVED = "message_received"
    BUYER_CONTACT = "buyer_contact"
    RETURN_REQUESTED = "return_requested"
    RETURN_DELIVERED = "return_delivered"
    RETURN_CONFIRMED = "return_confirmed"
    LAST_SCAN = "last_scan"
    CLAIM_OPENED = "claim_opened"
    CLAIM_GRANTED = "claim_granted"
    APPEAL_QUESTION = "appeal_question"
    CHARGEBACK_EMAIL = "chargeback_email"
    PURCHASED = "purchased"
    DISPATCH_CONFIRMED = "dispatch_confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    ORDER_COMPLETED = "order_completed"
    EARLIEST_DELIVERY_DATE = "earliest_delivery_date"
    LATEST_DELIVERY_DATE = "latest_delivery_date"
    MAX_EDD = "max_edd"
    REPLACEMENT_CREATED = "replacement_created"
    REFUND_SUBMITTED = "refund_submitted"
    REFUND_DATE = "refund_date"
    REFUND_OR_REPLACEMENT = "refund_or_replacement"
    LATER_OF_RETURN_SCAN_AND_REFUND = "later_of_return_scan_and_refund"
    LABEL_SENT = "label_sent"
    DECIDED = "decided"
    LAST_CONTACT = "last_contact"
    PROMISE_CHANGED = "promise_changed"
    LAST_PROMISE = "last_promise"
    FINAL_CHECK = "final_check"
    HAND_OVER_OFFERED = "hand_over_offered"


RECORDED = (
    ClockStart.MESSAGE_RECEIVED,
    ClockStart.RETURN_REQUESTED,
    ClockStart.CLAIM_OPENED,
    ClockStart.CLAIM_GRANTED,
    ClockStart.APPEAL_QUESTION,
    ClockStart.CHARGEBACK_EMAIL,
    ClockStart.LAST_SCAN,
)
"""What an agent may record: the buyer wrote again, asked for a return, went to Amazon or the bank ..."""
