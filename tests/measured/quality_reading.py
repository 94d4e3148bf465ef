"""Quality of the offline reader on labelled messages: run ``python tests/measured/quality_reading.py``.

One table for four sets: messages invented here (``invented_messages.yaml``), and from ``../shared/data``, which
is not part of this repository, ``buyer_messages``, ``zh_quantity_complaints`` and ``tau_retail``. Of the shared
sets every fourth case (of a language) was never looked at while the rules were written ("held"), the others
were ("look"): a wide gap between the two would mean that the rules are tuned. What is compared is what
``playbook batch read`` gives out.

Columns: items labelled and shown; share of labelled SKUs found; precision, recall and F1 of (SKU, units); F1 of
(SKU, units, type); rows shown as sure, and how many of them are wrong; share of messages with all items exactly
right; order numbers found / complete ones present + invented ones. ``tau_retail`` has no problem types: an item
is a thing that the buyer wants to return or exchange, *whole* is the exact set of these, and the last
column counts the messages with exactly the right orders.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from playbook.commands.batch import reading_record
from playbook.intake import LineRef, read
from playbook.intake.meaning import Encoder, default_encoder

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "data"
_REVIEW_TYPES = {
    "damaged": "transit_damage",
    "quality": "quality_flaw",
    "defective": "defect",
    "missing": "missing",
    "wrong_item": "wrong_item",
}
_AFTER_SALES = ("return_delivered_order_items", "exchange_delivered_order_items")

Item = tuple[str, int | None, str]


@dataclass(frozen=True)
class Case:
    """One labelled message. ``gold`` holds (SKU, units, type); the SKU is empty where there is no order."""

    name: str
    group: str
    part: str
    message: str
    lines: tuple[LineRef, ...]
    gold: tuple[Item, ...]
    order_ids: frozenset[str] | None = None
    choices: tuple[frozenset[int], ...] = ()
    orders_of: dict[str, str] = field(default_factory=dict)


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
    ids_gold: int = 0
    ids_right: int = 0
    ids_invented: int = 0

    def f1(self, right: int) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * right / (self.gold + self.shown) if self.gold + self.shown else 0.0


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _part(index: int) -> str:
    return "held" if index % 4 == 3 else "look"


def invented() -> Iterator[Case]:
    """The messages of ``invented_messages.yaml``."""
    content = yaml.safe_load((HERE / "invented_messages.yaml").read_text(encoding="utf-8"))
    orders = {
        name: tuple(
            LineRef(number, line["sku"], line["title"], line["units"]) for number, line in enumerate(lines, 1)
        )
        for name, lines in content["orders"].items()
    }
    for message in content["messages"]:
        gold = tuple((sku, units, kind) for sku, units, kind in message["gold"])
        yield Case(
            message["id"],
            f"invented {message['language']}",
            "look",
            message["text"],
            orders[message["order"]],
            gold,
        )


def buyer_messages(
    path: Path = SHARED / "buyer_messages" / "cases.jsonl", group: str = "buyer"
) -> Iterator[Case]:
    """``buyer_messages``, or another file in its form: order lines, wording, gold per SKU and units."""
    seen: Counter[str] = Counter()
    for row in _rows(path):
        language = row["language"]
        lines = tuple(
            LineRef(
                line["line"],
                line["sku"],
                line["description"],
                line["qty"],
                unit_price=Decimal(str(line["unit_price"])),
            )
            for line in row["order_lines"]
        )
        gold = tuple(
            (item["sku"], item["qty"], item["type"])
            for item in row["gold"]["items"]
            if item["type"] != "no_issue"
        )
        complete = {row["order_id"]} if row["order_id_shape"] in ("full", "no_dashes") else set()
        part = _part(seen[language]) if group == "buyer" else "look"
        seen[language] += 1
        yield Case(
            row["case_id"], f"{group} {language}", part, row["message"], lines, gold, frozenset(complete)
        )


def zh_quantity_complaints() -> Iterator[Case]:
    """``zh_quantity_complaints``: Chinese reviews that count, read without an order."""
    for index, row in enumerate(_rows(SHARED / "zh_quantity_complaints" / "cases.jsonl")):
        gold = tuple(
            ("", (issue["qty"] or [None])[0], _REVIEW_TYPES[issue["type"]]) for issue in row["issues"]
        )
        choices = tuple(frozenset(issue["qty"] or ()) for issue in row["issues"])
        yield Case(row["case_id"], "zh quantity", _part(index), row["text"], (), gold, None, choices)


def tau_retail() -> Iterator[Case]:
    """The tasks of tau2 that return or exchange delivered items, all delivered orders of the buyer as lines."""
    chosen = [
        row
        for row in _rows(SHARED / "tau_retail" / "cases.jsonl")
        if row["source"] == "tau2-bench" and any(action["action"] in _AFTER_SALES for action in row["gold"])
    ]
    for index, row in enumerate(chosen):
        lines: list[LineRef] = []
        orders_of: dict[str, str] = {}
        for order in row["candidate_orders"]:
            if order["status"] != "delivered":
                continue
            for item in order["items"]:
                title = f"{item['name']} {' '.join(map(str, item['options'].values()))}"
                sku = f"{item['item_id']}/{order['order_id'].strip('#')}"
                price = Decimal(str(item["price"]))
                lines.append(LineRef(len(lines) + 1, sku, title, 1, unit_price=price))
                orders_of[sku] = order["order_id"]
        gold = tuple(
            (f"{item}/{action['order_id'].strip('#')}", 1, "")
            for action in row["gold"]
            if action["action"] in _AFTER_SALES
            for item in action["item_ids"]
        )
        yield Case(
            row["case_id"],
            "tau_retail",
            _part(index),
            row["message"],
            tuple(lines),
            gold,
            orders_of=orders_of,
        )


def record_of(case: Case, encoder: Encoder | None) -> dict[str, Any]:
    """What ``playbook batch read`` writes for a case."""
    reading = read(case.message, case.lines, encoder=encoder)
    return reading_record(case.name, reading, with_order=bool(case.lines))


def items_of(case: Case, record: dict[str, Any]) -> list[tuple[Item, bool]]:
    """The items shown, and whether they are shown as sure."""
    if case.orders_of:
        wanted = {item["line"] for item in record["items"]}
        wanted |= {asked["line"] for asked in record["remedy_asked"] if asked["line"] is not None}
        return [((line.sku, 1, ""), False) for line in case.lines if line.line in wanted]
    return [((item["sku"] or "", item["units"], item["issue"]), item["sure"]) for item in record["items"]]


def _accepted(case: Case, shown: list[tuple[Item, bool]]) -> list[Item]:
    """The labels, each with the reading of its number that was shown, where two readings are fair."""
    if not case.choices:
        return list(case.gold)
    left = Counter(item for item, _ in shown)
    gold: list[Item] = []
    for (sku, units, kind), choices in zip(case.gold, case.choices, strict=True):
        fitting = [choice for choice in sorted(choices) if left[(sku, choice, kind)] > 0]
        item = (sku, fitting[0] if fitting else units, kind)
        left[item] -= 1
        gold.append(item)
    return gold


def add(tally: Tally, case: Case, record: dict[str, Any]) -> None:
    """Compare one reading with its labels."""
    shown = items_of(case, record)
    gold = Counter(_accepted(case, shown))
    found = Counter(item for item, _ in shown)
    tally.cases += 1
    tally.gold += gold.total()
    tally.shown += found.total()
    names = [Counter(sku for sku, _, _ in items.elements()) for items in (gold, found)]
    tally.named += (names[0] & names[1]).total()
    plain = [Counter((sku, units) for sku, units, _ in items.elements()) for items in (gold, found)]
    tally.right += (plain[0] & plain[1]).total()
    tally.right_typed += (gold & found).total()
    tally.whole += gold == found
    sure = [item for item, certain in shown if certain]
    tally.sure += len(sure)
    tally.sure_wrong += sum(item not in gold for item in sure)
    if case.orders_of:
        tally.ids_gold += 1
        orders = [
            {case.orders_of[sku] for sku, _, _ in items if sku in case.orders_of} for items in (gold, found)
        ]
        tally.ids_right += orders[0] == orders[1]
    elif case.order_ids is not None:
        tally.ids_gold += len(case.order_ids)
        tally.ids_right += len(case.order_ids & set(record["order_ids"]))
        tally.ids_invented += len(set(record["order_ids"]) - case.order_ids)


def report(title: str, tally: Tally) -> str:
    """One line of the table."""
    return (
        f"{title:<19}{tally.cases:>5}{tally.gold:>6}{tally.shown:>6}"
        f"{tally.named / max(1, tally.gold):>6.2f}{tally.right / max(1, tally.shown):>6.2f}"
        f"{tally.right / max(1, tally.gold):>6.2f}{tally.f1(tally.right):>6.2f}{tally.f1(tally.right_typed):>7.2f}"
        f"{tally.sure:>6}{tally.sure_wrong:>6}{tally.whole:>7}{tally.whole / max(1, tally.cases):>6.2f}"
        f"{tally.ids_right:>6}/{tally.ids_gold}+{tally.ids_invented}"
    )


HEADING = (
    f"{'':<19}{'cases':>5}{'gold':>6}{'shown':>6}{'sku':>6}{'prec':>6}{'rec':>6}{'F1':>6}{'F1typ':>7}"
    f"{'sure':>6}{'wrong':>6}{'whole':>7}{'':>6}  order numbers"
)


def table(cases: list[Case], encoder: Encoder | None) -> dict[str, Tally]:
    """Tallies by set, language and part."""
    tallies: dict[str, Tally] = {}
    for case in cases:
        record = record_of(case, encoder)
        total = case.group.split()[0]
        keys = (
            {case.group, total}
            if case.part == "look" and total == "invented"
            else {case.group, f"{case.group} {case.part}", total, f"{total} {case.part}"}
        )
        if total in {"zh", "tau_retail"}:
            keys = {case.group, f"{case.group} {case.part}"}
        for key in keys:
            add(tallies.setdefault(key, Tally()), case, record)
    return tallies


def show(case: Case, encoder: Encoder | None) -> str:
    """The differences of one case in words; nothing when there are none."""
    record = record_of(case, encoder)
    shown = items_of(case, record)
    gold = Counter(_accepted(case, shown))
    found = Counter(item for item, _ in shown)
    if gold == found:
        return ""
    titles = {line.sku: line.title for line in case.lines}
    lines = [f"===== {case.name} {case.group}\n{case.message}"]
    quotes = {(item["sku"] or "", item["units"], item["issue"]): item["quote"] for item in record["items"]}
    for item, sure in shown:
        mark = "=" if item in gold else "+"
        lines.append(
            f"  {mark} {item[1]} {item[2]} {titles.get(item[0], item[0])}{' sure' if sure else ''} | {quotes.get(item)!r}"
        )
    lines += [
        f"  - {units} {kind} {titles.get(sku, sku)}" for sku, units, kind in sorted((gold - found), key=str)
    ]
    lines += [f"  ? {question}" for question in record.get("questions", ())]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table; with ``--show`` the differences of the looked-at part of one group."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--show", metavar="GROUP", help="differences of a group, such as 'buyer en'")
    arguments.add_argument("--without-encoder", action="store_true", help="read by rules alone")
    arguments.add_argument(
        "--messages",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="read only these files, in the form of buyer_messages",
    )
    options = arguments.parse_args()
    sources: list[Callable[[], Iterator[Case]]] = [invented]
    if options.messages:
        sources = [partial(buyer_messages, path, path.stem) for path in options.messages]
    elif SHARED.exists():
        sources += [buyer_messages, zh_quantity_complaints, tau_retail]
    else:
        print(f"no shared sets at {SHARED}: only the invented messages are read", file=sys.stderr)
    cases = [case for source in sources for case in source()]
    encoder = None if options.without_encoder else default_encoder()
    if options.show:
        chosen = [case for case in cases if case.group.startswith(options.show) and case.part == "look"]
        print("\n".join(filter(None, (show(case, encoder) for case in chosen))))
        return 0
    tallies = table(cases, encoder)
    print(HEADING)
    for key in sorted(tallies):
        print(report(key, tallies[key]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
