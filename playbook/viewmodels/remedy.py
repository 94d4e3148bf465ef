"""The choice of remedies: options per claim item, drafts, what they would add up to, approvals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import Case, Stage
from playbook.domain.claims import ClaimItem, Evidence, ProblemType
from playbook.domain.events import ApprovalRequested
from playbook.domain.money import Money, total
from playbook.domain.orders import Channel, FactKind, OrderLine
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import SHAPES, Remedy, RemedyKind
from playbook.steps import Refused, Setting
from playbook.steps.commands import (
    AdoptRules,
    Choice,
    ChooseRemedies,
    CorrectFact,
    DecideApproval,
    RecordEvidence,
    WithdrawRemedy,
)
from playbook.steps.options import OUTCOME_ORDER, Option, buyer_sees, dated_promises, options
from playbook.steps.ways import Way, ways
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.traits import state

FRESH_SECONDS = 60
"""So long options are shown as they were counted: dates move with the clock, units with other cases."""


@dataclass(frozen=True, slots=True)
class Group:
    """Claim items with the same problem on the same channel: they can be chosen for together."""

    problem: ProblemType
    channel: Channel
    items: tuple[ClaimItem, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One remedy kind of a plan: for how many units and lines, what is paid, by when.

    ``by`` is when we have done our part, ``seen`` when the buyer has it, after the bank or the carrier.
    """

    kind: RemedyKind
    owner: str
    units: int
    lines: int
    refund: Money
    goods_value: Money
    by: datetime | None
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What confirming choices would come to, before anything is saved.

    ``waiting`` are units that a lead decides about, ``open`` those without any remedy. ``labels`` and
    ``parcels`` say how many lines we pay a return label, or sending goods, for.
    """

    refund: Money
    goods_value: Money
    units: int
    waiting: int
    open: int
    parts: tuple[Part, ...]
    labels: int
    parcels: int
    case: Case

    @property
    def needs_approval(self) -> bool:
        return self.waiting > 0

    @property
    def cost(self) -> Money:
        """What it costs us, as far as it is known: refunds, and goods at the price that was paid for them."""
        return self.refund + self.goods_value

    @property
    def by(self) -> datetime | None:
        """When we have done all of our part."""
        return max((part.by for part in self.parts if part.by is not None), default=None)

    @property
    def seen(self) -> datetime | None:
        """When the buyer has everything."""
        return max((part.seen for part in self.parts if part.seen is not None), default=None)


MONEY_FIRST = (
    RemedyKind.CANCEL_UNSHIPPED,
    RemedyKind.REFUND_FULL,
    RemedyKind.RETURNLESS_REFUND,
    RemedyKind.RETURN_REFUND,
    RemedyKind.REFUND_PARTIAL,
)
GOODS_FIRST = (
    RemedyKind.REPLACEMENT,
    RemedyKind.RESEND_MISSING,
    RemedyKind.SEND_PART,
    RemedyKind.EXCHANGE,
)
PLANS: dict[str, tuple[RemedyKind, ...]] = {"money": MONEY_FIRST, "goods": GOODS_FIRST, "preferred": ()}
"""Whole plans: the kinds each likes, best first; where none of them is open, what the rules prefer."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """An option of an undecided item that the rules of today see differently; empty where there is none."""

    item: str
    kind: RemedyKind
    before: str
    now: str


class RemedyModel(t.HasTraits):
    """Drafted choices by claim item. Nothing is agreed until `confirm`."""

    choices: dict[str, Choice] = state({})
    in_stock: bool | None = state(None)

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        self._known_at: object = None
        self._options: dict[str, tuple[Option, ...]] = {}
        self._ways: dict[tuple[str, RemedyKind], tuple[Way, ...]] = {}
        self._setting = work.setting
        self.load()
        work.observe(lambda _: self._drop_decided(), "case")

    def load(self) -> None:
        """Take the saved draft, as far as it still names undecided items."""
        saved = self.work.draft(Stage.REMEDY)
        choices = [_choice_from(raw) for raw in saved.get("choices", [])]
        self.in_stock = saved.get("in_stock")
        self.choices = {choice.item: choice for choice in choices}
        self._drop_decided()

    def _drop_decided(self) -> None:
        """Leave out what can no longer be chosen: another choice, a request or a new breakdown came first."""
        undecided = {item.item for item in self.undecided}
        if self.choices.keys() - undecided:
            self.choices = {item: choice for item, choice in self.choices.items() if item in undecided}

    @property
    def undecided(self) -> tuple[ClaimItem, ...]:
        """Claim items with units that have no agreed remedy and do not wait for an approval."""
        case = self.work.case
        waiting = {remedy.item for request in case.pending for remedy in request.remedies}
        return tuple(
            item
            for item in case.claims
            if item.units > case.decided_units(item.item) and item.item not in waiting
        )

    @property
    def groups(self) -> tuple[Group, ...]:
        """The undecided items, grouped by problem and channel, in the order of the lines."""
        groups: dict[tuple[ProblemType, Channel], list[ClaimItem]] = {}
        for item in self.undecided:
            groups.setdefault((item.problem, self.line(item).channel), []).append(item)
        return tuple(Group(key[0], key[1], tuple(items)) for key, items in groups.items())

    def line(self, item: ClaimItem) -> OrderLine:
        """The order line of a claim item."""
        order = self.work.case.order
        line = order.line(item.line) if order else None
        if line is None:
            raise KeyError(item.line)
        return line

    @property
    def setting(self) -> Setting:
        """What the options that are shown were counted with."""
        self._count_anew()
        return self._setting

    def _count_anew(self) -> None:
        """Forget what was counted for another state of the case, or more than a minute ago."""
        minute = int(self.work.now.timestamp()) // FRESH_SECONDS
        known_at = (self.work.case.version, self.in_stock, minute)
        if self._known_at != known_at:
            self._known_at, self._options, self._ways = known_at, {}, {}
            self._setting = self.work.setting

    def options(self, item: ClaimItem) -> tuple[Option, ...]:
        """The options of an item; computed once per state of the case, and again a minute later."""
        self._count_anew()
        if item.item not in self._options:
            found = options(self.work.case, item, self._setting, in_stock=self.in_stock)
            self._options[item.item] = found
        return self._options[item.item]

    def preferred(self, item: ClaimItem) -> Option | None:
        """The option the rules prefer, if anything but a refusal is left."""
        return next((option for option in self.options(item) if option.preferred), None)

    def option(self, item_id: str, kind: RemedyKind) -> Option | None:
        """One option of an item."""
        item = self.work.case.item(item_id)
        return None if item is None else next((o for o in self.options(item) if o.kind is kind), None)

    def ways(self, option: Option) -> tuple[Way, ...]:
        """What would make an option better; see `playbook.steps.ways`."""
        key = (option.item, option.kind)
        if key not in self._ways:
            self._ways[key] = ways(self.work.case, option, self._setting, in_stock=self.in_stock)
        return self._ways[key]

    def choose(
        self,
        item_id: str,
        kind: RemedyKind,
        *,
        units: int | None = None,
        share: Decimal | None = None,
        amount: Money | None = None,
    ) -> bool:
        """Draft a remedy for an item; False, with the reasons shown, when it is refused."""
        option = self.option(item_id, kind)
        if option is None:
            self.work.refuse((problem("no_rule", kind=kind, problem="", line=0),))
            return False
        if option.outcome == "refused":
            self.work.refuse(option.problems)
            return False
        self._set({**self.choices, item_id: Choice(item_id, kind, units, share, amount)})
        return True

    def choose_group(self, group: Group, kind: RemedyKind) -> tuple[str, ...]:
        """Draft one remedy for all items of a group; returns the items for which it is refused."""
        chosen = dict(self.choices)
        left_out = []
        for item in group.items:
            option = self.option(item.item, kind)
            if option is None or option.outcome == "refused":
                left_out.append(item.item)
            else:
                chosen[item.item] = Choice(item.item, kind)
        self._set(chosen)
        return tuple(left_out)

    def choose_preferred(self) -> None:
        """Draft the preferred option for every item that has no draft yet."""
        chosen = dict(self.choices)
        for item in self.undecided:
            preferred = self.preferred(item)
            if item.item not in chosen and preferred is not None:
                chosen[item.item] = Choice(item.item, preferred.kind)
        self._set(chosen)

    def unchoose(self, item_id: str) -> None:
        """Take a drafted choice back."""
        self._set({key: choice for key, choice in self.choices.items() if key != item_id})

    @property
    def command(self) -> ChooseRemedies:
        return ChooseRemedies(tuple(self.choices.values()), in_stock=self.in_stock)

    @property
    def blockers(self) -> tuple[Problem, ...]:
        """Why the drafted choices cannot be confirmed; empty when they can."""
        if not self.choices:
            return (problem("nothing_chosen"),)
        return self.work.problems_of(self.command)

    def simulate(self) -> Preview | tuple[Problem, ...]:
        """What the drafted choices would come to, or why they cannot be confirmed."""
        return self._simulated(self.command)

    def _simulated(self, command: ChooseRemedies) -> Preview | tuple[Problem, ...]:
        case = self.work.case
        if not command.choices or case.order is None:
            return (problem("nothing_chosen"),)
        after = self.work.desk.simulate(case, command)
        if isinstance(after, Refused):
            return after.problems
        known = {remedy.remedy for remedy in case.remedies}
        waiting = [r for request in after.pending if request not in case.pending for r in request.remedies]
        added = [remedy for remedy in after.remedies if remedy.remedy not in known] + waiting
        currency = case.order.currency
        units_waiting = sum(remedy.units for remedy in waiting)
        rows = [self._setting.policy.remedy_row(remedy.rule, self._setting.now.date()) for remedy in added]
        costs = [row.then.costs for row in rows if row is not None]
        return Preview(
            refund=total([remedy.refund_total for remedy in added], currency),
            goods_value=_goods_value(added, currency),
            units=sum(remedy.units for remedy in added),
            waiting=units_waiting,
            open=after.undecided_units() - units_waiting,
            parts=self._parts(added, currency),
            labels=sum(cost.label for cost in costs),
            parcels=sum(cost.outbound for cost in costs),
            case=after,
        )

    def _parts(self, added: Sequence[Remedy], currency: str) -> tuple[Part, ...]:
        by_kind: dict[RemedyKind, list[Remedy]] = {}
        for remedy in added:
            by_kind.setdefault(remedy.kind, []).append(remedy)
        return tuple(self._part(kind, remedies, currency) for kind, remedies in by_kind.items())

    def _part(self, kind: RemedyKind, remedies: Sequence[Remedy], currency: str) -> Part:
        setting, order = self._setting, self.work.case.order
        assert order is not None
        by: list[datetime] = []
        seen: list[datetime] = []
        owner = ""
        for remedy in remedies:
            line, row = order.line(remedy.line), setting.policy.remedy_row(remedy.rule, setting.now.date())
            assert line is not None, "a choice is about a line of the order"
            assert row is not None, "a choice was just made by this row"
            promises = dated_promises(order, line, row, setting)
            owner = row.then.owner
            by.extend(promise.due_at for promise in promises)
            span = buyer_sees(order, line, row, promises, setting)
            seen.extend(span[1:] if span is not None else ())
        return Part(
            kind=kind,
            owner=owner,
            units=sum(remedy.units for remedy in remedies),
            lines=len({remedy.line for remedy in remedies}),
            refund=total([remedy.refund_total for remedy in remedies], currency),
            goods_value=_goods_value(remedies, currency),
            by=max(by, default=None),
            seen=max(seen, default=None),
        )

    def plan(self, name: str) -> dict[str, Choice]:
        """The choices of one of `PLANS` for every undecided item that has a remedy in it."""
        likes = PLANS[name]
        chosen = {}
        for item in self.undecided:
            open_ones = [option for option in self.options(item) if option.outcome != "refused"]
            liked = [option for option in open_ones if option.kind in likes]
            best = min(liked, key=lambda one: _liking(one, likes), default=self.preferred(item))
            if best is not None:
                chosen[item.item] = Choice(item.item, best.kind)
        return chosen

    def compare(self) -> dict[str, Preview | tuple[Problem, ...]]:
        """What every plan would come to."""
        return {
            name: self._simulated(ChooseRemedies(tuple(self.plan(name).values()), in_stock=self.in_stock))
            for name in PLANS
        }

    def take_plan(self, name: str) -> None:
        """Draft a whole plan; it replaces what was drafted."""
        self._set(self.plan(name))

    def correct(self, fact: FactKind, value: str, lines: Sequence[int] = ()) -> bool:
        """State a fact as the agent knows it; options are looked at anew."""
        return self.work.do(CorrectFact(fact, value, tuple(lines)))

    @property
    def rules_changed(self) -> bool:
        """Whether the rules of today are others than those that the case follows."""
        case, today = self.work.case, self.work.desk.policy.version
        return bool(case.policy_version) and case.policy_version != today and not case.closed

    @property
    def rule_changes(self) -> tuple[RuleChange, ...]:
        """What the rules of today say otherwise about undecided items."""
        setting = self.work.desk.setting_today(self.work.case)
        changes = []
        for item in self.undecided:
            before = {option.kind: option.outcome for option in self.options(item)}
            today = options(self.work.case, item, setting, in_stock=self.in_stock)
            now = {option.kind: option.outcome for option in today}
            changes += [
                RuleChange(item.item, kind, before.get(kind, ""), now.get(kind, ""))
                for kind in (before | now)
                if before.get(kind) != now.get(kind)
            ]
        return tuple(changes)

    def adopt_rules(self) -> bool:
        """Follow the rules of today; the draft is looked at anew."""
        return self.work.do(AdoptRules())

    def simulate_one(self, item_id: str) -> Money | None:
        """The refund that the drafted choice of one item alone would pay; None when it would be refused."""
        choice = self.choices.get(item_id)
        if choice is None:
            return None
        before = self.work.case
        after = self.work.desk.simulate(before, ChooseRemedies((choice,), in_stock=self.in_stock))
        if isinstance(after, Refused):
            return None
        known = {remedy.remedy for remedy in before.remedies}
        waiting = [r for request in after.pending if request not in before.pending for r in request.remedies]
        added = [remedy for remedy in (*after.remedies, *waiting) if remedy.remedy not in known]
        return total([remedy.refund_total for remedy in added], added[0].currency)

    def confirm(self, note: str = "") -> bool:
        """Agree on the drafted choices, or ask a lead for them; True when it was accepted."""
        if self.work.do(replace(self.command, note=note), Draft(Stage.REMEDY.value)):
            self.choices = {}
            return True
        self._keep()
        return False

    def withdraw(self, remedy_id: str, reason: str) -> bool:
        """Take an agreed remedy back, with a reason."""
        return self.work.do(WithdrawRemedy(remedy_id, reason))

    def record_photo(self, items: Sequence[str]) -> bool:
        """Note that the buyer sent a photo for the items."""
        return self.work.do(RecordEvidence(tuple(items), Evidence.PHOTO))

    @property
    def pending(self) -> tuple[ApprovalRequested, ...]:
        return self.work.case.pending

    def decide_approval(self, approval: str, approve: bool, note: str = "") -> bool:
        """Approve or refuse what waits for a lead."""
        return self.work.do(DecideApproval(approval, approve, note))

    def set_in_stock(self, in_stock: bool | None) -> None:
        """Say whether goods for a replacement are in stock; None when unknown."""
        self.in_stock = in_stock
        self._keep()

    def _set(self, choices: dict[str, Choice]) -> None:
        if choices != self.choices:
            self.choices = choices
            self._keep()

    def _keep(self) -> None:
        drafted = [
            {**asdict(choice), "share": _text(choice.share), "amount": _text(choice.amount)}
            for choice in self.choices.values()
        ]
        self.work.keep_draft(Stage.REMEDY, {"choices": drafted, "in_stock": self.in_stock})


def _liking(option: Option, likes: Sequence[RemedyKind]) -> tuple[bool, int, int]:
    """How well an option fits a plan, the least best: in time, allowed, liked."""
    return bool(option.notes), OUTCOME_ORDER[option.outcome], likes.index(option.kind)


def _goods_value(remedies: Sequence[Remedy], currency: str) -> Money:
    """The price of the goods that are sent again."""
    goods = [remedy.value_total for remedy in remedies if SHAPES[remedy.kind].goes_out == "goods"]
    return total(goods, currency)


def _text(value: Decimal | Money | None) -> str | None:
    return None if value is None else str(value)


def _choice_from(raw: dict[str, Any]) -> Choice:
    share = raw.get("share")
    amount = raw.get("amount")
    return Choice(
        str(raw["item"]),
        RemedyKind(raw["kind"]),
        raw.get("units"),
        None if share is None else Decimal(share),
        None if amount is None else Money.of(*str(amount).split()),
    )
