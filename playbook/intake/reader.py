"""Reading a buyer's message: the pipeline from raw text to proposals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from types import EllipsisType

from playbook.domain.problems import Problem, problem
from playbook.intake.assembling import Assembler, Assembly
from playbook.intake.clauses import Clause, split
from playbook.intake.cues import Cues, read_cues
from playbook.intake.differences import differences
from playbook.intake.language import detect, lexicons_for
from playbook.intake.layout import lay_out
from playbook.intake.lexicon import Lexicon, lexicon, small_words
from playbook.intake.meaning import Encoder, default_encoder
from playbook.intake.meant import Meaning, Surroundings, judge_clauses
from playbook.intake.mentions import Mention, Vocabulary, Weigher, find_mentions, with_context
from playbook.intake.model import LineRef, Mark, NotUnderstood, Question, Reading
from playbook.intake.numbers import Quantity, covered, find_quantities
from playbook.intake.ordered import Ordered
from playbook.intake.orderids import OrderMentions, find_orders
from playbook.intake.overlooked import overlooked
from playbook.intake.phrases import Hit
from playbook.intake.prices import told_by_price
from playbook.intake.problemtypes import learns_words
from playbook.intake.products import (
    Catalogue,
    Link,
    WordLinker,
    find_links,
    find_skus,
    longest_gloss,
    stem,
    title_words,
)
from playbook.intake.proposals import SURE_PRODUCT, Proposals, Proposer
from playbook.intake.redact import personal_spans, redact
from playbook.intake.settling import (
    Known,
    everything_back,
    nothing_arrived,
    settle,
    strangers,
    without_superseded,
)
from playbook.intake.shares import counted_elsewhere, shares
from playbook.intake.tables import in_columns
from playbook.intake.text import Folded, Kind, Token, fold, tokens

LONGEST_RAW = 200_000
LONGEST_READ = 20_000
"""Characters that are read; a longer message carries the problem ``message_truncated``."""

_PARTING_MARKS = frozenset("、&+/,;:.!?，。；：\n–—！？")
_LONGEST_MENTION = 80
_NAME_REACH = 4
_IMPLIED = 0.3
_CUE_LABELS = (
    "issue:",
    "cue:fine",
    "cue:negation",
    "cue:rest",
    "cue:instead",
    "cue:correction",
    "cue:shortfall",
    "cue:without",
)
"""Phrases about a problem: words inside them name no product."""


@dataclass(frozen=True)
class _Text:
    """A message made ready: folded, in tokens, with every phrase found and its layout known."""

    message: str
    folded: Folded
    words: list[Token]
    hits: list[Hit]
    language: str
    lexicons: tuple[Lexicon, ...]
    orders: OrderMentions
    redacted: str
    problems: tuple[Problem, ...]
    earlier: frozenset[int]

    @cached_property
    def conjunctions(self) -> frozenset[str]:
        """The words that begin a clause."""
        return frozenset(word for one in self.lexicons for word in one.conjunctions)

    @cached_property
    def parting(self) -> frozenset[int]:
        """The tokens that part two statements or two things."""
        parting = _PARTING_MARKS | small_words(self.lexicons, "parting")
        return frozenset(index for index, token in enumerate(self.words) if token.text in parting)


def _cut(message: str) -> tuple[str, Folded, tuple[Problem, ...]]:
    raw = message[:LONGEST_RAW]
    folded = fold(raw)
    if len(folded.text) > LONGEST_READ:
        read = folded.origin[LONGEST_READ - 1] + 1
        folded = Folded(folded.text[:LONGEST_READ], folded.origin[:LONGEST_READ])
    else:
        read = len(raw)
    if read >= len(message):
        return message, folded, ()
    return message[:read], folded, (problem("message_truncated", read=read, length=len(message)),)


def _prepare(message: str, lines: Sequence[LineRef], language: str | None) -> _Text:
    message, folded, problems = _cut(message)
    every = tokens(folded.text)
    chosen = language or detect(every)
    lexicons = lexicons_for(every, chosen)
    hits = [hit for one in lexicons for hit in one.table.find(every)]
    issue_starts = sorted(every[hit.start].start for hit in hits if hit.label.startswith("issue:"))
    closings = frozenset[tuple[str, ...]]().union(*(one.closing_words for one in lexicons))

    def claims(start: int, end: int) -> bool:
        return any(start <= place < end for place in issue_starts)

    layout = lay_out(folded.text, closings, claims)
    skus = frozenset(line.sku.strip().lower() for line in lines)
    orders = find_orders(folded.text, every, hits, skus)
    signature = [folded.span(start, end) for start, end in layout.signature if end > start]
    inside = covered(every, layout.body)
    quoted = covered(every, layout.quoted) if layout.quoted else frozenset[int]()
    if any(hit.label == "cue:refers" and hit.start in inside for hit in hits):
        inside |= quoted
    kept = [index for index, token in enumerate(every) if index in inside or token.kind is Kind.BREAK]
    words = [every[index] for index in kept]
    earlier = frozenset(place for place, index in enumerate(kept) if index in quoted)
    if len(words) != len(every):
        hits = [hit for one in lexicons for hit in one.table.find(words)]
    hidden = redact(message, signature)
    return _Text(message, folded, words, hits, chosen, lexicons, orders, hidden, problems, earlier)


@lru_cache(maxsize=16)
def _vocabulary(languages: tuple[str, ...]) -> Vocabulary:
    everyone = [lexicon(language) for language in sorted({"en", *languages})]
    weak = {stem(word) for one in everyone for word in one.weak}
    bare = {stem(word) for one in everyone for word in (*one.weak, *one.colours, *one.modifiers)}
    parts = {stem(word) for one in everyone for word in (*one.parts, *one.packaging)}
    colours = {stem(colour) for one in everyone for colour in one.colours}
    joining = small_words(everyone, "joining")
    return Vocabulary(frozenset(weak), frozenset(bare), frozenset(colours), frozenset(parts), joining)


def _clauses(text: _Text, quantities: Sequence[Quantity], cues: Cues, keep: frozenset[int]) -> list[Clause]:
    """The clauses of the body with numbers and cues put into them."""
    abbreviations = {word for one in text.lexicons for word in one.abbreviations}
    starters = {hit.start for name, hit in cues.others if name == "starter"}
    clauses = split(
        text.words,
        text.folded.text,
        abbreviations,
        keep,
        cues.tokens,
        text.conjunctions,
        starters,
        cues.named("listing"),
    )
    owner: dict[int, Clause] = {
        index: clause for clause in clauses for index in range(clause.start, clause.end)
    }
    for quantity in quantities:
        if (clause := owner.get(quantity.start)) is not None:
            clause.quantities.append(quantity)
    for issue, hit in cues.issues:
        if (clause := owner.get(hit.start)) is not None:
            clause.issues.append((issue, hit))
    for hit in cues.fine:
        if (clause := owner.get(hit.start)) is not None:
            clause.fine.append(hit)
    for hit in cues.remedies:
        if (clause := owner.get(hit.start)) is not None:
            clause.remedies.append(hit)
    for name, hit in cues.others:
        if (clause := owner.get(hit.start)) is not None:
            clause.cues.setdefault(name, []).append(hit)
    return clauses


def read(
    message: str,
    lines: Sequence[LineRef] = (),
    *,
    language: str | None = None,
    encoder: Encoder | EllipsisType | None = ...,
) -> Reading:
    """What *message* says about an order with *lines*: a proposal, with a quote for every item.

    Pure and deterministic. *language* is detected where it is None. Any text is accepted; beyond
    `LONGEST_READ` characters nothing is read and a problem says so. Without *lines* items carry
    their ``mention`` only. What words leave open is compared by meaning with *encoder*: that of this
    process where none is given (`default_encoder`), none at all with None.
    """
    meant_by = default_encoder() if isinstance(encoder, EllipsisType) else encoder
    text = _prepare(message, lines, language)
    words, hits = text.words, text.hits
    skus = find_skus(text.folded.text, lines)
    quantities, rejected = _numbers(text, skus, {line.units for line in lines})
    catalogue = Catalogue(lines)
    linker = WordLinker(catalogue, text.lexicons)
    weigher = Weigher(catalogue, _vocabulary(tuple(one.language for one in text.lexicons)))
    cue_tokens = {
        index for hit in hits if hit.label.startswith(_CUE_LABELS) for index in range(hit.start, hit.end)
    }
    links = find_links(words, catalogue, linker, text.lexicons, rejected) if lines else []
    cue_spans = [(hit.start, hit.end) for hit in hits if hit.label.startswith(_CUE_LABELS)]
    parts = [(hit.start, hit.end) for hit in hits if hit.label in ("class:part", "class:packaging")]
    whole = _whole_names(links, cue_spans) | _whole_names(links, parts)
    links = [
        link
        for link in links
        if not cue_tokens.intersection(range(link.start, link.end))
        or 1.0 in link.targets.values()
        or link.start in whole
    ]
    links = _no_shares(links, quantities, hits)
    quantities = _without_names(quantities, links, weigher)
    linked = {index for link in links for index in range(link.start, link.end)}
    counted = {
        index for quantity in quantities if not quantity.weak for index in range(quantity.start, quantity.end)
    }
    barriers = counted | (cue_tokens - linked) | text.parting
    places = covered(words, [(start, end) for start, end, _ in skus])
    mentions = find_mentions(words, links, _sku_tokens(words, skus), barriers, weigher) if lines else []
    mentions = [
        mention
        for mention in mentions
        if mention.exact or not (_only_cues(mention, cue_tokens) or _excluded(mention, text))
    ]
    names = frozenset(
        index
        for mention in mentions
        for link in mention.links
        if (len(mention.links) > 1 and 1.0 in link.targets.values()) or link.start in whole
        for index in range(link.start, link.end)
    )
    cues = read_cues(words, hits, text.lexicons, names | places, frozenset(counted))
    quantities = _unnamed(quantities, mentions, words, cues.tokens)
    quantities = _untitled(quantities, mentions, words, catalogue)
    quantities = _inner(quantities, text, names | linked | cues.tokens)
    joined = {
        index
        for mention in mentions
        for index in range(mention.start, mention.end)
        if words[index].text not in (":", ";", ".")
    }
    clauses = _clauses(text, quantities, cues, places | joined | cues.named("all_but"))
    sentence_of = [0] * (len(words) + 1)
    for clause in clauses:
        sentence_of[clause.start : clause.end] = [clause.sentence] * (clause.end - clause.start)
    swapped = {sentence_of[hit.start] for name, hit in cues.others if name == "instead"}
    _attach(clauses, mentions, with_context(mentions, words, sentence_of, swapped, counted, weigher))
    told_by_price(clauses, words, text.folded.text, lines)
    settle(clauses, words, text.lexicons)
    proposer = Proposer(text.message, text.folded, words, lines)
    functions = frozenset[str]().union(*(one.function_set for one in text.lexicons))
    meaning = Meaning(catalogue, weigher, meant_by) if lines and meant_by is not None else None
    surroundings: Surroundings | None = None
    if lines:
        fixed = counted | cues.tokens | places
        surroundings = _open_questions(text, clauses, fixed, catalogue, meaning)
    else:
        _imply_products(text, clauses, functions)
    assembly = Assembler(words, functions, text.conjunctions).run(clauses)
    if surroundings is not None and meaning is not None and learns_words(text.language):
        overlooked(assembly, clauses, surroundings, meaning)
    assembly = _as_a_whole(assembly, clauses, lines, text.earlier)
    result = proposer.propose(assembly)
    return _reading(text, proposer, clauses, assembly.rest_is_fine, result, bool(lines))


def _unnamed(
    quantities: Sequence[Quantity],
    mentions: Sequence[Mention],
    words: Sequence[Token],
    spoken: frozenset[int],
) -> list[Quantity]:
    """Quantities that are neither part of a product's name nor of a phrase about a problem (*spoken*)."""
    named = {
        index
        for mention in mentions
        if mention.clear and len(mention.links) > 1
        for link in mention.links
        if any(words[index].text in link.targets for index in range(link.start, link.end))
        for index in range(link.start, link.end)
    }
    return [
        quantity
        for quantity in quantities
        if quantity.start not in named and (quantity.role == "arrived" or quantity.start not in spoken)
    ]


def _numbers(
    text: _Text, skus: Sequence[tuple[int, int, int]], ordered: Collection[int]
) -> tuple[list[Quantity], frozenset[int]]:
    """The quantities of the message, and the tokens of numbers that are none."""
    spans = [*text.orders.id_spans, *text.orders.hint_spans]
    phones = [(start, end) for start, end, _ in personal_spans(text.folded.text)]
    taken = [*spans, *phones, *((start, end) for start, end, _ in skus)]
    quantities, rejected = find_quantities(text.folded.text, text.words, text.hits, taken, ordered)
    return in_columns(quantities, text.words, text.folded.text, text.lexicons), rejected


def _as_a_whole(
    assembly: Assembly, clauses: Sequence[Clause], lines: Sequence[LineRef], earlier: Collection[int]
) -> Assembly:
    """*assembly* with what only the whole message tells, and without what it takes back."""
    if lines:
        counted_elsewhere(assembly, clauses, lines)
    assembly = nothing_arrived(assembly, clauses, len(lines)) or assembly
    assembly = everything_back(assembly, clauses, len(lines)) or assembly
    return without_superseded(assembly, earlier) if earlier else assembly


def _untitled(
    quantities: Sequence[Quantity], mentions: Sequence[Mention], words: Sequence[Token], catalogue: Catalogue
) -> list[Quantity]:
    """*quantities* without numbers that a title says before the same word: "the one with 3 hooks"."""
    said = {
        (number, word)
        for mention in mentions
        for line in mention.lines[:1]
        for number, word in pairwise(title_words(catalogue.lines[line].title))
        if number.isdigit()
    }
    if not said:
        return list(quantities)
    return [
        one
        for one in quantities
        if one.sort != "number"
        or one.end >= len(words)
        or one.end > one.start + 1
        or words[one.start - 1].text in ("only", "just")
        or (str(one.value), stem(words[one.end].text)) not in said
    ]


def _inner(quantities: Sequence[Quantity], text: _Text, known: Collection[int]) -> list[Quantity]:
    """*quantities*, marked where a noun that is no product and no counter stands behind: "by one screw".

    *known* are the tokens of products and of phrases about a problem.
    """
    functions = frozenset[str]().union(*(one.function_set for one in text.lexicons))
    parts = {hit.start for hit in text.hits if hit.label == "class:part"}
    articles = small_words(text.lexicons, "articles")
    found: list[Quantity] = []
    for one in quantities:
        index = one.end
        determined = one.sort == "all" and index < len(text.words) and text.words[index].text in articles
        index += determined
        inner = (
            ((one.sort == "number" and one.end == one.start + 1) or determined)
            and index < len(text.words)
            and (index in parts or (determined and text.words[index].kind is Kind.WORD))
            and index not in known
            and text.words[index].text not in functions
        )
        found.append(replace(one, inner=True) if inner else one)
    return found


def _attach(clauses: Sequence[Clause], found: Sequence[Mention], resolved: Sequence[Mention]) -> None:
    """Put the mentions that stand into their clauses, and mark clauses that only repeat a product."""
    owner = {index: clause for clause in clauses for index in range(clause.start, clause.end)}
    for mention in resolved:
        if mention.start in owner:
            owner[mention.start].mentions.append(mention)
    before: Mention | None = None
    standing = {mention.start: mention for mention in resolved}
    for mention in found:
        if mention.start in standing:
            before = standing[mention.start]
        elif mention.start in owner and before is not None and set(before.lines) & set(mention.lines):
            owner[mention.start].again = True


def _open_questions(
    text: _Text,
    clauses: Sequence[Clause],
    fixed: Collection[int],
    catalogue: Catalogue,
    meaning: Meaning | None,
) -> Surroundings:
    """Settle by the order and by meaning what words leave open, and mark clauses about other things."""
    words = text.words
    spoken = frozenset[str]().union(*(one.spoken for one in text.lexicons))
    functions = frozenset[str]().union(*(one.function_set | one.number_words for one in text.lexicons))
    surroundings = Surroundings(
        words,
        text.parting.union(fixed),
        functions,
        text.language,
        small_words(text.lexicons, "articles"),
        frozenset().union(*(small_words(text.lexicons, name) for name in ("articles", "of", "parting"))),
    )
    if meaning is not None:
        meaning.settle(clauses, surroundings, SURE_PRODUCT)
    differences(clauses, words, Ordered.of(catalogue, text.lexicons), spoken)
    if meaning is not None:
        judge_clauses(clauses, surroundings, meaning.encoder)
        meaning.settle(clauses, surroundings, SURE_PRODUCT)
    written = [text.message[slice(*text.folded.span(token.start, token.end))] for token in words]
    known = Known(
        spoken,
        text.lexicons[0].language == "de",
        small_words(text.lexicons, "articles"),
        small_words(text.lexicons, "of"),
        _goods(text, spoken),
        frozenset(index for hit in text.hits for index in range(hit.start, hit.end)),
    )
    strangers(clauses, words, written, known)
    shares(clauses, catalogue.lines)
    return surroundings


def _goods(text: _Text, spoken: frozenset[str]) -> frozenset[int]:
    """The tokens that a lexicon of the message knows as goods and as nothing else."""
    plain = _vocabulary(tuple(one.language for one in text.lexicons))
    common = plain.bare | plain.parts
    said = {index for hit in text.hits for index in range(hit.start, hit.end)}
    found = {
        index
        for place, (end, meaning) in longest_gloss(text.words, text.lexicons).items()
        if not {stem(word) for word in meaning.split()} & common
        for index in range(place, end)
    }
    for one in text.lexicons:
        found |= {
            index
            for index, token in enumerate(text.words)
            if token.text in one.words and token.text not in spoken and stem(token.text) not in common
        }
    return frozenset(found - said)


def _without_names(quantities: Sequence[Quantity], links: Sequence[Link], weigher: Weigher) -> list[Quantity]:
    """Quantities without a counter that is the product itself: "nine jars", "drei Flaschen"."""
    naming = {link.start for link in links if weigher.names(link)}
    found: list[Quantity] = []
    for one in quantities:
        inside = [index for index in range(one.start + 1, one.end) if index in naming]
        named_after = any(index in naming for index in range(one.end, one.end + _NAME_REACH))
        found.append(replace(one, end=inside[-1]) if inside and not named_after else one)
    return found


def _no_shares(links: Sequence[Link], quantities: Sequence[Quantity], hits: Sequence[Hit]) -> list[Link]:
    """*links* without words behind a number that say "of": "4枚中2枚" names nothing of medium size."""
    ends = {one.end for one in quantities}
    shares = {hit.start: hit.end for hit in hits if hit.label == "cue:total_after" and hit.start in ends}
    return [link for link in links if link.end > shares.get(link.start, link.start)]


def _whole_names(links: Sequence[Link], cues: Sequence[tuple[int, int]]) -> frozenset[int]:
    """Starts of links that hold a cue as part of a longer name: "crackle glaze" is no crack."""
    found: set[int] = set()
    by_token: dict[int, list[tuple[int, int]]] = {}
    for start, end in cues:
        for index in range(start, end):
            by_token.setdefault(index, []).append((start, end))
    for link in links:
        touching = {span for index in range(link.start, link.end) for span in by_token.get(index, ())}
        inside = all(link.start <= start and end <= link.end for start, end in touching)
        if touching and inside and all(end - start < link.end - link.start for start, end in touching):
            found.add(link.start)
    return frozenset(found)


def _sku_tokens(words: Sequence[Token], skus: Sequence[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for start, end, line in skus:
        inside = sorted(covered(words, [(start, end)]))
        if inside:
            found[inside[0]] = (inside[-1] + 1, line)
    return found


def _excluded(mention: Mention, text: _Text) -> bool:
    """Whether the product is named as not meant: "not the printed ones"."""
    denials = small_words(text.lexicons, "not_")
    for index in range(mention.start - 1, max(0, mention.start - 2) - 1, -1):
        if text.words[index].kind is Kind.BREAK or index in text.parting:
            return False
        if text.words[index].text in denials:
            return True
    return False


def _only_cues(mention: Mention, cue_tokens: set[int]) -> bool:
    return all(index in cue_tokens for link in mention.links for index in range(link.start, link.end))


def _imply_products(text: _Text, clauses: Sequence[Clause], functions: frozenset[str]) -> None:
    """Without an order: let each claim speak of the thing it names, or of the one named before.

    Chinese and Japanese buyers name the product once, or never; then all claims are about one thing.
    """
    names: dict[str, int] = {}
    for clause in clauses:
        counted = any(one.sort == "number" and not one.weak for one in clause.quantities)
        if not (clause.issues or counted):
            continue
        cjk = any(token.kind is Kind.CJK for token in text.words[clause.start : clause.end])
        start, end = _longest_name(text, clause, functions)
        if names and (cjk or end == start or not (counted and clause.issues)):
            continue
        if end == start:
            end = start + 1
        name = " ".join(token.text for token in text.words[start:end])
        clause.mentions.append(Mention(start, end, (names.setdefault(name, len(names)),), _IMPLIED))


def _longest_name(text: _Text, clause: Clause, functions: frozenset[str]) -> tuple[int, int]:
    """The longest run of words of a clause that are no cue, no number and no small word."""
    hits = [hit for _, hit in clause.issues] + [hit for found in clause.cues.values() for hit in found]
    used = {index for hit in hits for index in range(hit.start, hit.end)}
    used |= {index for quantity in clause.quantities for index in range(quantity.start, quantity.end)}
    best, run = (clause.start, clause.start), clause.start
    for index in range(clause.start, clause.end + 1):
        token = text.words[index] if index < clause.end else None
        plain = token is not None and token.kind in (Kind.WORD, Kind.CJK)
        if token is None or index in used or not plain or (token.text in functions and index == run):
            best = max(best, (run, index), key=lambda span: span[1] - span[0])
            run = index + 1
    return best


def _not_understood(
    proposer: Proposer, text: _Text, clauses: Sequence[Clause], marks: Sequence[Mark]
) -> tuple[NotUnderstood, ...]:
    """Clauses that name a problem, or a number of a product, and that no item or fine line quotes."""
    told = [(mark.start, mark.end) for mark in marks if mark.kind in ("item", "fine")]
    found: list[NotUnderstood] = []
    for clause in clauses:
        numbers = any(one.sort == "number" and not one.weak for one in clause.quantities)
        claims = clause.issues or (clause.mentions and numbers and not clause.fine)
        if not claims or clause.has("unchecked"):
            continue
        start, end = proposer.span(clause.start, clause.end)
        if not any(first < end and start < last for first, last in told):
            found.append(NotUnderstood(start, end, text.message[start:end]))
    return tuple(found)


def _reading(
    text: _Text,
    proposer: Proposer,
    clauses: Sequence[Clause],
    rest_is_fine: bool,
    result: Proposals,
    known: bool,
) -> Reading:
    questions = list(
        dict.fromkeys((question.code, *sorted(question.params.items())) for question in result.questions)
    )
    ordered = {(question.code, *sorted(question.params.items())): question for question in result.questions}
    asked = [ordered[key] for key in questions]
    if not known and not text.orders.order_ids:
        asked.insert(0, Question("which_order"))
    if known and not (result.items or result.no_issue_lines or rest_is_fine or result.questions):
        asked.append(Question("what_happened"))
    orders = [
        Mark(*text.folded.span(*span), "order_id", sure)
        for spans, sure in ((text.orders.id_spans, True), (text.orders.hint_spans, False))
        for span in spans
    ]
    marks = sorted({*result.marks, *orders}, key=lambda mark: (mark.start, mark.end, mark.kind))
    return Reading(
        language=text.language,
        redacted=text.redacted,
        order_ids=text.orders.order_ids,
        order_hints=text.orders.hints,
        items=tuple(result.items),
        no_issue_lines=tuple(sorted(result.no_issue_lines)),
        rest_is_fine=rest_is_fine,
        remedy_asked=proposer.asked(clauses),
        questions=tuple(asked),
        problems=(*text.problems, *result.problems),
        marks=tuple(marks),
        not_understood=_not_understood(proposer, text, clauses, result.marks),
    )
