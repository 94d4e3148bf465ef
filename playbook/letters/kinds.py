"""The kinds of message to a buyer, and a drafted message."""

from dataclasses import dataclass
from enum import StrEnum


class LetterKind(StrEnum):
    """One template per kind and language: ``data/templates/<locale>/<kind>.txt.j2``."""

    FIRST_REPLY = "first_reply"
    ASK_DETAILS = "ask_details"
    EVIDENCE_REMINDER = "evidence_reminder"
    CONFIRM_BREAKDOWN = "confirm_breakdown"
    OFFER = "offer"
    SOLUTION = "solution"
    UPDATE = "update"
    UPDATE_NEWS = "update_news"
    REFUND_SUBMITTED = "refund_submitted"
    SHIPPED = "shipped"
    RETURN_INSTRUCTIONS = "return_instructions"
    REDIRECT = "redirect"
    DECLINE = "decline"
    SUPERSEDED = "superseded"
    APOLOGY = "apology"
    CLOSING_SUMMARY = "closing_summary"


LOCALES = ("en", "zh", "de", "ja", "fr", "es", "it")
"""Languages that letters are written in; for others the English text is used."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A drafted message: plain text in one language."""

    kind: LetterKind
    locale: str
    text: str
