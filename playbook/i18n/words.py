"""The field's words for the interface, one msgid for each member of the vocabulary.

``N_`` marks a msgid for extraction; pages translate it with ``translator(lang)``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from playbook.domain.case import WAITING, Stage
from playbook.domain.claims import Evidence, Party, ProblemType
from playbook.domain.improvements import ImprovementState
from playbook.domain.ledgers import PromiseStanding
from playbook.domain.orders import EarlierKind, FactKind
from playbook.domain.promises import ClockStart, FollowUpKind, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate here"
    """Mark *msgid* for extraction."""
    return msgid


STAGES: dict[Stage, str] = {
    Stage.LOCK: N_("Lock"),
    Stage.BREAKDOWN: N_("Breakdown"),
    Stage.REMEDY: N_("Remedy"),
    Stage.FOLLOW_UP: N_("Follow-up"),
    Stage.CLOSED: N_("Closed"),
}

PROBLEMS: dict[ProblemType, str] = {
    ProblemType.TRANSIT_DAMAGE: N_("Damaged in transit"),
    ProblemType.PACKAGE_DAMAGE: N_("Packaging damaged"),
    ProblemType.WRONG_ITEM: N_("Wrong item"),
    ProblemType.WRONG_VARIANT: N_("Wrong colour or size"),
    ProblemType.MISSING: N_("Missing units"),
    ProblemType.MISSING_PARTS: N_("Missing parts"),
    ProblemType.DEFECT: N_("Does not work"),
    ProblemType.QUALITY_FLAW: N_("Cosmetic flaw"),
    ProblemType.NOT_AS_DESCRIBED: N_("Not as described"),
    ProblemType.LATE: N_("Late or not arrived"),
    ProblemType.CHANGED_MIND: N_("No longer wanted"),
    ProblemType.EXTRA_ITEM: N_("Extra item received"),
    ProblemType.NO_ISSUE: N_("No problem"),
}

REMEDIES: dict[RemedyKind, str] = {
    RemedyKind.REPLACEMENT: N_("Replacement"),
    RemedyKind.RESEND_MISSING: N_("Send the missing units"),
    RemedyKind.SEND_PART: N_("Send the part"),
    RemedyKind.EXCHANGE: N_("Exchange (goods back, right goods out)"),
    RemedyKind.REFUND_FULL: N_("Full refund"),
    RemedyKind.REFUND_PARTIAL: N_("Partial refund, buyer keeps it"),
    RemedyKind.RETURN_REFUND: N_("Return for a refund"),
    RemedyKind.RETURNLESS_REFUND: N_("Refund without return"),
    RemedyKind.CANCEL_UNSHIPPED: N_("Cancel unshipped units"),
    RemedyKind.TRACE_SHIPMENT: N_("Trace the shipment"),
    RemedyKind.REDIRECT_TO_AMAZON: N_("Redirect to Amazon"),
    RemedyKind.DECLINE: N_("Nothing due"),
}

PROMISES: dict[PromiseKind, str] = {
    PromiseKind.SHIP_GOODS: N_("Ship the goods"),
    PromiseKind.SHIP_PART: N_("Ship the part"),
    PromiseKind.SUBMIT_REFUND: N_("Submit the refund"),
    PromiseKind.SEND_LABEL: N_("Send the return label"),
    PromiseKind.CANCEL_UNITS: N_("Cancel the units"),
    PromiseKind.TRACE: N_("Report on the trace"),
    PromiseKind.REDIRECT: N_("Tell the buyer how to reach Amazon"),
    PromiseKind.ANSWER: N_("Answer the buyer"),
}

IMPROVEMENT_STATES: dict[ImprovementState, str] = {
    ImprovementState.PLANNED: N_("planned"),
    ImprovementState.IN_EFFECT: N_("in effect"),
    ImprovementState.CLOSED: N_("closed"),
    ImprovementState.DROPPED: N_("dropped"),
}

STANDINGS: dict[PromiseStanding, str] = {
    PromiseStanding.OPEN: N_("open"),
    PromiseStanding.LATE: N_("late"),
    PromiseStanding.KEPT: N_("kept"),
    PromiseStanding.KEPT_LATE: N_("kept late"),
    PromiseStanding.SUPERSEDED: N_("superseded"),
    PromiseStanding.WITHDRAWN: N_("withdrawn"),
}

FOLLOW_UPS: dict[FollowUpKind, str] = {
    FollowUpKind.FIRST_REPLY: N_("First reply to the buyer"),
    FollowUpKind.REPLY: N_("Answer the buyer, who wrote again"),
    FollowUpKind.NOTICE: N_("Tell the buyer that a promise has changed"),
    FollowUpKind.PROMISE_DUE: N_("Promise falls due"),
    FollowUpKind.NO_NEWS_UPDATE: N_("Update, even without news"),
    FollowUpKind.PLATFORM_DEADLINE: N_("Platform deadline"),
    FollowUpKind.EVIDENCE_REMINDER: N_("Remind of the photo"),
    FollowUpKind.FINAL_CHECK: N_("Check that everything arrived"),
    FollowUpKind.CLOSE_OUT: N_("Close the case"),
}

CLOCK_STARTS: dict[ClockStart, str] = {
    ClockStart.MESSAGE_RECEIVED: N_("The buyer wrote again"),
    ClockStart.RETURN_REQUESTED: N_("The buyer requested a return"),
    ClockStart.CLAIM_OPENED: N_("An A-to-z claim was opened"),
    ClockStart.CLAIM_GRANTED: N_("The A-to-z claim was granted"),
    ClockStart.APPEAL_QUESTION: N_("Amazon asked about our appeal"),
    ClockStart.CHARGEBACK_EMAIL: N_("Amazon wrote about a chargeback"),
    ClockStart.LAST_SCAN: N_("The return was lost: last scan"),
}
"""What happens outside the desk and starts a clock when somebody records it."""

EVIDENCE: dict[Evidence, str] = {
    Evidence.PHOTO: N_("photo"),
    Evidence.VIDEO: N_("video"),
    Evidence.TRACKING: N_("tracking"),
    Evidence.COUNT: N_("count"),
}

REJECTIONS: dict[RejectionReason, str] = {
    RejectionReason.LATE: N_("sent back too late"),
    RejectionReason.USED: N_("used by the buyer"),
    RejectionReason.DAMAGED: N_("damaged by the buyer"),
    RejectionReason.INCOMPLETE: N_("incomplete"),
    RejectionReason.OPENED: N_("seal of software broken"),
}
"""Why units that came back are not taken at their full price."""

REASONS: dict[str, str] = {
    "taken_into_plan": N_("taken into the plan"),
    "goods_received": N_("the goods came back"),
}
"""Reasons that a step itself gives for moving a promise."""

PARTIES: dict[Party, str] = {
    Party.CARRIER: N_("carrier"),
    Party.WAREHOUSE: N_("warehouse"),
    Party.SUPPLIER: N_("supplier"),
    Party.LISTING: N_("listing"),
    Party.AMAZON: N_("Amazon"),
    Party.BUYER: N_("buyer"),
    Party.UNKNOWN: N_("not known"),
}

EARLIER: dict[EarlierKind, str] = {
    EarlierKind.REFUND: N_("refund"),
    EarlierKind.RETURN: N_("return"),
    EarlierKind.REPLACEMENT: N_("replacement order"),
    EarlierKind.REIMBURSEMENT: N_("reimbursement"),
    EarlierKind.OTHER_CASE: N_("another case"),
}

OWNERS: dict[str, str] = {
    "agent": N_("agent"),
    "warehouse": N_("warehouse"),
    "lead": N_("team lead"),
    "amazon": N_("Amazon"),
    "buyer": N_("buyer"),
}

ROLES: dict[str, str] = {
    "agent": N_("agent"),
    "lead": N_("team lead"),
    "manager": N_("manager"),
}
"""Who an actor is, by the name in the approval rules."""

FLAGS: dict[str, str] = {
    "complex": N_("complex case"),
    "angry": N_("angry buyer"),
    "event": N_("event date"),
    "approval": N_("waits for approval"),
    WAITING: N_("waits for evidence"),
}
"""What a case can be flagged with."""

CLOSINGS: dict[str, str] = {
    "solved": N_("solved"),
    "redirected": N_("redirected to Amazon"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn by the buyer"),
}
"""How a case can end."""

COLUMNS: dict[str, str] = {
    "issue": N_("problem"),
    "channel": N_("channel"),
    "market": N_("marketplace"),
    "valid": N_("valid on"),
    "business": N_("business order"),
    "shipped": N_("shipped"),
    "units": N_("units"),
    "units_ordered": N_("units ordered"),
    "unit_value": N_("price of one unit"),
    "claim_value": N_("price of the units"),
    "days_since_delivery": N_("days since delivery"),
    "evidence": N_("evidence"),
    "earlier_remedy": N_("compensated before"),
    "in_stock": N_("in stock"),
    "in_window": N_("return window open"),
}
"""The columns of the decision table."""

FACTS: dict[FactKind, str] = {
    FactKind.DELIVERED_ON: N_("delivered on"),
    FactKind.CHANNEL: N_("channel"),
    FactKind.CATEGORY: N_("product category"),
    FactKind.IN_STOCK: N_("in stock"),
    FactKind.MARKETPLACE: N_("marketplace"),
    FactKind.BUSINESS: N_("business order"),
    FactKind.EVENT_ON: N_("the buyer needs it on"),
}

CATEGORIES: dict[str, str] = {
    "automotive": N_("car accessories"),
    "books": N_("books"),
    "camera": N_("cameras"),
    "diy_tools": N_("DIY and tools"),
    "electronics": N_("electronics"),
    "kitchen": N_("kitchen"),
    "music": N_("music"),
    "office": N_("office supplies"),
    "pc": N_("computers"),
    "personal_care_electronics": N_("personal care electronics"),
    "software": N_("software"),
    "toys": N_("toys"),
    "video": N_("films and video"),
    "video_games": N_("video games"),
    "wireless": N_("mobile phones and accessories"),
}
"""Product categories that return windows name."""

ANSWERS: dict[str, str] = {"yes": N_("yes"), "no": N_("no"), "": N_("not known")}
"""What a fact that is true or not can be."""

OUTCOMES: dict[str, str] = {
    "allowed": N_("allowed"),
    "needs_lead": N_("needs a lead"),
    "refused": N_("not possible"),
}

LETTERS: dict[str, str] = {
    "first_reply": N_("First reply: received, being checked, answer by a date"),
    "ask_details": N_("Ask for what is missing"),
    "evidence_reminder": N_("Reminder of what was asked for"),
    "confirm_breakdown": N_("Confirm the breakdown: is this right?"),
    "offer": N_("Offer the options"),
    "solution": N_("The solution, with dates"),
    "update": N_("Update without news"),
    "update_news": N_("Update with news"),
    "refund_submitted": N_("Refund submitted"),
    "shipped": N_("Shipped, with tracking"),
    "return_instructions": N_("How to return"),
    "redirect": N_("Redirect to Amazon"),
    "decline": N_("Nothing due, with the reason"),
    "superseded": N_("A promise changes"),
    "apology": N_("Apology for a missed date"),
    "closing_summary": N_("Closing summary"),
}
"""Kinds of message to the buyer, by their value."""

RETURN_WAYS: dict[str, str] = {
    "request": N_("request in Seller Central"),
    "label": N_("our own label, no request"),
    "amazon": N_("Amazon takes it back"),
}
"""How goods come back."""

PAYERS: dict[str, str] = {
    "seller": N_("we pay"),
    "buyer": N_("the buyer pays"),
    "amazon": N_("Amazon decides"),
}
"""Who pays the way back."""

LANGUAGES: dict[str, str] = {
    "en": "English",
    "zh": "中文",
    "de": "Deutsch",
    "ja": "日本語",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
}
"""Buyers' languages by their own names: not translated."""
OTHER_LANGUAGE = N_("a language that we do not read")
"""What any other language of a buyer is called."""

TABLES: tuple[Mapping[Any, str], ...] = (
    *(
        STAGES,
        PROBLEMS,
        REMEDIES,
        PROMISES,
        STANDINGS,
        FOLLOW_UPS,
        CLOCK_STARTS,
        EVIDENCE,
        PARTIES,
        EARLIER,
        REJECTIONS,
        FACTS,
        IMPROVEMENT_STATES,
    ),
)
"""The tables whose members are looked up one by one, see `word`."""

_WORDS: dict[tuple[str, str], str] = {
    (type(member).__name__, member.value): msgid for table in TABLES for member, msgid in table.items()
}


def word(member: StrEnum) -> str:
    """The msgid for a member of the vocabulary. Raises KeyError for one that has no word."""
    return _WORDS[type(member).__name__, member.value]
