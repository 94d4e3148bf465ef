"""Speed of the order book: run ``python tests/measured/bench_orderbook.py [--orders N]``.

Generates a seeded All-Orders report of N orders over two years, ten lines each on average, with products that
sell unevenly; imports it into a new SQLite order book in a process of its own (its peak memory is told), and
asks for orders by each key. The same questions go to a pandas table that is in memory already: the ratio
is what the house asks for. The last orders have recipients, as the reports on new orders bring them.

The full run, ``--orders 1000000``, takes about ten minutes and 9 GB; the default is small enough for every day.
"""

import argparse
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playbook.orderbook import Query, QueryItem, find, import_file
from playbook.policy import load_policy
from playbook.store import Store, open_store

SEED = 20261123
END = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAYS = 730
PRODUCTS = 5000
NAMES = [
    "Ines", "Jonas", "Mira", "Tomas", "Lena", "Aron", "Katja", "Niels", "Petra", "Simon", "Vera", "Oskar", "Ida",
    "Emil", "Greta", "Hugo", "Alva", "Bruno",
]  # fmt: skip
COLUMNS = [
    "amazon-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel",
    "sales-channel", "ship-service-level", "product-name", "sku", "asin", "item-status", "quantity", "currency",
    "item-price", "item-tax", "shipping-price", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "is-business-order", "purchase-order-number", "order-item-id", "buyer-email", "recipient-name",
]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """An order of the book, with what somebody could know of it."""

    order_id: str
    po_number: str
    email: str
    name: str
    postcode: str
    items: tuple[tuple[str, int], ...]


def generate(path: Path, orders: int) -> list[Asked]:
    """Write the report; returns 200 of the last orders, which have everything."""
    rng = random.Random(SEED)
    products = [
        f"Product {place}, set of {place % 12 + 1}, colour {place % 7}\tSKU-{place:05}\tB0{place:08}\tShipped"
        for place in range(PRODUCTS)
    ]
    prices = [round(rng.uniform(1, 60), 2) for _ in products]
    asked: list[Asked] = []
    with path.open("w", encoding="utf-8") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for number in range(orders):
            one, lines = _order(rng, number, orders, products, prices)
            file.writelines(lines)
            if orders - number <= max(200, orders // 50):
                asked.append(one)
    return rng.sample(asked, min(200, len(asked)))


def _order(
    rng: random.Random, number: int, orders: int, products: list[str], prices: list[float]
) -> tuple[Asked, list[str]]:
    digits, chance = rng.getrandbits(64), rng.random
    order_id = f"{100 + digits % 900}-{digits // 900 % 10**7:07}-{(digits >> 34) % 10**7:07}"
    at = (END - timedelta(days=DAYS * (1 - number / orders), seconds=1)).isoformat()
    first, last, city = (NAMES[int(chance() * len(NAMES))] for _ in range(3))
    name = f"{first} {last}{'abcdefgh'[digits & 7]}{'aeio'[digits >> 3 & 3]}{'nrst'[digits >> 5 & 3]}"
    email = f"{rng.getrandbits(48):012x}@marketplace.amazon.com"
    postcode, po_number = f"{int(chance() * 10**5):05}", f"PO-{number:07}" if number % 4 == 0 else ""
    chosen = sorted({int(PRODUCTS * chance() ** 2) for _ in range(1 + int(chance() * 21))})
    items = [(place, 1 + int(chance() * 24)) for place in chosen]
    begin = f"{order_id}\t{at}\t{at}\tShipped\tMerchant\tAmazon.com\tStandard\t"
    where = f"5.00\t{city}ville\tID\t{postcode}\tUS\t{'true' if po_number else 'false'}\t{po_number}\t"
    lines = [
        f"{begin}{products[place]}\t{units}\tUSD\t{units * prices[place]:.2f}\t{units * prices[place] * 0.08:.2f}\t"
        f"{where}{number:09}{place:05}\t{email}\t{name}\n"
        for place, units in items
    ]
    wanted = tuple((f"SKU-{place:05}", units) for place, units in items[:5])
    return Asked(order_id, po_number, email, name, postcode, wanted), lines


def _import(path: Path, url: str, answer: Any) -> None:
    started, worked = time.perf_counter(), time.process_time()
    with open_store(url) as store:
        result = import_file(store, path, markets=load_policy().markets, at=END, ahead=True)
    wall, own = time.perf_counter() - started, time.process_time() - worked
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + used.ru_maxrss
    answer.send((result, wall, own, used.ru_utime + used.ru_stime, peak / 1024))


def measure_import(path: Path, url: str) -> Iterator[str]:
    """Lines a second by the clock and by the processors, and peak memory, of a process that only imports.

    It reads in a second process: the busier of the two is what the clock shows on two idle processors.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_import, args=(path, url, there))
    process.start()
    result, wall, writing, reading, peak = here.recv()
    process.join()
    yield str(result)
    yield (
        f"{result.lines / wall:,.0f} lines/s by the clock; by the processor {result.lines / reading:,.0f} reading, "
        f"{result.lines / writing:,.0f} writing; {peak:.0f} MB in both processes"
    )


def questions(one: Asked) -> dict[str, Query]:
    """One order, asked for by each key."""
    items = tuple(QueryItem(sku=sku, units=units) for sku, units in one.items)
    return {
        "full number": Query(order_id=one.order_id),
        "last 7 digits": Query(order_id_part=one.order_id[-7:]),
        "last 5 digits": Query(order_id_part=one.order_id[-5:]),
        **({"PO number": Query(po_number=one.po_number)} if one.po_number else {}),
        "e-mail": Query(email=one.email),
        "name and postcode": Query(name=one.name, postcode=one.postcode),
        "5 SKUs with units": Query(items=items),
    }


def measure_search(store: Store, path: Path, asked: list[Asked]) -> Iterator[str]:
    """Look-ups of the book, and the same in pandas over all rows."""
    import pandas as pd

    columns = [
        "amazon-order-id",
        "purchase-order-number",
        "buyer-email",
        "recipient-name",
        "ship-postal-code",
    ]
    rows = pd.read_csv(
        path, sep="\t", usecols=[*columns, "sku", "quantity"], dtype=str, keep_default_na=False
    )
    rows["quantity"] = rows["quantity"].astype(int)
    number = rows["amazon-order-id"]

    def with_products(one: Asked) -> Any:
        fits = [number[(rows["sku"] == sku) & (rows["quantity"] >= units)] for sku, units in one.items]
        return set.intersection(*map(set, fits))

    scans: dict[str, Callable[[Asked], Any]] = {
        "full number": lambda one: rows[number == one.order_id],
        "last 7 digits": lambda one: rows[number.str.endswith(one.order_id[-7:])],
        "last 5 digits": lambda one: rows[number.str.endswith(one.order_id[-5:])],
        "PO number": lambda one: rows[rows["purchase-order-number"] == one.po_number],
        "e-mail": lambda one: rows[rows["buyer-email"] == one.email],
        "name and postcode": lambda one: rows[
            (rows["recipient-name"] == one.name) & (rows["ship-postal-code"] == one.postcode)
        ],
        "5 SKUs with units": with_products,
    }
    yield f"{'key':20} {'p50 ms':>8} {'p95 ms':>8} {'pandas ms':>10} {'ratio':>8} {'found':>7}"
    for key, scan in scans.items():
        some = [one for one in asked if key in questions(one)]
        spent: list[float] = []
        right = 0
        for one in some:
            query = questions(one)[key]
            started = time.perf_counter()
            found = find(query, store, END)
            spent.append((time.perf_counter() - started) * 1000)
            right += one.order_id in {candidate.order.order_id for candidate in found.candidates}
        scanned: list[float] = []
        for one in some[:5]:
            started = time.perf_counter()
            scan(one)
            scanned.append((time.perf_counter() - started) * 1000)
        half, most, base = (
            statistics.median(spent),
            sorted(spent)[int(len(spent) * 0.95)],
            statistics.median(scanned),
        )
        yield f"{key:20} {half:8.1f} {most:8.1f} {base:10.0f} {base / half:8.0f} {right / len(some):7.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument(
        "--keep", type=Path, help="a folder for report and database; by default a temporary one"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.keep or Path(folder)
        path, url = place / "all-orders.tsv", f"sqlite:///{place / 'book.db'}"
        asked = generate(path, arguments.orders)
        print(f"{arguments.orders} orders, report of {path.stat().st_size / 1e6:.0f} MB")
        for line in measure_import(path, url):
            print(line)
        print(f"database of {(place / 'book.db').stat().st_size / 1e6:.0f} MB")
        sys.stdout.flush()
        with open_store(url) as store:
            for line in measure_search(store, path, asked):
                print(line)


if __name__ == "__main__":
    main()
