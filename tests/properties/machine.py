"""Random shop floors: several cases on one order, agents and leads, all 24 commands, legal or not.

`World` plays the desk without a store: it decides with what the other cases on the order have agreed,
stamps the events, chains them, and checks after every command that all ledgers still hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from playbook.domain.case import Case, Stage, apply, fold
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import GENESIS, Event, Fact, canonical_json, chain_of, event_from_json
from playbook.domain.ids import CaseId, Marketplace
from playbook.domain.ledgers import claimable_by_line, compensation_elsewhere, money_ledger, unit_ledger
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import (
    PROMOTIONS,
    Amounts,
    Channel,
    Component,
    Earlier,
    EarlierKind,
    FactKind,
    Order,
    OrderLine,
)
from playbook.domain.promises import FollowUp, FollowUpKind, PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps import commands as c
from playbook.steps.commands import Choice, ChooseRemedies
from playbook.steps.followup import planned_promises
from playbook.steps.options import options
from tests.builders import AGENT, LEAD, MANAGER, NUMBER_IN_TEXT, a_line, an_order, the_policy

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACTORS = (AGENT, Actor("Ma Jun", "agent"), LEAD, MANAGER)
CASES = (CaseId("2026-0001"), CaseId("2026-0002"))
CADENCE = timedelta(hours=48)

_PROBLEMS = [*ProblemType]
_MARKETS = {Marketplace.UK: "GBP", Marketplace.JP: "JPY", Marketplace.US: "USD"}


# ---- orders ------------------------------------------------------------------------------------------


@st.composite
def some_paid(draw: st.DrawFn, currency: str) -> Amounts:
    """Line totals of any kind, free ones and promotions too."""
    most = 30_000
    parts = {Component.ITEM: draw(st.integers(0, most))}
    for component in (Component.SHIPPING, Component.ITEM_TAX, Component.PROMOTION):
        if draw(st.booleans()):
            parts[component] = draw(st.integers(0, 999))
    unit = minor_unit(currency)
    return {
        component: Money(-amount * unit if component in PROMOTIONS else amount * unit, currency)
        for component, amount in parts.items()
    }


@st.composite
def some_order(draw: st.DrawFn) -> Order:
    """One to three lines on any channel, shipped in part, some units compensated before."""
    market = draw(st.sampled_from(sorted(_MARKETS)))
    currency = _MARKETS[market]
    lines = []
    earlier = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        units = draw(st.integers(1, 12))
        cancelled = draw(st.integers(0, units // 4))
        shipped = draw(st.one_of(st.just(units - cancelled), st.integers(0, units - cancelled)))
        channel = draw(st.sampled_from([Channel.FBM, Channel.FBM, Channel.FBM, Channel.FBA, Channel.SFP]))
        paid = draw(some_paid(currency))
        lines.append(
            a_line(
                number,
                units=units,
                cancelled=cancelled,
                shipped=shipped,
                channel=channel,
                paid=paid,
                currency=currency,
            )
        )
        if draw(st.integers(0, 3)) == 0:
            refunded = {Component.ITEM: paid[Component.ITEM].percent(Decimal(draw(st.integers(0, 40))))}
            kind = draw(st.sampled_from([EarlierKind.REFUND, EarlierKind.REPLACEMENT, EarlierKind.RETURN]))
            earlier.append(
                Earlier(
                    kind=kind,
                    line=number,
                    units=draw(st.integers(0, units)),
                    refunded=refunded if kind is EarlierKind.REFUND else {},
                )
            )
    return an_order(*lines, market=market, earlier=tuple(earlier), placed_at=START - timedelta(days=20))


# ---- commands ----------------------------------------------------------------------------------------


def some_rows(order: Order) -> st.SearchStrategy[tuple[c.ClaimRow, ...]]:
    """Rows of a breakdown, most of them possible."""
    row = st.builds(
        c.ClaimRow,
        line=st.sampled_from([*(line.line for line in order.lines), 9]),
        problem=st.one_of(st.sampled_from(_PROBLEMS), st.sampled_from(_PROBLEMS), st.none()),
        units=st.one_of(st.integers(1, 4), st.integers(-1, 13), st.none()),
        evidence=st.sampled_from([frozenset(), frozenset({Evidence.PHOTO}), frozenset({Evidence.PHOTO})]),
    )
    sane = st.builds(
        c.ClaimRow,
        line=st.sampled_from([line.line for line in order.lines]),
        problem=st.sampled_from(_PROBLEMS),
        units=st.integers(1, 4),
        evidence=st.just(frozenset({Evidence.PHOTO})),
    )
    return st.lists(st.one_of(sane, sane, sane, row), max_size=5).map(tuple)


@st.composite
def fitting_rows(draw: st.DrawFn, case: Case, elsewhere: Sequence[Earlier]) -> tuple[c.ClaimRow, ...]:
    """Rows of a breakdown that can be confirmed as it is."""
    rows = []
    for line, claimable in claimable_by_line(case, elsewhere).items():
        left = claimable
        while left and draw(st.integers(0, 3)):
            claimed = draw(st.integers(1, left))
            problem = draw(st.sampled_from(_PROBLEMS))
            rows.append(c.ClaimRow(line, problem, claimed, frozenset({Evidence.PHOTO})))
            left -= claimed
    return tuple(rows)


@st.composite
def fitting_choice(draw: st.DrawFn, case: Case, setting: Setting) -> ChooseRemedies:
    """A remedy that the rules offer for an undecided item."""
    undecided = [item for item in case.claims if item.units > case.decided_units(item.item)]
    item = draw(st.sampled_from(undecided))
    units = draw(st.one_of(st.none(), st.integers(1, item.units - case.decided_units(item.item))))
    kinds = [o.kind for o in options(case, item, setting, units=units) if o.outcome != "refused"]
    kind = draw(st.sampled_from(kinds or [RemedyKind.DECLINE]))
    return ChooseRemedies((Choice(item.item, kind, units),))


@st.composite
def some_command(draw: st.DrawFn, case: Case, order: Order, setting: Setting) -> Command:
    """One of the 24 commands, with ids of the case more often than others."""
    now = setting.now
    if not case.version and draw(st.integers(0, 4)):
        return c.OpenCase(now)
    if case.stage is Stage.BREAKDOWN and draw(st.booleans()):
        return c.ConfirmBreakdown(draw(fitting_rows(case, setting.elsewhere)), leave_untouched=True)
    if case.stage is Stage.REMEDY and draw(st.booleans()):
        return draw(fitting_choice(case, setting))
    item = st.sampled_from([*(i.item for i in case.claims), "c1", "c99"])
    remedy = st.sampled_from([*(r.remedy for r in case.remedies), "r1", "r99"])
    promise = st.sampled_from([*(p.promise for p in case.open_promises), "p1", "p99"])
    follow_up = st.sampled_from([*(f.follow_up for f in case.open_follow_ups), "first_reply", "nothing"])
    approval = st.sampled_from([*(request.approval for request in case.pending), "a99"])
    when = st.integers(-5, 120).map(lambda hours: now + timedelta(hours=hours))
    text = st.sampled_from(["a reason", " ", "half \ud800 a pair\x00"])
    kind = st.sampled_from(
        [*RemedyKind, RemedyKind.REFUND_FULL, RemedyKind.REFUND_FULL, RemedyKind.REPLACEMENT]
    )
    currency = order.currency
    choice = st.builds(
        c.Choice,
        item=item,
        kind=kind,
        units=st.one_of(st.none(), st.integers(1, 3), st.integers(-1, 9)),
        share=st.one_of(st.none(), st.none(), st.sampled_from([Decimal(20), Decimal("33.3"), Decimal(100)])),
        amount=st.one_of(
            *(st.none(),) * 3, st.integers(0, 9000).map(lambda n: Money(n * minor_unit(currency), currency))
        ),
    )
    promised = st.sampled_from([PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.ANSWER])
    commands: dict[str, st.SearchStrategy[Command]] = {
        "open": st.builds(c.OpenCase, received_at=when),
        "lock": st.sampled_from(
            [
                c.LockOrder(order, "certain", (NUMBER_IN_TEXT,)),
                c.LockOrder(order, "picked", (Fact(code="name"),), Fact(code="postcode")),
                c.LockOrder(order, "picked"),
            ]
        ),
        "unlock": st.builds(c.WithdrawLock, reason=text),
        "breakdown": st.builds(c.ConfirmBreakdown, rows=some_rows(order), leave_untouched=st.just(True)),
        "ask": st.builds(c.RequestEvidence, items=st.tuples(item), evidence=st.sampled_from(Evidence)),
        "fact": st.builds(
            c.CorrectFact,
            fact=st.sampled_from(FactKind),
            value=st.sampled_from(
                ["", "yes", "no", "FBA", "FBM", "2026-11-20", "2027-01-02", "office", "UK"]
            ),
            lines=st.sampled_from([(), (1,), (1, 2), (9,)]),
        ),
        "adopt": st.just(c.AdoptRules()),
        "evidence": st.builds(c.RecordEvidence, items=st.tuples(item), evidence=st.sampled_from(Evidence)),
        "choose": st.builds(
            c.ChooseRemedies,
            choices=st.lists(choice, max_size=3).map(tuple),
            in_stock=st.sampled_from([None, True, False]),
        ),
        "choose_one": st.builds(c.ChooseRemedies, choices=st.tuples(choice)),
        "withdraw": st.builds(c.WithdrawRemedy, remedy=remedy, reason=text),
        "approval": st.builds(c.DecideApproval, approval=approval, approve=st.booleans(), note=text),
        "plan": st.builds(
            c.ConfirmPlan,
            dates=st.lists(st.builds(c.PlanDate, remedy=remedy, kind=promised, due_at=when), max_size=1).map(
                tuple
            ),
        ),
        "plan_now": st.just(c.ConfirmPlan()),
        "promise": st.builds(
            c.MakePromise,
            kind=promised,
            due_at=when,
            remedy=st.one_of(st.just(""), remedy),
            line=st.sampled_from([None, 1, 2, 9]),
            units=st.one_of(st.none(), st.integers(-1, 4)),
        ),
        "keep": st.builds(c.KeepPromise, promise=promise, reference=text),
        "change": st.builds(c.ChangePromise, promise=promise, due_at=when, reason=text),
        "tick": st.builds(c.CompleteFollowUp, follow_up=follow_up, note=text),
        "message": st.builds(
            c.ApproveMessage,
            kind=st.just("update"),
            language=st.just("en"),
            message_ref=st.just("v-1"),
            digest=st.just("0"),
            follow_up=follow_up,
        ),
        "memo": st.builds(c.WriteMemo, text=text, limit=st.sampled_from([5, 255])),
        "note": st.builds(c.AddNote, text=text),
        "flag": st.builds(
            c.SetFlag, flag=st.sampled_from(["vip", " ", "waiting_for_evidence"]), on=st.booleans()
        ),
        "offer": st.builds(c.OfferHandOver, to=st.sampled_from([actor.name for actor in ACTORS])),
        "accept": st.just(c.AcceptHandOver()),
        "close": st.builds(c.CloseCase, outcome=st.sampled_from(["solved", "withdrawn"])),
        "reopen": st.builds(c.ReopenCase, reason=text),
    }
    helpful = {
        Stage.LOCK: ["lock", "lock"],
        Stage.BREAKDOWN: ["breakdown", "breakdown"],
        Stage.REMEDY: ["choose", "choose_one", "approval", "approval", "withdraw"],
        Stage.FOLLOW_UP: ["plan_now", "plan_now", "keep", "keep", "change", "withdraw", "promise"],
        Stage.CLOSED: ["reopen"],
    }[case.stage]
    name = draw(st.sampled_from(helpful * 4 + sorted(commands)))
    return draw(commands[name])


# ---- the world ---------------------------------------------------------------------------------------


@dataclass
class World:
    """Cases on one order, their logs, and a clock."""

    order: Order
    now: datetime = START
    cases: dict[CaseId, Case] = field(default_factory=lambda: {case_id: Case(case_id) for case_id in CASES})
    logs: dict[CaseId, list[Event]] = field(default_factory=lambda: {case_id: [] for case_id in CASES})
    refused: int = 0

    def elsewhere(self, case: Case) -> tuple[Earlier, ...]:
        """What the other cases have agreed."""
        return tuple(
            earlier
            for other in self.cases.values()
            if other.case_id != case.case_id
            for earlier in compensation_elsewhere(case, other)
        )

    def setting(self, case: Case, actor: Actor) -> Setting:
        """As the desk would see it now."""
        return Setting(the_policy(), self.now, actor, self.elsewhere(case))

    def do(self, case_id: CaseId, command: Command, actor: Actor) -> bool:
        """Decide and append; True when it was accepted. A refusal must change nothing."""
        case = self.cases[case_id]
        setting = self.setting(case, actor)
        decision = decide(case, command, setting)
        assert decide(case, command, setting) == decision, "the same question has one answer"
        if isinstance(decision, Refused):
            assert decision.problems
            self.refused += 1
            return False
        events = []
        for seq, body in enumerate(decision, start=case.version + 1):
            event = Event(
                case_id=case_id,
                seq=seq,
                at=self.now,
                actor=actor.name,
                policy_version=setting.policy.version,
                body=body,
            )
            previous = (self.logs[case_id] + events)[-1].chain if self.logs[case_id] + events else GENESIS
            events.append(event.model_copy(update={"chain": chain_of(previous, canonical_json(event))}))
        self.logs[case_id].extend(events)
        self.cases[case_id] = apply(case, events)
        return True

    # ---- what always holds ----

    def check(self) -> None:
        """Every promise of this program about its ledgers, for every case."""
        for case in self.cases.values():
            self._check_units(case)
            self._check_money(case)
            self._check_case(case)
        self._check_together()

    def _check_units(self, case: Case) -> None:
        for line, units in zip(self._lines(case), unit_ledger(case, self.elsewhere(case)), strict=True):
            counts = [
                units.cancelled,
                units.elsewhere,
                units.fine,
                units.withdrawn,
                units.untouched,
                *units.claimed.values(),
                *units.agreed.values(),
                *units.executed.values(),
            ]
            assert min(counts) >= 0, units
            assert units.sum == sum(counts) == units.ordered == line.units_ordered

    def _check_money(self, case: Case) -> None:
        for line, money in zip(self._lines(case), money_ledger(case, self.elsewhere(case)), strict=True):
            for component, granted in money.granted.items():
                _assert_within(granted, line.paid[component])
                _assert_within(money.executed.get(component, granted), granted)
            for remedy in case.remedies:
                if remedy.line == line.line:
                    for component, refund in remedy.refund.items():
                        _assert_within(refund, remedy.value[component])

    def _check_together(self) -> None:
        """Over all cases and what happened before: no unit and no cent twice."""
        for line in self.order.lines:
            remedies = [r for case in self.cases.values() for r in case.remedies if r.line == line.line]
            before = [
                e for e in self.order.earlier if e.line == line.line and e.kind is not EarlierKind.RETURN
            ]
            used = sum(remedy.units_used for remedy in remedies)
            assert used <= max(0, line.units_live - sum(e.units for e in before))
            cancelled = [r for r in remedies if r.kind is RemedyKind.CANCEL_UNSHIPPED]
            assert sum(r.units_used for r in cancelled) <= line.units_unshipped
            assert used - sum(r.units_used for r in cancelled) <= line.units_shipped
            for component, paid in line.paid.items():
                zero = Money.zero(line.currency)
                granted = sum((r.refund.get(component, zero) for r in remedies), zero)
                value = sum((r.value.get(component, zero) for r in remedies), zero)
                refunded = sum((e.refunded.get(component, zero) for e in before), zero)
                _assert_within(granted + refunded if granted else zero, paid)
                _assert_within(value, paid)

    def _check_case(self, case: Case) -> None:
        subjects = [(p.kind, p.remedy, p.line) for p in case.open_promises]
        assert len(subjects) == len(set(subjects))
        for n, one in enumerate(case.open_promises):
            assert not any(one.contradicts(other) for other in case.open_promises[n + 1 :])
        agreed = {remedy.remedy for remedy in case.remedies}
        assert {p.remedy for p in case.open_promises} <= agreed | {""}
        assert len(agreed) == len(case.remedies)
        assert agreed <= case.remedy_ids
        for item in case.claims:
            assert 0 <= case.decided_units(item.item) <= item.units
        assert case.stage is _stage_by_hand(case)
        if case.plan_confirmed:
            setting = self.setting(case, AGENT)
            assert planned_promises(case, c.ConfirmPlan(), setting) == ()
            watched = {f.promise for f in case.open_follow_ups if f.promise}
            assert watched == {p.promise for p in case.open_promises}
        open_ids = [f.follow_up for f in case.open_follow_ups]
        assert len(open_ids) == len(set(open_ids))
        assert {f.promise for f in case.open_follow_ups if f.promise} <= {
            p.promise for p in case.open_promises
        }

    def check_schedule(self, case: Case, follow_ups: Sequence[FollowUp]) -> None:
        """Unique ids, sorted, and no silence longer than the cadence up to the last promise."""
        dues = [f.due_at for f in follow_ups]
        ids = [f.follow_up for f in follow_ups]
        assert dues == sorted(dues)
        assert len(ids) == len(set(ids))
        endings = [f for f in follow_ups if f.kind in {FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT}]
        last = max([self.now, *(p.due_at for p in case.open_promises)])
        assert all(ending.due_at > last for ending in endings)
        done = [f.due_at for f in case.follow_ups if f.done and f.kind is FollowUpKind.NO_NEWS_UPDATE]
        planned = [f.due_at for f in follow_ups if f not in endings]
        contacts = sorted({self.now, *(at for at in (*planned, *done) if self.now < at <= last)})
        assert all(other - one <= CADENCE for one, other in pairwise(contacts))

    def check_replay(self) -> None:
        """From stored JSON, whole or in two parts, the same case comes out, and the chain holds."""
        for case_id, log in self.logs.items():
            case = self.cases[case_id]
            previous = GENESIS
            replayed = []
            for event in log:
                stored = canonical_json(event)
                assert chain_of(previous, stored) == event.chain
                previous = event.chain
                again = event_from_json(stored).model_copy(update={"chain": event.chain})
                assert again == event
                assert canonical_json(again) == stored
                replayed.append(again)
            assert fold(case_id, replayed) == case
            for cut in range(len(log) + 1):
                assert apply(fold(case_id, log[:cut]), log[cut:]) == case
            assert [event.seq for event in log] == list(range(1, len(log) + 1))

    def _lines(self, case: Case) -> tuple[OrderLine, ...]:
        return case.order.lines if case.order else ()


def _assert_within(part: Money, whole: Money) -> None:
    """*part* has the sign of *whole* and is no larger."""
    zero = Money.zero(whole.currency)
    assert (zero <= part <= whole) if whole >= zero else (whole <= part <= zero), f"{part} of {whole}"


def _stage_by_hand(case: Case) -> Stage:
    if case.closed:
        return Stage.CLOSED
    if case.order is None:
        return Stage.LOCK
    if not case.breakdown_confirmed:
        return Stage.BREAKDOWN
    claimed = sum(item.units for item in case.items if item.problem is not ProblemType.NO_ISSUE)
    decided = sum(remedy.units for remedy in case.remedies)
    return Stage.REMEDY if claimed > decided else Stage.FOLLOW_UP
