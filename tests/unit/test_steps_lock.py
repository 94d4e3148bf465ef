"""Step one: which evidence locks an order, and when the lock may be taken back."""

from datetime import timedelta

import pytest

from playbook.domain.case import Stage
from playbook.domain.events import Fact, OrderLocked, canonical_json, event_from_json
from playbook.domain.ids import OrderId
from playbook.domain.orders import Component
from playbook.domain.remedies import RemedyKind
from playbook.steps import decide
from playbook.steps.commands import LockOrder, WithdrawLock
from playbook.steps.lock import fingerprint
from tests.builders import (
    NOW,
    NUMBER_IN_TEXT,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    choose,
    lock,
    money,
    refusals,
    run,
    stamped,
)


def picked(second: str | None, *evidence: str) -> LockOrder:
    facts = tuple(Fact(code=code) for code in evidence)
    return LockOrder(an_order(), "picked", facts, None if second is None else Fact(code=second))


@pytest.mark.parametrize("code", ["order_id_in_text", "order_id_given"])
def test_the_complete_number_locks_alone(code: str):
    case = run(an_open_case(), LockOrder(an_order(), "certain", (Fact(code=code),)))
    assert case.order.order_id == ORDER_ID
    assert case.stage is Stage.BREAKDOWN


def test_nothing_less_is_certain():
    command = LockOrder(an_order(), "certain", (Fact(code="postcode"), Fact(code="email")))
    assert refusals(an_open_case(), command) == ("not_certain",)


@pytest.mark.parametrize(
    ("second", "evidence", "codes"),
    [
        (None, ("postcode",), ("second_fact_needed",)),
        ("name", (), ("second_fact_too_weak",)),
        ("name", ("email",), ("second_fact_too_weak",)),
        ("name", ("name", "email"), ("second_fact_too_weak",)),
        ("postcode", ("postcode",), ("second_fact_too_weak",)),
        ("name", ("postcode",), ()),
        ("postcode", ("name",), ()),
        ("po_number", ("postcode",), ()),
        ("seen_in_seller_central", (), ()),
    ],
)
def test_anything_less_takes_a_second_fact(
    second: str | None, evidence: tuple[str, ...], codes: tuple[str, ...]
):
    assert refusals(an_open_case(), picked(second, *evidence)) == codes


def test_the_second_fact_is_recorded_with_the_evidence():
    decision = decide(an_open_case(), picked("po_number", "postcode"), a_setting())
    assert isinstance(decision, tuple)
    (body,) = decision
    assert isinstance(body, OrderLocked)
    assert [fact.code for fact in body.evidence] == ["postcode", "po_number"]
    assert body.verdict == "picked"
    assert body.fingerprint == fingerprint(an_order())


def test_an_order_placed_after_the_message_cannot_be_meant():
    order = an_order(placed_at=NOW + timedelta(days=1))
    assert refusals(an_open_case(), lock(order)) == ("order_after_message",)


def test_every_reason_is_given_at_once():
    case = a_locked_case()
    order = an_order(placed_at=NOW + timedelta(days=1))
    command = LockOrder(order, "certain", ())
    assert refusals(case, command) == ("already_locked", "order_after_message", "not_certain")


def test_the_lock_is_taken_back_with_a_reason():
    case = a_locked_case()
    assert refusals(case, WithdrawLock(" \t\n")) == ("reason_needed",)
    case = run(case, WithdrawLock("  the buyer meant another order "))
    assert case.order is None
    assert case.stage is Stage.LOCK
    assert run(case, lock(an_order(order_id=OrderId("204-0000000-0000001")))).order is not None
    assert refusals(case, WithdrawLock("again")) == ("not_locked",)


def test_remedies_hold_the_lock():
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT))
    assert refusals(case, WithdrawLock("wrong order")) == ("remedies_on_lock",)


def test_the_fingerprint_follows_the_content_not_the_order_of_its_parts():
    one = an_order(a_line(paid=amounts(item="9.00", shipping="1.00")), read_at=NOW)
    shuffled = {Component.SHIPPING: money("1.00"), Component.ITEM: money("9.00")}
    assert fingerprint(one) == fingerprint(an_order(a_line(paid=shuffled)))
    assert fingerprint(one) != fingerprint(an_order(a_line(paid=amounts(item="9.01", shipping="1.00"))))
    assert fingerprint(one) != fingerprint(
        an_order(a_line(paid=amounts(item="9.00", shipping="1.00"), shipped=9))
    )


def test_a_locked_order_that_was_stored_still_has_its_fingerprint():
    order = an_order(a_line(paid=amounts(shipping="1.00", promotion="-2.00", item="9.00")))
    case = an_open_case()
    (event,) = stamped(case, (OrderLocked(order=order, verdict="certain", evidence=(NUMBER_IN_TEXT,)),))
    stored = event_from_json(canonical_json(event))
    assert fingerprint(stored.body.order) == fingerprint(order)
