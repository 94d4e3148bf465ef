"""P3: no unit and no cent twice: within the case, across cases, against what the order book knew."""

from collections.abc import Iterable

from playbook.domain.events import (
    Event,
    PromiseKept,
    RefundExportUndone,
    RefundsChecked,
    RefundsExported,
    RemedyChosen,
)
from playbook.domain.ledgers import earlier_by_line
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Earlier, EarlierKind, OrderLine
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import Remedy
from playbook.review.checks.history import Found, History


def compensation(history: History) -> Found:
    """Units beyond a line, money beyond its price, refunds submitted or exported twice."""
    case = history.case
    if case.order is not None and case.remedies:
        elsewhere = history.setting.elsewhere(case.case_id, case.order.order_id)
        outside = earlier_by_line(case, elsewhere) if elsewhere or case.order.earlier else {}
        by_line: dict[int, list[Remedy]] = {}
        for remedy in case.remedies:
            if remedy.shape.compensates:
                by_line.setdefault(remedy.line, []).append(remedy)
        for number, own in by_line.items():
            line = case.order.line(number)
            if line is not None:
                yield from _line(history, line, own, outside.get(number, []))
    yield from _submitted_twice(history)
    yield from _files(history)


def _line(history: History, line: OrderLine, own: list[Remedy], outside: list[Earlier]) -> Found:
    last = _last_choice(history, line.line)
    used = sum(remedy.units_used for remedy in own)
    live = line.units_live
    if used > live:
        yield history.found("compensated_twice", last, sku=line.sku, units=used, ordered=live)
        return
    before = _units(earlier for earlier in outside if earlier.kind is not EarlierKind.OTHER_CASE)
    others = [one for one in outside if one.kind is EarlierKind.OTHER_CASE and _was_first(history, one, own)]
    if used and used + min(before, live) > live:
        yield history.found(
            "compensated_before", last, sku=line.sku, units=used, earlier=before, ordered=live
        )
    elif used and others and used + before + _units(others) > live:
        yield history.found(
            "compensated_elsewhere",
            last,
            sku=line.sku,
            units=used,
            elsewhere=_units(others),
            case=others[0].reference,
            ordered=live,
        )
    else:
        yield from _money(history, line, own, outside, last)


def _units(earlier: Iterable[Earlier]) -> int:
    return sum(one.units for one in earlier)


def _was_first(history: History, other: Earlier, own: list[Remedy]) -> bool:
    """Whether the other case was faster: the slower one is at fault, on the same day the later number."""
    last = max(remedy.chosen_at for remedy in own).date()
    return other.on is None or (other.on, other.reference) < (last, history.case_id)


def _money(
    history: History, line: OrderLine, own: list[Remedy], outside: list[Earlier], last: Event | None
) -> Found:
    """Refunds of a line, component by component, against what was paid for it."""
    zero = Money.zero(line.currency)
    refunded: Amounts = {}
    for amounts in (*(remedy.refund for remedy in own), *(earlier.refunded for earlier in outside)):
        for component, money in amounts.items():
            refunded[component] = refunded.get(component, zero) + money
    for component, money in refunded.items():
        paid = line.paid.get(component, zero)
        if abs(money.amount) > abs(paid.amount):
            yield history.found(
                "refund_beyond_price", last, sku=line.sku, amount=money, paid=paid, component=component
            )
            return


def _last_choice(history: History, line: int) -> Event | None:
    chosen = [step.event for step in history.of(RemedyChosen) if step.body.remedy.line == line]
    return chosen[-1] if chosen else None


def _submitted_twice(history: History) -> Found:
    """Two refunds submitted for one remedy, by us or by Amazon and us."""
    paid: set[str] = set()
    if len(history.of(PromiseKept)) < 2:
        return
    for known in sorted(history.case.promises, key=lambda known: known.settled):
        promise = known.promise
        if known.state is PromiseState.KEPT and promise.kind is PromiseKind.SUBMIT_REFUND and promise.remedy:
            if promise.remedy in paid:
                yield history.found(
                    "refunded_twice", history.event(known.settled), amount=promise.amount, line=promise.line
                )
            paid.add(promise.remedy)


def _files(history: History) -> Found:
    """Refund files: each refund once, and each file compared by somebody who did not choose it all."""
    if not history.of(RefundsChecked) and not history.of(RefundsExported):
        return
    filed: list[tuple[str, ...]] = []
    checked = ""
    for step in history.steps:
        match step.event.body:
            case RefundsChecked(digest=checked, remedies=names):
                chosen_by = {remedy.chosen_by for remedy in step.before.remedies if remedy.remedy in names}
                actor = step.event.actor
                own = history.policy.checks_own(history.role(actor), step.event.at.date())
                if actor in chosen_by and not own:
                    yield history.found("refunds_checked_alone", step.event, name=actor)
            case RefundsExported(digest=digest, remedies=names, total=total):
                if digest != checked:
                    yield history.found("refund_file_unchecked", step.event, amount=total)
                again = {name for file in filed for name in file}.intersection(names)
                if again:
                    yield history.found("refund_filed_twice", step.event, refunds=len(again), amount=total)
                filed.append(names)
            case RefundExportUndone():
                filed = filed[:-1]
            case _:
                pass
