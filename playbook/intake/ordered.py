"""What the order says of its lines, and what clauses say already: the ground for finding differences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.german import german_base
from playbook.intake.lexicon import Lexicon, small_words
from playbook.intake.model import LineRef
from playbook.intake.numbers import Quantity
from playbook.intake.phrases import Hit
from playbook.intake.products import Catalogue

_SETTLED = "settled"


def counts(clause: Clause) -> list[Quantity]:
    """The exact numbers of units of *clause*."""
    return [one for one in clause.quantities if one.sort == "number" and not one.weak]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the order says of its lines: units, words and numbers of the titles, and colours by language.

    ``articles``, ``lacking`` and ``of_words`` are small words of the languages of the message, ``boxes`` are
    words for packaging and counters.
    """

    lines: Sequence[LineRef]
    words: Sequence[frozenset[str]]
    colours: dict[str, frozenset[str]]
    variants: frozenset[str]
    articles: frozenset[str]
    lacking: frozenset[str]
    of_words: frozenset[str]
    boxes: frozenset[str]

    @classmethod
    def of(cls, catalogue: Catalogue, lexicons: Sequence[Lexicon]) -> "Ordered":
        """The order of *catalogue*, read with *lexicons*."""
        colours: dict[str, frozenset[str]] = {}
        variants: set[str] = set()
        for one in lexicons:
            for word in one.colours:
                colours[word] = colours[german_base(word)] = frozenset(one.words.get(word, word).split())
            variants.update(one.modifiers, one.colours)
        return cls(
            catalogue.lines,
            catalogue.words,
            colours,
            frozenset(variants - small_words(lexicons, "not_variants")),
            small_words(lexicons, "articles"),
            small_words(lexicons, "lacking"),
            small_words(lexicons, "of"),
            frozenset(
                word for one in lexicons for word in (*one.packaging, *one.counters) if " " not in word
            ),
        )

    def colour(self, word: str) -> frozenset[str]:
        """The English colours that *word* stands for."""
        return self.colours.get(word) or self.colours.get(german_base(word)) or frozenset()

    def is_variant(self, word: str) -> bool:
        """Whether *word* tells one variant of a product from another."""
        return word in self.variants or german_base(word) in self.variants or bool(self.colour(word))

    def twins(self, line: int, other: int) -> bool:
        """Whether two lines are variants of one product, by their titles."""
        shared = self.words[line] & self.words[other]
        return line != other and 2 * len(shared) >= len(self.words[line] | self.words[other])

    def sizes(self, line: int) -> set[int]:
        """The numbers in the title of *line*."""
        return {int(word) for word in self.words[line] if word.isdigit() and len(word) < 6}


def conclude(clause: Clause, kind: ProblemType, at: tuple[int, int]) -> None:
    """Note a problem that follows from what stands at tokens *at*; it is never certain."""
    clause.issues.append((kind, Hit(_SETTLED, *at)))
    clause.meant = True


def silent(clauses: Iterable[Clause]) -> bool:
    """Whether nothing in *clauses* says yet what is wrong, or that nothing is."""
    return not any(clause.issues or clause.fine or clause.has("unchecked") for clause in clauses)
