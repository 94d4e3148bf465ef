"""Reading a buyer's message: mentions, quantities, problem types, redaction. Pure and offline."""

from playbook.intake.model import (
    AskedRemedy,
    AskedRemedyKind,
    LineRef,
    Mark,
    NotUnderstood,
    Question,
    Reading,
    ReadItem,
)
from playbook.intake.questions import question_text
from playbook.intake.reader import read

__all__ = [
    "AskedRemedy",
    "AskedRemedyKind",
    "LineRef",
    "Mark",
    "NotUnderstood",
    "Question",
    "ReadItem",
    "Reading",
    "question_text",
    "read",
]
