"""What the reader takes and gives: order lines in, a reading out. Everything in it is a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from playbook.domain.claims import ProblemType
from playbook.domain.problems import Problem

MarkKind = Literal["item", "fine", "number", "order_id", "question"]


class AskedRemedyKind(StrEnum):
    """What a buyer asks for, in the five words of the contract."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    PARTIAL_REFUND = "partial_refund"
    RETURN = "return"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LineRef:
    """The part of an order line that reading needs. ``units`` are units ordered."""

    line: int
    sku: str
    title: str
    units: int
    asin: str | None = None
    unit_price: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One proposed claim item.

    ``units`` is None where the buyer gave no number, ``line`` and ``sku`` are None and empty where
    the product is not known. ``quote`` is an exact substring of the message, at most 500
    characters. ``score`` lies between 0 and 1; ``sure`` says that the page may show the row
    without a question mark: the product is unambiguous, the number explicit, the type clear.
    """

    line: int | None
    sku: str
    mention: str
    units: int | None
    issue: ProblemType
    quote: str
    score: float
    sure: bool


@dataclass(frozen=True, slots=True)
class AskedRemedy:
    """A remedy that the buyer asks for; ``line`` is None when it is meant for everything claimed."""

    line: int | None
    remedy: AskedRemedyKind
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the buyer can say. The codes are listed in `playbook.intake.questions`."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span ``[start, end)`` of the original message to highlight."""

    start: int
    end: int
    kind: MarkKind
    sure: bool


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Text that claims something but gave no item: ``quote`` is what stands at ``[start, end)``."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read from one message. See `playbook.intake.read`."""

    language: str
    redacted: str
    order_ids: tuple[str, ...] = ()
    order_hints: tuple[str, ...] = ()
    items: tuple[ReadItem, ...] = ()
    no_issue_lines: tuple[int, ...] = ()
    rest_is_fine: bool = False
    remedy_asked: tuple[AskedRemedy, ...] = ()
    questions: tuple[Question, ...] = ()
    problems: tuple[Problem, ...] = ()
    marks: tuple[Mark, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
