"""Facts that an agent corrects, what follows from them, and the rules that a case follows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.events import FactCorrected, RulesAdopted
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import PROMOTIONS, Channel, Component, FactKind, amounts_total
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.steps import decide
from playbook.steps.commands import (
    AdoptRules,
    Choice,
    ChooseRemedies,
    ConfirmPlan,
    CorrectFact,
    KeepPromise,
    WithdrawLock,
)
from playbook.steps.facts import categories, correct_fact, fact_of
from playbook.steps.options import (
    amount_of,
    facts_of,
    options,
    share_of,
    units_in_stock,
    window_of,
)
from playbook.steps.schedule import running_deadlines
from tests.builders import (
    LEAD,
    NOW,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    after_bodies,
    an_open_case,
    an_order,
    choose,
    claim,
    lock,
    money,
    refusals,
    run,
    the_policy,
)

MIND = ProblemType.CHANGED_MIND
OCTOBER = datetime(2026, 10, 5, 9, tzinfo=UTC)


def offered(case, item="c1", setting=None, **others):
    return {o.kind: o for o in options(case, case.item(item), setting or a_setting(), **others)}


CORRECTIONS = [
    (FactKind.DELIVERED_ON, "2026-11-20", (1, 2)),
    (FactKind.DELIVERED_ON, "", (1,)),
    (FactKind.CHANNEL, "FBA", (2,)),
    (FactKind.CATEGORY, "office", (1,)),
    (FactKind.IN_STOCK, "no", (1, 2)),
    (FactKind.IN_STOCK, "yes", (2,)),
    (FactKind.BUSINESS, "yes", ()),
    (FactKind.EVENT_ON, "2026-12-24", ()),
]


@pytest.mark.parametrize(("fact", "value", "lines"), CORRECTIONS)
def test_a_corrected_fact_is_an_event_and_can_be_corrected_back(fact, value, lines):
    case = a_locked_case(an_order(a_line(1), a_line(2)))
    before = [fact_of(case, fact, case.order.line(n)) for n in lines or (1,)]
    after = run(case, CorrectFact(fact, f" {value} ", lines))
    assert [fact_of(after, fact, after.order.line(n)) for n in lines or (1,)] == [value] * (len(lines) or 1)
    assert after.locked_order == case.order
    back = run(after, CorrectFact(fact, before[0], lines))
    assert [fact_of(back, fact, back.order.line(n)) for n in lines or (1,)] == before
    assert back.order == case.order


def test_the_marketplace_moves_within_its_currency():
    case = a_locked_case(an_order(a_line(currency="EUR"), market=Marketplace.DE))
    after = run(case, CorrectFact(FactKind.MARKETPLACE, "FR"))
    assert (after.order.marketplace, after.marketplace) == (Marketplace.FR, Marketplace.FR)


def test_the_day_of_an_event_needs_no_order_and_can_be_taken_away():
    case = run(an_open_case(), CorrectFact(FactKind.EVENT_ON, "2026-12-24"))
    assert case.event_on == date(2026, 12, 24)
    assert run(case, CorrectFact(FactKind.EVENT_ON, "")).event_on is None


def test_a_correction_of_an_order_that_is_not_there_changes_nothing():
    from tests.builders import after_bodies

    case = after_bodies(an_open_case(), FactCorrected(fact=FactKind.BUSINESS, value="yes"))
    assert case.order is None


def test_facts_of_no_line_and_no_order_are_not_known():
    case = an_open_case()
    assert {fact_of(case, fact) for fact in FactKind} == {""}


def test_another_lock_forgets_what_was_said_of_the_lines():
    case = run(
        a_locked_case(), CorrectFact(FactKind.IN_STOCK, "no", (1,)), WithdrawLock("x"), lock(an_order())
    )
    assert not case.in_stock


@pytest.mark.parametrize("lines", [(), (9,), (1, 9)])
def test_facts_of_lines_need_lines_of_the_order(lines):
    assert refusals(a_locked_case(), CorrectFact(FactKind.CATEGORY, "office", lines)) == ("unknown_line",)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (FactKind.DELIVERED_ON, "2026-13-40"),
        (FactKind.DELIVERED_ON, "2026-02-30"),
        (FactKind.CATEGORY, "<b>"),
        (FactKind.IN_STOCK, "maybe"),
        (FactKind.CHANNEL, "fba"),
        (FactKind.MARKETPLACE, "Mars"),
        (FactKind.BUSINESS, ""),
        (FactKind.EVENT_ON, "tomorrow"),
        (FactKind.EVENT_ON, "2029-01-01"),
    ],
)
def test_what_is_no_fact_is_refused(fact, value):
    lines = () if fact in {FactKind.MARKETPLACE, FactKind.BUSINESS, FactKind.EVENT_ON} else (1,)
    assert len(refusals(a_locked_case(), CorrectFact(fact, value, lines))) == 1


def test_a_request_that_waits_keeps_who_decides_too():
    case = run(a_claimed_case(claim(3, photo=False)), choose(RemedyKind.REFUND_FULL))
    assert case.pending
    assert refusals(case, CorrectFact(FactKind.MARKETPLACE, "UK")) == ("remedies_on_fact",)


def test_a_corrected_delivery_moves_the_schedule():
    """The clocks are read off the facts: nothing has to be recorded again."""
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
    (corrected,) = decide(case, CorrectFact(FactKind.DELIVERED_ON, "2026-11-20", (1,)), a_setting())
    assert isinstance(corrected, FactCorrected)

    def window_ends(read: Case) -> datetime:
        running = running_deadlines(read, a_setting())
        return next(one.due_at for one in running if one.row.id == "return_window")

    assert window_ends(after_bodies(case, corrected)) - window_ends(case) == timedelta(days=2)


# ---- the return window -------------------------------------------------------------------------------


def window(delivered: str | None, *, category="", problem=MIND, placed_at=OCTOBER, market=Marketplace.UK):
    day = date.fromisoformat(delivered) if delivered else None
    currency = {Marketplace.UK: "GBP", Marketplace.US: "USD", Marketplace.JP: "JPY"}[market]
    paid = "100" if currency == "JPY" else "100.00"
    line = a_line(delivered_on=day, category=category, currency=currency, paid=paid)
    order = an_order(line, placed_at=placed_at, latest_delivery_on=None, market=market)
    case = a_claimed_case(claim(1, problem), order=order)
    found = window_of(case, case.item("c1"), a_setting())
    return None if found is None else (found.until.date().isoformat(), found.row.id, found.verified)


def test_the_window_is_thirty_days_fourteen_for_some_categories_and_longer_for_holiday_purchases():
    assert window(None) is None
    assert window("2026-10-09") == ("2026-11-08", "return_window", True)
    assert window("2026-10-09", category="office") == ("2026-10-23", "return_window_eu_short", True)
    assert window("2026-10-09", category="office", problem=ProblemType.DEFECT)[1] == "return_window"
    assert window("2026-10-09", category="office", market=Marketplace.US)[1] == "return_window"
    bought = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert window("2026-11-05", placed_at=bought) == ("2027-01-31", "holiday_return_until", False)
    assert window("2026-11-05", placed_at=bought, category="office")[1] == "holiday_return_until"
    assert window("2026-11-05", placed_at=bought, market=Marketplace.JP)[1] == "return_window"
    verified = datetime(2025, 11, 2, 9, tzinfo=UTC)
    assert window("2025-11-05", placed_at=verified)[2] is True


def test_the_categories_are_those_of_the_day_of_the_purchase():
    line = a_line(delivered_on=date(2025, 6, 10), category="toys")
    case = a_claimed_case(claim(1, MIND), order=an_order(line, placed_at=datetime(2025, 6, 2, tzinfo=UTC)))
    assert window_of(case, case.item("c1"), a_setting()).row.id == "return_window"
    assert window_of(an_open_case(), case.item("c1"), a_setting()) is None


def test_every_category_has_words():
    from playbook.i18n.words import CATEGORIES

    assert set(categories(the_policy())) == set(CATEGORIES)


def test_after_fourteen_days_a_short_category_is_late():
    order = an_order(a_line(delivered_on=date(2026, 11, 1)), placed_at=OCTOBER)
    case = a_claimed_case(claim(2, MIND), order=order)
    assert offered(case)[RemedyKind.DECLINE].outcome == "refused"
    short = run(case, CorrectFact(FactKind.CATEGORY, "office", (1,)))
    assert facts_of(short, short.item("c1"), a_setting()).in_window is False
    assert offered(short)[RemedyKind.DECLINE].outcome == "allowed"


# ---- stock -------------------------------------------------------------------------------------------


def test_stock_counts_units_and_what_the_case_already_sends():
    setting = replace(a_setting(), stock={"SKU-1": 4})
    case = a_claimed_case(claim(3), claim(3, ProblemType.MISSING))
    assert offered(case, "c1", setting)[RemedyKind.REPLACEMENT].outcome == "allowed"
    chosen = run(case, choose(RemedyKind.REPLACEMENT), setting=setting)
    assert units_in_stock(chosen, chosen.order.line(1), setting) == 1
    assert offered(chosen, "c2", setting)[RemedyKind.RESEND_MISSING].outcome == "refused"
    assert offered(chosen, "c2", setting, units=1)[RemedyKind.RESEND_MISSING].outcome == "allowed"
    both = ChooseRemedies((Choice("c1", RemedyKind.REPLACEMENT), Choice("c2", RemedyKind.RESEND_MISSING)))
    assert refusals(case, both, setting) == ("option_refused",)


def test_goods_of_an_exchange_are_gone_until_they_have_left_whatever_else_was_done():
    """The label is with the buyer: that takes nothing from the shelf, and gives nothing back to it."""
    setting = replace(a_setting(), stock={"SKU-1": 9}, promised={"SKU-1": 2})
    case = a_claimed_case(claim(3, ProblemType.WRONG_ITEM))
    line = case.order.line(1)
    assert units_in_stock(case, line, setting) == 7
    case = run(case, choose(RemedyKind.EXCHANGE), ConfirmPlan(), setting=setting)
    ship, label = sorted(case.open_promises, key=lambda promise: promise.kind is PromiseKind.SEND_LABEL)
    assert units_in_stock(case, line, setting) == 4
    case = run(case, KeepPromise(label.promise), setting=setting)
    assert units_in_stock(case, line, setting) == 4
    case = run(case, KeepPromise(ship.promise), setting=setting)
    assert units_in_stock(case, line, setting) == 7
    assert units_in_stock(case, line, replace(setting, promised={"SKU-1": 10})) == 0


def test_what_the_agent_says_about_the_stock_goes_before_the_count():
    setting = replace(a_setting(), stock={"SKU-1": 0})
    case = a_claimed_case()
    assert offered(case, setting=setting)[RemedyKind.REPLACEMENT].outcome == "refused"
    said = run(case, CorrectFact(FactKind.IN_STOCK, "yes", (1,)))
    assert offered(said, setting=setting)[RemedyKind.REPLACEMENT].outcome == "allowed"
    assert offered(said, setting=setting, in_stock=False)[RemedyKind.REPLACEMENT].outcome == "refused"
    assert units_in_stock(case, case.order.line(1), a_setting()) is None


# ---- the day of an event -----------------------------------------------------------------------------


def test_goods_that_arrive_after_the_event_say_so_and_are_not_preferred():
    case = a_claimed_case()
    assert offered(case)[RemedyKind.REPLACEMENT].preferred
    soon = offered(run(case, CorrectFact(FactKind.EVENT_ON, "2026-11-27")))
    assert [note.code for note in soon[RemedyKind.REPLACEMENT].notes] == ["after_event"]
    assert soon[RemedyKind.REPLACEMENT].outcome == "allowed"
    assert soon[RemedyKind.REFUND_FULL].preferred
    assert not soon[RemedyKind.REFUND_FULL].notes
    assert offered(run(case, CorrectFact(FactKind.EVENT_ON, "2026-12-24")))[RemedyKind.REPLACEMENT].preferred


# ---- an allowance as an amount -----------------------------------------------------------------------


def test_an_allowance_named_as_an_amount_is_exactly_that():
    case = run(
        a_claimed_case(claim(3, ProblemType.QUALITY_FLAW), order=an_order(a_line(units=3, paid="96.67"))),
        ChooseRemedies((Choice("c1", RemedyKind.REFUND_PARTIAL, amount=money("12.34")),)),
    )
    assert case.remedies[0].refund_total == money("12.34")
    assert case.remedies[0].share == (money("12.34").amount * 100 / money("96.67").amount).quantize(
        money("0.01").amount
    )


def test_an_amount_belongs_to_a_remedy_with_a_share():
    asked = ChooseRemedies((Choice("c1", RemedyKind.REFUND_FULL, amount=money("5.00")),))
    assert refusals(a_claimed_case(), asked) == ("share_fixed",)
    free = a_claimed_case(claim(1, ProblemType.QUALITY_FLAW), order=an_order(a_line(paid="0.00")))
    partial = ChooseRemedies((Choice("c1", RemedyKind.REFUND_PARTIAL, amount=money("5.00")),))
    assert refusals(free, partial) == ("share_fixed",)


def test_an_approved_amount_stays_as_it_was_named():
    order = an_order(a_line(units=100, paid="2000.00"))
    case = run(
        a_claimed_case(claim(100, ProblemType.QUALITY_FLAW), order=order),
        ChooseRemedies((Choice("c1", RemedyKind.REFUND_PARTIAL, amount=money("333.33")),)),
    )
    from playbook.steps.commands import DecideApproval

    approved = run(case, DecideApproval(case.pending[0].approval, approve=True), setting=a_setting(LEAD))
    assert approved.remedies[0].refund_total == money("333.33")


@given(st.data())
def test_an_amount_is_spread_to_the_cent_and_never_beyond_a_component(data):
    currency = data.draw(st.sampled_from(["GBP", "JPY"]))
    unit = minor_unit(currency)
    value = {Component.ITEM: Money(data.draw(st.integers(1000, 90_000)) * unit, currency)}
    for component in (Component.ITEM_TAX, Component.GIFT_WRAP, Component.PROMOTION, Component.SHIPPING):
        if data.draw(st.booleans()):
            sign = -1 if component in PROMOTIONS else 1
            value[component] = Money(sign * data.draw(st.integers(0, 400)) * unit, currency)
    row = the_policy().remedy_row("fbm_flaw_partial", NOW.date())
    paid = amounts_total({c: m for c, m in value.items() if c is not Component.SHIPPING}, currency)
    amount = Money(data.draw(st.integers(0, int(paid.amount / unit))) * unit, currency)
    spread = amount_of(value, amount, row)
    assert amounts_total(spread, currency) == amount
    assert Component.SHIPPING not in spread
    slack = 3 * unit
    assert all(
        abs(m.amount) <= abs(value[c].amount) + slack and m.amount * value[c].amount >= 0
        for c, m in spread.items()
    )
    assert share_of(value, amount, row) <= 100


# ---- the rules a case follows ------------------------------------------------------------------------


def test_a_case_adopts_the_rules_of_today_once():
    case = a_locked_case()
    assert case.policy_version == "test"
    assert decide(case, AdoptRules(), a_setting()) == (RulesAdopted(),)
    adopted = replace(case, policy_version=the_policy().version)
    assert refusals(adopted, AdoptRules()) == ("rules_current",)


def test_a_fact_may_be_corrected_days_later_and_never_ahead():
    later = replace(a_setting(), now=NOW + timedelta(days=2))
    asked = CorrectFact(FactKind.DELIVERED_ON, "2026-11-25", (1,))
    assert refusals(a_locked_case(), asked) == ("delivered_in_future",)
    assert refusals(a_locked_case(), asked, later) == ()
    assert correct_fact(a_locked_case(), asked, later)[0].value == "2026-11-25"
    assert Channel("FBA").value == "FBA"
