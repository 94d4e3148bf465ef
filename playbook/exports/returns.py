"""The checklist of the returns of a case: requests with their lines, steps for the agent, boxes to tick."""

from playbook.domain.case import Case
from playbook.exports.documents import Document, Part, Table
from playbook.exports.sheets import sheet
from playbook.i18n import say, show, translator
from playbook.i18n.words import PAYERS, RETURN_WAYS
from playbook.steps.decision import Setting
from playbook.steps.returns import ReturnAdvice, ReturnRequest, kilograms, return_checklist

COLUMNS = (
    "case",
    "order-id",
    "request",
    "way",
    "return-address",
    "label-paid-by",
    "sku",
    "title",
    "units",
    "weight-kg",
    "return-reason-code",
    "window-closes",
    "units-received",
    "condition",
)
"""The columns of the checklist as CSV; the last two are for whoever opens the parcel."""


def return_sheet(case: Case, advice: ReturnAdvice, setting: Setting, lang: str) -> Document:
    """The checklist to print: what to do, one table per request, and the reasons."""
    _ = translator(lang)
    head = (
        _("SKU"),
        _("Product"),
        _("Units"),
        _("Amazon's reason"),
        _("Window closes"),
        _("Received"),
        _("Condition"),
    )
    parts = [
        Part(
            _("What to do"),
            tuple(say(step, lang) for step in return_checklist(case, advice, setting)),
            ticks=True,
        )
    ]
    for number, request in enumerate(advice.requests, start=1):
        rows = tuple(
            (
                line.sku,
                line.title,
                str(line.units),
                f"{line.reason.then.code} · {show(line.reason.then.name, lang)}" if line.reason else "–",
                show(line.closes_at.date(), lang) if line.closes_at else "–",
                "",
                "",
            )
            for line in request.lines
        )
        parts.append(
            Part(
                request_title(number, request, lang),
                (" · ".join(request_facts(request, lang)),),
                table=Table(head, rows, frozenset({2}), frozenset({0, 4})),
            )
        )
    parts.append(Part(_("Why so"), tuple(say(reason, lang) for reason in advice.why)))
    parts.append(Part(_("Look at it yourself"), tuple(say(doubt, lang) for doubt in advice.doubts)))
    return Document(
        _("Return checklist"),
        (case.case_id, case.order.order_id if case.order is not None else "–"),
        tuple(part for part in parts if part),
    )


def request_title(number: int, request: ReturnRequest, lang: str) -> str:
    """What a request is called on a page and on paper."""
    _ = translator(lang)
    return _("Return {number}: {way}").format(number=number, way=_(RETURN_WAYS[request.way]))


def request_facts(request: ReturnRequest, lang: str) -> tuple[str, ...]:
    """Units, weight, address, payer and last day of a request, one fact each."""
    _ = translator(lang)
    facts = [_("units: {units}").format(units=request.units)]
    if request.grams is not None:
        facts.append(_("weight: {kg} kg").format(kg=kilograms(request.grams)))
    if request.address is not None:
        facts.append(_("to: {address}").format(address=show(request.address.then.name, lang)))
    facts.append(_("way back: {payer}").format(payer=_(PAYERS[request.pays])))
    if request.told_by is not None:
        facts.append(_("hand in by {day}").format(day=show(request.told_by.date(), lang)))
    elif request.closes_at is not None:
        day = show(request.closes_at.date(), lang)
        facts.append(_("window ends {day}, not verified").format(day=day))
    return tuple(facts)


def return_list(case: Case, advice: ReturnAdvice) -> str:
    """The requests as CSV, one row per line of a request."""
    rows = [
        (
            case.case_id,
            case.order.order_id if case.order is not None else "",
            number,
            request.way,
            request.address.then.address if request.address is not None else "",
            request.pays,
            line.sku,
            line.title,
            line.units,
            kilograms(line.units * line.grams) if line.grams is not None else "",
            line.reason.then.code if line.reason is not None else "",
            line.closes_at.date().isoformat() if line.closes_at is not None else "",
            "",
            "",
        )
        for number, request in enumerate(advice.requests, start=1)
        for line in request.lines
    ]
    return sheet(COLUMNS, rows)
