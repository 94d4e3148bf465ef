"""Free texts, such as comments on returns and notes in stock lists, grouped by meaning into themes.

Texts that differ only in case, space and punctuation are one. The rest is clustered by the sentence encoder
of the reader (offline, sixteen languages): average linkage on the cosine, which depends on nothing but the
set of texts. Texts beyond the commonest `MOST_CLUSTERED` join the nearest theme. Without the encoder only
equal texts are grouped. Personal data is masked before anything is compared or shown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.intake.meaning import Encoder
from playbook.intake.redact import redact
from playbook.orderbook.cells import tidy

if TYPE_CHECKING:
    from playbook.insights.rates import Numbers

ALIKE = 0.6
"""The cosine on average from which texts are one theme: themes rather too many than mixed."""

MOST_CLUSTERED = 1500
"""Distinct texts that are compared each with each: a hundred MB at most, a second."""

EXAMPLES = 5
LONGEST = 300
_WORDLESS = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Note:
    """One free text and where it stands (a case, an order, a SKU); ``units`` it is about."""

    text: str
    reference: str = ""
    units: int = 1


@dataclass(frozen=True, slots=True)
class Theme:
    """Notes with one meaning, named by the one nearest to all; ``examples`` are the commonest texts."""

    name: str
    notes: int
    units: int
    examples: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Themes:
    """The themes, the largest first, and how many notes held no word."""

    themes: tuple[Theme, ...]
    wordless: int = 0


def themes(notes: Iterable[Note], encoder: Encoder | None) -> Themes:
    """*notes* by meaning. The same notes give the same themes, in whatever order they come."""
    shown: dict[str, Counter[str]] = {}
    units: Counter[str] = Counter()
    references: dict[str, set[str]] = {}
    wordless = 0
    for note in notes:
        text = tidy(redact(note.text), LONGEST)
        key = " ".join(_WORDLESS.sub(" ", text.casefold()).split())
        if not key:
            wordless += 1
            continue
        shown.setdefault(key, Counter())[text] += 1
        units[key] += note.units
        references.setdefault(key, set()).add(note.reference)
    keys = sorted(shown, key=lambda key: (-shown[key].total(), key))
    found = []
    for group, middle in _groups(keys, [shown[key].total() for key in keys], encoder):
        texts = [_commonest(shown[keys[place]]) for place in group]
        found.append(
            Theme(
                name=_commonest(shown[keys[middle]]),
                notes=sum(shown[keys[place]].total() for place in group),
                units=sum(units[keys[place]] for place in group),
                examples=tuple(texts[:EXAMPLES]),
                references=tuple(sorted(set().union(*(references[keys[place]] for place in group)) - {""})),
            )
        )
    found.sort(key=lambda theme: (-theme.notes, theme.name))
    return Themes(tuple(found), wordless)


def _commonest(texts: Counter[str]) -> str:
    return min(texts, key=lambda text: (-texts[text], text))


def _groups(
    keys: Sequence[str], weights: Sequence[int], encoder: Encoder | None
) -> list[tuple[list[int], int]]:
    """Places of keys that belong together, each with the place of the one in the middle."""
    if encoder is None or len(keys) < 2:
        return [([place], place) for place in range(len(keys))]
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage

    vectors = np.asarray(encoder.encode(keys), dtype=np.float64)
    first = vectors[:MOST_CLUSTERED]
    apart = np.clip(1 - first @ first.T, 0, 2)[np.triu_indices(len(first), 1)]
    labels = fcluster(linkage(apart, "average"), 1 - ALIKE, "distance") if len(first) > 1 else np.array([1])
    members = [np.flatnonzero(labels == label).tolist() for label in sorted(set(labels.tolist()))]
    centres = np.stack([_centre(first[places], [weights[at] for at in places]) for places in members])
    for place in range(len(first), len(keys)):
        alike = centres @ vectors[place]
        nearest = int(alike.argmax())
        if alike[nearest] >= ALIKE:
            members[nearest].append(place)
        else:
            members.append([place])
    found = []
    for places in members:
        centre = _centre(vectors[places], [weights[at] for at in places])
        middle = max(places, key=lambda at: (round(float(vectors[at] @ centre), 9), -at))
        found.append(([int(at) for at in sorted(places)], int(middle)))
    return found


def _centre(vectors: "Numbers", weights: Sequence[int]) -> "Numbers":
    import numpy as np

    centre: Numbers = np.average(vectors, axis=0, weights=weights)
    return centre / max(float(np.linalg.norm(centre)), 1e-9)
