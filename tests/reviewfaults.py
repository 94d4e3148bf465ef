"""Faults planted into good cases, each the way real life does it, and the check that must find it.

A fault takes the events of a good case and gives other ones; None where the case has nothing to spoil.
What a fault brings with it, whatever one does, is named beside it (``also``): anything else that is found
would be a false alarm. Memos are written anew after the damage, as the program would, and the log is
chained anew: only faults of the memo and of the log leave them wrong.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from playbook.domain.base import Value
from playbook.domain.claims import Evidence
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    Body,
    BreakdownConfirmed,
    CaseClosed,
    CaseOpened,
    ClockStarted,
    Event,
    EvidenceRequested,
    Fact,
    Flagged,
    FollowUpDone,
    GoodsReceived,
    HandOverAccepted,
    HandOverOffered,
    MemoWritten,
    MessageApproved,
    NoteAdded,
    OrderLocked,
    OwnWords,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
    RefundsChecked,
    RefundsExported,
    RemedyChosen,
    canonical_json,
    event_from_json,
)
from playbook.domain.folding import fold
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Amounts, Channel, Component, Earlier, EarlierKind
from playbook.domain.promises import ClockStart, Promise, PromiseKind
from playbook.domain.remedies import RejectionReason, Remedy, RemedyKind
from playbook.letters import memo_parts
from playbook.policy import Policy, load_policy
from playbook.policy.remedy_rows import RemedyRow
from playbook.review.casereview import CaseReview, ReviewSetting
from playbook.review.checks import read_log, review_case
from tests.reviewcases import AS_OF, LEADS, ROLES, TEAMS, GoodCase, rechained

EXPIRED = "fbm_damage_replacement_expired"


@cache
def review_policy() -> Policy:
    """The shipped rules, and one that stopped to hold years ago."""
    policy = load_policy()
    row = policy.remedy_row("fbm_damage_replacement_proven")
    assert row is not None
    old = row.model_copy(update={"id": EXPIRED, "valid_to": date(2024, 12, 31)})
    return Policy(replace(policy.rows, remedies=(*policy.rows.remedies, old)))


class Spoiled:
    """The events of a case while it is spoiled; ``told`` and ``elsewhere`` are what the review is given."""

    def __init__(self, case: GoodCase) -> None:
        self.good = case
        self.events = list(case.events())
        self.elsewhere: tuple[Earlier, ...] = ()
        self.told: dict[str, str] = {}
        self.rows: tuple[tuple[int, str, str], ...] | None = None
        self.keeps_memo = False

    # ---- looking ---------------------------------------------------------------------------------

    def where(self, kind: type[Value]) -> list[int]:
        return [at for at, event in enumerate(self.events) if isinstance(event.body, kind)]

    def first(self, kind: type[Value]) -> int:
        return self.where(kind)[0]

    def last(self, kind: type[Value]) -> int:
        return self.where(kind)[-1]

    def body(self, at: int) -> Any:
        return self.events[at].body

    @property
    def order(self) -> Any:
        return self.body(self.first(OrderLocked)).order

    def remedies(self, wanted: Callable[[Remedy], bool] = lambda _: True) -> list[int]:
        """Where remedies were chosen that stay as they are until the end."""
        split = {r.remedy for at in self.where(GoodsReceived) for r in self.body(at).remedies}
        return [
            at
            for at in self.where(RemedyChosen)
            if self.body(at).remedy.remedy not in split and wanted(self.body(at).remedy)
        ]

    def promises_of(self, remedy: str) -> list[int]:
        return [at for at in self.where(PromiseMade) if self.body(at).promise.remedy == remedy]

    # ---- spoiling --------------------------------------------------------------------------------

    def put(self, at: int, **changes: object) -> None:
        """Change the body of an event."""
        event = self.events[at]
        self.events[at] = event.model_copy(update={"body": event.body.model_copy(update=changes)})

    def stamp(self, place: int, /, **changes: object) -> None:
        """Change the envelope of an event."""
        self.events[place] = self.events[place].model_copy(update=changes)

    def insert(self, at: int, *bodies: Body, actor: str = "", later: timedelta = timedelta(0)) -> None:
        """Put events in front of the one at *at*, at the time of the one before them."""
        before = self.events[at - 1]
        new = [
            before.model_copy(update={"body": body, "actor": actor or before.actor, "at": before.at + later})
            for body in bodies
        ]
        self.events[at:at] = new

    def drop(self, wanted: Callable[[Event], bool]) -> None:
        self.events = [event for event in self.events if not wanted(event)]

    def postpone(self, at: int, **span: float) -> None:
        """Everything from *at* on happened later."""
        for place in range(at, len(self.events)):
            self.stamp(place, at=self.events[place].at + timedelta(**span))

    def change_remedy(self, at: int, **changes: object) -> None:
        """Another remedy, with promises that fit it."""
        remedy = self.body(at).remedy.model_copy(update=changes)
        self.put(at, remedy=remedy)
        for made in self.promises_of(remedy.remedy):
            promise = self.body(made).promise
            amount = remedy.refund_total if promise.kind is PromiseKind.SUBMIT_REFUND else None
            self.put(made, promise=promise.model_copy(update={"amount": amount, "units": remedy.units}))

    def without_promises(self, remedy: str) -> None:
        names = {self.body(at).promise.promise for at in self.promises_of(remedy)}
        self.drop(
            lambda event: (
                (isinstance(event.body, PromiseMade) and event.body.promise.promise in names)
                or (isinstance(event.body, PromiseKept) and event.body.promise in names)
                or (
                    isinstance(event.body, FollowUpDone)
                    and event.body.follow_up.removeprefix("promise-") in names
                )
            )
        )

    # ---- handing over ----------------------------------------------------------------------------

    def review(self, setting: ReviewSetting) -> CaseReview:
        """The review of the spoiled case."""
        log = read_log(self.stored_rows())
        setting = replace(
            setting,
            elsewhere=(lambda _case, _order: self.elsewhere) if self.elsewhere else setting.elsewhere,
            told=self.told.get if self.told else None,
        )
        return review_case(self.good.case_id, log.events, setting, log.damage)

    def stored_rows(self) -> tuple[tuple[int, str, str], ...]:
        """The rows of the spoiled case as they would lie in the store."""
        return self.rows if self.rows is not None else self._rows()

    def _rows(self) -> tuple[tuple[int, str, str], ...]:
        events = [event.model_copy(update={"seq": seq}) for seq, event in enumerate(self.events, start=1)]
        if not self.keeps_memo:
            for at, event in enumerate(events):
                if isinstance(event.body, MemoWritten):
                    case = fold(self.good.case_id, events[:at])
                    text = "\n".join(memo_parts(case, policy=review_policy()))
                    events[at] = event.model_copy(update={"body": MemoWritten(text=text)})
        return rechained(self.good, tuple(events)).rows


Spoil = Callable[[Spoiled], object]


@dataclass(frozen=True)
class Fault:
    """One kind of fault: what it is called, the check that finds it, what it always brings with it."""

    name: str
    check: str
    spoil: Spoil
    also: frozenset[str] = frozenset()

    def planted(self, case: GoodCase) -> Spoiled | None:
        """The case with the fault in it; None where it has no place for it."""
        spoiled = Spoiled(case)
        try:
            return None if self.spoil(spoiled) is False else spoiled
        except (IndexError, StopIteration):
            return None


FAULTS: list[Fault] = []


def fault(check: str, *also: str) -> Callable[[Spoil], Spoil]:
    """Name a function as a kind of fault."""

    def named(spoil: Spoil) -> Spoil:
        FAULTS.append(Fault(spoil.__name__, check, spoil, frozenset(also)))
        return spoil

    return named


def a_review_setting(as_of: datetime = AS_OF) -> ReviewSetting:
    """Roles and teams of the generated cases, and the rules with the old row."""
    return ReviewSetting(review_policy(), as_of, ROLES, TEAMS, rules=lambda _version: review_policy())


# ---- the lock ----------------------------------------------------------------------------------------


@fault("lock_evidence")
def locked_by_name_only(log: Spoiled) -> None:
    log.put(log.first(OrderLocked), evidence=(Fact(code="name"),))


@fault("lock_evidence")
def picked_by_what_many_share(log: Spoiled) -> None:
    shared = (Fact(code="name"), Fact(code="email"))
    log.put(log.first(OrderLocked), verdict="picked", evidence=shared)


@fault("order_after_message")
def locked_a_younger_order(log: Spoiled) -> None:
    placed_at = log.body(log.first(CaseOpened)).received_at + timedelta(minutes=5)
    log.put(log.first(OrderLocked), order=log.order.model_copy(update={"placed_at": placed_at}))


# ---- the breakdown -----------------------------------------------------------------------------------


@fault("units_beyond_order")
def counted_more_fine_units_than_bought(log: Spoiled) -> None:
    at = log.first(BreakdownConfirmed)
    items = list(log.body(at).items)
    place = next(n for n, item in enumerate(items) if item.is_fine)
    items[place] = items[place].model_copy(update={"units": items[place].units + 3})
    log.put(at, items=tuple(items))


@fault("units_untouched")
def forgot_the_rest_of_a_line(log: Spoiled) -> None:
    at = log.first(BreakdownConfirmed)
    fine = next(item for item in log.body(at).items if item.is_fine)
    log.put(at, items=tuple(item for item in log.body(at).items if item is not fine))


@fault("remedy_before_breakdown", "rule_does_not_fit")
def chose_before_breaking_down(log: Spoiled) -> None:
    at = log.first(BreakdownConfirmed)
    chosen = log.first(RemedyChosen)
    broken_down = log.events.pop(at)
    log.events.insert(chosen, broken_down.model_copy(update={"at": log.events[chosen - 1].at}))


# ---- remedies and their rules ------------------------------------------------------------------------


def _fbm(log: Spoiled, wanted: Callable[[Remedy], bool] = lambda _: True) -> int:
    return log.remedies(lambda remedy: remedy.channel is Channel.FBM and wanted(remedy))[0]


def _problem_of(log: Spoiled, remedy: Remedy) -> Any:
    items = log.body(log.last(BreakdownConfirmed)).items
    return next(item for item in items if item.item == remedy.item)


def _other_row(log: Spoiled, remedy: Remedy, wanted: Callable[[RemedyRow], bool]) -> str:
    return next(
        row.id
        for row in review_policy().rows.remedies
        if row.then.remedy is remedy.kind
        and row.id != EXPIRED
        and remedy.channel in row.channel
        and row.when.business in {None, log.order.business}
        and row.when.claim_value is None
        and wanted(row)
    )


@fault("own_remedy_for_amazon")
def refunded_an_fba_line_ourselves(log: Spoiled) -> None:
    at = log.remedies(lambda remedy: remedy.channel is Channel.FBA)[0]
    _instead_of_amazon(log, at)


@fault("own_remedy_for_amazon")
def refunded_a_prime_line_ourselves(log: Spoiled) -> None:
    at = log.remedies(lambda remedy: remedy.channel is Channel.SFP)[0]
    _instead_of_amazon(log, at)


def _instead_of_amazon(log: Spoiled, at: int) -> None:
    remedy = log.body(at).remedy
    line = log.order.line(remedy.line)
    paid = line.unit_price * remedy.units
    value: Amounts = {Component.ITEM: paid}
    for made in log.promises_of(remedy.remedy):
        promise = log.body(made).promise
        log.put(made, promise=promise.model_copy(update={"kind": PromiseKind.SUBMIT_REFUND}))
    log.change_remedy(at, kind=RemedyKind.REFUND_FULL, value=value, refund=value, share=Decimal(100))


@fault("rule_unknown")
def named_a_rule_that_never_was(log: Spoiled) -> None:
    log.change_remedy(_fbm(log), rule="fbm_we_always_do_it_so")


@fault("rule_not_of_its_day")
def used_a_rule_of_years_ago(log: Spoiled) -> None:
    log.change_remedy(_fbm(log, lambda remedy: remedy.kind is RemedyKind.REPLACEMENT), rule=EXPIRED)


@fault("rule_does_not_fit")
def used_the_rule_of_another_problem(log: Spoiled) -> None:
    at = _fbm(log)
    remedy = log.body(at).remedy
    problem = _problem_of(log, remedy).problem
    log.change_remedy(at, rule=_other_row(log, remedy, lambda row: problem not in row.when.issue))


@fault("rule_does_not_fit")
def used_the_rule_of_another_channel(log: Spoiled) -> None:
    at = _fbm(log, lambda remedy: remedy.kind is RemedyKind.REPLACEMENT)
    log.change_remedy(at, rule="sfp_no_replacement")


@fault("rule_does_not_fit")
def called_a_large_claim_small(log: Spoiled) -> None:
    policy = review_policy()

    def is_large(remedy: Remedy) -> bool:
        limit = policy.amount("small_claim", remedy.currency)
        return limit is not None and remedy.value_total > limit and remedy.rule.endswith("replacement_proven")

    log.change_remedy(_fbm(log, is_large), rule="fbm_damage_replacement_small")


@fault("rule_refuses")
def sent_goods_that_the_rule_refuses(log: Spoiled) -> None:
    at = _fbm(log, lambda remedy: remedy.kind is RemedyKind.REPLACEMENT)
    log.change_remedy(at, rule="fbm_no_stock_replacement")


@fault("lead_not_asked")
def did_what_a_lead_decides(log: Spoiled) -> None:
    def is_agents(remedy: Remedy) -> bool:
        return remedy.kind is RemedyKind.REPLACEMENT and not remedy.overrides

    log.change_remedy(_fbm(log, is_agents), rule="fbm_late_claim_replacement")


@fault("evidence_missing")
def compensated_without_the_photo(log: Spoiled) -> None:
    policy = review_policy()

    def needs_photo(remedy: Remedy) -> bool:
        row = policy.remedy_row(remedy.rule)
        wanted = row is not None and row.when.evidence is not None and Evidence.PHOTO in row.when.evidence
        return wanted and not remedy.overrides

    remedy = log.body(_fbm(log, needs_photo)).remedy
    at = log.last(BreakdownConfirmed)
    items = (
        item.model_copy(update={"evidence": frozenset()}) if item.item == remedy.item else item
        for item in log.body(at).items
    )
    log.put(at, items=tuple(items))


def _partial(log: Spoiled) -> int:
    return _fbm(log, lambda remedy: remedy.kind is RemedyKind.REFUND_PARTIAL and bool(remedy.refund))


@fault("share_outside_rule")
def gave_more_of_the_price_than_the_rule(log: Spoiled) -> None:
    at = _partial(log)
    value = log.body(at).remedy.value
    share = Decimal(95)
    log.change_remedy(at, share=share, refund={c: money.percent(share) for c, money in value.items()})


@fault("refund_above_rule")
def refunded_all_for_a_part(log: Spoiled) -> None:
    at = _partial(log)
    log.change_remedy(at, refund=dict(log.body(at).remedy.value))


@fault("kept_back_too_much")
def kept_back_nearly_everything(log: Spoiled) -> None:
    at = log.first(GoodsReceived)
    body = log.body(at)
    old = body.remedies[0]
    share = Decimal(90)
    less = {c: money - money.percent(share) for c, money in old.refund.items()}
    new = old.model_copy(
        update={
            "accepted": 0,
            "rejected": old.units,
            "rejected_for": RejectionReason.USED,
            "kept_back": share,
            "refund": {c: money for c, money in less.items() if money},
        }
    )
    units = body.units[0].model_copy(
        update={"accepted": 0, "rejected": old.units, "reason": RejectionReason.USED}
    )
    log.put(at, remedies=(new, *body.remedies[1:]), units=(units, *body.units[1:]))
    for place in log.where(PromiseSuperseded):
        promise = log.body(place).replacement
        if promise.remedy == new.remedy:
            log.put(place, replacement=promise.model_copy(update={"amount": new.refund_total}))


# ---- approvals ---------------------------------------------------------------------------------------


def _approval(log: Spoiled) -> tuple[int, int, set[str]]:
    asked, given = log.first(ApprovalRequested), log.first(ApprovalGiven)
    return asked, given, {remedy.remedy for remedy in log.body(asked).remedies}


@fault("self_approval")
def a_lead_approved_the_own_request(log: Spoiled) -> None:
    asked, given, _names = _approval(log)
    lead = log.events[given].actor
    own = tuple(remedy.model_copy(update={"chosen_by": lead}) for remedy in log.body(asked).remedies)
    log.put(asked, remedies=own)
    log.stamp(asked, actor=lead)


@fault("approval_not_entitled", "lead_not_asked", "above_limit", "evidence_missing")
def a_colleague_approved(log: Spoiled) -> None:
    _asked, given, names = _approval(log)
    asker = log.events[log.first(ApprovalRequested)].actor
    colleague = next(name for name, role in ROLES.items() if role == "agent" and name != asker)
    log.stamp(given, actor=colleague)
    for at in log.where(RemedyChosen):
        if log.body(at).remedy.remedy in names:
            log.stamp(at, actor=colleague)


@fault("chosen_without_approval")
def agreed_what_was_refused(log: Spoiled) -> None:
    _asked, given, _names = _approval(log)
    refused = ApprovalRefused(approval=log.body(given).approval, note="too much")
    log.stamp(given, body=refused)


@fault("approval_waiting", "remedy_undated")
def nobody_answers_the_request(log: Spoiled) -> None:
    _asked, given, _names = _approval(log)
    log.events = log.events[:given]


@fault("above_limit", "rule_does_not_fit", "refund_above_rule")
def granted_ten_times_as_much(log: Spoiled) -> object:
    if log.where(ApprovalRequested) or log.order.channels != {Channel.FBM}:
        return False
    log.events = [event_from_json(_MONEY.sub(_tenfold, canonical_json(event))) for event in log.events]
    return True


_MONEY = re.compile(r'"amount":"(-?[0-9.]+)"')


def _tenfold(match: re.Match[str]) -> str:
    return f'"amount":"{Decimal(match[1]) * 10}"'


# ---- twice -------------------------------------------------------------------------------------------


@fault("decided_twice")
def a_second_tab_chose_again(log: Spoiled) -> None:
    at = log.remedies(lambda remedy: remedy.units_used > 0 and remedy.kind is RemedyKind.REPLACEMENT)[0]
    _again(log, at, "r99")


def _kept(log: Spoiled, made: int) -> int:
    """Where the promise made there was kept; the last kept one where that became another."""
    name = log.body(made).promise.promise
    return next((at for at in log.where(PromiseKept) if log.body(at).promise == name), log.last(PromiseKept))


def _again(log: Spoiled, at: int, name: str, **changes: object) -> None:
    """The same remedy once more, with promises of its own that are kept."""
    remedy = log.body(at).remedy
    again = remedy.model_copy(update={"remedy": name, **changes})
    made = log.promises_of(remedy.remedy)[0]
    promise = log.body(made).promise.model_copy(
        update={"promise": "p99", "remedy": name, "units": again.units}
    )
    log.insert(_kept(log, made) + 1, PromiseKept(promise="p99", reference="REF-p99"))
    log.insert(made, PromiseMade(promise=promise))
    log.insert(at + 1, RemedyChosen(remedy=again))


@fault("compensated_twice", "decided_twice", "refund_beyond_price", "above_limit", "rule_does_not_fit")
def sent_more_than_was_bought(log: Spoiled) -> None:
    at = log.remedies(lambda remedy: remedy.kind is RemedyKind.REPLACEMENT)[0]
    line = log.order.line(log.body(at).remedy.line)
    _again(log, at, "r99", units=line.units_live)


def _compensates(log: Spoiled) -> Remedy:
    found = log.remedies(lambda remedy: remedy.units_used > 0)[0]
    remedy: Remedy = log.body(found).remedy
    return remedy


def _with_earlier(log: Spoiled, **what: Any) -> None:
    order = log.order
    earlier = Earlier(**what)
    log.put(log.first(OrderLocked), order=order.model_copy(update={"earlier": (earlier,)}))


@fault("compensated_before")
def refunded_before_the_case(log: Spoiled) -> None:
    remedy = _compensates(log)
    line = log.order.line(remedy.line)
    _with_earlier(
        log, kind=EarlierKind.REFUND, line=line.line, units=line.units_live, refunded=dict(line.paid)
    )


@fault("compensated_before")
def amazon_had_replaced_it(log: Spoiled) -> None:
    remedy = _compensates(log)
    line = log.order.line(remedy.line)
    _with_earlier(log, kind=EarlierKind.REPLACEMENT, line=line.line, units=line.units_live)


@fault("compensated_elsewhere")
def another_case_was_faster(log: Spoiled) -> None:
    remedy = _compensates(log)
    line = log.order.line(remedy.line)
    log.elsewhere = (
        Earlier(
            kind=EarlierKind.OTHER_CASE,
            line=line.line,
            units=line.units_live,
            reference="2026-0001",
            on=remedy.chosen_at.date() - timedelta(days=1),
        ),
    )


@fault("refund_beyond_price")
def a_goodwill_refund_had_used_the_price(log: Spoiled) -> None:
    remedy = log.body(log.remedies(lambda remedy: bool(remedy.refund))[0]).remedy
    line = log.order.line(remedy.line)
    _with_earlier(log, kind=EarlierKind.REFUND, line=line.line, units=0, refunded=dict(line.paid))


@fault("refunded_twice")
def submitted_the_refund_again(log: Spoiled) -> None:
    remedy = log.body(log.remedies(lambda remedy: bool(remedy.refund))[0]).remedy
    made = next(
        at for at in log.promises_of(remedy.remedy) if log.body(at).promise.kind is PromiseKind.SUBMIT_REFUND
    )
    promise = log.body(made).promise
    again = promise.model_copy(update={"promise": "p99"})
    bodies = PromiseMade(promise=again), PromiseKept(promise="p99", reference="REF-p99")
    log.insert(_kept(log, made) + 1, *bodies)


def _refund_file(log: Spoiled) -> tuple[int, tuple[str, ...], Money]:
    found = [log.body(at).remedy for at in log.remedies(lambda remedy: bool(remedy.refund))]
    first = found[0]
    plan = log.last(PromiseMade) + 1
    return plan, (first.remedy,), first.refund_total


@fault("refunds_checked_alone")
def checked_the_own_refunds(log: Spoiled) -> None:
    at, names, amount = _refund_file(log)
    chooser = log.body(log.first(RemedyChosen)).remedy.chosen_by
    log.insert(at, RefundsExported(remedies=names, total=amount, digest="d1"))
    log.insert(at, RefundsChecked(remedies=names, total=amount, digest="d1"), actor=chooser)


@fault("refund_file_unchecked")
def exported_without_a_second_person(log: Spoiled) -> None:
    at, names, amount = _refund_file(log)
    log.insert(at, RefundsExported(remedies=names, total=amount, digest="d1"))


@fault("refund_filed_twice")
def exported_the_same_refund_twice(log: Spoiled) -> None:
    at, names, amount = _refund_file(log)
    for digest in ("d2", "d1"):
        log.insert(at, RefundsExported(remedies=names, total=amount, digest=digest))
        log.insert(at, RefundsChecked(remedies=names, total=amount, digest=digest), actor=LEADS[0])


# ---- promises ----------------------------------------------------------------------------------------


@fault("promise_late", "update_gap", "refund_after_receipt_late", "platform_deadline_late")
def kept_the_last_promise_too_late(log: Spoiled) -> None:
    at = log.last(PromiseKept)
    name = log.body(at).promise
    made = [log.body(n).promise for n in log.where(PromiseMade)]
    made += [log.body(n).replacement for n in log.where(PromiseSuperseded)]
    promise = next(promise for promise in made if promise.promise == name)
    late = promise.due_at + timedelta(hours=2) - log.events[at].at
    log.postpone(at, hours=late.total_seconds() / 3600)


@fault("promise_overdue", "update_gap")
def forgot_the_case_after_the_plan(log: Spoiled) -> None:
    told = next(at for at in log.where(MessageApproved) if log.body(at).kind == "solution")
    log.events = log.events[: told + 1]


@fault("remedy_undated")
def never_said_when(log: Spoiled) -> None:
    remedy = log.body(log.remedies()[0]).remedy
    log.without_promises(remedy.remedy)


@fault("promise_baseless")
def promised_what_nobody_agreed_to(log: Spoiled) -> None:
    made = log.last(PromiseMade)
    promise = log.body(made).promise
    baseless = promise.model_copy(
        update={"promise": "p99", "remedy": "r77", "line": 11, "kind": PromiseKind.ANSWER, "amount": None}
    )
    _kept_later(log, made, baseless)


def _kept_later(log: Spoiled, made: int, promise: Promise) -> None:
    log.insert(_kept(log, made) + 1, PromiseKept(promise=promise.promise, reference="REF-p99"))
    log.insert(made + 1, PromiseMade(promise=promise))


@fault("promise_contradicted")
def promised_two_dates_for_one_thing(log: Spoiled) -> None:
    made = next(
        at for at in log.where(PromiseMade) if log.body(at).promise.kind is not PromiseKind.SUBMIT_REFUND
    )
    promise = log.body(made).promise
    other = {"promise": "p99", "due_at": promise.due_at + timedelta(days=3)}
    _kept_later(log, made, promise.model_copy(update=other))


@fault("promise_contradicted")
def promised_more_units_than_agreed(log: Spoiled) -> None:
    made = log.promises_of(log.body(log.remedies()[0]).remedy.remedy)[0]
    promise = log.body(made).promise
    log.put(made, promise=promise.model_copy(update={"units": promise.units + 4}))


@fault("change_untold")
def moved_a_date_and_told_nobody(log: Spoiled) -> None:
    told = next(at for at in log.where(MessageApproved) if log.body(at).kind == "solution")
    made = log.promises_of(log.body(log.remedies()[0]).remedy.remedy)[0]
    promise = log.body(made).promise
    moved = promise.model_copy(
        update={"promise": "p99", "due_at": promise.due_at + timedelta(days=2), "date_chosen": True}
    )
    for at in log.where(PromiseKept):
        if log.body(at).promise == promise.promise:
            log.put(at, promise="p99")
    for at in log.where(MessageApproved):
        if at > told:
            log.put(at, kind="update")
    change = PromiseSuperseded(promise=promise.promise, replacement=moved, reason="stock late")
    log.insert(told + 1, change)


# ---- deadlines ---------------------------------------------------------------------------------------


@fault("first_reply_late")
def answered_after_the_weekend(log: Spoiled) -> None:
    at = log.first(CaseOpened)
    log.put(at, received_at=log.body(at).received_at - timedelta(hours=30))


@fault("closed_without_reply", "first_reply_missing")
def closed_a_case_of_an_hour_in_silence(log: Spoiled) -> None:
    solved_it_without_a_word(log)


@fault("first_reply_missing", "closed_without_reply")
def solved_it_without_a_word(log: Spoiled) -> None:
    log.drop(
        lambda event: (
            isinstance(event.body, MessageApproved)
            or (isinstance(event.body, FollowUpDone) and event.body.follow_up == "first_reply")
        )
    )


def _happened(log: Spoiled, start: ClockStart, hours: float) -> None:
    """Something happened before the close, which then came *hours* later."""
    memo = log.first(MemoWritten)
    started_at = log.events[memo - 1].at + timedelta(minutes=30)
    log.insert(memo, ClockStarted(start=start, started_at=started_at), later=timedelta(hours=1))
    log.postpone(memo + 1, hours=hours)


@fault("reply_late")
def overlooked_the_second_message(log: Spoiled) -> None:
    _happened(log, ClockStart.MESSAGE_RECEIVED, 40)


@fault("return_request_late")
def left_the_return_request_open(log: Spoiled) -> object:
    if log.order.channels != {Channel.FBM}:
        return False
    _happened(log, ClockStart.RETURN_REQUESTED, 80)
    return True


@fault("platform_deadline_late")
def left_the_claim_unanswered(log: Spoiled) -> None:
    _happened(log, ClockStart.CLAIM_OPENED, 80)


@fault("platform_deadline_late")
def closed_over_a_claim(log: Spoiled) -> None:
    _happened(log, ClockStart.CLAIM_OPENED, 1)


@fault("claim_lapsed")
def let_the_lost_return_lapse(log: Spoiled) -> object:
    if log.order.marketplace is not Marketplace.US or log.order.channels == {Channel.FBA}:
        return False
    _happened(log, ClockStart.LAST_SCAN, 35 * 24)
    return True


@fault("refund_after_receipt_late", "platform_deadline_late")
def recorded_the_return_when_it_was_found(log: Spoiled) -> None:
    at = log.first(GoodsReceived)
    log.put(at, arrived_at=log.body(at).arrived_at - timedelta(days=12))


@fault("update_gap")
def silent_while_the_return_travelled(log: Spoiled) -> None:
    received = log.first(GoodsReceived)
    between = [
        at for at in log.where(MessageApproved) if log.body(at).kind == "update_news" and at < received
    ]
    gone = {log.events[at].seq for at in between[1:]}
    log.drop(lambda event: event.seq in gone)


@fault("evidence_not_chased")
def asked_for_photos_and_forgot(log: Spoiled) -> None:
    chosen = log.first(RemedyChosen) - 1
    items = tuple(item.item for item in log.body(log.first(BreakdownConfirmed)).items[:2])
    log.insert(chosen, EvidenceRequested(items=items, evidence=Evidence.VIDEO))
    log.events = log.events[: chosen + 1]


# ---- notes -------------------------------------------------------------------------------------------


@fault("memo_missing")
def wrote_no_memo(log: Spoiled) -> None:
    log.drop(lambda event: isinstance(event.body, MemoWritten))


@fault("memo_altered")
def edited_the_memo_by_hand(log: Spoiled) -> None:
    log.keeps_memo = True
    at = log.first(MemoWritten)
    log.put(at, text=log.body(at).text.replace("msg ", "msg about ", 1))


@fault("memo_altered")
def pasted_only_a_part_of_the_memo(log: Spoiled) -> object:
    log.keeps_memo = True
    at = log.first(MemoWritten)
    parts = log.body(at).text.splitlines()
    log.put(at, text="\n".join(parts[:-1]))
    return len(parts) > 1


@fault("memo_differs")
def pasted_the_memo_of_yesterday(log: Spoiled) -> None:
    log.keeps_memo = True
    at = log.first(MemoWritten)
    case = fold(log.good.case_id, log.events[: log.first(PromiseKept) + 1])
    log.put(at, text="\n".join(memo_parts(case, policy=review_policy())))


@fault("memo_outdated")
def promised_more_after_the_memo(log: Spoiled) -> None:
    at = log.first(MemoWritten)
    event = log.events[at]
    promise = Promise(
        promise="p99",
        kind=PromiseKind.ANSWER,
        due_at=event.at + timedelta(days=1),
        made_at=event.at,
        made_by=event.actor,
    )
    log.insert(at + 1, PromiseMade(promise=promise), PromiseKept(promise="p99", reference="told"))


@fault("kept_without_reference")
def wrote_down_no_tracking_number(log: Spoiled) -> None:
    kinds = {PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.SHIP_PART}
    names = [
        log.body(at).promise.promise for at in log.where(PromiseMade) if log.body(at).promise.kind in kinds
    ]
    at = next(at for at in log.where(PromiseKept) if log.body(at).promise in names)
    log.put(at, reference="")


@fault("hand_over_without_note")
def handed_over_without_a_word(log: Spoiled) -> None:
    log.put(log.first(HandOverOffered), note="")


@fault("hand_over_waiting")
def nobody_took_over(log: Spoiled) -> None:
    log.events.pop(log.first(HandOverAccepted))
    log.postpone(log.first(MemoWritten), hours=40)


# ---- messages ----------------------------------------------------------------------------------------


@fault("message_kind_unknown")
def sent_a_thanks_with_a_voucher(log: Spoiled) -> None:
    log.put(log.last(MessageApproved), kind="thank_you_voucher")


@fault("message_warned")
def sent_in_spite_of_a_warning(log: Spoiled) -> None:
    log.put(log.last(MessageApproved), warnings=("weekday_wrong",))


@fault("message_own_words")
def named_an_amount_of_ones_own(log: Spoiled) -> None:
    log.put(log.last(MessageApproved), own=(OwnWords(rule="amount_not_in_ledger", words="12"),))


@fault("message_language")
def wrote_in_the_wrong_language(log: Spoiled) -> None:
    at = log.last(MessageApproved)
    log.put(at, language="fr" if log.body(at).language != "fr" else "de")


@fault("message_repeated")
def pasted_the_same_text_again(log: Spoiled) -> None:
    first, last = log.first(MessageApproved), log.last(MessageApproved)
    log.put(last, digest=log.body(first).digest)


@fault("message_altered")
def changed_the_text_in_the_vault(log: Spoiled) -> None:
    log.told = {log.body(log.last(MessageApproved)).message_ref: "We never said that."}


# ---- closing -----------------------------------------------------------------------------------------


@fault("closed_with_promises")
def closed_before_all_was_done(log: Spoiled) -> None:
    name = log.body(log.last(PromiseKept)).promise
    log.drop(
        lambda event: (
            (isinstance(event.body, PromiseKept) and event.body.promise == name)
            or (isinstance(event.body, FollowUpDone) and event.body.follow_up == f"promise-{name}")
        )
    )


@fault("closed_with_approval", "closed_undecided")
def closed_over_a_request(log: Spoiled) -> None:
    _asked, given, names = _approval(log)
    log.events.pop(given)
    log.drop(lambda event: isinstance(event.body, RemedyChosen) and event.body.remedy.remedy in names)
    for name in names:
        log.without_promises(name)


@fault("closed_undecided")
def closed_with_a_claim_left(log: Spoiled) -> None:
    remedy = log.body(log.remedies()[0]).remedy
    log.without_promises(remedy.remedy)
    log.drop(lambda event: isinstance(event.body, RemedyChosen) and event.body.remedy.remedy == remedy.remedy)


@fault("acted_when_closed")
def went_on_after_the_close(log: Spoiled) -> None:
    log.insert(len(log.events), Flagged(flag="watch"))


# ---- personal data and the log -----------------------------------------------------------------------


@fault("personal_data")
def noted_the_telephone_number(log: Spoiled) -> None:
    log.insert(log.first(MemoWritten), NoteAdded(text="Buyer wants a call: +44 20 7946 0958"))


@fault("personal_data")
def noted_name_and_address(log: Spoiled) -> None:
    log.insert(log.first(MemoWritten), NoteAdded(text="Send it to Mr John Miller, 12 Baker Street"))


@fault("personal_data")
def kept_the_e_mail_as_reference(log: Spoiled) -> None:
    log.put(log.first(PromiseKept), reference="jo.miller@example.com")


@fault("time_runs_back")
def set_the_clock_back(log: Spoiled) -> None:
    at = log.last(CaseClosed)
    log.stamp(at, at=log.events[at - 1].at - timedelta(minutes=5))


@fault("chain_broken")
def changed_an_event_in_the_database(log: Spoiled) -> None:
    rows = list(log.good.rows)
    at = log.last(FollowUpDone)
    seq, data, chain = rows[at]
    fields = json.loads(data)
    fields["body"]["note"] = "done in time"
    rows[at] = (seq, json.dumps(fields, sort_keys=True, separators=(",", ":")), chain)
    log.rows = tuple(rows)


__all__ = ["FAULTS", "Fault", "Spoiled", "a_review_setting", "review_policy"]
