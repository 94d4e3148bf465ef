"""Random shop floors: several cases on one order, agents and leads, all 33 commands, legal or not.

`World` plays the desk without a store: it decides with what the other cases on the order have agreed,
stamps the events, chains them, and checks after every command that all ledgers still hold.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from hypothesis import strategies as st

from playbook.domain.case import Case, Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.contradictions import Clash, contradictions, owed_notices
from playbook.domain.events import GENESIS, Event, Fact, Verdict, canonical_json, chain_of, event_from_json
from playbook.domain.folding import apply, fold
from playbook.domain.ids import CaseId, Marketplace, OrderItemId
from playbook.domain.ledgers import (
    claimable_by_line,
    compensation_elsewhere,
    money_ledger,
    reception_ledger,
    unit_ledger,
)
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
from playbook.domain.promises import (
    RECORDED,
    ClockStart,
    FollowUp,
    FollowUpKind,
    Promise,
    PromiseKind,
    PromiseState,
)
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps import commands as c
from playbook.steps.commands import Choice, ChooseRemedies
from playbook.steps.followup import planned_promises
from playbook.steps.options import options
from playbook.steps.refundfile import refund_sheet
from playbook.steps.refunds import pending_refunds
from playbook.steps.schedule import schedule
from tests.builders import AGENT, LEAD, MANAGER, NUMBER_IN_TEXT, a_line, an_order, the_policy

T = TypeVar("T")

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACTORS = (AGENT, Actor("Ma Jun", "agent"), LEAD, MANAGER, MANAGER, MANAGER)
CASES = (CaseId("2026-0001"), CaseId("2026-0002"))
CADENCE = timedelta(hours=48)

_PROBLEMS = [*ProblemType]


# ---- chance ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chance:
    """Where random choices come from: Hypothesis, which shrinks what fails, or a seeded generator, which
    is ten times as fast. ``integer`` gives a whole number between two, both inclusive.
    """

    integer: Callable[[int, int], int]

    @classmethod
    def drawn(cls, draw: st.DrawFn) -> "Chance":
        """Choices that Hypothesis makes."""
        return cls(lambda least, most: draw(st.integers(least, most)))

    @classmethod
    def seeded(cls, seed: int) -> "Chance":
        """Choices that are the same for the same seed."""
        return cls(random.Random(seed).randint)

    def pick(self, options: Sequence[T]) -> T:
        """One of several."""
        return options[self.integer(0, len(options) - 1)]

    def coin(self) -> bool:
        """One of two."""
        return bool(self.integer(0, 1))

    def rarely(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.integer(1, one_in) == 1


# ---- orders ------------------------------------------------------------------------------------------


def a_price(chance: Chance, currency: str) -> Amounts:
    """Line totals of any kind, free ones and promotions too."""
    parts = {Component.ITEM: chance.integer(0, 30_000)}
    for component in (
        Component.SHIPPING,
        Component.ITEM_TAX,
        Component.PROMOTION,
        Component.GIFT_WRAP,
        Component.SHIPPING_PROMOTION,
    ):
        if chance.coin():
            parts[component] = chance.integer(0, 999)
    unit = minor_unit(currency)
    return {
        component: Money(-amount * unit if component in PROMOTIONS else amount * unit, currency)
        for component, amount in parts.items()
    }


@st.composite
def some_paid(draw: st.DrawFn, currency: str) -> Amounts:
    """Line totals, drawn."""
    return a_price(Chance.drawn(draw), currency)


def an_order_of_any_kind(chance: Chance, most_lines: int = 60) -> Order:
    """Mostly a few lines, up to sixty, in any marketplace and on any channel, some units compensated before."""
    market = chance.pick(sorted(Marketplace))
    currency = the_policy().market(market).currency
    size = chance.pick([1, 1, 2, 2, 3, 3, 3, 4, 4, 6, 12, 60])
    lines = []
    earlier = []
    for number in range(1, chance.integer(1, min(size, most_lines)) + 1):
        units = chance.integer(1, 12)
        cancelled = chance.integer(0, units // 4)
        live = units - cancelled
        paid = a_price(chance, currency)
        lines.append(
            a_line(
                number,
                units=units,
                cancelled=cancelled,
                shipped=live if chance.coin() else chance.integer(0, live),
                channel=chance.pick([*[Channel.FBM] * 5, Channel.FBA, Channel.SFP]),
                paid=paid,
                currency=currency,
            )
        )
        if chance.rarely(4):
            refunded = {Component.ITEM: paid[Component.ITEM].percent(Decimal(chance.integer(0, 40)))}
            kind = chance.pick([EarlierKind.REFUND, EarlierKind.REPLACEMENT, EarlierKind.RETURN])
            earlier.append(
                Earlier(
                    kind=kind,
                    line=number,
                    units=chance.integer(0, units),
                    refunded=refunded if kind is EarlierKind.REFUND else {},
                )
            )
    return an_order(*lines, market=market, earlier=tuple(earlier), placed_at=START - timedelta(days=20))


# ---- commands ----------------------------------------------------------------------------------------

PHOTO = frozenset({Evidence.PHOTO})


def some_rows(chance: Chance, order: Order) -> tuple[c.ClaimRow, ...]:
    """Rows of a breakdown, most of them possible."""
    rows = []
    for _ in range(chance.integer(0, 5)):
        line = chance.pick(order.lines).line
        if chance.rarely(4):
            problem = chance.pick([*_PROBLEMS, None])
            units = chance.pick([None, chance.integer(-1, 13)])
            line = chance.pick([line, line, 99])
            rows.append(c.ClaimRow(line, problem, units, chance.pick([frozenset(), PHOTO])))
        else:
            rows.append(c.ClaimRow(line, chance.pick(_PROBLEMS), chance.integer(1, 4), PHOTO))
    return tuple(rows)


def fitting_rows(chance: Chance, case: Case, elsewhere: Sequence[Earlier]) -> tuple[c.ClaimRow, ...]:
    """Rows of a breakdown that can be confirmed as it is."""
    rows = []
    favourite = chance.pick([ProblemType.CHANGED_MIND, ProblemType.TRANSIT_DAMAGE, None])
    for line, claimable in claimable_by_line(case, elsewhere).items():
        left = claimable
        while left and chance.integer(0, 3):
            claimed = chance.integer(1, left)
            rows.append(c.ClaimRow(line, favourite or chance.pick(_PROBLEMS), claimed, PHOTO))
            left -= claimed
    return tuple(rows)


def fitting_choices(chance: Chance, case: Case, setting: Setting) -> ChooseRemedies:
    """Remedies that the rules offer for some undecided items."""
    undecided = [item for item in case.claims if item.units > case.decided_units(item.item)]
    choices = []
    back = chance.coin()
    for item in undecided[: chance.pick([1, 2, 99])]:
        units = None if chance.coin() else chance.integer(1, item.units - case.decided_units(item.item))
        kinds = [o.kind for o in options(case, item, setting, units=units) if o.outcome != "refused"]
        if back and RemedyKind.RETURN_REFUND in kinds:
            kinds = [RemedyKind.RETURN_REFUND]
        choices.append(Choice(item.item, chance.pick(kinds or [RemedyKind.DECLINE]), units))
    return ChooseRemedies(tuple(choices))


def some_goods(chance: Chance, case: Case, now: datetime) -> c.ReceiveGoods:
    """A parcel, most often one that can be: a part of what is awaited, some of it rejected."""
    awaited = [remedy for remedy in case.remedies if remedy.awaited]
    counted = []
    for remedy in awaited:
        if chance.coin():
            here = chance.integer(1, remedy.awaited)
            rejected = chance.integer(0, here) if chance.coin() else 0
            reason = chance.pick([*RejectionReason]) if rejected else None
            kept_back = chance.pick([None, None, Decimal(chance.integer(0, 110))]) if rejected else None
            counted.append(c.Counted(remedy.remedy, here - rejected, rejected, reason, kept_back))
    if chance.rarely(4):
        name = chance.pick([*(remedy.remedy for remedy in case.remedies), "r1", "r99"])
        reason = chance.pick([None, RejectionReason.USED])
        counted.append(c.Counted(name, chance.integer(-1, 4), chance.integer(-1, 2), reason))
    unexpected = ()
    if chance.rarely(4):
        unexpected = (c.CountedUnexpected(chance.integer(0, 3), chance.pick([None, 1, 99]), "a kettle"),)
    arrived_at = now - timedelta(hours=chance.integer(-2, 99)) if chance.rarely(3) else None
    return c.ReceiveGoods(tuple(counted), unexpected, arrived_at)


def next_command(chance: Chance, case: Case, order: Order, setting: Setting) -> Command:
    """What an agent would do next, so that sequences get far."""
    beside = [promise for promise in case.open_promises if not promise.remedy]
    if case.hand_over_to == setting.actor.name and not case.closed:
        return c.AcceptHandOver()
    if beside and not case.closed and chance.rarely(3):
        return c.WithdrawPromise(beside[0].promise, "promised too early")
    if case.refund_files and not case.closed and chance.rarely(3):
        return c.UndoRefundExport("not uploaded")
    if not case.closed and chance.rarely(8) and pending_refunds(case, policy=setting.policy, now=setting.now):
        return c.CancelRefunds("wrong amount")
    match case.stage:
        case _ if not case.version:
            return c.OpenCase(setting.now)
        case Stage.LOCK:
            return c.LockOrder(order, "certain", (NUMBER_IN_TEXT,))
        case Stage.BREAKDOWN:
            return c.ConfirmBreakdown(fitting_rows(chance, case, setting.elsewhere), leave_untouched=True)
        case Stage.REMEDY if case.pending and chance.coin():
            return c.DecideApproval(chance.pick(case.pending).approval, not chance.rarely(4), "fine")
        case Stage.REMEDY:
            return fitting_choices(chance, case, setting)
        case Stage.CLOSED:
            return c.ReopenCase("the buyer wrote again")
    if not case.plan_confirmed:
        return c.ConfirmPlan()
    if any(remedy.awaited for remedy in case.remedies) and chance.coin():
        return some_goods(chance, case, setting.now)
    if chance.rarely(3):
        return some_refund_file(chance, case, setting)
    if case.open_promises:
        return c.KeepPromise(chance.pick(case.open_promises).promise, "1Z9", by_amazon=chance.rarely(6))
    if not case.messages:
        return c.ApproveMessage("update", "en", "v-1", "0")
    return c.CloseCase()


def some_refund_file(chance: Chance, case: Case, setting: Setting) -> Command:
    """Checking, exporting or taking back the refund file, most often of the sheet as it is."""
    ids = {line.line: OrderItemId(str(10**13 + line.line)) for line in case.order.lines} if case.order else {}
    kind = chance.pick([c.CheckRefunds, c.ExportRefunds, c.UndoRefundExport])
    if kind is c.UndoRefundExport or (case.refund_files and chance.coin()):
        return c.UndoRefundExport(chance.pick(TEXTS))
    sheet = refund_sheet(case, setting, ids)
    digest = sheet.digest if sheet is not None and not chance.rarely(6) else "none"
    checked = case.refunds_checked is not None and case.refunds_checked.digest == digest
    if kind is c.CheckRefunds and not checked:
        return c.CheckRefunds(digest)
    return c.ExportRefunds(digest, tuple(ids.items()))


TEXTS = ("a reason", " ", "half \ud800 a pair\x00")


def some_command(chance: Chance, case: Case, order: Order, setting: Setting) -> Command:
    """One of the 34 commands, with ids of the case more often than others."""
    now, pick = setting.now, chance.pick

    def item() -> str:
        return pick([*(i.item for i in case.claims), "c1", "c99"])

    def remedy() -> str:
        return pick([*(r.remedy for r in case.remedies), "r1", "r99"])

    def promise() -> str:
        return pick([*(p.promise for p in case.open_promises), "p1", "p99"])

    def follow_up() -> str:
        return pick([*(f.follow_up for f in case.open_follow_ups), "first_reply", "nothing"])

    def when() -> datetime:
        return now + timedelta(hours=chance.integer(-5, 120))

    def text() -> str:
        return pick(TEXTS)

    def appealed() -> tuple[str, int]:
        return pick([*((appeal.check, appeal.finding) for appeal in case.appeals), ("chain", 99)])

    def promised() -> PromiseKind:
        return pick([PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.ANSWER])

    def choice() -> Choice:
        kinds = [*RemedyKind, RemedyKind.REFUND_FULL, RemedyKind.REFUND_FULL, RemedyKind.REPLACEMENT]
        return Choice(
            item(),
            pick(kinds),
            pick([None, chance.integer(1, 3), chance.integer(-1, 9)]),
            pick([None, None, Decimal(20), Decimal("33.3"), Decimal(100)]),
        )

    def some_lock() -> Command:
        return pick(
            [
                c.LockOrder(order, "certain", (NUMBER_IN_TEXT,)),
                c.LockOrder(order, "picked", (Fact(code="name"),), Fact(code="postcode")),
                c.LockOrder(order, "picked"),
            ]
        )

    def some_promise() -> Command:
        amount = Money(chance.integer(0, 9000) * minor_unit(order.currency), order.currency)
        return c.MakePromise(
            promised(),
            when(),
            remedy=pick(["", remedy()]),
            line=pick([None, 1, 2, 99]),
            units=pick([None, chance.integer(-1, 4)]),
            amount=pick([None, None, None, amount]),
        )

    def some_fact() -> Command:
        values = ["", "yes", "no", "FBA", "FBM", "2026-11-20", "2027-01-02", "office", "UK"]
        return c.CorrectFact(pick([*FactKind]), pick(values), lines=pick([(), (1,), (1, 2), (99,)]))

    def some_date() -> tuple[c.PlanDate, ...]:
        return (c.PlanDate(remedy(), promised(), when()),) if chance.coin() else ()

    beside = [p.promise for p in case.open_promises if not p.remedy]
    commands: dict[str, Callable[[], Command]] = {
        "open": lambda: c.OpenCase(when()),
        "lock": some_lock,
        "unlock": lambda: c.WithdrawLock(text()),
        "breakdown": lambda: c.ConfirmBreakdown(some_rows(chance, order), leave_untouched=True),
        "ask": lambda: c.RequestEvidence((item(),), pick([*Evidence])),
        "evidence": lambda: c.RecordEvidence((item(),), pick([*Evidence])),
        "choose": lambda: ChooseRemedies(
            tuple(choice() for _ in range(chance.integer(0, 3))), in_stock=pick([None, True, False])
        ),
        "choose_one": lambda: ChooseRemedies((choice(),)),
        "withdraw": lambda: c.WithdrawRemedy(remedy(), text()),
        "approval": lambda: c.DecideApproval(
            pick([*(request.approval for request in case.pending), "a99"]), chance.coin(), text()
        ),
        "fact": some_fact,
        "adopt": c.AdoptRules,
        "plan": lambda: c.ConfirmPlan(some_date()),
        "plan_now": c.ConfirmPlan,
        "promise": some_promise,
        "keep": lambda: c.KeepPromise(promise(), text(), by_amazon=chance.rarely(5)),
        "change": lambda: c.ChangePromise(promise(), when(), text()),
        "receive": lambda: some_goods(chance, case, now),
        "refund_file": lambda: some_refund_file(chance, case, setting),
        "cancel_refunds": lambda: c.CancelRefunds(text()),
        "take_back": lambda: c.WithdrawPromise(pick([*beside, promise()]), text()),
        "replace": lambda: c.MakePromise(
            promised(), when(), line=pick([None, 1]), instead_of=promise(), reason=text()
        ),
        "happened": lambda: c.StartClock(
            pick([*RECORDED, ClockStart.DELIVERED]), now + timedelta(hours=chance.integer(-40, 2)), text()
        ),
        "tick": lambda: c.CompleteFollowUp(follow_up(), text()),
        "message": lambda: c.ApproveMessage(
            pick(["update", "solution", "superseded"]), "en", "v-1", "0", follow_up()
        ),
        "memo": lambda: c.WriteMemo(text(), pick([5, 255])),
        "note": lambda: c.AddNote(text()),
        "flag": lambda: c.SetFlag(pick(["vip", " ", "waiting_for_evidence"]), chance.coin()),
        "offer": lambda: c.OfferHandOver(pick([actor.name for actor in ACTORS])),
        "accept": c.AcceptHandOver,
        "close": lambda: c.CloseCase(pick(["solved", "withdrawn"])),
        "reopen": lambda: c.ReopenCase(text()),
        "score": lambda: c.ScoreCase(
            "standard", chance.integer(0, case.version + 1), (("chain", pick([*Verdict])),), text()
        ),
        "appeal": lambda: c.AppealFinding(pick(["chain", "memo"]), chance.integer(0, 2), text()),
        "decide_appeal": lambda: c.DecideAppeal(*appealed(), chance.coin(), text()),
    }
    helpful = {
        Stage.LOCK: ["lock", "lock"],
        Stage.BREAKDOWN: ["breakdown", "breakdown"],
        Stage.REMEDY: ["choose", "choose_one", "approval", "approval", "withdraw"],
        Stage.FOLLOW_UP: [
            "plan_now",
            "plan_now",
            "keep",
            "keep",
            "change",
            "withdraw",
            "promise",
            "receive",
            "refund_file",
            "cancel_refunds",
            "message",
        ],
        Stage.CLOSED: ["reopen"],
    }[case.stage]
    return commands[pick(helpful * 4 + sorted(commands))]()


def play(chance: Chance, *, most_steps: int = 40) -> "World":
    """One random shop floor: an order of any kind, two cases on it, and everything checked at every step."""
    world = World(an_order_of_any_kind(chance))
    if not chance.rarely(4):
        for case_id in CASES:
            world.do(case_id, c.OpenCase(world.now), AGENT)
            world.do(case_id, c.LockOrder(world.order, "certain", (NUMBER_IN_TEXT,)), AGENT)
    for _ in range(chance.integer(5, most_steps)):
        case = world.cases[chance.pick(CASES)]
        final = [remedy.remedy for remedy in case.remedies if case.is_final(remedy)]
        actor = chance.pick(ACTORS)
        choose_one = next_command if chance.integer(0, 2) else some_command
        command = choose_one(chance, case, world.order, world.setting(case, actor))
        accepted = world.do(case.case_id, command, actor)
        after = world.cases[case.case_id]
        if accepted:
            world.accepted[type(command).__name__] += 1
            assert {*final} <= {remedy.remedy for remedy in after.remedies}, "what moves is never withdrawn"
            world.check()
            world.check_schedule(after, schedule(after, world.setting(after, AGENT)))
        else:
            assert after is case
        world.now += timedelta(hours=chance.pick([0, 0, 1, 30]))
    world.check_replay()
    world.check_contradictions()
    return world


# ---- the world ---------------------------------------------------------------------------------------


@dataclass
class World:
    """Cases on one order, their logs, and a clock."""

    order: Order
    now: datetime = START
    cases: dict[CaseId, Case] = field(default_factory=lambda: {case_id: Case(case_id) for case_id in CASES})
    logs: dict[CaseId, list[Event]] = field(default_factory=lambda: {case_id: [] for case_id in CASES})
    asked: int = 0
    refused: int = 0
    accepted: Counter[str] = field(default_factory=Counter)

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
        self.asked += 1
        if self.asked % 4 == 0:
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
        if isinstance(command, c.ReceiveGoods):
            _check_parcel(case, self.cases[case_id], command)
        return True

    # ---- what always holds ----

    def check(self) -> None:
        """Every promise of this program about its ledgers, for every case."""
        for case in self.cases.values():
            self._check_units(case)
            self._check_money(case)
            self._check_returns(case)
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

    def _check_returns(self, case: Case) -> None:
        """What is expected back is here, rejected or awaited, and only what is here is ours to refund."""
        for returns in reception_ledger(case):
            remedies = [r for r in case.remedies if r.line == returns.line and r.shape.comes_back == "goods"]
            here = returns.accepted + sum(returns.rejected.values())
            assert returns.expected == here + returns.awaited == sum(r.units for r in remedies)
            assert returns.accepted == sum(r.accepted for r in remedies)
            assert returns.awaited >= 0
        for known in case.promises:
            remedy = case.remedy(known.promise.remedy)
            kept = known.state is PromiseState.KEPT and known.promise.kind is PromiseKind.SUBMIT_REFUND
            if remedy is not None and kept and remedy.awaited:
                assert known.by_amazon

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
        assert case.exported <= agreed, "what is in a refund file is never withdrawn"
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
        assert not case.open_promises or all(ending.due_at > last for ending in endings)
        platform = [f for f in follow_ups if f.kind is FollowUpKind.PLATFORM_DEADLINE]
        planned = [f.due_at for f in follow_ups if f not in endings and f not in platform]
        contacts = sorted({self.now, *(at for at in planned if self.now < at <= last)})
        assert all(other - one <= CADENCE for one, other in pairwise(contacts))
        assert not case.closed or not follow_ups

    def check_contradictions(self) -> None:
        """Nothing the desk accepted contradicts itself; what was changed is told before the case closes."""
        for case_id, log in self.logs.items():
            found = contradictions(case_id, log)
            assert {one.clash for one in found} <= {Clash.WITHOUT_NOTICE}, found
            assert not (self.cases[case_id].closed and found), found
            owed = {known.promise.promise for known in owed_notices(self.cases[case_id])}
            assert {one.existing.promise for one in found if isinstance(one.existing, Promise)} == owed

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
            for cut in range(0, len(log) + 1, 1 + len(log) // 6):
                assert apply(fold(case_id, log[:cut]), log[cut:]) == case
            assert [event.seq for event in log] == list(range(1, len(log) + 1))

    def _lines(self, case: Case) -> tuple[OrderLine, ...]:
        return case.order.lines if case.order else ()


def _check_parcel(before: Case, after: Case, command: c.ReceiveGoods) -> None:
    """A parcel moves no value and never adds to a refund; without rejected units it takes none away."""
    rejected = {row.remedy for row in command.counted if row.rejected}
    lines = {r.line for r in before.remedies if r.remedy in rejected}
    for one, other in zip(before.order.lines if before.order else (), money_ledger(after), strict=True):
        was = [r for r in before.remedies if r.line == one.line]
        now = [r for r in after.remedies if r.line == one.line]
        assert sum(r.units for r in was) == sum(r.units for r in now)
        assert sum(r.received for r in now) >= sum(r.received for r in was)
        for component, paid in one.paid.items():
            zero = Money.zero(paid.currency)
            value = [sum((r.value.get(component, zero) for r in rs), zero) for rs in (was, now)]
            refund = [sum((r.refund.get(component, zero) for r in rs), zero) for rs in (was, now)]
            assert value[0] == value[1]
            assert other.granted.get(component, zero) == refund[1]
            if one.line not in lines:
                assert refund[0] == refund[1]
            _assert_within(refund[1], refund[0])


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
