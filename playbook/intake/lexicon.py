"""The vocabulary of one language, from ``data/lexicon/<language>.yaml``, checked strictly and once."""

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator

from playbook.domain.base import Value
from playbook.domain.claims import ProblemType
from playbook.intake.german import GermanWords
from playbook.intake.model import AskedRemedyKind
from playbook.intake.phrases import PhraseTable, parse
from playbook.intake.text import fold, is_cjk

LANGUAGES = ("en", "zh", "de", "ja", "fr", "es", "it")
LATIN_LANGUAGES = ("en", "de", "fr", "es", "it")
_VERBATIM = frozenset({"questions", "examples"})
OTHER = "other"
"""The kind of a statement that names neither a problem nor its absence."""


class LexiconError(Exception):
    """A lexicon file that cannot be used; the message names the file and what is wrong."""


class Cues(Value):
    """Phrases by what they tell the reader."""

    fine: tuple[str, ...]
    rest: tuple[str, ...]
    unchecked: tuple[str, ...]
    negation: tuple[str, ...]
    correction: tuple[str, ...]
    shortfall: tuple[str, ...]
    more: tuple[str, ...]
    same: tuple[str, ...]
    all: tuple[str, ...]
    both: tuple[str, ...]
    each: tuple[str, ...]
    vague: tuple[str, ...]
    total_before: tuple[str, ...]
    total_after: tuple[str, ...]
    without: tuple[str, ...]
    instead: tuple[str, ...]
    having: tuple[str, ...]
    inside: tuple[str, ...]
    whole_order: tuple[str, ...]
    contents: tuple[str, ...]
    greeting: tuple[str, ...]
    came: tuple[str, ...]
    fails: tuple[str, ...]
    speaker: tuple[str, ...]
    became: tuple[str, ...]
    nothing_came: tuple[str, ...]
    asked_for: tuple[str, ...]
    only: tuple[str, ...]
    within: tuple[str, ...]
    refers: tuple[str, ...]
    all_but: tuple[str, ...]
    sum: tuple[str, ...]
    everything: tuple[str, ...]
    excepting: tuple[str, ...]
    condition: tuple[str, ...]
    remainder: tuple[str, ...] = ()
    pronoun: tuple[str, ...] = ()
    starter: tuple[str, ...] = ()
    per_box: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()
    listing: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    dearer: tuple[str, ...] = ()
    cheaper: tuple[str, ...] = ()


class Small(Value):
    """Small words by what they do.

    ``articles`` announce a noun, ``indefinite`` ones count as one; ``joining`` words stand between two nouns,
    ``parting`` words between two statements; ``of`` ends "instead of"; ``holding`` leads from a box to what
    is in it; ``lacking`` and ``denying`` stand before what is not there; ``taking_back`` takes back a
    number, ``not`` denies the word behind it; ``not_variants`` are modifiers that rarely tell variants apart;
    ``number_joint`` stands inside a number ("vingt et un"), ``range`` between two ("5 to 6");
    ``measures`` are units of size and weight that tell variants apart; ``comparing`` words behind a fraction
    or "all" say that it is of a size and not of the units; ``dimensions`` stand behind a measure ("4 in
    wide"); ``column_ordered``, ``column_good`` and ``column_bad`` head the columns of tables: units ordered,
    units that came or are all right, units with a problem; ``kinds`` stand behind "both" where
    it means variants.
    """

    articles: tuple[str, ...]
    indefinite: tuple[str, ...]
    joining: tuple[str, ...]
    parting: tuple[str, ...]
    of: tuple[str, ...]
    holding: tuple[str, ...]
    lacking: tuple[str, ...]
    denying: tuple[str, ...]
    taking_back: tuple[str, ...]
    not_: tuple[str, ...] = Field(alias="not")
    not_variants: tuple[str, ...]
    number_joint: tuple[str, ...]
    range: tuple[str, ...]
    measures: tuple[str, ...]
    comparing: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    column_ordered: tuple[str, ...] = ()
    column_good: tuple[str, ...] = ()
    column_bad: tuple[str, ...] = ()


class Lexicon(Value):
    """One language: cues, problem types, remedies asked for, numbers, and words for goods.

    ``words`` maps a word of this language to English words that titles use. ``modifiers`` are
    colours, materials and sizes, ``weak`` are words that never name a product alone, ``parts`` are
    components whose absence is ``missing_parts``. ``examples`` are whole statements by problem type (and
    ``other`` for what claims nothing), which teach the classifier.
    """

    language: str
    function_words: tuple[str, ...]
    abbreviations: tuple[str, ...] = ()
    conjunctions: tuple[str, ...] = ()
    small: Small
    numbers: dict[str, int]
    fractions: dict[str, tuple[int, int]] = Field(default_factory=dict)
    multiples: dict[str, int] = Field(default_factory=dict)
    counters: tuple[str, ...]
    not_units: tuple[str, ...]
    not_before: tuple[str, ...] = ()
    cues: Cues
    issues: dict[ProblemType, tuple[str, ...]]
    remedies: dict[AskedRemedyKind, tuple[str, ...]]
    packaging: tuple[str, ...]
    parts: tuple[str, ...]
    colours: tuple[str, ...]
    modifiers: tuple[str, ...]
    weak: tuple[str, ...]
    words: dict[str, str] = Field(default_factory=dict)
    closings: tuple[str, ...]
    order_words: tuple[str, ...]
    questions: dict[str, str]
    examples: dict[str, tuple[str, ...]]

    @field_validator("issues")
    @classmethod
    def _every_issue(cls, issues: dict[ProblemType, tuple[str, ...]]) -> dict[ProblemType, tuple[str, ...]]:
        missing = set(ProblemType) - set(issues) - {ProblemType.NO_ISSUE}
        if missing or ProblemType.NO_ISSUE in issues:
            raise ValueError(f"every problem type but no_issue needs phrases; without: {sorted(missing)}")
        return issues

    @field_validator("examples")
    @classmethod
    def _every_kind(cls, examples: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        wanted = {*map(str, ProblemType), OTHER}
        if set(examples) != wanted:
            raise ValueError(f"examples must be given for exactly these: {sorted(wanted)}")
        return examples

    @cached_property
    def table(self) -> PhraseTable:
        """Every cue, problem type, remedy, number and noun class in one table.

        Labels: ``cue:<name>``, ``issue:<type>``, ``remedy:<kind>``, ``number:<n>``,
        ``fraction:<a>/<b>``, ``multiple:<n>``, and ``class:<name>`` for the word lists.
        """
        labelled: list[tuple[str, str]] = []
        for name, phrases in self.cues:
            labelled += [(f"cue:{name}", phrase) for phrase in phrases]
        for issue, phrases in self.issues.items():
            labelled += [(f"issue:{issue}", phrase) for phrase in phrases]
        for remedy, phrases in self.remedies.items():
            labelled += [(f"remedy:{remedy}", phrase) for phrase in phrases]
        labelled += [(f"number:{value}", word) for word, value in self.numbers.items()]
        labelled += [(f"multiple:{value}", word) for word, value in self.multiples.items()]
        labelled += [(f"fraction:{part[0]}/{part[1]}", word) for word, part in self.fractions.items()]
        for name, words in (
            ("counter", self.counters),
            ("not_unit", self.not_units),
            ("not_before", self.not_before),
            ("packaging", self.packaging),
            ("part", self.parts),
            ("describing", (*self.colours, *self.modifiers)),
            ("order_word", self.order_words),
            ("taking_back", self.small.taking_back),
            ("not", self.small.not_),
            ("number_joint", self.small.number_joint),
            ("range", self.small.range),
            ("measure", self.small.measures),
            ("article", self.small.articles),
            ("comparing", self.small.comparing),
            ("dimension", self.small.dimensions),
            ("kind", self.small.kinds),
        ):
            labelled += [(f"class:{name}", word) for word in words]
        return PhraseTable(labelled)

    @cached_property
    def gloss(self) -> PhraseTable:
        """Words of this language that stand for English title words; the label is the English."""
        return PhraseTable((english, word) for word, english in self.words.items() if is_cjk(word))

    @cached_property
    def german(self) -> GermanWords:
        """``words`` in any form that German gives them."""
        return GermanWords(self.words)

    @cached_property
    def closing_words(self) -> frozenset[tuple[str, ...]]:
        """The closings as words."""
        return frozenset(parse(closing) for closing in self.closings)

    @cached_property
    def function_set(self) -> frozenset[str]:
        return frozenset(self.function_words)

    @cached_property
    def single_words(self) -> frozenset[str]:
        """Chinese and Japanese words of one character: counters, numerals, colours, sizes, small words."""
        words = (*self.counters, *self.colours, *self.modifiers, *self.weak, *self.small.parting)
        return frozenset(word for word in words if len(word) == 1) | frozenset("一二三四五六七八九十两")

    @cached_property
    def number_words(self) -> frozenset[str]:
        return frozenset(word for word in self.numbers if " " not in word)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that this language uses for anything."""
        return self.spoken.union(*(parse(word) for word in self.words))

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Every word that this language uses for anything but goods."""
        phrases = [phrase for issue in self.issues.values() for phrase in issue]
        phrases += [phrase for _, cue in self.cues for phrase in cue]
        phrases += [phrase for remedy in self.remedies.values() for phrase in remedy]
        phrases += [*self.counters, *self.packaging, *self.parts, *self.colours, *self.modifiers]
        phrases += [*self.numbers, *self.closings, *self.order_words]
        return self.function_set.union(*(parse(phrase) for phrase in phrases))


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc]
    """SafeLoader that refuses duplicate keys and reads ``no`` and ``on`` as the words they are."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = {str(key) for key in keys if keys.count(key) > 1}
        if doubled:
            place = node.start_mark.line + 1 if node.start_mark else 0
            raise LexiconError(
                f"in the mapping that starts at line {place}: {sorted(doubled)} more than once"
            )
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _comparable(part: Any) -> Any:
    """*part* of a lexicon file with its words as they stand in a folded message."""
    if isinstance(part, str):
        return fold(part).text
    if isinstance(part, list):
        return [_comparable(piece) for piece in part]
    if isinstance(part, dict):
        return {_comparable(key): _comparable(piece) for key, piece in part.items()}
    return part


def load_lexicon(path: Path) -> Lexicon:
    """The lexicon in the file *path*. Raises LexiconError when it is missing or not exactly right."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
        if isinstance(content, dict):
            content = {key: part if key in _VERBATIM else _comparable(part) for key, part in content.items()}
        lexicon = Lexicon.model_validate(content)
        _ = lexicon.table, lexicon.gloss
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LexiconError(f"{path.name}: {place}: {first['msg']}") from error
    except (OSError, UnicodeError, yaml.YAMLError, ValueError, LexiconError) as error:
        raise LexiconError(f"{path.name}: {error}") from error
    return lexicon


def small_words(lexicons: Iterable[Lexicon], name: str) -> frozenset[str]:
    """The words that `Small` calls *name*, of all *lexicons*."""
    return frozenset[str]().union(*(getattr(one.small, name) for one in lexicons))


@cache
def lexicon(language: str) -> Lexicon:
    """The shipped lexicon of *language* (English where there is none), loaded at first use."""
    from playbook.settings import data_dir

    chosen = language if language in LANGUAGES else "en"
    return load_lexicon(data_dir() / "lexicon" / f"{chosen}.yaml")
