"""Mentions of products: runs of linked words, weighed against every line of the order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from playbook.intake.products import AFFIX, Catalogue, Link, stem
from playbook.intake.text import Kind, Token

_GAP_WORDS = 2
_GAP_CHARS = 4
_TIE = 0.93
_WEAK_WEIGHT = 0.25
_COLOUR_CLASH = 0.45
_CONTEXT_SHARE = 0.5
_MIN_COVERAGE = 0.12
_JOINED_COVERAGE = 0.5
_HEAD = 0.3


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens ``[start, end)`` that name a product.

    ``lines`` are indices into the catalogue: the lines that fit equally well, best first. ``exact``
    is a SKU or ASIN; ``partial`` has only colours, sizes or other words that name nothing alone.
    ``meant`` was found or decided by meaning, ``settled`` was looked at so. ``score`` is between 0 and
    1; ``links`` is the evidence, ``heads`` what was taken from the context.
    """

    start: int
    end: int
    lines: tuple[int, ...]
    score: float
    exact: bool = False
    partial: bool = False
    borrowed: bool = False
    meant: bool = False
    settled: bool = False
    links: tuple[Link, ...] = ()
    heads: tuple[Link, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether exactly one line is meant."""
        return len(self.lines) == 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """English words that weigh little or name nothing alone, colours, parts, and words between two nouns."""

    weak: frozenset[str]
    bare: frozenset[str]
    colours: frozenset[str]
    parts: frozenset[str]
    joining: frozenset[str] = frozenset()


class Weigher:
    """Scores evidence against the lines of one order."""

    def __init__(self, catalogue: Catalogue, vocabulary: Vocabulary) -> None:
        self._catalogue = catalogue
        self._vocabulary = vocabulary
        self.joining = vocabulary.joining
        self._weights = {
            word: weight * _WEAK_WEIGHT if word in vocabulary.weak or word.isdigit() else weight
            for word, weight in catalogue.weight.items()
        }
        self._full = [fsum(map(self._weights.__getitem__, words)) or 1.0 for words in catalogue.words]

    def names(self, link: Link) -> bool:
        """Whether the link can name a product without others."""
        return any(
            how > AFFIX and word not in self._vocabulary.bare and not word.isdigit()
            for word, how in link.targets.items()
        )

    def is_part(self, link: Link) -> bool:
        """Whether the link may be no product but a part or the packaging of one."""
        return all(word in self._vocabulary.parts for word in link.targets)

    def is_colour(self, link: Link) -> bool:
        """Whether the link is a colour."""
        return any(word in self._vocabulary.colours for word in link.targets)

    def scores(self, links: Sequence[Link], among: Collection[int] | None = None) -> dict[int, float]:
        """The weight of the evidence for every line it touches, contradictions taken off."""
        catalogue = self._catalogue
        matched: dict[int, dict[str, float]] = {}
        hits: dict[int, int] = {}
        for link in links:
            touched: set[int] = set()
            for word, how in link.targets.items():
                for line in catalogue.lines_with[word]:
                    if among is None or line in among:
                        best = matched.setdefault(line, {})
                        best[word] = max(best.get(word, 0.0), how)
                        touched.add(line)
            for line in touched:
                hits[line] = hits.get(line, 0) + 1
        colours = self._vocabulary.colours
        said = {word for link in links for word in link.targets if word in colours}
        result: dict[int, float] = {}
        for line, best in matched.items():
            strength = sum([self._weights[word] * how for word, how in best.items()])
            explained = hits[line] / len(links)
            clash = said and not said & catalogue.words[line] and colours & catalogue.words[line]
            result[line] = strength * (0.3 + 0.7 * explained) * (_COLOUR_CLASH if clash else 1.0)
        return result

    def coverage(self, links: Sequence[Link], line: int) -> float:
        """The share of the title of *line* that the evidence accounts for, by weight."""
        words = {word for link in links for word in link.targets}
        shared = words & self._catalogue.words[line]
        return fsum([self._weights[word] for word in shared]) / self._full[line]

    def best(
        self, links: Sequence[Link], among: Collection[int] | None = None
    ) -> tuple[tuple[int, ...], float]:
        """The lines that fit best (equal ones together) and how well they fit, 0 to 1."""
        scores = self.scores(links, among)
        if not scores:
            return (), 0.0
        top = max(scores.values())
        tied = [line for line, score in scores.items() if score >= top * _TIE]
        cover = {line: self.coverage(links, line) for line in tied}
        full = [line for line in tied if cover[line] > 0.99]
        if len(full) == 1:
            tied = full
        tied.sort(key=lambda line: (-scores[line], -cover[line], line))
        strengths = [max(link.targets.values()) for link in links]
        fit = min(1.0, 0.45 + 0.6 * cover[tied[0]]) * (sum(strengths) / len(strengths))
        rivals = [score for line, score in scores.items() if line not in tied]
        margin = 1.0 - max(rivals, default=0.0) / top
        return tuple(tied), fit * (0.75 + 0.25 * min(1.0, margin * 2))


def _separate(words: Sequence[Token], left: int, right: int, barriers: Collection[int]) -> bool:
    """Whether the tokens between two links part them."""
    room_words, room_chars = _GAP_WORDS, _GAP_CHARS
    for index in range(left, right):
        token = words[index]
        if index in barriers or token.kind in (Kind.BREAK, Kind.NUMBER):
            return True
        if token.kind is Kind.CJK:
            room_chars -= 1
        elif token.kind is Kind.WORD:
            room_words -= 1
    return room_words < 0 or room_chars < 0


def _described(words: Sequence[Token], run: Sequence[Link], link: Link, weigher: Weigher) -> bool:
    """Whether a second colour after a verb ("red mugs arrived blue") tells what came instead."""
    apart = any(token.kind is Kind.WORD for token in words[run[-1].end : link.start])
    return apart and any(weigher.is_colour(earlier) for earlier in run)


def _one_name(
    left: Sequence[Mention], right: Sequence[Mention], words: Sequence[Token], weigher: Weigher
) -> Mention | None:
    """Two mentions parted by one small word as one, where a title holds both: "tea cups and saucers"."""
    if not left or not right or left[-1].exact or right[0].exact:
        return None
    before, after = left[-1], right[0]
    between = words[before.end : after.start]
    if len(between) != 1 or between[0].text not in weigher.joining:
        return None
    shared = set(before.lines) & set(after.lines)
    if not shared or (set(before.lines) == set(after.lines) and before.clear):
        return None
    links = (*before.links, *after.links)
    lines, score = weigher.best(links)
    if not set(lines) <= shared or weigher.coverage(links, lines[0]) < _JOINED_COVERAGE:
        return None
    return Mention(before.start, after.end, lines, score, links=links)


def find_mentions(
    words: Sequence[Token],
    links: Sequence[Link],
    skus: Mapping[int, tuple[int, int]],
    barriers: Collection[int],
    weigher: Weigher,
) -> list[Mention]:
    """Mentions in order. *skus* maps a token index to (end, line); *barriers* are tokens that part runs."""
    mentions = [Mention(start, end, (line,), 1.0, exact=True) for start, (end, line) in skus.items()]
    inside = {index for start, (end, _) in skus.items() for index in range(start, end)}
    run: list[Link] = []

    def close() -> None:
        fresh = _mention(run, weigher)
        joined = _one_name(mentions, fresh, words, weigher)
        if joined is not None:
            mentions[-1] = joined
        else:
            mentions.extend(fresh)

    for link in links:
        if link.start in inside or link.start in barriers:
            continue
        if run and (
            _separate(words, run[-1].end, link.start, barriers)
            or (weigher.is_colour(link) and _described(words, run, link, weigher))
        ):
            close()
            run = []
        run.append(link)
    close()
    mentions.sort(key=lambda mention: mention.start)
    return _with_skus_joined(mentions, words)


def _mention(run: Sequence[Link], weigher: Weigher) -> list[Mention]:
    while run and all(word.isdigit() for word in run[-1].targets) and len(run) == 1:
        run = run[:-1]
    if not run:
        return []
    lines, score = weigher.best(run)
    naming = [link for link in run if weigher.names(link)]
    affixes = all(max(link.targets.values()) <= AFFIX for link in run)
    if not lines or (affixes and len(run) == 1):
        return []
    weak_cover = weigher.coverage(run, lines[0]) < _MIN_COVERAGE
    partial = not naming or weak_cover
    return [Mention(run[0].start, run[-1].end, lines, score, partial=partial, links=tuple(run))]


def _with_skus_joined(mentions: Sequence[Mention], words: Sequence[Token]) -> list[Mention]:
    """A SKU and the words that repeat the title beside it are one mention."""
    joined: list[Mention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        near = (
            last is not None
            and not any(
                token.kind is Kind.BREAK or token.text in ",;.。，；"
                for token in words[last.end : mention.start]
            )
            and mention.start - last.end <= 3
        )
        if last is not None and near and last.exact != mention.exact:
            code, other = (last, mention) if last.exact else (mention, last)
            if not other.exact and (other.partial or code.lines[0] in other.lines):
                joined[-1] = replace(code, start=last.start, end=mention.end, links=other.links)
                continue
        joined.append(mention)
    return joined


def _repeats(mention: Mention, before: Mention | None, sentence_of: Sequence[int], weigher: Weigher) -> bool:
    """Whether "the lid", "the jar" only goes on about the product named before it in the sentence."""
    if before is None or mention.exact or not before.clear:
        return False
    if sentence_of[before.start] != sentence_of[mention.start]:
        return False
    if len(mention.links) == 1 and not any(weigher.is_colour(link) for link in mention.links):
        return before.lines[0] in weigher.scores(mention.links)
    if not mention.clear and not any(weigher.is_colour(link) for link in mention.links):
        return all(before.lines[0] in weigher.scores((link,)) for link in mention.links)
    return before.lines[0] in mention.lines and len(mention.links) < len(before.links)


def _resumes(
    mention: Mention, before: Mention, words: Sequence[Token], sentence_of: Sequence[int], weigher: Weigher
) -> bool:
    """Whether "the tubes" of the next sentence are "the tubes of red pencils" just named."""
    if mention.exact or mention.start == 0 or len(mention.links) != 1 or not before.clear or before.partial:
        return False
    if sentence_of[mention.start] - sentence_of[before.start] != 1 or weigher.is_colour(mention.links[0]):
        return False
    determined = words[mention.start - 1].text in ("the", "these", "those")
    return determined and not mention.clear and before.lines[0] in weigher.scores(mention.links)


def _echoes(mention: Mention, before: Mention, words: Sequence[Token], sentence_of: Sequence[int]) -> bool:
    """Whether the words of *mention* all stand in the name just before it: "jam jars: the jar is broken"."""
    if mention.exact or before.partial or sentence_of[before.start] != sentence_of[mention.start]:
        return False
    said = {stem(token.text) for token in words[before.start : before.end]}
    own = {
        stem(token.text)
        for token in words[mention.start : mention.end]
        if token.kind in (Kind.WORD, Kind.CJK)
    }
    return bool(own) and own < said and before.clear


def _part_of(mention: Mention, before: Mention | None, sentence_of: Sequence[int], weigher: Weigher) -> bool:
    """Whether "the glass", "the box", "its lid" belongs to the product named before it."""
    if before is None or before.partial or mention.exact or not mention.links:
        return False
    near = sentence_of[mention.start] - sentence_of[before.start]
    if near > 1 or any(weigher.is_colour(link) for link in mention.links):
        return False
    if not before.clear and set(mention.lines) & set(before.lines):
        return False
    parts = all(weigher.is_part(link) for link in mention.links)
    return (parts or mention.partial) if near == 0 else parts


def _other_line(mention: Mention, before: Mention, weigher: Weigher) -> bool:
    """Whether "trays" is a line of its own, though trays can be parts too."""
    if not mention.clear or mention.partial or mention.lines[0] in before.lines:
        return False
    return weigher.coverage(mention.links, mention.lines[0]) >= _HEAD


def with_context(
    mentions: Sequence[Mention],
    words: Sequence[Token],
    sentence_of: Sequence[int],
    swapped: Collection[int],
    counted: Collection[int],
    weigher: Weigher,
) -> list[Mention]:
    """Resolve "the green ones" and ties by the mention before (any sentence) or after (same one).

    A word that only goes on about the product before it is no mention of its own, and neither is
    the other colour in a sentence of *swapped*, the ones that say "instead of". *counted* are tokens of
    numbers: a part that is counted and is a line of its own is no part of the product before.
    """
    resolved: list[Mention] = []
    with_products = {
        sentence_of[mention.start]
        for mention in mentions
        if mention.exact or not all(weigher.is_part(link) for link in mention.links)
    }
    for index, mention in enumerate(mentions):
        sentence = sentence_of[mention.start]
        colours = bool(mention.links) and all(weigher.is_colour(link) for link in mention.links)
        if colours and sentence in swapped and resolved and sentence_of[resolved[-1].start] == sentence:
            continue
        if _repeats(mention, resolved[-1] if resolved else None, sentence_of, weigher):
            continue
        if resolved and _resumes(mention, resolved[-1], words, sentence_of, weigher):
            continue
        if resolved and _echoes(mention, resolved[-1], words, sentence_of):
            continue
        own_line = mention.start - 1 in counted or mention.end in counted
        own_line = own_line and mention.clear and weigher.coverage(mention.links, mention.lines[0]) >= _HEAD
        last = resolved[-1] if resolved else None
        listed = (
            last is not None
            and sentence != sentence_of[last.start]
            and (sentence in with_products or _other_line(mention, last, weigher))
        )
        if not (own_line or listed) and _part_of(mention, last, sentence_of, weigher):
            continue
        if mention.exact or (mention.clear and not mention.partial):
            resolved.append(mention)
            continue
        before = next((old for old in reversed(resolved) if old.links and not old.partial), None)
        after = next(
            (
                new
                for new in mentions[index + 1 : index + 3]
                if sentence_of[new.start] == sentence and not new.partial
            ),
            None,
        )
        found = mention
        for context in (before, after):
            if context is None or not context.links or (mention.partial and context is after and before):
                continue
            if not mention.partial and sentence_of[context.start] < sentence - 1:
                continue
            found = _borrow(mention, context, weigher)
            if found.clear:
                break
        resolved.append(found)
    return resolved


def _borrow(mention: Mention, context: Mention, weigher: Weigher) -> Mention:
    """*mention* with the help of the words of *context*, among the lines it fits itself."""
    own = weigher.scores(mention.links)
    among = set(mention.lines) if not mention.partial else {line for line, score in own.items() if score > 0}
    heads = context.heads or tuple(link for link in context.links if weigher.names(link)) or context.links
    helped = weigher.scores(heads, among)
    if not helped:
        return mention
    total = {line: own[line] + _CONTEXT_SHARE * helped.get(line, 0.0) for line in among}
    top = max(total.values())
    tied = tuple(
        sorted((line for line in among if total[line] >= top * 0.97), key=lambda line: (-total[line], line))
    )
    return replace(mention, lines=tied, partial=False, borrowed=True, score=mention.score * 0.8, heads=heads)
