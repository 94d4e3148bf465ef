"""Step one on the page: search, candidates with evidence, the second fact, the draft, and taking it back."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from playbook.desk import Desk
from playbook.domain.case import Stage
from playbook.domain.events import OrderLocked
from playbook.domain.ids import OrderId
from playbook.domain.problems import problem
from playbook.i18n import say
from playbook.steps import Actor
from playbook.store import OrderEntry, Recipient
from playbook.viewmodels.breakdown import BreakdownModel
from playbook.viewmodels.lock import SECOND_FACTS, LockModel
from tests.builders import NOW, ORDER_ID, a_line, an_order
from tests.desks import Clock, opened, page

TWIN_ID = OrderId("204-7719305-5512873")
VAGUE = "Hello, some of what I ordered arrived broken. Perrin"
PERRIN = Recipient(name="Perrin Vasquez-Holt", postcode="SW1A 1AA", city="London", email="p@example.org")
OTHER = Actor("Ma Jun", "agent")


def twins(desk: Desk) -> None:
    """Two orders of one buyer that only a further fact tells apart."""
    keep = date(2027, 1, 1)
    orders = [an_order(a_line(sku="LAMP")), an_order(a_line(sku="SHADE"), order_id=TWIN_ID)]
    desk.store.put_orders([OrderEntry(order, recipient=PERRIN, purge_after=keep) for order in orders], "test")


def lock_page(desk: Desk, message: str) -> LockModel:
    return LockModel(page(desk, opened(desk, message)))


class TestCertain:
    def test_a_complete_number_takes_one_click(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, f"Order {ORDER_ID} arrived broken")
        assert (model.verdict, model.picked, model.lock_verdict) == ("certain", ORDER_ID, "certain")
        assert model.blockers == ()
        assert not model.needs_second_fact
        assert model.confirm()
        assert model.work.case.order == an_order(a_line(sku="LAMP"))
        assert model.work.step is Stage.BREAKDOWN
        assert model.work.notice is None

    def test_a_number_that_is_typed_in_whole(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("order_id_part", f"  {ORDER_ID} ")
        assert model.verdict == "certain"
        assert model.confirm()

    def test_evidence_is_said_in_the_language_of_the_page(self, desk: Desk) -> None:
        twins(desk)
        case = opened(desk, f"Order {ORDER_ID}")
        for lang, words in (("en", "order number"), ("zh_CN", "订单号")):
            model = LockModel(page(desk, case, lang))
            assert any(words in text for text in model.evidence_texts(model.candidates[0]))


class TestAsking:
    def test_nothing_known(self, desk: Desk) -> None:
        model = lock_page(desk, "")
        assert (model.found, model.candidates, model.verdict, model.command) == (None, (), "none", None)
        assert [problem.code for problem in model.blockers] == ["nothing_picked"]
        assert not model.confirm()
        assert model.work.notice is not None
        assert model.work.notice.kind == "refused"
        assert model.work.case.order is None

    def test_a_fact_that_two_orders_share_is_never_certain(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("name", "Perrin Vasquez-Holt")
        assert model.verdict == "ask"
        assert model.picked == ""
        assert {candidate.order.order_id for candidate in model.candidates} == {ORDER_ID, TWIN_ID}
        model.pick(TWIN_ID)
        assert model.needs_second_fact
        assert [problem.code for problem in model.blockers] == ["second_fact_needed"]
        assert not model.confirm()
        model.second_fact = "buyer_confirmed"
        assert model.blockers == ()
        assert model.confirm()
        assert model.work.case.order is not None
        assert model.work.case.order.order_id == TWIN_ID
        assert model.work.case.lock_verdict == "picked"

    def test_a_fact_counts_once(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("postcode", "SW1A 1AA")
        model.pick(ORDER_ID)
        model.second_fact = "postcode"
        assert [problem.code for problem in model.blockers] == ["second_fact_too_weak"]

    @pytest.mark.parametrize("fact", SECOND_FACTS)
    def test_every_second_fact_on_offer_has_a_name(self, desk: Desk, fact: str) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("name", "Perrin Vasquez-Holt")
        model.pick(TWIN_ID)
        model.second_fact = fact
        assert model.confirm(), model.work.notice
        body = desk.events(model.work.case.case_id)[-1].body
        assert isinstance(body, OrderLocked)
        assert body.evidence[-1].code == fact
        assert say(problem(fact), "en") != str(problem(fact))

    def test_only_a_candidate_can_be_picked_and_only_a_known_field_typed(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        with pytest.raises(KeyError):
            model.pick(TWIN_ID)
        with pytest.raises(KeyError):
            model.set_known("password", "x")

    def test_a_pick_that_the_search_no_longer_finds_is_gone(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("name", "Perrin Vasquez-Holt")
        model.pick(TWIN_ID)
        model.set_known("name", "Somebody Else")
        assert model.picked == ""

    def test_orders_placed_after_the_message_are_not_meant(self, desk: Desk) -> None:
        desk.store.put_orders([an_order(placed_at=NOW)], "test")
        model = lock_page(desk, f"Order {ORDER_ID}")
        assert model.verdict == "ask"
        model.pick(ORDER_ID)
        model.second_fact = "seen_in_seller_central"
        assert [problem.code for problem in model.blockers] == ["order_after_message"]
        assert not model.confirm()

    def test_a_product_is_a_fact_too(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, VAGUE)
        model.set_known("name", "Perrin Vasquez-Holt")
        model.set_known("sku", "SHADE")
        assert model.candidates[0].order.order_id == TWIN_ID


class TestDrafts:
    def test_another_kernel_goes_on_where_this_one_died(self, desk: Desk, clock: Clock) -> None:
        twins(desk)
        case = opened(desk, VAGUE)
        first = LockModel(page(desk, case))
        first.set_known("name", "Perrin Vasquez-Holt")
        first.pick(TWIN_ID)
        first.second_fact = "buyer_confirmed"
        clock.forward(hours=1)
        second = LockModel(page(desk, case))
        assert second.known == first.known
        assert (second.picked, second.second_fact) == (TWIN_ID, "buyer_confirmed")
        assert second.blockers == ()
        assert second.confirm()
        assert desk.store.draft(case.case_id, "lock") is None

    def test_opening_a_page_saves_no_draft(self, desk: Desk) -> None:
        case = opened(desk, VAGUE)
        model = LockModel(page(desk, case))
        model.set_known("name", "")
        assert desk.store.draft(case.case_id, "lock") is None

    def test_a_colleague_who_was_faster(self, desk: Desk, desk_of: Callable[[Actor], Desk]) -> None:
        twins(desk)
        case = opened(desk, f"Order {ORDER_ID}")
        mine, theirs = LockModel(page(desk, case)), LockModel(page(desk_of(OTHER), case))
        assert theirs.confirm()
        assert not mine.confirm()
        assert mine.work.notice is not None
        assert mine.work.notice.kind == "conflict"
        assert any(OTHER.name in text and ORDER_ID in text for text in mine.work.notice.texts)
        assert mine.work.case == theirs.work.case


class TestAfterLocking:
    def test_taking_the_lock_back_needs_a_reason_and_says_what_is_stale(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, f"Order {ORDER_ID}: 3 broken")
        model.confirm()
        BreakdownModel(model.work).set_leave_untouched(True)
        assert not model.withdraw(" ")
        assert model.withdraw("the buyer meant the other one")
        assert model.work.case.order is None
        assert model.work.case.stale == "lock_withdrawn"
        assert model.work.step is Stage.LOCK
        assert model.picked == ORDER_ID
        assert model.confirm()

    def test_a_changed_order_is_noticed(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, f"Order {ORDER_ID}")
        assert not model.changed_since_lock
        model.confirm()
        assert not model.changed_since_lock
        desk.store.put_orders([an_order(a_line(sku="LAMP", shipped=4))], "test")
        assert model.changed_since_lock

    def test_other_cases_on_the_order_are_shown(self, desk: Desk) -> None:
        twins(desk)
        first, second = (lock_page(desk, f"Order {ORDER_ID}") for _ in range(2))
        assert first.other_cases == ()
        first.confirm()
        second.confirm()
        assert [case.case_id for case in second.other_cases] == [first.work.case.case_id]

    def test_the_deadlines_that_run(self, desk: Desk) -> None:
        twins(desk)
        model = lock_page(desk, f"Order {ORDER_ID}")
        model.confirm()
        deadlines = model.work.deadlines
        assert [d.due_at for d in deadlines] == sorted(d.due_at for d in deadlines)
        reply = next(d for d in deadlines if d.row.id == "buyer_message_reply")
        assert reply.due_at == NOW + timedelta(hours=22)
