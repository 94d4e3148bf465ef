"""What the words of a message say about a problem, after negation and overlap are settled."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from playbook.domain.claims import ProblemType
from playbook.intake.lexicon import Lexicon, small_words
from playbook.intake.phrases import Hit
from playbook.intake.text import Kind, Token

_NONE_WORDS = 8
_NEGATION_WORDS = 3
_NEGATION_AFTER = 5
_PART_WORDS = 4
_PART_CHARS = 3
_COLOUR_WORDS = 7
_PACKAGING_WORDS = 5
_STOPS = frozenset(",;:.!?\n，。；：！？、()（）")

RANK = {
    issue: rank
    for rank, issue in enumerate(
        (
            ProblemType.NOT_AS_DESCRIBED,
            ProblemType.CHANGED_MIND,
            ProblemType.WRONG_VARIANT,
            ProblemType.MISSING_PARTS,
            ProblemType.WRONG_ITEM,
            ProblemType.EXTRA_ITEM,
            ProblemType.PACKAGE_DAMAGE,
            ProblemType.LATE,
            ProblemType.QUALITY_FLAW,
            ProblemType.TRANSIT_DAMAGE,
            ProblemType.DEFECT,
            ProblemType.MISSING,
        )
    )
}
"""Which type wins when a clause names several: the more specific one."""


@dataclass(frozen=True, slots=True)
class Cues:
    """Issue and fine hits that stand, and the other cue hits by name."""

    issues: tuple[tuple[ProblemType, Hit], ...]
    fine: tuple[Hit, ...]
    remedies: tuple[Hit, ...]
    others: tuple[tuple[str, Hit], ...]

    @property
    def tokens(self) -> frozenset[int]:
        """The indices of the tokens of phrases about a problem or its absence, word for word."""
        hits = [hit for hit in (*(hit for _, hit in self.issues), *self.fine) if not hit.gapped]
        return frozenset(index for hit in hits for index in range(hit.start, hit.end))

    def named(self, name: str) -> frozenset[int]:
        """The indices of the tokens of the cue *name*."""
        return frozenset(
            index for other, hit in self.others if other == name for index in range(hit.start, hit.end)
        )


def _without_overlap(hits: Iterable[Hit]) -> list[Hit]:
    """The longest hits, none inside another; equally long ones at one place stay together."""
    chosen: list[Hit] = []
    taken: dict[int, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        owners = {taken[index] for index in range(hit.start, hit.end) if index in taken}
        if all((owner.start, owner.end) == (hit.start, hit.end) for owner in owners):
            chosen.append(hit)
            for index in range(hit.start, hit.end):
                taken.setdefault(index, hit)
    return sorted(chosen, key=lambda hit: hit.start)


class _Places:
    """Where each label starts and ends."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.starts: dict[str, dict[int, Hit]] = {}
        self.ends: dict[str, dict[int, Hit]] = {}
        for hit in hits:
            self.starts.setdefault(hit.label, {})[hit.start] = hit
            self.ends.setdefault(hit.label, {})[hit.end] = hit

    def before(self, label: str, at: int, words: Sequence[Token], reach: int) -> Hit | None:
        """A hit of *label* that ends at most *reach* tokens before *at*, with no stop between."""
        ends = self.ends.get(label, {})
        for end in range(at, max(-1, at - reach - 1), -1):
            if end in ends:
                return ends[end]
            if end and words[end - 1].text in _STOPS:
                return None
        return None

    def after(self, label: str, at: int, words: Sequence[Token], reach: int) -> Hit | None:
        """A hit of *label* that starts at most *reach* tokens after *at*, with no stop between."""
        starts = self.starts.get(label, {})
        for start in range(at, min(len(words), at + reach + 1)):
            if start in starts:
                return starts[start]
            if words[start].text in _STOPS:
                return None
        return None


def _negated(
    hit: Hit, words: Sequence[Token], places: _Places, language: str, spent: Collection[int] = ()
) -> bool:
    """Whether a negation is said of *hit*; those that start at *spent* are said of something else."""
    if language == "ja":
        found = places.after("cue:negation", hit.end, words, _NEGATION_AFTER)
        return found is not None and found.start not in spent
    reach = 1 if words[hit.start].kind is Kind.CJK else _NEGATION_WORDS
    found = places.before("cue:negation", hit.start, words, reach)
    return found is not None and found.start < hit.start and found.start not in spent


def _of_none(hit: Hit, words: Sequence[Token], places: _Places) -> bool:
    """Whether *hit* is said of nothing: "none of the mugs were damaged"."""
    return places.before("cue:none_of", hit.start, words, _NONE_WORDS) is not None


def _part_missing(places: _Places, words: Sequence[Token], denying: frozenset[str]) -> list[Hit]:
    """Read "no wick", "lid is missing", "缺螺丝" as an absent component.

    *denying* are words behind which alone the component stands.
    """
    found: list[Hit] = []
    for start, without in places.starts.get("cue:without", {}).items():
        cjk = words[start].kind is Kind.CJK
        part = places.after("class:part", without.end, words, _PART_CHARS if cjk else _PART_WORDS)
        if part is not None:
            found.append(Hit(f"issue:{ProblemType.MISSING_PARTS}", start, part.end))
        part = places.before("class:part", start, words, 1 if cjk else _PART_WORDS)
        if part is not None and words[without.start].text not in denying:
            found.append(Hit(f"issue:{ProblemType.MISSING_PARTS}", part.start, without.end))
    return found


def _other_variant(
    hit: Hit, words: Sequence[Token], colours: frozenset[str], measures: frozenset[int]
) -> bool:
    """Whether a colour or a measure follows "instead of" and the like: then it is the wrong variant."""
    for index, token in enumerate(words[hit.start : hit.end + _COLOUR_WORDS], hit.start):
        if token.kind is Kind.BREAK or token.text in ".!?。！？":
            return False
        if token.text in colours or (index in measures and words[index - 1].kind is Kind.NUMBER):
            return True
    return False


def _packaging(
    hit: Hit,
    words: Sequence[Token],
    places: _Places,
    counted: frozenset[int],
    joining: frozenset[str],
    holding: frozenset[str],
) -> bool:
    """Whether a damage hit speaks of the box and not of what is in it.

    *joining* words stand between two things, *holding* ones between a box and what is in it.
    """
    for end in range(hit.start, max(0, hit.start - _PACKAGING_WORDS), -1):
        box = places.ends.get("class:packaging", {}).get(end)
        if box is not None and box.start not in counted:
            inside = places.before("cue:inside", box.start, words, 1)
            follower = words[box.end].text if box.end < len(words) else ""
            return inside is None and follower not in holding
        if words[end - 1].text in _STOPS or words[end - 1].text in joining:
            break
    return hit.end in places.starts.get("class:packaging", {})


def read_cues(
    words: Sequence[Token],
    hits: Sequence[Hit],
    lexicons: Sequence[Lexicon],
    names: frozenset[int],
    counted: frozenset[int],
) -> Cues:
    """The cues that stand.

    *names* are tokens inside product names, which say nothing about a problem; *counted* are tokens
    of quantities ("2 boxes"), which are no packaging.
    """
    language = lexicons[0].language
    colours = frozenset(word for one in lexicons for word in one.colours)
    measures = frozenset(hit.start for hit in hits if hit.label == "class:measure")
    joining, holding = small_words(lexicons, "joining"), small_words(lexicons, "holding")
    outside = [hit for hit in hits if not any(index in names for index in range(hit.start, hit.end))]
    places = _Places(outside)
    candidates = [
        hit for hit in outside if hit.label.startswith("issue:") or hit.label in ("cue:fine", "cue:greeting")
    ]
    candidates += _part_missing(places, words, small_words(lexicons, "denying"))
    issues: list[tuple[ProblemType, Hit]] = []
    fine: list[Hit] = []
    chosen = _without_overlap(candidates)
    told = [hit for hit in chosen if hit.label.startswith("issue:")]
    # the negation inside a problem ("do not turn on") is not said of the next one ("and 3 are missing")
    spent = {index for hit in told for index in range(hit.start, hit.end)}
    for hit in chosen:
        if hit.label == "cue:greeting":
            continue
        negated = _negated(hit, words, places, language, spent) or _of_none(hit, words, places)
        if hit.label == "cue:fine":
            if not negated:
                fine.append(hit)
            continue
        issue = ProblemType(hit.label[6:])
        if negated and issue is not ProblemType.MISSING_PARTS:
            fine.append(hit)
            continue
        if issue is ProblemType.TRANSIT_DAMAGE and _packaging(hit, words, places, counted, joining, holding):
            issue = ProblemType.PACKAGE_DAMAGE
        if issue is ProblemType.WRONG_ITEM and _other_variant(hit, words, colours, measures):
            issue = ProblemType.WRONG_VARIANT
        issues.append((issue, hit))
    idle = [hit for hit in outside if hit.label == "cue:working" and _of_none(hit, words, places)]
    issues += [(ProblemType.DEFECT, hit) for hit in idle]
    remedies = _without_overlap(hit for hit in outside if hit.label.startswith("remedy:"))
    asked = tuple(hit for hit in remedies if not _negated(hit, words, places, language))
    others = tuple(
        (hit.label[4:], hit)
        for hit in outside
        if hit.label.startswith("cue:") and hit.label not in ("cue:fine", "cue:greeting")
    )
    others += tuple(("remedy", hit) for hit in remedies)
    return Cues(tuple(issues), tuple(fine), asked, others)


def choose_issue(found: Sequence[tuple[ProblemType, Hit]]) -> tuple[ProblemType | None, bool]:
    """The problem type of a clause, and whether it is the only one named."""
    kinds = {issue for issue, _ in found}
    if not kinds:
        return None, False
    return min(kinds, key=lambda issue: RANK[issue]), len(kinds) == 1
