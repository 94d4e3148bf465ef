"""The choice of remedies: options per claim item, drafts, what they would add up to, approvals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import Case, Stage
from playbook.domain.claims import ClaimItem, Evidence, ProblemType
from playbook.domain.events import ApprovalRequested
from playbook.domain.money import Money, total
from playbook.domain.orders import Channel, OrderLine
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import SHAPES, RemedyKind
from playbook.steps import Refused
from playbook.steps.commands import Choice, ChooseRemedies, DecideApproval, RecordEvidence, WithdrawRemedy
from playbook.steps.options import Option, options
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
class Preview:
    """What confirming the drafted choices would come to, before anything is saved."""

    refund: Money
    goods_value: Money
    units: int
    needs_approval: bool
    case: Case


class RemedyModel(t.HasTraits):
    """Drafted choices by claim item. Nothing is agreed until `confirm`."""

    choices: dict[str, Choice] = state({})
    in_stock: bool | None = state(None)

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        self._known_at: object = None
        self._options: dict[str, tuple[Option, ...]] = {}
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

    def options(self, item: ClaimItem) -> tuple[Option, ...]:
        """The options of an item; computed once per state of the case, and again a minute later."""
        minute = int(self.work.now.timestamp()) // FRESH_SECONDS
        known_at = (self.work.case.version, self.in_stock, minute)
        if self._known_at != known_at:
            self._known_at, self._options, self._setting = known_at, {}, self.work.setting
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

    def choose(
        self, item_id: str, kind: RemedyKind, *, units: int | None = None, share: Decimal | None = None
    ) -> bool:
        """Draft a remedy for an item; False, with the reasons shown, when it is refused."""
        option = self.option(item_id, kind)
        if option is None:
            self.work.refuse((problem("no_rule", kind=kind, problem="", line=0),))
            return False
        if option.outcome == "refused":
            self.work.refuse(option.problems)
            return False
        self._set({**self.choices, item_id: Choice(item_id, kind, units, share)})
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
        case = self.work.case
        if not self.choices or case.order is None:
            return (problem("nothing_chosen"),)
        after = self.work.desk.simulate(case, self.command)
        if isinstance(after, Refused):
            return after.problems
        known = {remedy.remedy for remedy in case.remedies}
        waiting = [r for request in after.pending if request not in case.pending for r in request.remedies]
        added = [remedy for remedy in after.remedies if remedy.remedy not in known] + waiting
        currency = case.order.currency
        goods = [remedy.value_total for remedy in added if SHAPES[remedy.kind].goes_out == "goods"]
        return Preview(
            refund=total([remedy.refund_total for remedy in added], currency),
            goods_value=total(goods, currency),
            units=sum(remedy.units for remedy in added),
            needs_approval=bool(waiting),
            case=after,
        )

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
        drafted = [{**asdict(choice), "share": _text(choice.share)} for choice in self.choices.values()]
        self.work.keep_draft(Stage.REMEDY, {"choices": drafted, "in_stock": self.in_stock})


def _text(share: Decimal | None) -> str | None:
    return None if share is None else str(share)


def _choice_from(raw: dict[str, Any]) -> Choice:
    share = raw.get("share")
    return Choice(
        str(raw["item"]), RemedyKind(raw["kind"]), raw.get("units"), None if share is None else Decimal(share)
    )
