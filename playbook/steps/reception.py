"""Goods that come back: what arrived, what of it is taken back, and what it is refunded for (P3, P5).

The refund of goods that have to come back follows what arrived: units that arrived become a remedy of
their own with their share of the value, and the platform's clock starts with their arrival. What is
awaited keeps the rest of the value and its date, so that parcels in any order end at what was granted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from playbook.domain.case import Case
from playbook.domain.events import Body, GoodsReceived, PromiseMade, PromiseSuperseded
from playbook.domain.orders import SHIPPING_COMPONENTS, Amounts
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import Promise, PromiseKind
from playbook.domain.receptions import ReceivedUnits, UnexpectedGoods
from playbook.domain.remedies import RejectionReason, Remedy
from playbook.policy import RestockingRow
from playbook.policy.clocks import UnknownHolidaysError
from playbook.steps.commands import Counted, CountedUnexpected, ReceiveGoods
from playbook.steps.decision import Decision, Setting, clean, is_count, new_ids, refused_all
from playbook.steps.remedy import LEADS

NOTHING_REFUNDED = "house_answer"
"""The clock of the answer that is owed where units came back and nothing is refunded for them."""


def receive_goods(case: Case, command: ReceiveGoods, setting: Setting) -> Decision:
    """Record a parcel: split what arrived off what is awaited, and date its refund from the arrival.

    Every reason against it is given at once; nothing of a parcel is recorded unless all of it can be.
    """
    arrived_at = command.arrived_at or setting.now
    problems = [*_problems(case, command, arrived_at, setting)]
    if problems:
        return refused_all(problems)
    ids = new_ids("r", case.remedy_ids)
    promise_ids = new_ids("p", (known.promise.promise for known in case.promises))
    now: dict[str, Remedy] = {}
    promised: list[Body] = []
    for name in dict.fromkeys(row.remedy for row in command.counted):
        remedy = case.remedy(name)
        assert remedy is not None, "checked before"
        rows = [row for row in command.counted if row.remedy == name]
        refund = _open_refund(case, remedy)
        if refund is None:
            parts = [_counted(remedy, rows)]
        else:
            parts = [*_split(remedy, rows, ids, case, setting)]
            promised += _redated(parts, refund, arrived_at, promise_ids, case, setting)
        now |= {part.remedy: part for part in parts}
    received = GoodsReceived(
        arrived_at=arrived_at,
        units=tuple(_received(case, row) for row in command.counted),
        remedies=tuple(now.values()),
        unexpected=tuple(
            UnexpectedGoods(units=goods.units, line=goods.line, what=clean(goods.what))
            for goods in command.unexpected
        ),
        parcel=clean(command.parcel),
        note=clean(command.note),
    )
    return (received, *promised)


def restocking_rule(
    remedy: Remedy, reason: RejectionReason, case: Case, setting: Setting
) -> RestockingRow | None:
    """The rule under which a part of the price may be kept back; None where nothing may be."""
    item = case.item(remedy.item)
    assert case.order is not None, "a remedy is about an order"
    assert item is not None, "a remedy lapses with its claim"
    return setting.policy.restocking(
        reason, item.problem, market=case.order.marketplace, channel=remedy.channel, on=setting.now.date()
    )


def most_kept_back(remedy: Remedy, reason: RejectionReason, case: Case, setting: Setting) -> Decimal:
    """Percent of the price of units rejected for *reason* that the rules let us keep back."""
    rule = restocking_rule(remedy, reason, case, setting)
    return Decimal(0) if rule is None else rule.then.most


# ---- what stands against it --------------------------------------------------------------------------


def _problems(case: Case, command: ReceiveGoods, arrived_at: datetime, setting: Setting) -> Iterator[Problem]:
    if not command.counted and not command.unexpected:
        yield problem("nothing_received")
    if case.order is None:
        yield problem("not_locked")
        return
    if arrived_at > setting.now:
        yield problem("arrived_in_future", arrived_at=arrived_at, now=setting.now)
    elif arrived_at < case.order.placed_at:
        yield problem("arrived_before_order", arrived_at=arrived_at, placed_at=case.order.placed_at)
    for name in dict.fromkeys(row.remedy for row in command.counted):
        rows = [row for row in command.counted if row.remedy == name]
        yield from _row_problems(case, name, rows, setting)
    for goods in command.unexpected:
        yield from _unexpected_problems(case, goods)


def _row_problems(case: Case, name: str, rows: Sequence[Counted], setting: Setting) -> Iterator[Problem]:
    """Rows of one remedy together: it may stand in several, each with its own reason."""
    remedy = case.remedy(name)
    if remedy is None:
        yield problem("unknown_remedy", remedy=name)
        return
    if remedy.shape.comes_back == "nothing":
        yield problem("nothing_comes_back", kind=remedy.kind, line=remedy.line)
        return
    if not any(known.promise.remedy == name and known.promise.deadline for known in case.promises):
        yield problem("plan_first", remedy=name)
    counts = [count for row in rows for count in (row.accepted, row.rejected)]
    wrong = next((count for count in counts if not is_count(count, 0)), None)
    if wrong is not None or not all(row.accepted + row.rejected for row in rows):
        yield problem("received_not_whole", line=remedy.line, units=wrong or 0)
        return
    if sum(counts) > remedy.awaited:
        yield problem("more_than_expected", line=remedy.line, units=sum(counts), awaited=remedy.awaited)
    for row in rows:
        yield from _rejection_problems(case, remedy, row, setting)


def _rejection_problems(case: Case, remedy: Remedy, row: Counted, setting: Setting) -> Iterator[Problem]:
    if bool(row.rejected) != (row.reason is not None):
        yield problem("rejection_reason", line=remedy.line)
        return
    if row.reason is None or _open_refund(case, remedy) is None:
        if row.kept_back:
            yield problem("nothing_to_keep_back", line=remedy.line)
        return
    most = most_kept_back(remedy, row.reason, case, setting)
    kept_back = most if row.kept_back is None else row.kept_back
    if not kept_back.is_finite() or not 0 <= kept_back <= 100:
        yield problem("share_out_of_range", share=kept_back, least=0, most=100)
        return
    if kept_back > most and setting.actor.role not in LEADS:
        yield problem("kept_back_too_much", share=kept_back, most=most, reason=row.reason, line=remedy.line)
    answers = {p.remedy for p in case.open_promises if p.kind is PromiseKind.ANSWER}
    if remedy.remedy in answers and not _less(remedy.refund, kept_back):
        yield problem("answer_open", line=remedy.line)


def _unexpected_problems(case: Case, goods: CountedUnexpected) -> Iterator[Problem]:
    assert case.order is not None
    if goods.line is not None and case.order.line(goods.line) is None:
        yield problem("unknown_line", line=goods.line)
    if not is_count(goods.units):
        yield problem("unexpected_not_whole", units=goods.units)
    if goods.line is None and not clean(goods.what):
        yield problem("unexpected_what")


# ---- what becomes of the remedies --------------------------------------------------------------------


def _open_refund(case: Case, remedy: Remedy) -> Promise | None:
    """The promise of a refund that is still to be submitted, and so can follow what arrived."""
    if not remedy.refund:
        return None
    return next(
        (
            promise
            for promise in case.open_promises
            if promise.remedy == remedy.remedy and promise.kind is PromiseKind.SUBMIT_REFUND
        ),
        None,
    )


def _received(case: Case, row: Counted) -> ReceivedUnits:
    remedy = case.remedy(row.remedy)
    assert remedy is not None, "checked before"
    return ReceivedUnits(
        remedy=row.remedy,
        line=remedy.line,
        accepted=row.accepted,
        rejected=row.rejected,
        reason=row.reason,
    )


def _counted(remedy: Remedy, rows: Sequence[Counted]) -> Remedy:
    """A remedy whose money does not wait for the goods: only the count changes."""
    return remedy.model_copy(
        update={
            "accepted": remedy.accepted + sum(row.accepted for row in rows),
            "rejected": remedy.rejected + sum(row.rejected for row in rows),
        }
    )


def _split(
    remedy: Remedy, rows: Sequence[Counted], ids: Iterator[str], case: Case, setting: Setting
) -> Iterator[Remedy]:
    """The parts of a remedy: accepted units, rejected ones by row, and what is awaited still.

    The first part keeps the id. Values are cut off one after the other, each by largest remainder, so
    that they sum to what the remedy was worth and no refund exceeds its value.
    """
    rest, name = remedy, remedy.remedy
    accepted = sum(row.accepted for row in rows)
    if accepted:
        part, rest = _cut(rest, accepted)
        yield part.model_copy(update={"remedy": name, "accepted": accepted})
        name = ""
    for row in rows:
        if row.reason is not None:
            part, rest = _cut(rest, row.rejected)
            yield _rejected(part, row, row.reason, case, setting).model_copy(
                update=_identity(name or next(ids), remedy)
            )
            name = ""
    if rest.units:
        yield rest.model_copy(update=_identity(next(ids), remedy))


def _identity(name: str, remedy: Remedy) -> dict[str, str]:
    return {"remedy": name, "split_from": remedy.split_from if name == remedy.remedy else remedy.remedy}


def _cut(remedy: Remedy, units: int) -> tuple[Remedy, Remedy]:
    """*units* of a remedy with their share of its value and refund, and the rest of it."""
    rest = remedy.units - units
    parts: list[dict[str, object]] = [{"units": units}, {"units": rest}]
    for name, amounts in (("value", remedy.value), ("refund", remedy.refund)):
        shares = {component: money.allocate([units, rest]) for component, money in amounts.items()}
        for index, part in enumerate(parts):
            part[name] = {component: share[index] for component, share in shares.items()}
    return remedy.model_copy(update=parts[0]), remedy.model_copy(update=parts[1])


def _rejected(part: Remedy, row: Counted, reason: RejectionReason, case: Case, setting: Setting) -> Remedy:
    """Rejected units: of their price, not of the shipping, a part is kept back."""
    rule = restocking_rule(part, reason, case, setting)
    most = Decimal(0) if rule is None else rule.then.most
    kept_back = most if row.kept_back is None else row.kept_back
    codes = {*part.overrides.split(","), *(["kept_back_too_much"] if kept_back > most else [])} - {""}
    return part.model_copy(
        update={
            "rejected": row.rejected,
            "rejected_for": reason,
            "kept_back": kept_back,
            "fee_rule": rule.id if rule is not None and kept_back else "",
            "overrides": ",".join(sorted(codes)),
            "refund": _less(part.refund, kept_back),
        }
    )


def _less(refund: Amounts, kept_back: Decimal) -> Amounts:
    """A refund less *kept_back* percent of the goods; shipping is not touched."""
    less: Amounts = {}
    for component, money in refund.items():
        kept = money if component in SHIPPING_COMPONENTS else money - money.percent(kept_back)
        if kept:
            less[component] = kept
    return less


# ---- what becomes of the promise ---------------------------------------------------------------------


def _redated(
    parts: Sequence[Remedy],
    promise: Promise,
    arrived_at: datetime,
    ids: Iterator[str],
    case: Case,
    setting: Setting,
) -> Iterator[Body]:
    """The promise of the refund for each part: what arrived is due on the clock that its arrival starts."""
    for part in parts:
        wanted = _promise_of(part, promise, arrived_at, case, setting)
        same = wanted.model_copy(update={"made_at": promise.made_at, "made_by": promise.made_by})
        if part.remedy != promise.remedy:
            yield PromiseMade(promise=wanted.model_copy(update={"promise": next(ids)}))
        elif same != promise:
            replacement = wanted.model_copy(update={"promise": next(ids)})
            yield PromiseSuperseded(promise=promise.promise, replacement=replacement, reason="goods_received")


def _promise_of(
    part: Remedy, promise: Promise, arrived_at: datetime, case: Case, setting: Setting
) -> Promise:
    kind, deadline, start = promise.kind, promise.deadline, arrived_at
    if not part.refund:
        kind, deadline, start = PromiseKind.ANSWER, NOTHING_REFUNDED, setting.now
    due_at = promise.due_at
    if part.received:
        due_at = _due(deadline, start, part, case, setting) or due_at
    return promise.model_copy(
        update={
            "kind": kind,
            "remedy": part.remedy,
            "units": part.units,
            "amount": part.refund_total if part.refund else None,
            "deadline": deadline,
            "due_at": due_at,
            "date_chosen": promise.date_chosen and due_at == promise.due_at,
            "made_at": setting.now,
            "made_by": setting.actor.name,
        }
    )


def _due(deadline: str, start: datetime, remedy: Remedy, case: Case, setting: Setting) -> datetime | None:
    """The end of the clock; None, so that the date stays, without a rule or without holiday data."""
    assert case.order is not None
    row = setting.policy.deadline(
        deadline,
        market=case.order.marketplace,
        channel=remedy.channel,
        on=setting.now.date(),
        business=case.order.business,
    )
    try:
        return None if row is None else setting.policy.due(row, start, case.order.marketplace)
    except UnknownHolidaysError:
        return None
