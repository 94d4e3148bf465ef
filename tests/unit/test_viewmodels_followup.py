"""Step four on the page: plan, promises, messages with their lint, memo, hand-over, close."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from playbook.desk import Desk
from playbook.domain.case import Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import OrderId
from playbook.domain.promises import ClockStart, FollowUpKind, PromiseKind, PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.i18n import say
from playbook.letters import LetterKind
from playbook.steps import Actor
from playbook.steps.commands import (
    AddNote,
    CloseCase,
    ConfirmPlan,
    MakePromise,
    RequestEvidence,
    WithdrawRemedy,
)
from playbook.store import OrderEntry, Recipient
from playbook.viewmodels.followup import LETTER_FOR, NOTICES, FollowUpModel
from playbook.viewmodels.takealong import TakeAlongModel
from tests.builders import AGENT, LEAD, NOW, ORDER_ID, a_message, an_order, choose, claim
from tests.desks import Clock, carried_out, claimed, opened, page, planned

OTHER = Actor("Ma Jun", "agent")
SHIP = PromiseKind.SHIP_GOODS
DeskOf = Callable[[Actor], Desk]


def decided(desk: Desk, kind: RemedyKind = RemedyKind.REPLACEMENT) -> FollowUpModel:
    """The page of a case whose remedy is agreed and whose plan is not."""
    return FollowUpModel(page(desk, carried_out(desk, claimed(desk), choose(kind))))


def with_plan(desk: Desk, kind: RemedyKind = RemedyKind.REPLACEMENT) -> FollowUpModel:
    return FollowUpModel(page(desk, planned(desk, kind)))


def sent(model: FollowUpModel, kind: LetterKind = LetterKind.SOLUTION) -> FollowUpModel:
    model.write(kind)
    assert model.approve(), model.work.notice
    return model


class TestThePlan:
    def test_what_it_would_make_is_what_it_makes(self, desk: Desk) -> None:
        model = decided(desk)
        promises, follow_ups = model.planned, model.follow_ups
        assert [promise.kind for promise in promises] == [SHIP]
        assert FollowUpKind.PROMISE_DUE in {task.kind for task in follow_ups}
        assert model.confirm()
        assert tuple(known.promise for known, _ in model.promises) == promises
        assert model.follow_ups == follow_ups == model.work.case.open_follow_ups

    def test_a_final_check_is_planned_after_the_last_promise(self, desk: Desk) -> None:
        model = decided(desk)
        far = NOW + timedelta(days=9)
        model.set_date("r1", SHIP, far)
        check = next(task for task in model.follow_ups if task.kind is FollowUpKind.FINAL_CHECK)
        assert check.due_at > far
        assert {task.kind for task in model.follow_ups} >= {
            FollowUpKind.NO_NEWS_UPDATE,
            FollowUpKind.CLOSE_OUT,
        }

    def test_it_waits_until_every_unit_is_decided(self, desk: Desk) -> None:
        model = FollowUpModel(page(desk, claimed(desk)))
        assert [say(problem, "en") for problem in model.blockers] == ["Claimed units without a remedy: 3."]
        assert not model.confirm()
        assert model.planned == ()
        assert {task.kind for task in model.follow_ups} >= {FollowUpKind.FIRST_REPLY}
        assert FollowUpModel(page(desk, opened(desk))).planned == ()

    @pytest.mark.parametrize(
        ("due_at", "code"), [(NOW, "due_in_past"), (NOW + timedelta(days=91), "due_too_far")]
    )
    def test_a_date_that_cannot_be_meant(self, desk: Desk, due_at: datetime, code: str) -> None:
        model = decided(desk)
        model.set_date("r1", SHIP, due_at)
        assert [problem.code for problem in model.blockers] == [code]
        assert not model.confirm()
        model.set_date("r1", SHIP, None)
        assert model.blockers == ()
        assert model.confirm()

    def test_another_date_is_drafted_and_goes_on_in_another_kernel(self, desk: Desk) -> None:
        model = decided(desk)
        due_at = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
        model.set_date("r1", SHIP, due_at)
        again = FollowUpModel(page(desk, model.work.case))
        assert again.dates == {("r1", SHIP): due_at}
        assert [promise.due_at for promise in again.planned] == [due_at]
        assert again.confirm()
        assert again.work.case.open_promises[0].due_at == due_at
        assert desk.store.draft(model.work.case.case_id, "follow_up") is None

    def test_dates_of_a_remedy_that_was_withdrawn_are_forgotten(self, desk: Desk) -> None:
        model = decided(desk)
        model.set_date("r1", SHIP, NOW + timedelta(days=2))
        assert model.work.do(WithdrawRemedy("r1", "other wish"))
        assert model.dates == {}
        assert model.work.do(choose(RemedyKind.REFUND_FULL))
        assert model.blockers == ()
        assert FollowUpModel(page(desk, model.work.case)).dates == {}


class TestPromises:
    def test_kept_with_its_reference(self, desk: Desk) -> None:
        model = with_plan(desk)
        (promise,) = model.work.case.open_promises
        assert model.keep(promise.promise, "1Z999AA10123456784")
        ((known, _standing),) = model.promises
        assert (known.state, known.reference) == (PromiseState.KEPT, "1Z999AA10123456784")
        assert not model.keep(promise.promise)

    def test_a_late_one_stands_as_late(self, desk: Desk, clock: Clock) -> None:
        model = with_plan(desk)
        clock.forward(days=4)
        ((_known, standing),) = model.promises
        assert "late" in str(standing)

    def test_a_contradiction_is_refused_with_both_texts(self, desk: Desk) -> None:
        model = with_plan(desk)
        (promise,) = model.work.case.open_promises
        later = promise.due_at + timedelta(days=3)
        assert not model.promise(MakePromise(SHIP, later, promise.remedy, promise.line, promise.units))
        assert model.work.notice is not None
        (sentence,) = model.work.notice.texts
        assert "New: " in sentence
        assert f"what {AGENT.name} promised on 2026-11-23 17:00" in sentence
        assert "{" not in sentence
        assert len(model.work.case.promises) == 1

    def test_a_contradiction_can_be_made_instead_with_a_reason(self, desk: Desk) -> None:
        model = FollowUpModel(page(desk, claimed(desk)))
        assert model.promise(MakePromise(SHIP, NOW + timedelta(days=1), line=1, units=2))
        told = carried_out(desk, model.work.case, a_message("update_news"))
        model = FollowUpModel(page(desk, told))
        assert not model.promise(MakePromise(SHIP, NOW + timedelta(days=2), line=1, units=2))
        assert model.refused is not None
        assert not model.instead(" ")
        assert model.instead("the warehouse is closed tomorrow")
        assert model.refused is None
        (promise,) = model.work.case.open_promises
        assert promise.due_at == NOW + timedelta(days=2)
        assert model.letter is not None
        assert model.letter.kind is LetterKind.SUPERSEDED
        assert not model.instead("nothing was refused")

    def test_the_earlier_promise_can_stay_as_it_is(self, desk: Desk) -> None:
        model = with_plan(desk)
        (promise,) = model.work.case.open_promises
        assert not model.promise(MakePromise(SHIP, promise.due_at + timedelta(days=1), "r1"))
        model.forget()
        assert model.refused is None
        assert not model.promise(MakePromise(SHIP, NOW - timedelta(days=1)))
        assert model.refused is None, "a date in the past contradicts nobody"

    def test_a_promise_beside_the_plan_is_taken_back_and_told(self, desk: Desk) -> None:
        model = sent(with_plan(desk))
        assert model.promise(MakePromise(PromiseKind.TRACE, NOW + timedelta(days=1)))
        assert not model.take_back("p2", " ")
        assert model.take_back("p2", "it was found")
        assert model.letter is None, "the buyer had not heard of it"
        assert model.promise(MakePromise(PromiseKind.TRACE, NOW + timedelta(days=1)))
        sent(model, LetterKind.SOLUTION)
        assert model.take_back("p3", "it was found")
        assert model.letter is not None
        assert model.letter.kind in NOTICES

    def test_what_happened_outside_is_recorded(self, desk: Desk) -> None:
        model = sent(with_plan(desk))
        assert model.happened(ClockStart.CLAIM_OPENED, NOW - timedelta(hours=1), "A-1")
        (task,) = (task for task in model.follow_ups if task.kind is FollowUpKind.PLATFORM_DEADLINE)
        assert task.due_at == NOW + timedelta(hours=47)
        assert not model.happened(ClockStart.CLAIM_OPENED, NOW + timedelta(hours=1))

    def test_nothing_is_undated_and_no_rule_differs(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert (model.undated, model.rule_dates) == ((), {})

    def test_a_changed_one_brings_the_message_that_says_so(self, desk: Desk) -> None:
        model = sent(with_plan(desk))
        (promise,) = model.work.case.open_promises
        assert not model.change(promise.promise, promise.due_at + timedelta(days=2), "")
        assert model.letter is None
        assert model.change(promise.promise, promise.due_at + timedelta(days=2), "stock arrives on Thursday")
        assert model.letter is not None
        assert model.letter.kind is LetterKind.SUPERSEDED
        assert model.can_send, model.findings
        assert [known.state for known, _ in model.promises].count(PromiseState.OPEN) == 1

    def test_beside_the_plan(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert model.promise(MakePromise(PromiseKind.ANSWER, NOW + timedelta(days=1)))
        assert PromiseKind.ANSWER in {promise.kind for promise in model.work.case.open_promises}


class TestMessages:
    @pytest.mark.parametrize("kind", [*LetterKind])
    def test_every_draft_may_be_sent_as_it_is_or_says_why_there_is_none(
        self, desk: Desk, kind: LetterKind
    ) -> None:
        model = with_plan(desk)
        letter = model.write(kind, questions=("How many lamps are broken?",))
        fitting = {"first_reply", "ask_details", "confirm_breakdown", "solution", "update"}
        assert (letter is not None) == (kind in fitting)
        if letter is None:
            assert model.work.notice is not None
            assert model.work.notice.kind == "refused"
            assert (model.letter_text, model.can_send) == ("", False)
            return
        assert letter.locale == model.work.case.language == "en"
        blocking = [finding for finding in model.findings if finding.severity == "block"]
        assert blocking == []
        assert model.can_send
        assert ORDER_ID in model.letter_text

    def test_what_makes_no_sense_leaves_the_draft_alone(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)
        text = model.letter_text
        assert model.write(LetterKind.APOLOGY) is None
        assert model.letter_text == text

    def test_words_the_agent_answers_for_no_longer_stop_it_and_are_recorded(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)
        model.edit(model.letter_text + "\nThe box held 4711 screws.")
        (finding,) = model.findings
        assert (finding.rule_id, model.can_send) == ("number_not_in_ledger", False)
        model.answer_for(finding, own=True)
        again = FollowUpModel(page(desk, model.work.case))
        assert again.own == model.own == {finding.mark}
        assert again.can_send
        again.answer_for(finding, own=False)
        assert not again.can_send
        model.edit(model.letter_text.replace("4711", "4712"))
        assert model.own == frozenset()
        model.edit(model.letter_text.replace("4712", "4711"))
        model.answer_for(model.findings[0])
        assert model.approve()
        (event,) = [e.body for e in desk.events(model.work.case.case_id) if e.type == "MessageApproved"]
        assert [(mark.rule, mark.words) for mark in event.own] == [("number_not_in_ledger", "4711")]
        assert event.warnings == ()
        assert event.template.startswith("en/solution.txt.j2@")
        assert (model.own, model.proactive) == (frozenset(), False)

    def test_a_fix_puts_right_what_the_ledger_knows(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)
        right = model.letter_text
        model.edit(right.replace("3 x", "4 x").replace("24 Nov", "25 Nov"))
        findings = model.findings
        assert [(one.rule_id, one.fix) for one in findings] == [
            ("altered_figure", "3"),
            ("altered_figure", "24"),
        ]
        for finding in reversed(findings):
            model.fix(finding)
        assert model.letter_text == right
        assert model.findings == ()

    def test_a_message_that_opens_a_thread_is_judged_more_strictly(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.UPDATE)
        model.edit("Thank you, and kind regards to all of you.\n")
        assert model.can_send
        model.open_thread(True)
        assert {finding.rule_id for finding in model.findings} == {"only_thanks", "missing_order_id"}
        assert not FollowUpModel(page(desk, model.work.case)).can_send
        assert not model.approve()
        model.write(LetterKind.UPDATE)
        assert not model.proactive
        model.open_thread(True)
        assert model.approve()
        assert [
            e.body.proactive for e in desk.events(model.work.case.case_id) if e.type == "MessageApproved"
        ] == [True]

    def test_a_forbidden_word_stops_it(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)
        model.edit(model.letter_text + "\nPlease change your review to five stars, we refund 999.00 GBP.")
        assert not model.can_send
        assert {"amount_not_in_ledger"} < {finding.rule_id for finding in model.findings}
        assert not model.approve()
        assert model.work.notice is not None
        assert len(model.work.notice.texts) >= 2
        assert model.letter_text.endswith("999.00 GBP.")
        assert model.work.case.messages == ()

    def test_nothing_drafted_is_nothing_to_send(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert (model.letter, model.findings, model.can_send) == (None, (), False)
        assert not model.approve()
        model.edit("typed without a letter")
        assert desk.store.draft(model.work.case.case_id, "follow_up") is None

    def test_sent_it_is_the_first_reply(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert FollowUpKind.FIRST_REPLY in {task.kind for task in model.follow_ups}
        sent(model)
        assert FollowUpKind.FIRST_REPLY not in {task.kind for task in model.follow_ups}
        assert (model.letter, model.letter_text) == (None, "")
        assert [message.kind for message in model.work.case.messages] == ["solution"]

    def test_the_draft_goes_on_in_another_kernel_and_ends_when_sent(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.UPDATE, "de")
        model.edit(model.letter_text + "\nBis bald")
        again = FollowUpModel(page(desk, model.work.case))
        assert again.letter is not None
        assert (again.letter.kind, again.letter.locale) == (LetterKind.UPDATE, "de")
        assert again.letter_text == model.letter_text
        assert again.approve()
        assert FollowUpModel(page(desk, model.work.case)).letter is None

    def test_a_kernel_killed_between_sending_and_drawing_does_not_send_twice(self, desk: Desk) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)

        class Killed(BaseException):
            """The kernel's end."""

        def die(_change: object) -> None:
            raise Killed

        model.work.observe(die, "case")
        with pytest.raises(Killed):
            model.approve()
        again = FollowUpModel(page(desk, model.work.case))
        assert len(again.work.case.messages) == 1
        assert again.letter is None

    def test_what_was_put_aside_does_not_come_back(self, desk: Desk) -> None:
        model = decided(desk)
        model.write(LetterKind.FIRST_REPLY)
        model.set_date("r1", SHIP, NOW + timedelta(days=2))
        model.discard()
        again = FollowUpModel(page(desk, model.work.case))
        assert (again.letter, again.dates) == (None, model.dates)
        model.set_date("r1", SHIP, None)
        assert FollowUpModel(page(desk, model.work.case)).dates == {}
        assert desk.store.draft(model.work.case.case_id, "follow_up") is None

    def test_the_message_that_the_case_calls_for(self, desk: Desk) -> None:
        model = decided(desk)
        assert (model.suggested, model.due_letter) == (LetterKind.FIRST_REPLY, None)
        assert model.work.do(RequestEvidence(("c1",), Evidence.PHOTO))
        assert model.suggested is LetterKind.ASK_DETAILS
        sent(model, LetterKind.ASK_DETAILS)
        assert model.suggested is LetterKind.EVIDENCE_REMINDER
        assert model.confirm()
        assert model.suggested is model.due_letter is LetterKind.SOLUTION
        sent(model)
        assert (model.suggested, model.due_letter) == (LetterKind.UPDATE, None)
        model.keep(model.work.case.open_promises[0].promise, "TRK1")
        assert model.due_letter is LetterKind.CLOSING_SUMMARY
        assert model.close()
        assert model.due_letter is None

    def test_before_the_plan_it_asks_confirms_and_offers(self, desk: Desk) -> None:
        model = FollowUpModel(page(desk, claimed(desk)))
        told = []
        for _ in range(3):
            told.append(model.suggested)
            sent(model, model.suggested)
        assert told == [LetterKind.FIRST_REPLY, LetterKind.CONFIRM_BREAKDOWN, LetterKind.OFFER]
        sent(FollowUpModel(page(desk, opened(desk))), LetterKind.FIRST_REPLY)

    def test_an_unclear_breakdown_is_asked_about_after_the_first_reply(self, desk: Desk) -> None:
        model = FollowUpModel(page(desk, opened(desk)))
        sent(model, LetterKind.FIRST_REPLY)
        assert model.suggested is LetterKind.ASK_DETAILS

    def test_a_date_that_moved_is_told_and_one_that_passed_with_an_apology(
        self, desk: Desk, clock: Clock
    ) -> None:
        model = sent(with_plan(desk))
        (promise,) = model.work.case.open_promises
        assert model.change(promise.promise, promise.due_at + timedelta(days=1), "stock")
        model.discard()
        assert model.suggested is model.due_letter is LetterKind.SUPERSEDED
        sent(model, LetterKind.SUPERSEDED)
        assert model.suggested is LetterKind.UPDATE
        clock.forward(days=5)
        assert (model.suggested, model.due_letter) == (LetterKind.APOLOGY, None)
        (promise,) = model.work.case.open_promises
        assert model.change(promise.promise, clock() + timedelta(days=1), "still no stock")
        assert model.letter is not None
        assert model.letter.kind is model.due_letter is LetterKind.APOLOGY
        assert model.findings == ()
        assert model.approve()
        assert model.suggested is LetterKind.UPDATE

    def test_what_was_done_is_told_by_its_own_letter(self, desk: Desk, clock: Clock) -> None:
        model = sent(with_plan(desk, RemedyKind.REFUND_FULL))
        model.promise(MakePromise(PromiseKind.ANSWER, NOW + timedelta(days=1)))
        refund = next(p for p in model.work.case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
        model.keep(refund.promise, "REF-1")
        assert model.suggested is LetterKind.REFUND_SUBMITTED
        answer = next(p for p in model.work.case.open_promises)
        model.keep(answer.promise)
        assert model.suggested is LetterKind.REFUND_SUBMITTED
        sent(model, LetterKind.REFUND_SUBMITTED)
        assert model.suggested is LetterKind.UPDATE
        clock.forward(hours=3)
        assert model.suggested is model.due_letter is LetterKind.CLOSING_SUMMARY

    def test_several_kinds_of_news_are_told_together(self, desk: Desk) -> None:
        rows = (claim(1), claim(2, ProblemType.MISSING), claim(1, ProblemType.DEFECT))
        case = carried_out(
            desk,
            claimed(desk, rows),
            choose(RemedyKind.REPLACEMENT, "c1"),
            choose(RemedyKind.REFUND_FULL, "c2"),
            choose(RemedyKind.REPLACEMENT, "c3"),
            ConfirmPlan(),
        )
        model = sent(FollowUpModel(page(desk, case)))
        ship, refund = (
            next(p for p in model.work.case.open_promises if p.kind is kind)
            for kind in (SHIP, PromiseKind.SUBMIT_REFUND)
        )
        model.keep(ship.promise, "TRK1")
        assert model.suggested is LetterKind.SHIPPED
        model.keep(refund.promise, "REF-1")
        assert model.suggested is model.due_letter is LetterKind.UPDATE_NEWS
        sent(model, LetterKind.UPDATE_NEWS)
        assert model.suggested is LetterKind.UPDATE

    def test_dates_and_letter_are_kept_apart(self, desk: Desk) -> None:
        model = decided(desk)
        model.set_date("r1", SHIP, NOW + timedelta(days=2))
        sent(model, LetterKind.FIRST_REPLY)
        assert FollowUpModel(page(desk, model.work.case)).dates == model.dates != {}
        model.write(LetterKind.SOLUTION)
        assert model.confirm()
        again = FollowUpModel(page(desk, model.work.case))
        assert again.dates == {}
        assert again.letter_text == model.letter_text != ""

    def test_a_conflict_keeps_the_letter(self, desk: Desk, desk_of: DeskOf) -> None:
        model = with_plan(desk)
        model.write(LetterKind.SOLUTION)
        text = model.letter_text
        carried_out(desk_of(OTHER), model.work.case, AddNote("the buyer called"))
        sent(FollowUpModel(page(desk_of(OTHER), model.work.case)), LetterKind.UPDATE)
        assert not model.approve()
        assert model.work.notice is not None
        assert model.work.notice.kind == "conflict"
        assert model.letter_text == text
        assert FollowUpModel(page(desk, model.work.case)).letter_text == text
        assert model.approve()

    def test_the_letter_of_each_task_exists(self) -> None:
        assert set(LETTER_FOR) <= set(FollowUpKind)

    def test_a_task_is_ticked_off_by_its_message_or_by_hand(self, desk: Desk) -> None:
        model = sent(with_plan(desk))
        check = next(task for task in model.follow_ups if task.kind is FollowUpKind.FINAL_CHECK)
        watched = next(task for task in model.follow_ups if task.promise)
        assert model.write(LetterKind.CLOSING_SUMMARY) is None
        model.write(LetterKind.UPDATE)
        assert model.approve(check.follow_up)
        assert check.follow_up not in {task.follow_up for task in model.follow_ups}
        assert not model.complete(watched.follow_up)
        close = next(task for task in model.follow_ups if task.kind is FollowUpKind.CLOSE_OUT)
        assert model.complete(close.follow_up, "done")
        assert not model.complete(close.follow_up)


class TestMemoAndNotes:
    def test_the_memo_fits_and_is_recorded(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert 0 < len(model.memo) <= 255
        assert model.check_memo(model.memo) == ()
        assert [problem.code for problem in model.check_memo(model.memo[:-1])] == ["memo_altered"]
        assert model.write_memo()
        assert model.work.case.memo == model.memo
        assert not model.write_memo("x" * 256)
        assert not model.write_memo(" ")
        assert model.write_memo("typed by hand")

    def test_notes_and_flags(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert model.note("called: p@example.org")
        assert not model.note("")
        assert model.flag("complex", note="two warehouses")
        assert "complex" in model.work.case.flags
        assert model.flag("complex", on=False)
        assert model.work.case.flags == frozenset()

    def test_handing_over_takes_the_colleague_who_was_asked(self, desk: Desk, desk_of: DeskOf) -> None:
        model = with_plan(desk)
        assert not model.offer_hand_over(model.work.desk.actor.name)
        assert model.offer_hand_over(OTHER.name, "out from tomorrow")
        assert not FollowUpModel(page(desk_of(LEAD), model.work.case)).accept_hand_over()
        theirs = FollowUpModel(page(desk_of(OTHER), model.work.case))
        card = TakeAlongModel(theirs.work).handover_card()
        assert ORDER_ID in card
        assert theirs.accept_hand_over()
        assert theirs.work.case.owner == OTHER.name


class TestTheBuyersBusiness:
    def test_a_single_order_of_a_consumer_says_nothing(self, desk: Desk) -> None:
        assert with_plan(desk).potential == ""
        assert FollowUpModel(page(desk, opened(desk))).potential == ""

    def test_a_business_buyer_with_the_allowed_next_step(self, desk: Desk) -> None:
        order = an_order(business=True)
        model = FollowUpModel(page(desk, planned(desk, order=order)))
        assert model.potential == (
            "Amazon Business buyer. 1 order since 2026-11-11, 10 units in all. Allowed next step: quantity"
            " discounts for these SKUs in Seller Central. Never in a message."
        )

    def test_a_buyer_who_comes_back(self, desk: Desk) -> None:
        mail = Recipient(email="k2v9xq7r1mz4@marketplace.amazon.co.uk")
        earlier = an_order(order_id=OrderId("204-0000000-0000001"), placed_at=NOW - timedelta(days=42))
        day = date(2027, 6, 1)
        model = with_plan(desk)
        desk.store.put_orders(
            [OrderEntry(one, recipient=mail, purge_after=day) for one in (an_order(), earlier)], "test"
        )
        assert model.potential.startswith(
            "2 orders since 2026-10-12, 20 units in all. About one order every 30 days."
        )
        chinese = FollowUpModel(page(desk, model.work.case, "zh_CN")).potential
        assert "10" in chinese
        assert not re.search(r"[{}]|  ", chinese)


class TestTheEnd:
    def test_a_case_closes_when_nothing_is_owed(self, desk: Desk) -> None:
        model = with_plan(desk)
        assert {problem.code for problem in model.close_blockers} == {"promises_open", "reply_missing"}
        assert not model.close()
        sent(model)
        model.keep(model.work.case.open_promises[0].promise, "TRK1")
        assert model.close_blockers == ()
        assert model.close(CloseCase("solved", potential="four shops"))
        assert model.work.case.stage is Stage.CLOSED
        assert [problem.code for problem in model.close_blockers] == ["already_closed"]
        assert not model.reopen("")
        assert model.reopen("wrote again")
        assert model.work.case.stage is Stage.FOLLOW_UP

    def test_a_withdrawn_complaint_closes_with_units_undecided(self, desk: Desk) -> None:
        model = sent(FollowUpModel(page(desk, claimed(desk))), LetterKind.FIRST_REPLY)
        assert model.close_blockers_for("solved") != ()
        assert model.close_blockers_for("withdrawn") == ()
        assert model.close(CloseCase("withdrawn"))


def test_a_correction_after_the_plan_makes_it_stale_until_planned_again(desk: Desk) -> None:
    from playbook.viewmodels.breakdown import BreakdownModel

    model = with_plan(desk)
    rows = BreakdownModel(model.work)
    rows.change(rows.rows[0].key, problem=ProblemType.WRONG_VARIANT)
    assert rows.confirm(), model.work.notice
    assert model.work.case.stage is Stage.REMEDY
    assert model.work.step is Stage.REMEDY
    assert [problem.code for problem in model.blockers] == ["units_undecided"]
    assert model.work.case.open_promises == ()
    assert model.work.do(choose(RemedyKind.EXCHANGE, model.work.case.claims[0].item))
    assert model.confirm()
    assert SHIP in {promise.kind for promise in model.work.case.open_promises}
