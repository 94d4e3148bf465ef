"""The picking list of what is sent again: for the warehouse, without any personal data.

The address stands in the order: the list names the order number only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from playbook.domain.case import Case
from playbook.domain.ledgers import PromiseStanding
from playbook.domain.promises import PromiseKind
from playbook.exports.documents import Document, Part, Table
from playbook.exports.sheets import sheet
from playbook.i18n import show, translator
from playbook.i18n.words import N_, STANDINGS

COLUMNS = ("due", "late", "case", "order-id", "sku", "title", "what", "units", "picked", "packed-by")
"""The columns of the list as CSV; the last two are for the warehouse."""

PART_ONLY, WHOLE_UNIT = N_("part only"), N_("whole unit")
_SHIPS = frozenset({PromiseKind.SHIP_GOODS, PromiseKind.SHIP_PART})


@dataclass(frozen=True, slots=True)
class Pick:
    """Units of one SKU to be sent for one case; ``part``: only a part of the product."""

    case_id: str
    order_id: str
    sku: str
    title: str
    units: int
    part: bool
    due_at: datetime


def picks(cases: Iterable[Case]) -> tuple[Pick, ...]:
    """What was promised to leave and has not left, the next due first."""
    found = [
        Pick(
            case_id=case.case_id,
            order_id=case.order.order_id,
            sku=line.sku,
            title=line.title,
            units=promise.units or remedy.units,
            part=promise.kind is PromiseKind.SHIP_PART,
            due_at=promise.due_at,
        )
        for case in cases
        if case.order is not None
        for promise in case.open_promises
        if promise.kind in _SHIPS
        for remedy in [case.remedy(promise.remedy)]
        for line in [case.order.line(remedy.line) if remedy is not None else None]
        if remedy is not None and line is not None
    ]
    return tuple(sorted(found, key=lambda pick: (pick.due_at, pick.case_id, pick.sku)))


def picking_sheet(found: Iterable[Pick], *, now: datetime, lang: str) -> Document:
    """The list to print: the sums per SKU first, then every parcel with a box to tick."""
    _ = translator(lang)
    listed = tuple(found)
    sums: dict[tuple[str, str, bool], int] = {}
    for pick in listed:
        key = (pick.sku, pick.title, pick.part)
        sums[key] = sums.get(key, 0) + pick.units
    totals = Table(
        (_("SKU"), _("Product"), _("Units"), _("Shelf")),
        tuple((sku, _named(title, part, lang), str(units), "") for (sku, title, part), units in sums.items()),
        numeric=frozenset({2}),
        codes=frozenset({0}),
    )
    parcels = Table(
        (
            _("Leaves by"),
            _("Order"),
            _("Case"),
            _("SKU"),
            _("Product"),
            _("Units"),
            _("Picked"),
            _("Packed by"),
        ),
        tuple(
            (
                _due(pick, now, lang),
                pick.order_id,
                pick.case_id,
                pick.sku,
                _named(pick.title, pick.part, lang),
                str(pick.units),
                "",
                "",
            )
            for pick in listed
        ),
        numeric=frozenset({5}),
        codes=frozenset({1, 2, 3}),
    )
    cases = len({pick.case_id for pick in listed})
    units = sum(pick.units for pick in listed)
    return Document(
        _("Picking list: send again"),
        (
            show(now, lang),
            _("units: {units}").format(units=units),
            _("cases: {cases}").format(cases=cases),
        ),
        (Part(_("From the shelves"), table=totals), Part(_("Per parcel"), table=parcels)),
        _("Check SKU, colour and quantity with a photo before the box is closed."),
    )


def _named(title: str, part: bool, lang: str) -> str:
    """The product; said where only a part of it is sent."""
    return f"{title} ({translator(lang)(PART_ONLY)})" if part else title


def _due(pick: Pick, now: datetime, lang: str) -> str:
    shown = show(pick.due_at, lang)
    return f"{shown} ({translator(lang)(STANDINGS[PromiseStanding.LATE])})" if pick.due_at < now else shown


def picking_list(found: Iterable[Pick], *, now: datetime, lang: str) -> str:
    """The list as CSV, one row per SKU and case."""
    rows = [
        (
            show(pick.due_at, lang),
            "x" if pick.due_at < now else "",
            pick.case_id,
            pick.order_id,
            pick.sku,
            pick.title,
            translator(lang)(PART_ONLY if pick.part else WHOLE_UNIT),
            pick.units,
            "",
            "",
        )
        for pick in found
    ]
    return sheet(COLUMNS, rows)
