"""Builders of orders, cases and settings for tests: everything has a default, name only what matters.

Amounts are given as texts ("96.67"); times default to a Monday morning in UTC. People and companies
are invented. `run` decides commands one after the other and fails the test on a refusal; `refusals`
gives the codes of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import Body, Event, Fact
from playbook.domain.folding import apply
from playbook.domain.ids import CaseId, Marketplace, OrderId, Sku
from playbook.domain.money import Money
from playbook.domain.orders import (
    Amounts,
    Channel,
    Component,
    Earlier,
    EarlierKind,
    Order,
    OrderLine,
)
from playbook.domain.promises import Promise, PromiseKind
from playbook.domain.remedies import Remedy, RemedyKind
from playbook.policy import Policy, load_policy
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps.commands import (
    ApproveMessage,
    Choice,
    ChooseRemedies,
    ClaimRow,
    ConfirmBreakdown,
    ConfirmPlan,
    LockOrder,
    OpenCase,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday morning; the agents of these tests work at this time unless they say otherwise."""

ORDER_ID = OrderId("204-5512873-7719305")
CASE_ID = CaseId("2026-0001")

AGENT = Actor("Lin Xiaowen", "agent")
LEAD = Actor("Zhao Min", "lead")
MANAGER = Actor("Gu Yifan", "manager")

NUMBER_IN_TEXT = Fact(code="order_id_in_text", params={"order_id": ORDER_ID})

_CURRENCIES = {Marketplace.UK: "GBP", Marketplace.US: "USD", Marketplace.DE: "EUR", Marketplace.JP: "JPY"}


@cache
def the_policy() -> Policy:
    """The policy that the program comes with."""
    return load_policy()


def money(amount: str | int | Decimal, currency: str = "GBP") -> Money:
    """An amount, in pounds unless said otherwise."""
    return Money.of(amount, currency)


def amounts(currency: str = "GBP", **components: str) -> Amounts:
    """Amounts by component name: ``amounts(item="290.00", promotion="-10")``."""
    return {Component(name): Money.of(amount, currency) for name, amount in components.items()}


def a_line(
    line: int = 1,
    *,
    units: int = 10,
    paid: str | Amounts = "100.00",
    currency: str = "GBP",
    channel: Channel = Channel.FBM,
    shipped: int | None = None,
    cancelled: int = 0,
    sku: str | None = None,
    title: str | None = None,
    **others: Any,
) -> OrderLine:
    """One order line: ten units for 100.00, shipped whole by the seller and delivered five days ago."""
    others.setdefault("delivered_on", date(2026, 11, 18))
    return OrderLine(
        line=line,
        sku=Sku(sku or f"SKU-{line}"),
        title=title or f"Desk lamp, colour {line}",
        units_ordered=units,
        units_shipped=units - cancelled if shipped is None else shipped,
        units_cancelled=cancelled,
        channel=channel,
        paid={Component.ITEM: Money.of(paid, currency)} if isinstance(paid, str) else paid,
        **others,
    )


def an_order(*lines: OrderLine, market: Marketplace = Marketplace.UK, **others: Any) -> Order:
    """An order of the given lines, of one default line when there are none."""
    lines = lines or (a_line(currency=_CURRENCIES[market]),)
    others.setdefault("order_id", ORDER_ID)
    others.setdefault("placed_at", NOW - timedelta(days=12))
    others.setdefault("latest_delivery_on", date(2026, 11, 19))
    return Order(marketplace=market, currency=lines[0].currency, lines=lines, **others)


def earlier(
    line: int = 1,
    units: int = 1,
    kind: EarlierKind = EarlierKind.REFUND,
    *,
    refunded: Mapping[Component, Money] | None = None,
    value: Mapping[Component, Money] | None = None,
    **others: Any,
) -> Earlier:
    """Compensation outside the case."""
    return Earlier(
        line=line, units=units, kind=kind, refunded=dict(refunded or {}), value=dict(value or {}), **others
    )


def a_setting(
    actor: Actor = AGENT,
    *,
    now: datetime = NOW,
    policy: Policy | None = None,
    elsewhere: Sequence[Earlier] = (),
) -> Setting:
    """What decisions depend on; the shipped policy, Monday morning, an agent."""
    return Setting(policy or the_policy(), now, actor, tuple(elsewhere))


def later(setting: Setting, **span: float) -> Setting:
    """The same setting some time later: ``later(setting, hours=30)``."""
    return replace(setting, now=setting.now + timedelta(**span))


def stamped(case: Case, bodies: Sequence[Body], setting: Setting | None = None) -> tuple[Event, ...]:
    """Bodies in the envelopes that the desk would give them, for *case* as it stands."""
    setting = setting or a_setting()
    return tuple(
        Event(
            case_id=case.case_id,
            seq=seq,
            at=setting.now,
            actor=setting.actor.name,
            policy_version="test",
            body=body,
        )
        for seq, body in enumerate(bodies, start=case.version + 1)
    )


def after_bodies(case: Case, *bodies: Body, setting: Setting | None = None) -> Case:
    """The case after facts that nobody decided: for tests of the fold itself."""
    return apply(case, stamped(case, bodies, setting))


def run(case: Case, *commands: Command, setting: Setting | None = None) -> Case:
    """The case after the commands; a refusal fails the test with its problems."""
    setting = setting or a_setting()
    for command in commands:
        decision = decide(case, command, setting)
        assert not isinstance(decision, Refused), f"{command}: {[str(p) for p in decision.problems]}"
        case = apply(case, stamped(case, decision, setting))
    return case


def refusals(case: Case, command: Command, setting: Setting | None = None) -> tuple[str, ...]:
    """The codes of the problems that stand against a command; empty when it is accepted."""
    decision = decide(case, command, setting or a_setting())
    return tuple(problem.code for problem in decision.problems) if isinstance(decision, Refused) else ()


def a_case(case_id: CaseId = CASE_ID) -> Case:
    """A case that was never opened."""
    return Case(case_id)


def an_open_case(*, setting: Setting | None = None, **others: Any) -> Case:
    """A case for a message that came two hours ago."""
    setting = setting or a_setting()
    others.setdefault("received_at", setting.now - timedelta(hours=2))
    return run(a_case(), OpenCase(**others), setting=setting)


def lock(order: Order) -> LockOrder:
    """Lock the order because its complete number is in the message."""
    return LockOrder(order, "certain", (NUMBER_IN_TEXT,))


def a_locked_case(order: Order | None = None, *, setting: Setting | None = None) -> Case:
    """A case with its order locked."""
    return run(an_open_case(setting=setting), lock(order or an_order()), setting=setting)


def claim(
    units: int, problem: ProblemType = ProblemType.TRANSIT_DAMAGE, line: int = 1, *, photo: bool = True
) -> ClaimRow:
    """Units of a line with one problem, with a photo unless said otherwise."""
    return ClaimRow(line, problem, units, frozenset({Evidence.PHOTO}) if photo else frozenset())


def broken_down(*rows: ClaimRow) -> ConfirmBreakdown:
    """Confirm the rows and leave everything else untouched."""
    return ConfirmBreakdown(rows, leave_untouched=True)


def a_claimed_case(*rows: ClaimRow, order: Order | None = None, setting: Setting | None = None) -> Case:
    """A case whose breakdown is confirmed; three damaged units of line 1 unless rows are given."""
    return run(a_locked_case(order, setting=setting), broken_down(*(rows or (claim(3),))), setting=setting)


def choose(
    kind: RemedyKind, item: str = "c1", units: int | None = None, share: str | None = None
) -> ChooseRemedies:
    """Choose one remedy for one item."""
    return ChooseRemedies((Choice(item, kind, units, None if share is None else Decimal(share)),))


def a_planned_case(
    kind: RemedyKind = RemedyKind.REPLACEMENT, *, order: Order | None = None, setting: Setting | None = None
) -> Case:
    """A case with a remedy for three damaged units and its plan confirmed."""
    return run(a_claimed_case(order=order, setting=setting), choose(kind), ConfirmPlan(), setting=setting)


def a_message(kind: str = "first_reply", follow_up: str = "") -> ApproveMessage:
    """A message that was approved and sent."""
    return ApproveMessage(kind, "en", "v-0001", "0" * 64, follow_up)


def a_remedy(remedy: str = "r1", **others: Any) -> Remedy:
    """A replacement for one unit of line 1; for tests that need no decision behind it."""
    defaults: dict[str, Any] = {
        "item": "c1",
        "line": 1,
        "units": 1,
        "kind": RemedyKind.REPLACEMENT,
        "channel": Channel.FBM,
        "currency": "GBP",
        "value": amounts(item="10.00"),
        "rule": "fbm_damage_replacement_proven",
        "chosen_at": NOW,
        "chosen_by": AGENT.name,
    }
    return Remedy(remedy=remedy, **{**defaults, **others})


def a_promise(promise: str = "p1", **others: Any) -> Promise:
    """A promise to ship one unit within a day; for tests that need no decision behind it."""
    defaults: dict[str, Any] = {
        "kind": PromiseKind.SHIP_GOODS,
        "remedy": "r1",
        "line": 1,
        "units": 1,
        "due_at": NOW + timedelta(days=1),
        "deadline": "house_reship",
        "made_at": NOW,
        "made_by": AGENT.name,
    }
    return Promise(promise=promise, **{**defaults, **others})
