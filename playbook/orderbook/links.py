"""Compensation from before there was an order book, listed by hand."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from playbook.domain.ids import OrderId
from playbook.domain.money import Money
from playbook.domain.orders import Component, Earlier, Order
from playbook.domain.problems import Problem, problem
from playbook.orderbook.refusals import ImportRefused, Skipped
from playbook.policy.yamlfile import Document, YamlError
from playbook.store import Store
from playbook.store.keys import fold


def put_earlier(store: Store, path: Path) -> list[Skipped]:
    """Record the compensation listed in a YAML file; returns the entries that fit no order.

    Each entry: ``order_id``, ``sku`` or ``line``, ``kind``, ``units``, and as known ``refunded`` (amounts
    by component, as texts), ``on`` and ``reference``. ImportRefused says what is wrong in the file.
    """
    skipped: list[Skipped] = []
    for number, (order_id, raw) in enumerate(_entries(path), start=1):
        order = store.order(order_id)
        if order is None:
            skipped.append(Skipped(number, order_id, problem("row_unknown_order", order_id=order_id)))
            continue
        found = _earlier(order, raw, path.name, number)
        if isinstance(found, Problem):
            skipped.append(Skipped(number, order_id, found))
        else:
            store.put_orders([order.model_copy(update={"earlier": (*order.earlier, found)})], path.name)
    return skipped


def _entries(path: Path) -> Iterable[tuple[OrderId, Mapping[str, Any]]]:
    try:
        data = Document(path.name, path.read_bytes()).data
    except OSError as error:
        raise ImportRefused("import_no_file", file=path.name, reason=error.strerror or str(error)) from None
    except YamlError as error:
        raise ImportRefused("import_map_wrong", file=path.name, reason=str(error)) from None
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ImportRefused("import_map_wrong", file=path.name, reason="write a list of entries")
    return [(OrderId(str(entry.pop("order_id", ""))), entry) for entry in data]


def _earlier(order: Order, raw: Mapping[str, Any], file: str, number: int) -> Earlier | Problem:
    fields = dict(raw)
    sku = str(fields.pop("sku", ""))
    line = fields.pop("line", None)
    place = next(
        (own.line for own in order.lines if own.line == line or (sku and fold(own.sku) == fold(sku))), None
    )
    if place is None:
        return problem("row_unknown_sku", order_id=order.order_id, sku=sku or f"line {line}")
    try:
        refunded = {
            Component(name): Money.of(str(amount), order.currency)
            for name, amount in dict(fields.pop("refunded", {})).items()
        }
        on = fields.pop("on", None)
        when = date.fromisoformat(str(on)) if on is not None else None
        return Earlier(line=place, refunded=refunded, on=when, **fields)
    except (ValueError, TypeError) as error:
        reason = str(error).splitlines()[-1].strip()[:200]
        raise ImportRefused("import_earlier_wrong", file=file, entry=number, reason=reason) from None
