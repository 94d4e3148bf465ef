"""Everything that is written: messages to the buyer and their lint, the memo digest, the journal."""

from playbook.letters.journal import JournalLine, journal
from playbook.letters.kinds import LOCALES, Letter, LetterKind
from playbook.letters.lint import LintFinding, lint
from playbook.letters.lists import breakdown_list
from playbook.letters.memo import MEMO_LIMIT, memo_digest
from playbook.letters.render import LetterContext, draft, letter_context
from playbook.letters.returns import returns_explanation

__all__ = [
    "LOCALES",
    "MEMO_LIMIT",
    "JournalLine",
    "Letter",
    "LetterContext",
    "LetterKind",
    "LintFinding",
    "breakdown_list",
    "draft",
    "journal",
    "letter_context",
    "lint",
    "memo_digest",
    "returns_explanation",
]
