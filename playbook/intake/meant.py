"""What words alone leave open: products and problems found by meaning.

Only clauses in which no product or no problem was found word by word are shown to the encoder. What is
found here is a proposal that is never shown as certain.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from playbook.domain.claims import ProblemType
from playbook.intake.clauses import Clause
from playbook.intake.lexicon import OTHER
from playbook.intake.meaning import Encoder
from playbook.intake.mentions import Mention, Weigher
from playbook.intake.phrases import Hit
from playbook.intake.problemtypes import KINDS, SHARED, judge, learns_words, plain
from playbook.intake.products import Catalogue, stem
from playbook.intake.text import Kind, Token

_MOST_CLAUSES = 80
_LIKELY = 0.4
_LIKELY_ALONE = 0.6
_LIKELY_BESIDE = 0.7
_LIKELY_FINE = 0.85
"""A wrong "fine" hides a claim, so it takes more than a problem does."""
_CONTRADICTS = 0.65
_OVERRULES = 4.0
"""How many times likelier another problem must sound than the one that was found word by word."""
_HEARD = 0.4
"""How likely a problem found word by word must sound to be certain, in a language learned by words."""
_FEWEST_WORDS = 2
_FEWEST_CHARS = 3
_ALIKE = 0.42
_ALIKE_ALONE = 0.52
_APART = 0.07
_TIE_APART = 0.06
_WORDS_WEIGH = 0.35
_SCORE = 0.75


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known about the tokens of a message: which ones part phrases, which say little."""

    words: Sequence[Token]
    barriers: Collection[int]
    functions: frozenset[str]
    language: str = SHARED
    articles: frozenset[str] = frozenset()
    opening: frozenset[str] = frozenset()

    def phrase(self, start: int, end: int) -> tuple[int, int]:
        """Tokens ``[start, end)`` without small words and marks at both ends."""
        while start < end and not self.says(start):
            start += 1
        while end > start and not self.says(end - 1):
            end -= 1
        return start, end

    def says(self, index: int) -> bool:
        """Whether a token is a word that is not a small one."""
        token = self.words[index]
        if token.kind is Kind.CJK:
            return token.text not in self.functions
        return token.kind is Kind.WORD and token.text not in self.functions

    def around(self, start: int, end: int, clause: Clause) -> tuple[int, int]:
        """The phrase that tokens ``[start, end)`` stand in."""
        while start > clause.start and start - 1 not in self.barriers:
            start -= 1
        while end < clause.end and end not in self.barriers:
            end += 1
        return self.phrase(start, end)

    def pieces(self, clause: Clause) -> list[tuple[int, int]]:
        """The phrases of *clause* between the tokens that part them."""
        found: list[tuple[int, int]] = []
        start = clause.start
        for index in range(clause.start, clause.end + 1):
            if index == clause.end or index in self.barriers:
                piece = self.phrase(start, index)
                if self._long_enough(*piece):
                    found.append(piece)
                start = index + 1
        return found

    def _long_enough(self, start: int, end: int) -> bool:
        if end <= start:
            return False
        if self.words[start].kind is Kind.CJK:
            return end - start >= 2
        return sum(len(token.text) for token in self.words[start:end] if token.kind is Kind.WORD) >= 4

    def statement(self, clause: Clause) -> str:
        """What *clause* says of products and numbers, without these where the language is learned so."""
        if not learns_words(self.language):
            return self.text(clause.start, clause.end)
        used = {index for one in clause.mentions for index in range(one.start, one.end)}
        used |= {index for one in clause.quantities for index in range(one.start, one.end)}
        start = clause.start
        while start < clause.end - 1 and (start in used or self.words[start].text in self.opening):
            start += 1
        return self.text(start, clause.end, used)

    def text(self, start: int, end: int, without: Collection[int] = ()) -> str:
        """Tokens ``[start, end)`` as text, those of *without* left out."""
        pieces: list[str] = []
        for index in range(start, end):
            if index in without:
                pieces.append(" ")
                continue
            token = self.words[index]
            if index > start and token.start > self.words[index - 1].end:
                pieces.append(" ")
            pieces.append(token.text)
        return plain("".join(pieces))


class Meaning:
    """The lines of one order and the encoder that compares phrases with their titles."""

    def __init__(self, catalogue: Catalogue, weigher: Weigher, encoder: Encoder) -> None:
        self._titles = [plain(line.title) for line in catalogue.lines]
        self._weigher = weigher
        self.encoder = encoder

    def alike(self, texts: Sequence[str]) -> list[list[float]]:
        """How alike each of *texts* is to the title of each line, -1 to 1; 0 for a line without title."""
        titles = self.encoder.encode(self._titles)
        rows = self.encoder.encode(texts) @ titles.T
        return [
            [float(value) if title else 0.0 for value, title in zip(row, self._titles, strict=True)]
            for row in rows
        ]

    def settle(self, clauses: Sequence[Clause], surroundings: Surroundings, enough: float) -> None:
        """Decide between lines that words leave equal or doubtful, and find products that no word names."""
        open_mentions: list[tuple[Clause, int, str]] = []
        open_pieces: list[tuple[Clause, tuple[int, int], str]] = []
        heading = ""
        said: dict[int, set[str]] = {}
        for clause in clauses[:_MOST_CLAUSES]:
            if clause.heading:
                named = clause.mentions[:1]
                heading = surroundings.text(named[0].start, named[0].end) if named else ""
            for place, mention in enumerate(clause.mentions):
                if (
                    mention.exact
                    or (not mention.clear and any(one.whole for one in clause.quantities))
                    or mention.settled
                    or (mention.borrowed and mention.clear)
                    or (mention.clear and mention.score >= enough and not mention.partial)
                ):
                    continue
                span = surroundings.around(mention.start, mention.end, clause)
                told = surroundings.text(*span)
                if not mention.clear and not heading and not self._more_said(mention, span, surroundings):
                    continue
                below = heading and not clause.heading and not mention.clear and heading not in told
                open_mentions.append((clause, place, f"{told} {heading}" if below else told))
            if not clause.mentions and (clause.issues or clause.fine or clause.quantities):
                open_pieces += [
                    (clause, piece, surroundings.text(*piece))
                    for piece in surroundings.pieces(clause)
                    if clause.sentence not in said
                    or not {stem(surroundings.words[index].text) for index in range(*piece)}
                    <= said[clause.sentence]
                ]
            for mention in clause.mentions:
                said.setdefault(clause.sentence, set()).update(
                    stem(token.text) for token in surroundings.words[mention.start : mention.end]
                )
        texts = [text for _, _, text in open_mentions] + [text for _, _, text in open_pieces]
        if not texts:
            return
        rows = self.alike(texts)
        for (clause, place, _), row in zip(open_mentions, rows, strict=False):
            clause.mentions[place] = replace(self._decided(clause.mentions[place], row), settled=True)
        best: dict[int, Mention] = {}
        for (clause, piece, _), row in zip(open_pieces, rows[len(open_mentions) :], strict=True):
            alike = _ALIKE if clause.issues or clause.fine else _ALIKE_ALONE
            found = _by_meaning(piece, row, alike)
            if found is not None and (id(clause) not in best or found.score > best[id(clause)].score):
                best[id(clause)] = found
        for clause, _, _ in open_pieces:
            if id(clause) in best and not clause.mentions:
                clause.mentions.append(best[id(clause)])

    @staticmethod
    def _more_said(mention: Mention, span: tuple[int, int], surroundings: Surroundings) -> bool:
        """Whether the phrase says anything beyond the words that fit several lines alike.

        Two colours of one product are told apart by what the buyer says, never by how titles sound.
        """
        linked = {index for link in mention.links for index in range(link.start, link.end)}
        return any(index not in linked and surroundings.says(index) for index in range(*span))

    def _decided(self, mention: Mention, row: Sequence[float]) -> Mention:
        words = self._weigher.scores(mention.links)
        top = max(words.values(), default=0.0) or 1.0
        total = {line: _WORDS_WEIGH * words.get(line, 0.0) / top + row[line] for line in range(len(row))}
        ranked = sorted(total, key=lambda line: -total[line])
        first = ranked[0]
        if mention.clear and first == mention.lines[0]:
            return replace(
                mention, partial=mention.partial and row[first] < _ALIKE, score=max(mention.score, 0.5)
            )
        if len(ranked) > 1 and total[first] - total[ranked[1]] < _TIE_APART:
            return mention
        if row[first] < _ALIKE - 0.08 and first not in mention.lines:
            return mention
        return replace(mention, lines=(first,), partial=False, meant=True, score=_SCORE * mention.score)


def _by_meaning(piece: tuple[int, int], row: Sequence[float], alike: float) -> Mention | None:
    ranked = sorted(range(len(row)), key=lambda line: -row[line])
    first = ranked[0]
    if row[first] < alike:
        return None
    near = tuple(line for line in ranked if row[first] - row[line] < _APART)
    return Mention(*piece, near, min(1.0, row[first]), meant=True, settled=True)


def _told_by_words(clauses: Sequence[Clause]) -> list[Clause]:
    return [clause for clause in clauses if clause.issues and not clause.meant][:_MOST_CLAUSES]


def _left_open(clauses: Sequence[Clause], surroundings: Surroundings) -> list[Clause]:
    """The clauses beside a product in which no phrase of the lexicon was found.

    "The stand as already reported" says nothing itself: what was reported does.
    """
    counted = {
        clause.sentence for clause in clauses if any(one.role == "arrived" for one in clause.quantities)
    }
    named = {clause.sentence for clause in clauses if clause.mentions}
    return [
        clause
        for clause in clauses
        if not (
            clause.issues
            or clause.fine
            or clause.has("remedy")
            or clause.has("unchecked")
            or clause.has("refers")
        )
        and clause.sentence not in counted
        and _says_enough(clause, surroundings)
        and clause.sentence in named
        and not _denies(clause, surroundings)
    ][:_MOST_CLAUSES]


def judge_clauses(clauses: Sequence[Clause], surroundings: Surroundings, encoder: Encoder) -> None:
    """Doubt or replace problems found word by word, and give one to clauses without; see `problemtypes`."""
    chosen = [*_told_by_words(clauses), *_left_open(clauses, surroundings)]
    if chosen:
        encoder.encode([plain(surroundings.statement(clause)) for clause in chosen])
    _doubt(clauses, surroundings, encoder)
    _judge_open(clauses, surroundings, encoder)


def _judge_open(clauses: Sequence[Clause], surroundings: Surroundings, encoder: Encoder) -> None:
    """Give a problem type, or "fine", to clauses in which no phrase of the lexicon was found.

    Where another clause of the sentence says what is wrong, this one must say something else clearly.
    """
    told_elsewhere = {clause.sentence for clause in clauses if clause.issues or clause.fine}
    chosen = _left_open(clauses, surroundings)
    texts = [surroundings.statement(clause) for clause in chosen]
    for clause, told in zip(chosen, judge(texts, encoder, surroundings.language), strict=True):
        if told.kind == OTHER:
            continue
        likely = _LIKELY if clause.mentions and clause.quantities else _LIKELY_ALONE
        if clause.sentence in told_elsewhere:
            likely = _LIKELY_BESIDE
        if told.kind == ProblemType.NO_ISSUE:
            likely = max(likely, _LIKELY_FINE)
        if told.probability < likely or (told.kind == ProblemType.EXTRA_ITEM and clause.quantities):
            continue
        hit = Hit(f"meant:{told.kind}", *_outside(clause, surroundings))
        clause.meant = True
        if told.kind == ProblemType.NO_ISSUE:
            clause.fine.append(hit)
        else:
            clause.issues.append((ProblemType(told.kind), hit))


def _doubt(clauses: Sequence[Clause], surroundings: Surroundings, encoder: Encoder) -> None:
    """Mark clauses whose problem, found word by word, sounds like another one: then nothing is certain.

    Where the language is learned word by word, a problem that was found by one word and sounds very much like
    another one is that.
    """
    chosen = _told_by_words(clauses)
    texts = [surroundings.statement(clause) for clause in chosen]
    for clause, told in zip(chosen, judge(texts, encoder, surroundings.language), strict=True):
        named = {str(issue) for issue, _ in clause.issues}
        clause.meant = told.kind not in {*named, OTHER} and told.probability >= _CONTRADICTS
        if not learns_words(surroundings.language):
            continue
        heard = max(share for kind, share in zip(KINDS, told.shares, strict=True) if kind in named)
        clause.meant = clause.meant or heard < _HEARD
        exact = any(hit.end - hit.start > 1 and not hit.gapped for _, hit in clause.issues)
        other = not exact and told.kind not in {*named, OTHER, ProblemType.NO_ISSUE}
        if other and told.probability >= max(_CONTRADICTS, _OVERRULES * heard):
            clause.meant = True
            clause.issues = [(ProblemType(told.kind), hit) for _, hit in clause.issues]


def _denies(clause: Clause, surroundings: Surroundings) -> bool:
    """Whether *clause* only tells what is not meant: "not the printed ones"."""
    denied = any(hit.start == clause.start for hit in clause.cues.get("negation", ()))
    following = surroundings.words[min(clause.start + 1, clause.end - 1)].text
    return denied and following in surroundings.articles


def _says_enough(clause: Clause, surroundings: Surroundings) -> bool:
    """Whether *clause* says more than products and numbers."""
    used = {index for mention in clause.mentions for index in range(mention.start, mention.end)}
    used |= {index for quantity in clause.quantities for index in range(quantity.start, quantity.end)}
    words = [
        index for index in range(clause.start, clause.end) if index not in used and surroundings.says(index)
    ]
    if learns_words(surroundings.language):
        short = not (clause.mentions or clause.quantities)
        return len(words) + clause.has("negation") + short >= _FEWEST_WORDS
    cjk = bool(words) and surroundings.words[words[0]].kind is Kind.CJK
    return len(words) + clause.has("negation") >= (_FEWEST_CHARS if cjk else _FEWEST_WORDS)


def _outside(clause: Clause, surroundings: Surroundings) -> tuple[int, int]:
    """The part of *clause* that says what is wrong: what stands after product and number, or all of it."""
    last = max(
        [clause.start, *(mention.end for mention in clause.mentions), *(one.end for one in clause.quantities)]
    )
    span = surroundings.phrase(last, clause.end)
    if span[0] < span[1]:
        return span
    whole = surroundings.phrase(clause.start, clause.end)
    return whole if whole[0] < whole[1] else (clause.start, clause.end)
