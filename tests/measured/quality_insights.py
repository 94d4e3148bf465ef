"""The causes, measured: python tests/measured/quality_insights.py [--shared ../shared/data] [--seeds 200].

Prints a table, exit code 1 when a target is missed. What is random is seeded.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from playbook.insights import rates
from playbook.insights.measures import load_measures
from playbook.insights.returns import read_report, review_reports
from playbook.insights.rows import Fault, Shipped
from playbook.insights.signals import find

START = date(2026, 1, 5)
LONG_SERIES = 100


def credits_of(folder: Path) -> tuple[list[Fault], list[Shipped]]:
    """Sales and credits of customers, of goods that are goods: five digits."""
    from pyarrow import parquet

    table = parquet.read_table(folder / "online_retail_2010-12_2011-12.parquet").to_pylist()
    faults, shipped = [], []
    for row in table:
        sku, units, day = row["StockCode"], row["Quantity"], row["InvoiceDate"].date()
        if row["Customer ID"] is None or not sku[:5].isdigit():
            continue
        if row["Invoice"].startswith("C"):
            faults.append(Fault(sku, day, -units, "credit", reference=row["Invoice"]))
        elif units > 0:
            shipped.append(Shipped(sku, day, units, lines=1))
    return faults, shipped


def oracle(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "sku_credit_rates_oracle.csv").open(encoding="utf-8", newline="") as file:
        return {row["StockCode"]: row for row in csv.DictReader(file)}


def uci(folder: Path) -> list[tuple[str, str, str, bool]]:
    faults, shipped = credits_of(folder)
    known = oracle(folder)
    sold: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    credited: Counter[str] = Counter()
    credit_lines: Counter[str] = Counter()
    for row in shipped:
        sold[row.sku] += row.units
        lines[row.sku] += row.lines
    for fault in faults:
        credited[fault.sku] += fault.units
        credit_lines[fault.sku] += 1
    wrong = [
        sku
        for sku in set(known) | set(sold)
        if sku not in known
        or sold[sku] != int(known[sku]["sold_units"])
        or lines[sku] != int(known[sku]["sold_lines"])
        or credited[sku] != float(known[sku]["credit_units"] or 0)
        or credit_lines[sku] != float(known[sku]["credit_lines"] or 0)
    ]
    many = {sku for sku, row in known.items() if int(row["sold_lines"]) >= 100}
    first15 = sorted(many, key=lambda sku: -float(known[sku]["line_rate"] or 0))[:15]
    begun = time.perf_counter()
    found = find(faults, shipped)
    took = time.perf_counter() - begun
    among = [signal for signal in found if signal.goods in many][:10]
    hits = [signal.goods in first15 for signal in among]
    few = [signal for signal in found if credit_lines[signal.goods] < 5]
    return [
        ("uci: SKUs whose totals differ", f"{len(wrong)} of {len(known)}", "0", not wrong),
        ("uci: first 10 causes among the first 15", f"{sum(hits)} of 10", "9", sum(hits) >= 9),
        ("uci: signals with fewer than 5 credited lines", f"{len(few)} of {len(found)}", "0", not few),
        ("uci: seconds for all signals", f"{took:.1f}", "", True),
    ]


def noise(seeds: int) -> list[tuple[str, str, str, bool]]:
    """2,000 SKUs of unequal size, equal rates, a year in weeks: what is called is false."""
    level = load_measures().signals.false_discovery
    wrong = 0
    begun = time.perf_counter()
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        faults: list[Fault] = []
        shipped: list[Shipped] = []
        for number in range(2000):
            sku = f"S{number}"
            size = int(random.lognormal(3, 1)) + 1
            for week in random.choice(52, 12, replace=False):
                day = START + timedelta(weeks=int(week))
                shipped.append(Shipped(sku, day, size))
                for problem, rate in (("defect", 0.02), ("missing", 0.01)):
                    faults += [
                        Fault(sku, day, 1, problem, reference=f"{sku}-{week}-{problem}-{event}")
                        for event in range(random.binomial(size, rate))
                    ]
        wrong += bool(find(faults, shipped))
    share = wrong / seeds
    took = time.perf_counter() - begun
    return [
        (
            f"noise: runs with any false signal ({seeds} seeds, {took / seeds:.1f} s each)",
            f"{100 * share:.1f} %",
            f"{100 * level:.0f} %",
            share <= level,
        )
    ]


def drift(seeds: int) -> list[tuple[str, str, str, bool]]:
    """40 units a week at 3 %, three times as much from week 20: the early warning, and what it costs."""
    rows = []
    for quiet in (18, 26, 52, 104):
        limit = rates.watch_limit(40 * 0.03, quiet, 3.0)
        found, cried, between = 0, 0, []
        for seed in range(seeds):
            random = np.random.default_rng(seed)
            events = [*random.binomial(40, 0.03, 20).tolist(), *random.binomial(40, 0.09, 3).tolist()]
            alarms = alarms_of(events, limit)
            found += any(alarm >= 20 for alarm in alarms)
            cried += any(alarm < 20 for alarm in alarms)
            peace = alarms_of(random.binomial(40, 0.03, LONG_SERIES * 10).tolist(), limit)
            between.append(LONG_SERIES * 10 / max(len(peace), 1))
        text = (
            f"{100 * found / seeds:.1f} % (false: {100 * cried / seeds:.0f} % of runs in the 20 weeks before"
        )
        text += f", one in {np.mean(between):.0f} weeks)"
        is_asked = quiet == 18
        rows.append((f"drift: found within 3 weeks, alarm wanted every {quiet} weeks", text,
                     "90 %" if is_asked else "", not is_asked or found / seeds >= 0.9))  # fmt: skip
    return rows


def alarms_of(events: Sequence[int], limit: float) -> list[int]:
    """The weeks of all alarms; the chart begins anew after each."""
    alarms, start = [], 0
    while start < len(events):
        alarm = rates.watch(events[start:], [40] * (len(events) - start), 0.03, limit, 3.0).alarm
        if alarm is None:
            break
        alarms.append(start + alarm)
        start += alarm + 1
    return alarms


def reports(folder: Path) -> list[tuple[str, str, str, bool]]:
    rows = []
    for name in ("mfn_returns_sample.tsv", "mfn_returns_sample.xml", "fba_customer_returns_sample.csv"):
        read = read_report(folder / name)
        review = review_reports(read.rows, date(2026, 11, 24), 4)
        text = f"{review.rows} rows, {review.units} units, {len(review.tallies)} columns counted"
        good = bool(review.rows) and not read.unused and not read.skipped
        rows.append((f"{name}: columns nobody knows", f"{len(read.unused)} ({text})", "0", good))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--only", choices=("uci", "noise", "drift", "reports"))
    asked = parser.parse_args()
    parts = {
        "uci": lambda: uci(asked.shared / "uci_online_retail"),
        "drift": lambda: drift(asked.seeds),
        "reports": lambda: reports(asked.shared / "amazon_formats"),
        "noise": lambda: noise(asked.seeds),
    }
    missed = 0
    for name, part in parts.items():
        if asked.only in {None, name}:
            for what, reached, target, good in part():
                print(f"{'ok ' if good else 'MISSED'} | {what} | {reached} | {target}", flush=True)
                missed += not good
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
