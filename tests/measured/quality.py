"""All goals of reading and finding in one table: run ``python tests/measured/quality.py``.

Reads ``../shared/data`` (not part of this repository). Each row is a goal: what is reached on the whole set,
on the part that was looked at while the rules were written, and on the part that was never looked at. What
the sets and parts are, and more columns, is said in ``quality_reading.py`` and ``quality_lock.py``.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.intake.meaning import default_encoder
from tests.measured import quality_lock, quality_reading

ReadingTally = quality_reading.Tally
FOREIGN = ("buyer zh", "buyer de", "buyer ja")


@dataclass(frozen=True)
class Row:
    """A goal and what is reached: on all cases, on those looked at, on those held. ``most`` turns the goal round."""

    measure: str
    goal: str
    reached: tuple[str, str, str]
    met: bool

    def __str__(self) -> str:
        whole, look, held = self.reached
        return f"| {self.measure} | {self.goal} | {whole} | {look} | {held} | {'yes' if self.met else 'no'} |"


def added(tallies: list[ReadingTally]) -> ReadingTally:
    """The counts of several groups together."""
    total = ReadingTally()
    for tally in tallies:
        for name, count in vars(tally).items():
            setattr(total, name, getattr(total, name) + count)
    return total


def _share(part: int, of: int) -> float:
    return part / of if of else 0.0


def reading_rows() -> Iterator[Row]:
    """The rows of the reader."""
    sources = (
        quality_reading.buyer_messages,
        quality_reading.zh_quantity_complaints,
        quality_reading.tau_retail,
    )
    cases = [case for source in sources for case in source()]
    tallies = quality_reading.table(cases, default_encoder())

    def row(
        measure: str,
        groups: tuple[str, ...],
        goal: str,
        value: Callable[[ReadingTally], float],
        shown: Callable[[ReadingTally], str],
        least: float,
        *,
        most: bool = False,
    ) -> Row:
        parts = [
            added([tallies[f"{group}{part}"] for group in groups if f"{group}{part}" in tallies])
            for part in ("", " look", " held")
        ]
        reached = value(parts[0])
        met = reached <= least if most else reached >= least
        whole, look, held = (shown(part) for part in parts)
        return Row(measure, goal, (whole, look, held), met)

    def percent_whole(tally: ReadingTally) -> str:
        return f"{_share(tally.whole, tally.cases):.0%} ({tally.whole}/{tally.cases})"

    def counted(tally: ReadingTally) -> str:
        return f"{tally.whole} of {tally.cases}"

    for name, groups, whole, plain, typed in (
        ("buyer_messages en", ("buyer en",), 0.60, 0.90, 0.84),
        ("buyer_messages zh, de, ja", FOREIGN, 0.45, 0.82, 0.76),
    ):
        yield row(
            f"{name}: all items right", groups, f"{whole:.0%}",
            lambda t: _share(t.whole, t.cases), percent_whole, whole,
        )  # fmt: skip
        yield row(
            f"{name}: F1 of (SKU, units)", groups, f"{plain:.2f}",
            lambda t: t.f1(t.right), lambda t: f"{t.f1(t.right):.2f}", plain,
        )  # fmt: skip
        yield row(
            f"{name}: F1 with type", groups, f"{typed:.2f}",
            lambda t: t.f1(t.right_typed), lambda t: f"{t.f1(t.right_typed):.2f}", typed,
        )  # fmt: skip
    yield row(
        "buyer_messages: wrong rows shown as sure", ("buyer",), "at most 2 %",
        lambda t: _share(t.sure_wrong, t.shown),
        lambda t: f"{_share(t.sure_wrong, t.shown):.1%} ({t.sure_wrong}/{t.shown})", 0.02, most=True,
    )  # fmt: skip
    yield row(
        "buyer_messages: order numbers found, invented", ("buyer",), "all, 0",
        lambda t: float(t.ids_right == t.ids_gold and not t.ids_invented),
        lambda t: f"{t.ids_right} of {t.ids_gold}, {t.ids_invented}", 1.0,
    )  # fmt: skip
    yield row(
        "zh_quantity_complaints: (type, units) exact", ("zh quantity",), "55 of 68",
        lambda t: t.whole, counted, 55,
    )  # fmt: skip
    yield row("tau_retail: exact item set", ("tau_retail",), "24 of 41", lambda t: t.whole, counted, 24)
    yield row(
        "tau_retail: right orders", ("tau_retail",), "34 of 41",
        lambda t: t.ids_right, lambda t: f"{t.ids_right} of {t.cases}", 34,
    )  # fmt: skip


def lock_rows() -> Iterator[Row]:
    """The rows of the order book."""
    tallies = quality_lock.measure()

    def of(name: str) -> tuple[quality_lock.Tally, quality_lock.Tally]:
        return tallies[name, "look"], tallies[name, "held"]

    def first(name: str, measure: str, goal: float) -> Row:
        look, held = of(name)
        whole = (look.first + held.first) / (look.cases + held.cases)
        reached = (f"{whole:.3f}", f"{look.first / look.cases:.3f}", f"{held.first / held.cases:.3f}")
        return Row(measure, f"{goal:g}", reached, whole >= goal)

    def none(name: str, measure: str, field: str) -> Row:
        look, held = (getattr(tally, field) for tally in of(name))
        return Row(measure, "0", (str(look + held), str(look), str(held)), look + held == 0)

    yield first("uci partial", "uci partial credits: order at first rank", 0.985)
    yield none("uci ambiguous", "uci ambiguous credits: locked without asking", "certain")
    yield none("uci not_found", "uci not-found credits: an order named", "named")
    for name in ("febrl3", "fake_1000"):
        yield first(f"person {name}", f"person_matching {name}: found at first rank", 0.97)
        yield none(f"person {name}", f"person_matching {name}: false certain", "false")


def main() -> int:
    """Print the table as Markdown; what is not reached does not change the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/quality.py reading",
    )
    parser.add_argument("room", nargs="?", choices=["reading", "lock"], help="only these rows")
    room = parser.parse_args().room
    if not quality_reading.SHARED.is_dir():
        sys.stderr.write(f"no measuring data at {quality_reading.SHARED}\n")
        return 3
    print("| set and measure | goal | reached | looked at | held | met |\n|---|---|---|---|---|---|")
    for name, rows in (("reading", reading_rows), ("lock", lock_rows)):
        for row in rows() if room in {None, name} else ():
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
