"""Quality of the offline reader on labelled buyer messages: run ``python tests/measured/quality_reading.py``.

Reads ``../shared/data/buyer_messages/cases.jsonl`` (not part of this repository). Every fourth case of a language
was never looked at while the rules were written ("held"), the others were ("look"): a wide gap
between the two would mean that the rules are tuned. Prints precision, recall and F1 of items as
(SKU, units) and as (SKU, units, type), how many rows were shown as sure and how many of these were
wrong, fine lines, and order numbers.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playbook.intake import LineRef, Reading, read

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "buyer_messages" / "cases.jsonl"


@dataclass
class Tally:
    """Counts over some cases."""

    cases: int = 0
    gold: int = 0
    shown: int = 0
    named: int = 0
    right: int = 0
    right_typed: int = 0
    sure: int = 0
    sure_wrong: int = 0
    whole: int = 0
    rest_right: int = 0
    ids_gold: int = 0
    ids_right: int = 0
    ids_invented: int = 0
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def f1(self, right: int) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * right / (self.gold + self.shown) if self.gold + self.shown else 0.0


def load(path: Path = CASES) -> list[dict[str, Any]]:
    """The labelled cases, in file order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reading_of(case: dict[str, Any]) -> Reading:
    """Our reading of a case."""
    lines = [
        LineRef(line["line"], line["sku"], line["description"], line["qty"]) for line in case["order_lines"]
    ]
    return read(case["message"], lines)


def add(tally: Tally, case: dict[str, Any], reading: Reading) -> None:
    """Compare one reading with its labels."""
    gold_items = [item for item in case["gold"]["items"] if item["type"] != "no_issue"]
    gold = Counter((item["sku"], item["qty"], item["type"]) for item in gold_items)
    shown = Counter((item.sku, item.units, str(item.issue)) for item in reading.items)
    plain_gold = Counter((sku, units) for sku, units, _ in gold.elements())
    plain_shown = Counter((sku, units) for sku, units, _ in shown.elements())
    tally.cases += 1
    tally.gold += gold.total()
    tally.shown += shown.total()
    skus = Counter(sku for sku, _, _ in gold.elements()) & Counter(sku for sku, _, _ in shown.elements())
    tally.named += skus.total()
    tally.right += (plain_gold & plain_shown).total()
    tally.right_typed += (gold & shown).total()
    tally.whole += gold == shown
    tally.rest_right += reading.rest_is_fine == case["gold"]["rest_is_fine"]
    for item in reading.items:
        if item.sure:
            tally.sure += 1
            tally.sure_wrong += (item.sku, item.units, str(item.issue)) not in gold
    by_place = {(item["sku"], item["qty"]): item["type"] for item in gold_items}
    for item in reading.items:
        said = by_place.get((item.sku, item.units))
        if said is not None and said != item.issue:
            tally.confused[(said, str(item.issue))] += 1
    complete = {case["order_id"]} if case["order_id_shape"] in ("full", "no_dashes") else set()
    tally.ids_gold += len(complete)
    tally.ids_right += len(complete & set(reading.order_ids))
    tally.ids_invented += len(set(reading.order_ids) - complete)


def report(title: str, tally: Tally) -> str:
    """One line of the table."""
    return (
        f"{title:<14}{tally.cases:>5}{tally.gold:>6}{tally.shown:>6}"
        f"{tally.named / max(1, tally.gold):>7.2f}"
        f"{tally.right / max(1, tally.shown):>8.2f}{tally.right / max(1, tally.gold):>8.2f}{tally.f1(tally.right):>8.2f}"
        f"{tally.f1(tally.right_typed):>8.2f}{tally.sure:>6}{tally.sure_wrong:>6}"
        f"{tally.whole / max(1, tally.cases):>8.2f}{tally.rest_right / max(1, tally.cases):>7.2f}"
        f"{tally.ids_right:>5}/{tally.ids_gold}+{tally.ids_invented}"
    )


HEADING = (
    f"{'':<14}{'cases':>5}{'gold':>6}{'shown':>6}{'sku rec':>7}{'prec':>8}{'recall':>8}{'F1':>8}{'F1 type':>8}"
    f"{'sure':>6}{'wrong':>6}{'whole':>8}{'rest':>7}  order ids right/gold+invented"
)


def table(cases: Iterable[dict[str, Any]]) -> dict[str, Tally]:
    """Tallies by language and part."""
    tallies: dict[str, Tally] = {}
    seen: Counter[str] = Counter()
    for case in cases:
        language = case["language"]
        part = "held" if seen[language] % 4 == 3 else "look"
        seen[language] += 1
        reading = reading_of(case)
        for key in (f"{language} {part}", language, f"all {part}", "all"):
            add(tallies.setdefault(key, Tally()), case, reading)
    return tallies


def show(case: dict[str, Any]) -> str:
    """The differences of one case in words."""
    reading = reading_of(case)
    titles = {line["sku"]: line["description"] for line in case["order_lines"]}
    gold = {
        (item["sku"], item["qty"], item["type"])
        for item in case["gold"]["items"]
        if item["type"] != "no_issue"
    }
    lines = [f"===== {case['case_id']} {case['language']}"]
    for item in reading.items:
        mark = "=" if (item.sku, item.units, str(item.issue)) in gold else "+"
        sure = "sure" if item.sure else f"{item.score:.2f}"
        lines.append(
            f"  {mark} {item.units} {item.issue} {titles.get(item.sku, '?')} {sure} [{item.mention}] | {item.quote!r}"
        )
    found = {(item.sku, item.units, str(item.issue)) for item in reading.items}
    lines += [f"  - {units} {kind} {titles[sku]}" for sku, units, kind in sorted(gold - found, key=str)]
    lines += [f"  ? {question.code} {dict(question.params)}" for question in reading.questions]
    return "\n".join(lines)


def main() -> int:
    """Print the table; with ``--show`` the differences of the looked-at part."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--show", metavar="LANGUAGE", help="differences of the looked-at cases of a language"
    )
    options = arguments.parse_args()
    if not CASES.exists():
        print(f"no labelled messages at {CASES}", file=sys.stderr)
        return 3
    cases = load()
    if options.show:
        chosen = [case for case in cases if case["language"] == options.show]
        print("\n".join(show(case) for index, case in enumerate(chosen) if index % 4 != 3))
        return 0
    tallies = table(cases)
    print(HEADING)
    for key in sorted(tallies):
        print(report(key, tallies[key]))
    print(
        "type said -> read:",
        ", ".join(f"{a} -> {b}: {n}" for (a, b), n in tallies["all"].confused.most_common(12)),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
