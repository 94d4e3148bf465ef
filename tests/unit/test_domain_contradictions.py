"""Contradictions in a history: each kind found where it is, none where nothing contradicts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.contradictions import Clash, Contradiction, carries, contradictions, owed_notices
from playbook.domain.events import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    Body,
    Event,
    Fact,
    PromiseKept,
    PromiseMade,
    PromiseSuperseded,
    PromiseWithdrawn,
    RemedyChosen,
    RemedyWithdrawn,
)
from playbook.domain.folding import apply
from playbook.domain.money import total
from playbook.domain.promises import Promise, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.policy import Policy
from playbook.steps.commands import (
    ChangePromise,
    Command,
    ConfirmPlan,
    Counted,
    KeepPromise,
    MakePromise,
    ReceiveGoods,
    WithdrawPromise,
    WithdrawRemedy,
)
from tests.builders import (
    AGENT,
    CASE_ID,
    LEAD,
    NOW,
    OpenCase,
    a_case,
    a_message,
    a_promise,
    a_remedy,
    amounts,
    an_order,
    broken_down,
    choose,
    claim,
    lock,
    money,
    refusals,
    run,
    stamped,
    the_policy,
)
from tests.letterlogs import logged

SHIP, REFUND, ANSWER = PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.ANSWER
DAY = timedelta(days=1)


class History:
    """A log that the desk wrote, and facts that somebody else wrote after it."""

    def __init__(self, *commands: Command, problem: ProblemType = ProblemType.TRANSIT_DAMAGE) -> None:
        self.events: tuple[Event, ...] = ()
        self.case: Case = a_case()
        claims = broken_down(claim(3, problem), claim(2, ProblemType.MISSING))
        self.do(OpenCase(NOW - timedelta(hours=2)), lock(an_order()), claims, *commands)

    def do(self, *commands: Command) -> "History":
        new, self.case = logged(self.case, *commands)
        self.events += new
        return self

    def add(self, *bodies: Body, actor: str = AGENT.name, at: datetime = NOW) -> "History":
        for body in bodies:
            (event,) = stamped(self.case, (body,))
            self.events += (event.model_copy(update={"actor": actor, "at": at}),)
            self.case = apply(self.case, self.events[-1:])
        return self

    @property
    def found(self) -> tuple[Contradiction, ...]:
        return contradictions(CASE_ID, self.events)

    @property
    def clashes(self) -> list[Clash]:
        return [one.clash for one in self.found]


def replaced() -> History:
    """Three units are sent again, by tomorrow; the buyer was told."""
    return History(
        choose(RemedyKind.REPLACEMENT),
        choose(RemedyKind.REFUND_FULL, "c2"),
        ConfirmPlan(),
        a_message("solution"),
    )


def another(**others: Any) -> Promise:
    """The promise of `replaced` as somebody else might make it again."""
    return a_promise("p9", units=3, **others)


def test_a_history_of_the_desk_has_none():
    assert replaced().found == ()
    assert contradictions(CASE_ID, ()) == ()


@pytest.mark.parametrize(
    ("promise", "clash"),
    [
        (another(due_at=NOW + 2 * DAY), Clash.OTHER_DATE),
        (a_promise("p9", units=2), Clash.OTHER_UNITS),
        (a_promise("p9", kind=REFUND, remedy="r2", units=2, amount=money("19.99")), Clash.OTHER_AMOUNT),
    ],
)
def test_another_date_number_or_amount_for_the_same_thing(promise: Promise, clash: Clash):
    history = replaced().add(PromiseMade(promise=promise), actor="Ma Jun", at=NOW + timedelta(hours=1))
    found = history.found[0]
    assert found.clash is clash
    assert (found.actor, found.at, found.seq) == ("Ma Jun", NOW + timedelta(hours=1), history.case.version)
    assert found.new == promise
    assert isinstance(found.existing, Promise)
    assert found.existing.made_by == AGENT.name


def test_the_same_promise_twice_contradicts_nothing():
    assert replaced().add(PromiseMade(promise=another())).found == ()


def test_more_than_the_remedy_and_another_amount_than_the_remedy():
    kept = replaced().add(PromiseKept(promise="p1"), PromiseKept(promise="p2"))
    more = kept.add(PromiseMade(promise=a_promise("p9", units=4)))
    assert more.clashes == [Clash.BEYOND_THE_REMEDY]
    dearer = a_promise("p8", kind=REFUND, remedy="r2", units=2, amount=money("25"))
    assert more.add(PromiseMade(promise=dearer)).clashes[1:] == [Clash.OTHER_AMOUNT]


def test_another_remedy_for_the_same_units():
    """A refund for units that are sent again: under the remedy itself, or beside it for the line."""
    under = a_promise("p9", kind=REFUND, units=3)
    assert replaced().add(PromiseMade(promise=under)).clashes == [Clash.OTHER_REMEDY]
    beside = a_promise("p9", kind=REFUND, remedy="", units=3)
    history = History(choose(RemedyKind.REPLACEMENT), choose(RemedyKind.RESEND_MISSING, "c2"), ConfirmPlan())
    found = history.add(PromiseMade(promise=beside)).found
    assert {one.clash for one in found} == {Clash.OTHER_REMEDY}
    assert [one.existing.remedy for one in found if one.existing] == ["r1", "r2"]
    assert "promise_other_remedy" in refusals(
        history.case, MakePromise(REFUND, NOW + 2 * DAY, line=1, units=3)
    )


def test_a_remedy_for_units_that_were_promised_otherwise():
    history = History(MakePromise(SHIP, NOW + DAY, line=1, units=5))
    chosen = a_remedy(kind=RemedyKind.REFUND_FULL, units=1)
    assert history.add(RemedyChosen(remedy=chosen)).clashes == [Clash.OTHER_REMEDY]
    room = History(MakePromise(SHIP, NOW + DAY, line=1, units=2))
    assert room.add(RemedyChosen(remedy=a_remedy(kind=RemedyKind.REFUND_FULL, units=3))).found == ()


def test_a_trace_settles_no_units():
    history = History(MakePromise(SHIP, NOW + DAY, line=1, units=5))
    trace = a_remedy(kind=RemedyKind.TRACE_SHIPMENT, units=3)
    assert history.add(RemedyChosen(remedy=trace)).found == ()


def test_more_units_than_were_claimed_are_remedied():
    history = replaced().add(RemedyChosen(remedy=a_remedy("r9", units=1)))
    assert history.clashes == [Clash.OTHER_REMEDY]
    assert replaced().add(RemedyChosen(remedy=a_remedy("r9", item="c9"))).found[0].existing is None


def test_a_date_before_one_that_was_already_missed():
    missed = NOW + 2 * DAY
    back = another(due_at=NOW + DAY, made_at=missed)
    moved = PromiseSuperseded(promise="p1", replacement=back, reason="x")
    history = replaced().add(moved, at=missed)
    assert Clash.BEFORE_A_MISSED_DATE in history.clashes
    later = PromiseSuperseded(
        promise="p1", replacement=another(due_at=NOW + 3 * DAY, made_at=missed), reason="x"
    )
    assert Clash.BEFORE_A_MISSED_DATE not in replaced().add(later, at=missed).clashes


def test_more_than_the_order_holds():
    history = History()
    dear = a_promise("p9", kind=REFUND, remedy="", line=None, units=None, amount=money("100.01"))
    many = a_promise("p8", remedy="", units=11)
    assert history.add(PromiseMade(promise=dear), PromiseMade(promise=many)).clashes == [
        Clash.BEYOND_THE_REMEDY,
        Clash.BEYOND_THE_REMEDY,
    ]
    assert refusals(history.case, MakePromise(SHIP, NOW + DAY, line=1, units=11)) != ()
    unlocked = stamped(a_case(), (PromiseMade(promise=dear),))
    assert contradictions(CASE_ID, unlocked) == ()


def requested(**others: Any) -> ApprovalRequested:
    remedy = a_remedy("r1", kind=RemedyKind.REFUND_FULL, units=3, refund=amounts(item="30"), **others)
    return ApprovalRequested(
        approval="a1", remedies=(remedy,), amount=money("30"), why=Fact(code="above_limit")
    )


def test_without_authority():
    nobody_agreed = History().add(PromiseMade(promise=a_promise("p1")))
    assert nobody_agreed.clashes == [Clash.WITHOUT_AUTHORITY]
    ask = requested()
    chosen = RemedyChosen(remedy=ask.remedies[0])
    assert History().add(ask, chosen).clashes == [Clash.WITHOUT_AUTHORITY]
    refused = ApprovalRefused(approval="a1", note="no")
    assert History().add(ask, refused, chosen).clashes == [Clash.WITHOUT_AUTHORITY]
    given = ApprovalGiven(approval="a1")
    assert History().add(ask).add(given, chosen, actor=LEAD.name).found == ()
    assert History().add(ask).add(given, chosen, actor=AGENT.name).clashes == [Clash.WITHOUT_AUTHORITY]


def test_an_agent_promises_no_more_money_than_an_agent_may_grant(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Policy, "approval_limit", lambda *_a: money("50"))
    case = History().case
    promise = MakePromise(REFUND, NOW + DAY, line=1, amount=money("50.01"))
    assert refusals(case, promise) == ("above_limit",)
    assert refusals(case, MakePromise(REFUND, NOW + DAY, line=1, amount=money("50"))) == ()
    assert refusals(case, MakePromise(REFUND, NOW + DAY, amount=money("60", "EUR"))) == ("promise_beyond",)


# ---- notice ------------------------------------------------------------------------------------------


def test_a_change_that_the_buyer_was_told_of_is_owed_a_notice():
    history = replaced().do(ChangePromise("p1", NOW + 3 * DAY, "no stock"))
    (found,) = history.found
    assert (found.clash, found.actor, found.seq) == (
        Clash.WITHOUT_NOTICE,
        AGENT.name,
        history.case.promises[0].settled,
    )
    assert (found.existing, found.new) == (history.case.promises[0].promise, history.case.promises[2].promise)
    assert history.do(a_message("update")).clashes == [Clash.WITHOUT_NOTICE]
    assert history.do(a_message("superseded")).found == ()


def test_a_withdrawn_remedy_is_owed_a_notice_until_the_new_plan_is_told():
    history = replaced().do(WithdrawRemedy("r1", "buyer wants money"))
    assert history.clashes == [Clash.WITHOUT_NOTICE]
    assert history.found[0].new is None
    history.do(choose(RemedyKind.REFUND_FULL, "c1"), ConfirmPlan(), a_message("solution"))
    assert history.found == ()


def test_what_the_buyer_never_heard_of_needs_no_notice():
    silent = History(choose(RemedyKind.REPLACEMENT), choose(RemedyKind.REFUND_FULL, "c2"), ConfirmPlan())
    assert silent.do(a_message("first_reply"), ChangePromise("p1", NOW + 3 * DAY, "x")).found == ()


def test_the_date_of_an_answer_is_told_by_any_message():
    history = History(
        MakePromise(ANSWER, NOW + DAY), a_message("first_reply"), WithdrawPromise("p1", "answered")
    )
    assert history.clashes == [Clash.WITHOUT_NOTICE]
    assert history.do(a_message("update")).found == ()


def test_a_change_that_was_changed_back_needs_no_notice():
    history = replaced().do(ChangePromise("p1", NOW + 3 * DAY, "no stock"))
    assert history.do(ChangePromise("p3", NOW + DAY, "found some")).found == ()


def test_an_earlier_date_needs_no_notice_a_later_one_does():
    assert replaced().do(ChangePromise("p1", NOW + timedelta(hours=5), "quick")).found == ()
    assert replaced().do(ChangePromise("p1", NOW + timedelta(hours=25), "slow")).clashes


def returned(*rows: Counted, problem: ProblemType = ProblemType.TRANSIT_DAMAGE) -> History:
    choices = (choose(RemedyKind.RETURN_REFUND), choose(RemedyKind.RESEND_MISSING, "c2"))
    history = History(*choices, ConfirmPlan(), a_message("solution"), problem=problem)
    return history.do(KeepPromise("p1", "label"), ReceiveGoods(rows))


def test_a_return_in_parcels_splits_what_was_told_and_contradicts_nothing():
    assert returned(Counted("r1", 1)).found == ()
    assert returned(Counted("r1", 3)).found == ()


def test_less_money_than_was_told_is_owed_a_notice():
    history = returned(Counted("r1", 1, 2, RejectionReason.USED), problem=ProblemType.CHANGED_MIND)
    told = next(known for known in history.case.promises if known.promise.kind is REFUND)
    left = [p.amount for p in history.case.open_promises if p.kind is REFUND and p.amount]
    assert total(left, "GBP") < told.promise.amount
    assert history.clashes == [Clash.WITHOUT_NOTICE]
    assert owed_notices(history.case) == (told,)


# ---- which promise fits which remedy -----------------------------------------------------------------


def test_every_promise_of_every_rule_is_one_that_its_remedy_carries():
    for row in the_policy().rows.remedies:
        remedy = a_remedy(kind=row.then.remedy)
        for spec in row.then.promises:
            assert carries(remedy, spec.kind), f"{row.id}: {spec.kind}"


@pytest.mark.parametrize("kind", PromiseKind)
def test_every_kind_of_promise_is_carried_by_some_remedy(kind: PromiseKind):
    assert any(carries(a_remedy(kind=remedy), kind) for remedy in RemedyKind)
    assert kind is ANSWER or not all(carries(a_remedy(kind=remedy), kind) for remedy in RemedyKind)


# ---- ways out ----------------------------------------------------------------------------------------


def test_a_promise_beside_the_plan_is_replaced_with_a_reason():
    case = run(History().case, MakePromise(SHIP, NOW + DAY, line=1, units=2))
    other = MakePromise(SHIP, NOW + 2 * DAY, line=1, units=3)
    assert refusals(case, other) == ("promise_contradicts",)
    instead = MakePromise(SHIP, NOW + 2 * DAY, line=1, units=3, instead_of="p1", reason="counted again")
    case = run(case, instead)
    (promise,) = case.open_promises
    assert (promise.promise, promise.units, promise.date_chosen) == ("p2", 3, True)


@pytest.mark.parametrize(
    ("others", "codes"),
    [
        ({"reason": " "}, ("reason_needed",)),
        ({"reason": "x", "instead_of": "p9"}, ("promise_contradicts",)),
        ({"reason": "x", "line": 1, "kind": REFUND}, ("promise_not_open",)),
        ({"reason": "x", "due_at": NOW + DAY, "units": 2}, ("promise_repeated",)),
    ],
)
def test_what_cannot_replace_a_promise(others: dict[str, Any], codes: tuple[str, ...]):
    case = run(History().case, MakePromise(SHIP, NOW + DAY, line=1, units=2))
    fields = {"kind": SHIP, "due_at": NOW + 2 * DAY, "line": 1, "units": 3, "instead_of": "p1"} | others
    assert refusals(case, MakePromise(**fields)) == codes


def test_a_promise_beside_the_plan_can_be_taken_back():
    case = run(History().case, MakePromise(SHIP, NOW + DAY, line=1), WithdrawPromise("p1", "no stock"))
    assert case.open_promises == ()
    assert refusals(case, WithdrawPromise("p1", "x")) == ("promise_not_open",)
    case = run(case, MakePromise(SHIP, NOW + DAY, line=1))
    assert refusals(case, WithdrawPromise("p2", " ")) == ("reason_needed",)


def test_withdrawing_twice_in_a_log_is_harmless():
    history = replaced().add(
        RemedyWithdrawn(remedy="r1", reason="x"), PromiseWithdrawn(promise="p1", reason="x")
    )
    assert history.clashes == [Clash.WITHOUT_NOTICE]
