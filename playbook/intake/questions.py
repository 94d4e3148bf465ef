"""What to ask the buyer, as codes, and the sentence of each code in the buyer's language.

The sentences are data (``questions`` in the lexicon files); the codes and what they need are here.
"""

from string import Formatter

from playbook.intake.lexicon import lexicon
from playbook.intake.model import Question

CODES: dict[str, frozenset[str]] = {
    "which_order": frozenset(),
    "how_many": frozenset({"product"}),
    "which_product": frozenset({"mention"}),
    "which_problem": frozenset({"product"}),
    "units_check": frozenset({"product", "claimed", "ordered"}),
    "units_conflict": frozenset({"product"}),
    "what_happened": frozenset(),
}
"""Every question the reader can ask, with the names its sentence needs. A question may carry more
(``line``, ``sku``) for the page."""

_PLAIN = Formatter()


def placeholders(sentence: str) -> frozenset[str]:
    """The names in braces in *sentence*."""
    return frozenset(name for _, name, _, _ in _PLAIN.parse(sentence) if name is not None)


def question_text(question: Question, language: str) -> str:
    """The sentence that asks *question* in *language* (English where we have none).

    Parameters are inserted as plain text. Raises KeyError for a code that is not in `CODES`.
    """
    sentence = lexicon(language).questions[question.code]
    values = {name: str(question.params.get(name, "")) for name in CODES[question.code]}
    return "".join(
        text + (values[name] if name is not None else "") for text, name, _, _ in _PLAIN.parse(sentence)
    )
