"""What was changed in a letter after it was drafted: its figures against those that the ledger gives."""

import re
from collections.abc import Iterator
from functools import cache

from playbook.letters.findings import LintFinding, shown
from playbook.letters.words import words


def altered_figures(text: str, drafted: str, locale: str) -> Iterator[LintFinding]:
    """Figures that differ from the drafted letter on a line that is otherwise the same."""
    variable = _variable(locale)
    truths: dict[str, list[list[str]]] = {}
    for _, line in _lines(drafted):
        truths.setdefault(variable.sub("#", line), []).append(variable.findall(line))
    written: dict[str, list[tuple[int, list[re.Match[str]]]]] = {}
    for start, line in _lines(text):
        pattern = variable.sub("#", line)
        if pattern in truths:
            written.setdefault(pattern, []).append((start, list(variable.finditer(line))))
    for pattern, lines in written.items():
        for start, matches, truth in _paired(lines, truths[pattern]):
            for match, true in zip(matches, truth, strict=True):
                if match[0] != true:
                    span = (start + match.start(), start + match.end())
                    why = shown("altered_figure", match[0], true, " → ")
                    yield LintFinding("altered_figure", "block", span, why, match[0], true)


def _paired(
    lines: list[tuple[int, list[re.Match[str]]]], truths: list[list[str]]
) -> Iterator[tuple[int, list[re.Match[str]], list[str]]]:
    """Written lines, each with the true one it should be: the same, else in order, else the nearest."""
    said = [[match[0] for match in matches] for _, matches in lines]
    if sorted(said) == sorted(truths):
        return
    if len(lines) == len(truths):
        yield from ((start, matches, truth) for (start, matches), truth in zip(lines, truths, strict=True))
        return
    for (start, matches), figures_here in zip(lines, said, strict=True):
        if figures_here not in truths:
            away = [sum(a != b for a, b in zip(truth, figures_here, strict=True)) for truth in truths]
            yield start, matches, truths[away.index(min(away))]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line.rstrip()
        start += len(line)


@cache
def _variable(locale: str) -> re.Pattern[str]:
    """What may change in a line without another meaning of its words: numbers, months, days of the week."""
    spoken = words(locale)
    names = sorted({*spoken.months(), *spoken.weekdays()}, key=len, reverse=True)
    latin = "|".join(re.escape(name) for name in names if name.isascii() or name[0] < "\u3000")
    return re.compile(
        rf"\d+(?:[.,'\u00a0\u202f]\d+)*|(?<![^\W\d_])(?:{latin})(?![^\W\d_])"
        r"|(?<=[(（])[月火水木金土日](?=[)）])|(?<=周)[一二三四五六日]",
        re.IGNORECASE,
    )
