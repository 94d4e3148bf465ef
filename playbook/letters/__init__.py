"""Everything that is written: messages to the buyer and their lint, the memo digest, the journal."""

from playbook.letters.findings import LintFinding, fixed
from playbook.letters.journal import JournalLine, journal
from playbook.letters.kinds import LOCALES, Letter, LetterKind
from playbook.letters.lint import lint
from playbook.letters.lists import breakdown_list
from playbook.letters.memo import MEMO_LIMIT, memo_parts, memo_problems
from playbook.letters.render import LetterContext, draft, letter_context, template_id
from playbook.letters.returns import returns_explanation
from playbook.letters.words import LetterError

__all__ = [
    "LOCALES",
    "MEMO_LIMIT",
    "JournalLine",
    "Letter",
    "LetterContext",
    "LetterError",
    "LetterKind",
    "LintFinding",
    "breakdown_list",
    "draft",
    "fixed",
    "journal",
    "letter_context",
    "lint",
    "memo_parts",
    "memo_problems",
    "returns_explanation",
    "template_id",
]
