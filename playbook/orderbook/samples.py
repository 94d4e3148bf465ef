"""Sample orders: made from a plan and a catalogue, always the same, and loaded into a store.

``python -m playbook.orderbook.samples`` rewrites the files in ``data/orders``; a test holds the
files against the plan. The sample cases and the drills rely on the planned orders.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import yaml

from playbook.domain.ids import Marketplace
from playbook.domain.money import minor_unit
from playbook.policy import MarketRow, load_policy

SEED = 20261120
LAST_DAY = date(2026, 11, 21)
"""No sample order is delivered later: the sample cases are current on the days after."""

RECIPIENT_COLUMNS = (
    *("order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name"),
    *(
        "buyer-phone-number",
        "sku",
        "product-name",
        "quantity-purchased",
        "currency",
        "item-price",
        "item-tax",
    ),
    *("shipping-price", "shipping-tax", "ship-service-level", "recipient-name", "ship-address-1"),
    *("ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country"),
)


@dataclass(frozen=True, slots=True)
class _Market:
    """A marketplace as the report writes it. ``rate`` is what one of the catalogue's currency costs there."""

    facts: MarketRow
    price_key: str
    rate: Decimal
    tax: Decimal
    prefixes: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]

    @property
    def channel_name(self) -> str:
        return self.facts.domain.capitalize()


def _markets(plan: Mapping[str, Any]) -> dict[str, _Market]:
    known = load_policy().markets
    return {
        name: _Market(
            known[Marketplace(name)],
            raw["prices"],
            Decimal(raw.get("rate", 1)),
            Decimal(raw["tax"]),
            tuple(raw["prefixes"]),
            tuple((str(city), str(state), str(postcode)) for city, state, postcode in raw["places"]),
        )
        for name, raw in plan["markets"].items()
    }


@dataclass(frozen=True, slots=True)
class Product:
    """One variant of one product: SKU, invented ASIN, titles by language, unit prices by currency key."""

    sku: str
    asin: str
    titles: Mapping[str, str]
    prices: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Line:
    sku: str
    units: int
    channel: str
    shipped: int
    cancelled: bool
    off: int


def catalogue(folder: Path) -> dict[str, Product]:
    """The assortment by SKU, in the order of ``catalogue.yaml``."""
    raw = yaml.safe_load((folder / "catalogue.yaml").read_text(encoding="utf-8"))
    products: dict[str, Product] = {}
    for entry in raw["products"]:
        for variant in entry["variants"]:
            names = raw["variants"][variant]
            sku = f"{entry['code']}-{variant}"
            titles = {
                "en": f"{entry['en']}, {names['en']}",
                "de": f"{entry['de']}, {names['de']}",
                "ja": f"{entry['ja']} {names['ja']}",
            }
            prices = {key: Decimal(entry[key]) for key in ("usd", "gbp", "eur", "jpy")}
            products[sku] = Product(sku, _asin(sku), titles, prices)
    return products


def _asin(sku: str) -> str:
    letters = random.Random(f"asin {sku}")  # noqa: S311 - samples must repeat
    return "B0" + "".join(letters.choice("0123456789BCDFGHJKLMNPQRSTVWXYZ") for _ in range(8))


def _planned_line(text: str, default_channel: str, unshipped: bool) -> _Line:
    sku, units, *options = text.split()
    count = int(units)
    channel, shipped, cancelled, off = default_channel, 0 if unshipped else count, False, 0
    for option in options:
        if option in {"FBA", "FBM", "SFP"}:
            channel = option
        elif option == "cancelled":
            cancelled, shipped = True, 0
        elif option.startswith("shipped="):
            shipped = int(option.removeprefix("shipped="))
        elif option.startswith("off="):
            off = int(option.removeprefix("off="))
        else:
            raise ValueError(f"plan.yaml: unknown option {option!r} in {text!r}")
    return _Line(sku, count, channel, shipped, cancelled, off)


def _lines(order: Mapping[str, Any], products: Mapping[str, Product], chance: random.Random) -> list[_Line]:
    unshipped = bool(order.get("unshipped"))
    lines = [_planned_line(text, order["channel"], unshipped) for text in order["lines"]]
    taken = {line.sku for line in lines}
    free = [sku for sku in products if sku not in taken]
    for sku in chance.sample(free, order.get("fill", 0)):
        units = chance.choice((1, 2, 2, 3, 4, 4, 5, 6, 6, 8, 10, 12))
        lines.append(_Line(sku, units, order["channel"], 0 if unshipped else units, False, 0))
    return lines


def _ordinary(
    ordinary: Mapping[str, Any],
    markets: Mapping[str, _Market],
    products: Mapping[str, Product],
    taken: set[str],
) -> Iterator[dict[str, Any]]:
    chance = random.Random(SEED)  # noqa: S311 - samples must repeat
    days = (ordinary["to"] - ordinary["from"]).days
    for market, count in ordinary["counts"].items():
        for number in range(1, count + 1):
            order_id = ""
            while not order_id or order_id in taken:
                prefix = chance.choice(markets[market].prefixes)
                order_id = f"{prefix}-{chance.randrange(10**7):07}-{chance.randrange(10**7):07}"
            taken.add(order_id)
            day = ordinary["from"] + timedelta(days=chance.randrange(days + 1))
            placed = datetime(
                day.year, day.month, day.day, chance.randrange(24), chance.randrange(60), tzinfo=UTC
            )
            wanted = chance.randint(1, ordinary["max_lines"])
            skus = chance.sample(list(products), wanted)
            channel = chance.choices(("FBM", "FBA", "SFP"), (6, 3, 1))[0]
            delivered = day + timedelta(days=chance.randint(2 if channel != "FBM" else 4, 7))
            yield {
                "name": f"{market.lower()}-ordinary-{number}",
                "id": order_id,
                "market": market,
                "channel": channel,
                "business": chance.random() < 0.3,
                "placed": placed.isoformat(),
                **(
                    {"delivered": delivered}
                    if delivered <= LAST_DAY
                    else {"latest": delivered + timedelta(days=2)}
                ),
                "lines": [f"{sku} {chance.choice((1, 1, 2, 3, 4, 6, 10, 12))}" for sku in skus],
            }


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def _money(amount: Decimal, currency: str) -> str:
    return str(_rounded(amount, currency))


def _report_rows(
    order: Mapping[str, Any], market: _Market, products: Mapping[str, Product]
) -> Iterator[dict[str, str]]:
    chance = random.Random(f"order {order['id']}")  # noqa: S311 - samples must repeat
    currency, included = market.facts.currency, market.facts.tax_included
    lines = _lines(order, products, chance)
    placed = datetime.fromisoformat(order["placed"]).astimezone(UTC)
    delivered: date | None = order.get("delivered")
    latest: date | None = order.get("latest", (delivered or placed.date()) + timedelta(days=2))
    updated = min(placed + timedelta(days=2), datetime(2026, 11, 20, tzinfo=UTC))
    recipient = order.get("recipient") or {}
    city, state, postcode = chance.choice(market.places)
    if recipient:
        city, state, postcode = recipient["city"], recipient.get("state", ""), recipient["postcode"]
    shipping = Decimal(order.get("shipping", "0"))
    for number, line in enumerate(lines):
        product = products[line.sku]
        item = (
            Decimal(0)
            if order.get("replaces") or line.cancelled
            else _rounded(product.prices[market.price_key] * market.rate, currency) * line.units
        )
        off = item * line.off / 100
        own_shipping = shipping if number == 0 else Decimal(0)
        part = market.tax / (1 + market.tax) if included else market.tax
        yield {
            "amazon-order-id": order["id"],
            "merchant-order-id": order["id"],
            "purchase-date": placed.isoformat(),
            "last-updated-date": updated.isoformat(),
            "order-status": _order_status(lines),
            "fulfillment-channel": "Amazon" if line.channel == "FBA" else "Merchant",
            "sales-channel": market.channel_name,
            "order-channel": "",
            "ship-service-level": {"FBA": "Expedited", "SFP": "Prime Standard", "FBM": "Standard"}[
                line.channel
            ],
            "product-name": product.titles.get(market.facts.language, product.titles["en"]),
            "sku": line.sku,
            "asin": product.asin,
            "item-status": _item_status(line),
            "quantity": str(line.units),
            "currency": currency,
            "item-price": _money(item, currency),
            "item-tax": _money((item - off) * part, currency),
            "shipping-price": _money(own_shipping, currency),
            "shipping-tax": _money(own_shipping * part if included else Decimal(0), currency),
            "gift-wrap-price": "",
            "gift-wrap-tax": "",
            "item-promotion-discount": _money(-off, currency) if off else "",
            "ship-promotion-discount": "",
            "ship-city": city,
            "ship-state": state,
            "ship-postal-code": postcode,
            "ship-country": market.facts.days_off.country or "",
            "promotion-ids": "Quantity discount" if off else "",
            "cpf": "",
            "is-business-order": "true" if order.get("business") else "false",
            "purchase-order-number": str(order.get("po", "")),
            "price-designation": "Business Price" if order.get("business") else "",
            "is-prime": "true" if line.channel == "SFP" else "false",
            "order-item-id": f"{chance.randrange(10**13, 10**14)}",
            "quantity-shipped": str(line.shipped),
            "latest-delivery-date": latest.isoformat() if latest else "",
            "delivered-date": delivered.isoformat() if delivered and line.shipped == line.units else "",
            "is-replacement-order": "true" if order.get("replaces") else "false",
            "original-order-id": str(order.get("replaces", "")),
        }


def _order_status(lines: Iterable[_Line]) -> str:
    open_units = sum(line.units - line.shipped for line in lines if not line.cancelled)
    shipped = sum(line.shipped for line in lines)
    return "Shipped" if open_units == 0 else "PartiallyShipped" if shipped else "Unshipped"


def _item_status(line: _Line) -> str:
    if line.cancelled:
        return "Cancelled"
    return (
        "Shipped" if line.shipped == line.units else "Unshipped" if line.shipped == 0 else "PartiallyShipped"
    )


def _recipient_row(row: Mapping[str, str], recipient: Mapping[str, str]) -> dict[str, str]:
    same = {column: row.get(column, "") for column in RECIPIENT_COLUMNS}
    return same | {
        "order-id": row["amazon-order-id"],
        "payments-date": row["purchase-date"],
        "buyer-email": recipient["email"],
        "buyer-name": recipient["name"],
        "quantity-purchased": row["quantity"],
        "recipient-name": recipient["name"],
        "ship-address-1": recipient["address"],
    }


def _tsv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def sample_files(folder: Path) -> dict[str, str]:
    """The texts of the generated files by name, from ``plan.yaml`` and ``catalogue.yaml`` in *folder*."""
    plan = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8"))
    products = catalogue(folder)
    planned: list[dict[str, Any]] = plan["orders"]
    markets = _markets(plan)
    ordinary = list(_ordinary(plan["ordinary"], markets, products, {order["id"] for order in planned}))
    rows = {
        order["name"]: list(_report_rows(order, markets[order["market"]], products))
        for order in [*planned, *ordinary]
    }
    by_date = sorted((row for group in rows.values() for row in group), key=lambda row: row["purchase-date"])
    people = [
        _recipient_row(row, o["recipient"]) for o in planned if "recipient" in o for row in rows[o["name"]]
    ]
    earlier = [
        {"order_id": order["id"], **_plain(entry)} for order in planned for entry in order.get("earlier", ())
    ]
    head = "# Compensation granted before; made from plan.yaml.\n"
    return {
        "all-orders.tsv": _tsv(by_date[0], by_date),
        "recipients.tsv": _tsv(RECIPIENT_COLUMNS, people),
        "earlier.yaml": head + yaml.safe_dump(earlier, sort_keys=False, allow_unicode=True),
        "README.md": _readme(planned, rows, len(ordinary)),
    }


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in entry.items()}


def _readme(
    planned: Iterable[Mapping[str, Any]], rows: Mapping[str, list[dict[str, str]]], ordinary: int
) -> str:
    out = [
        "# Sample orders",
        "",
        "Invented orders in the layout of Amazon's All-Orders report. `plan.yaml` and `catalogue.yaml` are",
        "written by hand; `python -m playbook.orderbook.samples` makes the other files from them.",
        "",
        "- `all-orders.tsv`: every order. After `price-designation` come columns of other reports, which the",
        "  importer reads when they are there (Prime, units shipped, delivery dates, replacement orders).",
        "- `recipients.tsv` with `recipients.map.yaml`: invented recipients of some orders, as format",
        "  `table`; personal data go to the vault, never into orders or events.",
        "- `earlier.yaml`: compensation that was granted before.",
        "",
        f"Around the planned orders lie {ordinary} ordinary ones (October and November 2026, 1 to 15 lines).",
        "",
        "| name | order | market | channel | lines | units | placed | delivered | recipient | shows |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for order in planned:
        lines = rows[order["name"]]
        units = sum(int(row["quantity"]) for row in lines)
        channels = "+".join(
            dict.fromkeys("FBA" if r["fulfillment-channel"] == "Amazon" else order["channel"] for r in lines)
        )
        recipient = order.get("recipient") or {}
        person = f"{recipient['name']}, {recipient['postcode']}" if recipient else ""
        out.append(
            f"| {order['name']} | {order['id']} | {order['market']} | {channels} | {len(lines)} | {units} "
            f"| {order['placed'][:10]} | {order.get('delivered', '')} | {person} | {order['shows']}"
            f"{' (PO ' + order['po'] + ')' if order.get('po') else ''} |"
        )
    return "\n".join([*out, ""])


def write_samples(folder: Path) -> None:
    """Rewrite the generated files in *folder*."""
    for name, text in sample_files(folder).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    from playbook.settings import data_dir

    write_samples(data_dir() / "orders")
