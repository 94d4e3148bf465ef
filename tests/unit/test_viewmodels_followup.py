"""Step four on the page: plan, promises, messages with their lint, memo, hand-over, close."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from playbook.desk import Desk
from playbook.domain.case import Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.promises import FollowUpKind, PromiseKind, PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.i18n import say
from playbook.letters import LetterKind
from playbook.steps import Actor
from playbook.steps.commands import AddNote, CloseCase, MakePromise, RequestEvidence, WithdrawRemedy
from playbook.viewmodels.followup import LETTER_FOR, FollowUpModel
from playbook.viewmodels.takealong import TakeAlongModel
from tests.builders import LEAD, NOW, ORDER_ID, choose
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
        assert "Promised before: " in sentence
        assert "{" not in sentence
        assert len(model.work.case.promises) == 1

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
    def test_every_draft_may_be_sent_as_it_is(self, desk: Desk, kind: LetterKind) -> None:
        model = with_plan(desk)
        letter = model.write(kind, questions=("How many lamps are broken?",))
        assert letter.locale == model.work.case.language == "en"
        blocking = [finding for finding in model.findings if finding.severity == "block"]
        assert blocking == []
        assert model.can_send
        assert ORDER_ID in model.letter_text

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
        assert model.confirm()
        assert model.suggested is model.due_letter is LetterKind.SOLUTION
        sent(model)
        assert (model.suggested, model.due_letter) == (LetterKind.UPDATE, None)
        model.keep(model.work.case.open_promises[0].promise, "TRK1")
        assert model.due_letter is LetterKind.CLOSING_SUMMARY
        assert model.close()
        assert model.due_letter is None

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
        model.write(LetterKind.CLOSING_SUMMARY)
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
