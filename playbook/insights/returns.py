"""Amazon's reports on returns, replacements and reimbursements, without any case or order of ours.

The importer (`playbook.orderbook.afterwards`) takes from them what ledgers need, of orders that the book has.
Here every column that tells something about causes is read, of every row: reason, status, resolution,
fulfilment centre, disposition, carrier, label, policy, claims, comments (redacted). Without orders there is
no number of units shipped, so there are counts and no rates; `faults` set against the order
book's shipments give rates.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import Channel, EarlierKind
from playbook.insights.measures import Measures, load_measures
from playbook.insights.rows import Fault, Trait
from playbook.insights.themes import Note, themes
from playbook.intake.meaning import default_encoder
from playbook.intake.redact import redact
from playbook.orderbook import cells
from playbook.orderbook.afterwards import REPORTS, recognises
from playbook.orderbook.columns import column_key, places_of
from playbook.orderbook.formats import open_report
from playbook.orderbook.refusals import ImportRefused, RowRefused, Skipped
from playbook.policy import load_policy

MORE_COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("item-name", "product-name"),
    "reason": ("return-reason", "return-reason-code", "reason", "replacement-reason-code"),
    "status": ("return-request-status", "status"),
    "resolution": ("resolution",),
    "return_type": ("return-type",),
    "centre": ("original-fulfillment-center-id", "fulfillment-center-id"),
    "disposition": ("detailed-disposition", "condition"),
    "carrier": ("return-carrier",),
    "label_type": ("label-type",),
    "label_cost": ("label-cost",),
    "label_payer": ("label-to-be-paid-by",),
    "in_policy": ("in-policy",),
    "claimed": ("a-to-z-claim",),
    "prime": ("is-prime",),
    "category": ("category",),
    "ordered": ("order-date",),
    "delivered": ("return-delivery-date",),
    "order_amount": ("order-amount",),
    "order_units": ("order-quantity",),
    "safet_reason": ("safet-action-reason",),
    "safet_id": ("safet-claim-id",),
    "safet_state": ("safet-claim-state",),
    "safet_created": ("safet-claim-creation-time",),
    "safet_paid": ("safet-claim-reimbursement-amount",),
    "repaid": ("amount-total",),
    "money": ("currency-unit",),
    "comment": ("customer-comments",),
    "item": ("item-number",),
}
"""Columns that the importer has no use for, by our names."""

SAYS_NOTHING = frozenset(
    {
        "fnsku",
        "invoice-number",
        "case-id",
        "amount-per-unit",
        "quantity-reimbursed-cash",
        "quantity-reimbursed-inventory",
    }
)
"""Columns that say nothing about causes, or only what another column says."""

TALLIED = (
    "problem", "reason", "status", "resolution", "return_type", "centre", "disposition", "carrier",
    "label_type", "label_payer", "in_policy", "claimed", "prime", "category", "safet_reason", "safet_state",
)  # fmt: skip
"""What rows are counted by."""

REFUNDED_LATEST = "refund_after_receipt"
"""The rule (data/policies/deadlines.yaml) for refunding goods that came back."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of a report. ``told`` holds the texts by our names, comments redacted."""

    report: str
    number: int
    order_id: str
    sku: str
    units: int
    reference: str
    on: date
    problem: str
    told: Mapping[str, str]
    ordered_on: date | None = None
    delivered_on: date | None = None
    refunded: Decimal | None = None
    currency: str = ""
    order_amount: Decimal | None = None
    order_units: int | None = None
    label_cost: Decimal | None = None

    @property
    def kind(self) -> EarlierKind:
        """Return, replacement or reimbursement."""
        return REPORTS[self.report].kind

    @property
    def replaces(self) -> bool:
        """Whether the buyer gets goods again."""
        told = self.told.get("resolution", "").casefold()
        return self.kind is EarlierKind.REPLACEMENT or "replacement" in told


@dataclass(frozen=True, slots=True)
class ReportRead:
    """The rows of a report, its columns of which nothing is known, and the rows that were left out."""

    report: str
    rows: tuple[ReportRow, ...]
    unused: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def read_report(path: Path, measures: Measures | None = None) -> ReportRead:
    """A report file. ImportRefused when it is none of those known here."""
    measures = measures or load_measures()
    sheet = open_report(path)
    name = next((name for name in REPORTS if recognises(name, map(column_key, sheet.columns))), "")
    if not name:
        raise ImportRefused("import_unknown_report", file=sheet.name, formats=", ".join(REPORTS))
    report = REPORTS[name]
    columns = {**MORE_COLUMNS, **report.columns}
    places = places_of(sheet, columns, report.required)
    known = {spelling for spellings in columns.values() for spelling in spellings} | SAYS_NOTHING
    rows, skipped = [], []
    for number, row in sheet.rows():
        told = {key: cells.filled(row[at]) if at < len(row) else "" for key, at in places.items()}
        try:
            rows.append(_row(name, number, told, measures))
        except RowRefused as refused:
            skipped.append(Skipped(number, told.get("order_id", "")[:40], refused.why))
    unused = tuple(column for column in sheet.columns if column_key(column) not in known)
    return ReportRead(name, tuple(rows), unused, tuple(skipped))


def _row(report: str, number: int, told: dict[str, str], measures: Measures) -> ReportRow:
    if not told["order_id"]:
        raise RowRefused("row_no_order")
    if "comment" in told:
        told["comment"] = redact(told["comment"])
    day = _day(told.get("on", "")) or _day(told.get("ordered", ""))
    if day is None:
        raise RowRefused("row_time", text="''")
    reason = told.get("reason", "")
    reference = told.get("reference") or told.get("other_rma", "")
    return ReportRow(
        report=report,
        number=number,
        order_id=cells.tidy(told["order_id"], 41),
        sku=cells.number_text(told.get("sku", "")) or told.get("asin", ""),
        units=cells.units(told["units"]),
        reference=" ".join(filter(None, (reference, told.get("item", "")))),
        on=day,
        problem=measures.problem_of(reason) if reason else "",
        told=told,
        ordered_on=_day(told.get("ordered", "")),
        delivered_on=_day(told.get("delivered", "")),
        refunded=cells.amount(told.get("refunded", "")),
        currency=(told.get("currency") or told.get("money", "")).upper(),
        order_amount=cells.amount(told.get("order_amount", "")),
        order_units=cells.units(told["order_units"]) if told.get("order_units") else None,
        label_cost=cells.amount(told.get("label_cost", "")),
    )


def _day(text: str) -> date | None:
    return cells.moment(text).date() if text else None


def faults_of_reports(rows: Iterable[ReportRow]) -> Iterator[Fault]:
    """Returns and replacements as faults, on the day of the order where the report tells it.

    Reimbursements are left out: they say what Amazon did wrong to us, mostly about the same units. The
    fulfilment centre is the one that shipped or took back; the carrier of a return is not the one that
    delivered, so it is no trait of the goods.
    """
    for row in rows:
        if row.kind is EarlierKind.REIMBURSEMENT:
            continue
        channel = Channel.FBM if row.report.startswith("mfn") else Channel.FBA
        traits = {Trait.CHANNEL: channel.value, Trait.WAREHOUSE: row.told.get("centre", "")}
        paid = (row.refunded or Decimal(0)) + _own_label(row)
        yield Fault(
            sku=row.sku,
            day=row.ordered_on or row.on,
            units=row.units,
            problem=row.problem,
            reference=row.order_id,
            source=row.report,
            remedy=row.told.get("resolution", ""),
            cost=int(Money.rounded(paid, row.currency).amount / minor_unit(row.currency))
            if row.currency
            else 0,
            currency=row.currency,
            traits={trait: value for trait, value in traits.items() if value},
        )


def _smallest(amount: Decimal, currency: str) -> int:
    """An amount in the currency's smallest unit; 0 where the report names no currency."""
    return int(Money.rounded(amount, currency).amount / minor_unit(currency)) if currency else 0


def _own_label(row: ReportRow) -> Decimal:
    is_ours = row.told.get("label_payer", "").casefold() == "seller"
    return row.label_cost if is_ours and row.label_cost else Decimal(0)


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """Something in the reports that somebody should look at; ``sentence`` says it in English."""

    code: str
    order_id: str
    sku: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ReportsReview:
    """What reports alone give. ``tallies`` are (rows, units) by column and value.

    ``until_request`` are days from the order to the return request, ``until_back`` from there to the
    delivery of the goods. ``refunded`` and ``labels`` are sums by currency, ``without_refund`` rows of
    returns that tell no refund: Amazon leaves many of them empty.
    """

    rows: int
    units: int
    tallies: Mapping[str, Mapping[str, tuple[int, int]]]
    until_request: tuple[int, ...] = ()
    until_back: tuple[int, ...] = ()
    refunded: Mapping[str, Decimal] = field(default_factory=dict)
    labels: Mapping[str, Decimal] = field(default_factory=dict)
    without_refund: int = 0
    findings: tuple[ReportFinding, ...] = ()


def review_reports(rows: Sequence[ReportRow], today: date, refund_days: int) -> ReportsReview:
    """Counts, times and what looks wrong, on *today*.

    *refund_days* is how long a refund may take after the goods came back (`REFUNDED_LATEST`).
    """
    tallies: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    labels: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in TALLIED:
            value = row.problem if name == "problem" else row.told.get(name, "")
            if value:
                number, units = tallies[name].get(value, (0, 0))
                tallies[name][value] = number + 1, units + row.units
        if row.refunded:
            refunded[row.currency] += row.refunded
        if _own_label(row):
            labels[row.currency] += _own_label(row)
    returns = [row for row in rows if row.kind is EarlierKind.RETURN]
    return ReportsReview(
        rows=len(rows),
        units=sum(row.units for row in rows),
        tallies=dict(tallies),
        until_request=tuple((row.on - row.ordered_on).days for row in returns if row.ordered_on),
        until_back=tuple((row.delivered_on - row.on).days for row in returns if row.delivered_on),
        refunded=dict(refunded),
        labels=dict(labels),
        without_refund=sum(row.refunded is None for row in returns),
        findings=tuple(_findings(rows, today, refund_days)),
    )


def _findings(rows: Sequence[ReportRow], today: date, refund_days: int) -> Iterator[ReportFinding]:
    by_goods: dict[tuple[str, str], list[ReportRow]] = defaultdict(list)
    for row in rows:
        by_goods[row.order_id, row.sku].append(row)
    for (order_id, sku), of in by_goods.items():
        for check in _CHECKS:
            for code, sentence in check(of):
                yield ReportFinding(code, order_id, sku, sentence)
        for row in of:
            if row.delivered_on and row.refunded is None and not row.replaces:
                waited = (today - row.delivered_on).days
                if waited > refund_days and row.report == "mfn-returns":
                    sentence = f"back since {row.delivered_on}, no refund told for {waited} days"
                    yield ReportFinding("refund_late", order_id, sku, sentence)
    by_order: dict[str, list[ReportRow]] = defaultdict(list)
    for row in rows:
        by_order[row.order_id].append(row)
    for order_id, of in by_order.items():
        paid = sum((row.refunded or Decimal(0) for row in of), Decimal(0))
        whole = max((row.order_amount for row in of if row.order_amount is not None), default=None)
        if whole is not None and paid > whole:
            yield ReportFinding("refunded_more_than_paid", order_id, "", f"refunded {paid} of {whole}")


def _same_row_twice(rows: Sequence[ReportRow]) -> Iterator[tuple[str, str]]:
    seen = Counter((row.report, row.reference) for row in rows if row.reference and row.refunded)
    for (_report, reference), times in seen.items():
        if times > 1:
            yield "refunded_twice", f"return {reference} was refunded in {times} rows"


def _more_than_ordered(rows: Sequence[ReportRow]) -> Iterator[tuple[str, str]]:
    ordered = max((row.order_units for row in rows if row.order_units is not None), default=None)
    back = sum(row.units for row in rows if row.kind is EarlierKind.RETURN)
    if ordered is not None and back > ordered:
        yield "returned_more_than_ordered", f"{back} units of {ordered} ordered"


def _refunded_and_replaced(rows: Sequence[ReportRow]) -> Iterator[tuple[str, str]]:
    again = sum(row.units for row in rows if row.replaces)
    paid = sum(row.units for row in rows if row.refunded and row.kind is EarlierKind.RETURN)
    ordered = max((row.order_units for row in rows if row.order_units is not None), default=0)
    if again and paid and again + paid > ordered:
        yield "refunded_and_replaced", f"{paid} units refunded and {again} sent again"


_CHECKS: tuple[Callable[[Sequence[ReportRow]], Iterator[tuple[str, str]]], ...] = (
    _same_row_twice,
    _more_than_ordered,
    _refunded_and_replaced,
)


def lines_of_review(rows: Sequence[ReportRow], today: date) -> tuple[list[str], int]:
    """A review as lines of text, and how many findings there are.

    A refund is late after the longest term that a rule valid today gives for it anywhere.
    """
    terms = [
        row.then.value
        for row in load_policy().rows.deadlines
        if row.id == REFUNDED_LATEST and row.is_valid(today) and row.then.value is not None
    ]
    review = review_reports(rows, today, max(terms))
    lines = [f"{review.rows} rows, {review.units} units; units shipped are not in these reports: no rates"]
    for name, values in review.tallies.items():
        lines.append(f"{name.replace('_', ' ')}:")
        ranked = sorted(values.items(), key=lambda item: (-item[1][1], item[0]))
        lines += [f"  {value}: {number} rows, {units} units" for value, (number, units) in ranked]
    for what, days in (
        ("request after the order", review.until_request),
        ("back after it", review.until_back),
    ):
        if days:
            lines.append(f"days until {what}: median {median(days):g}, most {max(days)}, of {len(days)}")
    for what, sums in (("refunded", review.refunded), ("labels we paid", review.labels)):
        lines += [
            f"{what}: {amount} {currency or '(currency not told)'}" for currency, amount in sums.items()
        ]
    lines.append(f"returns without a refund in the report: {review.without_refund}")
    notes = [
        Note(row.told.get("comment", ""), row.order_id, row.units) for row in rows if row.told.get("comment")
    ]
    for theme in themes(notes, default_encoder() if notes else None).themes:
        lines.append(f"comment: {theme.name} ({theme.notes} comments, {theme.units} units)")
    for finding in review.findings:
        lines.append(f"{finding.code}: order {finding.order_id} {finding.sku}: {finding.sentence}")
    return lines, len(review.findings)
