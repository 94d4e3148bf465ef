"""The fourth step: the plan, promises and tasks, the message, the memo, and what ends a case."""

from collections.abc import Callable
from datetime import datetime

from playbook.desk import Desk
from playbook.domain.case import Case, Stage
from playbook.domain.promises import ClockStart
from playbook.domain.remedies import RemedyKind
from playbook.i18n import translator
from playbook.letters import memo_parts
from playbook.steps.commands import ConfirmPlan, StartClock
from tests.builders import NOW, a_line, a_message, an_order, choose, claim
from tests.desks import Clock, carried_out, claimed, planned
from tests.widgets.conftest import Window, at

Windows = Callable[..., Window]
KEEP = "Done: promise kept"


def claimed_and_agreed(desk: Desk) -> Case:
    return carried_out(desk, claimed(desk), choose(RemedyKind.REPLACEMENT))


def agreed(desk: Desk, windows: Windows, kind: RemedyKind = RemedyKind.REPLACEMENT, **asked: str) -> Window:
    return windows(case_id=carried_out(desk, claimed(desk), choose(kind)).case_id, **asked)


class TestThePlan:
    def test_dates_are_shown_and_confirmed(self, desk: Desk, windows: Windows) -> None:
        window = agreed(desk, windows)
        window.sees("The plan", "Ship the goods 3 x SKU-1 Tue 24 Nov 17:00", "And we come back")
        window.click("Confirm the plan")
        assert window.case.plan_confirmed
        window.sees("What is next", "Promises", "open")
        assert not window.buttons("Confirm the plan")

    def test_another_date(self, desk: Desk, windows: Windows) -> None:
        window = agreed(desk, windows)
        window.set("Date and time, China time", at(25, 10, 30))
        window.click("Use this date")
        window.sees("Ship the goods 3 x SKU-1 Wed 25 Nov 10:30")
        window.click("Confirm the plan")
        (promise,) = window.case.open_promises
        assert promise.due_at.isoformat() == "2026-11-25T02:30:00+00:00"

    def test_a_date_in_the_past_blocks_with_a_sentence(self, desk: Desk, windows: Windows) -> None:
        window = agreed(desk, windows)
        window.set("Date and time, China time", at(2, 8))
        window.click("Use this date")
        assert window.button("Confirm the plan").disabled
        assert window.page.views["follow_up"].view.model.blockers

    def test_a_promise_is_kept_with_its_reference(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.set("tracking number or refund reference", "TRK-0042")
        window.click(KEEP)
        assert window.case.open_promises == ()
        window.sees("kept TRK-0042")

    def test_pending_refunds_that_were_cancelled_are_recorded(
        self, desk: Desk, windows: Windows, clock: Clock
    ) -> None:
        window = windows(case_id=planned(desk, RemedyKind.REFUND_FULL).case_id)
        window.misses("Pending until")
        window.click(KEEP)
        window.sees("Pending until Mon 23 Nov 19:00: 1 refund, £30.00.")
        window.click("Pending refunds were cancelled")
        assert window.case.open_promises == ()
        window.set("Why were they cancelled?", "wrong amount")
        window.click("Pending refunds were cancelled")
        assert len(window.case.open_promises) == 1
        window.misses("Pending until")
        window.click(KEEP)
        clock.forward(hours=2)
        window.set("Why were they cancelled?", "too late")
        window.click("Pending refunds were cancelled")
        window.sees("The refund can no longer be cancelled: it was pending until")
        assert window.case.open_promises == ()

    def test_a_promise_is_moved_and_the_message_is_ready(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.click("Change the promise")
        window.sees("open")
        window.set("New date and time, China time", at(27, 12))
        window.set("Why? The buyer will be told.", "the warehouse counts its stock")
        window.click("Change the promise")
        window.sees("superseded", "Fri 27 Nov 12:00")
        assert "27" in window.field("Message to the buyer").value

    def test_what_happened_outside_is_recorded_and_due(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=carried_out(desk, planned(desk), a_message("solution")).case_id)
        window.set("It happened", "claim_opened")
        window.set("When, China time; now if left empty", at(23, 12))
        window.set("request or claim number", "A-Z-77")
        window.click("Record it")
        window.sees("Answer Amazon about the A-to-z claim Wed 25 Nov 12:00", "An A-to-z claim was opened")
        window.click("Record it")
        window.sees("The buyer wrote again", "Answer the buyer, who wrote again Tue 24 Nov 17:00")

    def test_before_the_plan_a_claim_waits_on_the_page_too(self, desk: Desk, windows: Windows) -> None:
        window = agreed(desk, windows)
        window.misses("What is next")
        started = StartClock(ClockStart.CLAIM_OPENED, NOW)
        window = windows(case_id=carried_out(desk, window.case, started).case_id)
        window.sees("What is next", "Answer Amazon about the A-to-z claim")

    def test_a_contradiction_offers_both_ways_out(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=claimed_and_agreed(desk).case_id)
        window.click("Promise it")
        window.sees("Give the date and time")
        self.promise(window, at(25, 12))
        window.sees("Answer the buyer the whole case Wed 25 Nov 12:00")
        self.promise(window, at(26, 12))
        window.sees("This contradicts what", "2026-11-25 12:00", "2026-11-26 12:00")
        window.click("Change the new one")
        window.misses("Replace the earlier promise")
        self.promise(window, at(26, 12))
        window.set("Why is it replaced? The buyer will be told.", "the carrier answers on Thursday")
        window.click("Replace the earlier promise")
        window.sees("superseded", "Thu 26 Nov 12:00")
        assert len(window.case.open_promises) == 1
        window.set("Why? The buyer will be told.", "answered on the phone")
        window.click("Take it back")
        window.sees("withdrawn")
        assert window.case.open_promises == ()

    @staticmethod
    def promise(window: Window, until: datetime) -> None:
        window.set("Promised until, China time", until)
        window.click("Promise it")

    def test_what_is_late_is_red_and_tasks_are_ticked_off(
        self, desk: Desk, windows: Windows, clock: Clock
    ) -> None:
        case = planned(desk)
        clock.forward(days=3)
        window = windows(case_id=case.case_id)
        window.sees("overdue", "late")
        before = len(window.case.open_follow_ups)
        window.click("Done", -1)
        window.click("Done", 0)
        assert len(window.case.open_follow_ups) < before

    def test_in_chinese(self, desk: Desk, windows: Windows) -> None:
        _ = translator("zh_CN")
        window = agreed(desk, windows, lang="zh_CN")
        window.sees(_("The plan"), _("Seller memo"), _("Take along"))
        window.click(_("Confirm the plan"))
        window.sees(_("What is next"), _("Promises"))
        window.misses("What is next", "Promises", "overdue")


class TestLetters:
    def test_the_due_message_is_ready_checked_and_recorded(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        assert "Tue 24 Nov" in window.field("Message to the buyer").value
        window.sees("Checked: every number is right and every word allowed.", "Copy message")
        window.click("Sent on the buyer's thread")
        (message,) = window.case.messages
        assert (message.kind, message.language) == ("solution", "en")

    def test_an_edit_that_no_rule_allows_stays_unsent(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        text = window.field("Message to the buyer").value
        window.set(
            "Message to the buyer", text + "\nPlease write us a good review on our shop www.example.com"
        )
        window.sees("must not be sent")
        assert window.button("Sent on the buyer's thread").disabled
        window.misses("Copy message")
        window.set("Message to the buyer", text)
        assert not window.button("Sent on the buyer's thread").disabled

    def test_another_language(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        english = window.field("Message to the buyer").value
        window.set("Language", "de")
        window.click("Write it")
        german = window.field("Message to the buyer").value
        assert german != english
        assert "vielen Dank" in german

    def test_a_task_writes_its_message(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.click("Write the message", 1)
        assert window.field("Message").value == "update"
        window.click("Write the message", 0)
        assert window.field("Message").value == "first_reply"
        assert window.field("Message to the buyer").value.startswith("Hello")

    def test_a_message_that_makes_no_sense_says_why(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.set("Message", "apology")
        window.click("Write it")
        window.sees("Not done, because:", "No promised date was missed: there is nothing to apologise for.")
        assert window.field("Message").value == "solution"

    def test_a_figure_is_put_right_or_answered_for(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        text = window.field("Message to the buyer").value
        window.set("Message to the buyer", text.replace("3 x", "5 x") + "\nThe box held 4711 screws.\n")
        window.sees("This is not what the ledger says here", "(5 → 3)", "The box held 4711 screws.")
        sent = window.button("Sent on the buyer's thread")
        assert sent.disabled
        window.click("Put “3”")
        window.misses("This is not what the ledger says here")
        assert "3 x" in window.field("Message to the buyer").value
        window.set("I checked this", True)
        window.sees("checked by you")
        assert not sent.disabled
        window.set("I checked this", False)
        assert sent.disabled
        window.set("I checked this", True)
        window.click("Sent on the buyer's thread")
        window.sees("Against the ledger, checked by the agent: 4711")

    def test_an_unasked_message_has_stricter_rules(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.set("Message to the buyer", "Thank you, and kind regards to all of you.\n")
        assert not window.button("Sent on the buyer's thread").disabled
        window.set("Opens a new thread (the buyer did not ask)", True)
        window.sees("A message that only says thank you")
        assert window.button("Sent in a new thread").disabled

    def test_the_memo_is_checked_as_it_stands_in_seller_central(self, desk: Desk, windows: Windows) -> None:
        case = planned(desk)
        window = windows(case_id=case.case_id)
        (memo,) = memo_parts(case, policy=desk.policy)
        hint = "Paste the memo from Seller Central to see whether it is whole"
        window.set(hint, memo)
        window.click("Check the memo")
        window.sees("The memo is whole and unchanged.")
        window.set(hint, memo[:-1])
        window.click("Check the memo")
        window.sees("Part 1 of 1 was changed or cut after it was copied.")

    def test_a_long_memo_is_copied_part_by_part(self, desk: Desk, windows: Windows) -> None:
        lines = [a_line(n, sku=f"LONG-SKU-NUMBER-{n:04}") for n in range(1, 11)]
        rows = [claim(1, line=n) for n in range(1, 11)]
        case = claimed(desk, rows, an_order(*lines))
        case = carried_out(
            desk, case, *(choose(RemedyKind.REPLACEMENT, f"c{n}") for n in range(1, 11)), ConfirmPlan()
        )
        window = windows(case_id=case.case_id)
        window.sees("Copy part 1 of 2", "Copy part 2 of 2")

    def test_the_memo_is_pasted_once(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.sees("/ 255 · changed since it was pasted last")
        window.click("Pasted into Seller Central")
        window.sees("as pasted last")
        assert window.button("Pasted into Seller Central").disabled


class TestClosing:
    def test_notes_and_flags(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        window.set("What should the next colleague know?", "call the warehouse")
        window.click("Add note")
        window.sees("call the warehouse")
        assert window.field("What should the next colleague know?").value == ""
        window.choose("Flag", window.choices("Flag")[1])
        window.click("Set or remove the flag")
        assert window.case.flags == frozenset({"angry"})
        window.choose("Flag", window.choices("Flag")[1])
        window.click("Set or remove the flag")
        assert window.case.flags == frozenset()

    def test_hand_over_is_offered_and_taken(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        assert window.choices("Colleague") == ["wang", "zhao"]
        window.set("What matters most?", "the goods leave tomorrow")
        window.click("Offer the case")
        window.sees("Offered to wang; waits for their word.")
        assert not window.buttons("I have read it and take over")
        colleague = windows(case_id=window.case.case_id, agent="wang")
        colleague.sees("the goods leave tomorrow")
        colleague.click("I have read it and take over")
        assert colleague.case.owner == "wang"
        colleague.misses("waits for their word")

    def test_a_case_with_open_promises_does_not_close(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk).case_id)
        assert window.button("Close the case").disabled
        window.sees("Promises still open: 1.", "The buyer has not had an answer yet: send a message first.")

    def test_close_and_reopen(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=carried_out(desk, planned(desk), a_message("solution")).case_id)
        window.set("tracking number or refund reference", "TRK-0042")
        window.click(KEEP)
        window.set("Internal: does this buyer have business potential? Never sent.", "orders every spring")
        window.click("Close the case")
        assert window.case.stage is Stage.CLOSED
        window.sees("This case is closed.", "Closed")
        assert not window.buttons("Close the case")
        assert not window.buttons(KEEP)
        window.click("Reopen the case")
        window.sees("Not done, because:")
        window.set("Why is it opened again?", "the parcel came back")
        window.click("Reopen the case")
        assert window.case.stage is not Stage.CLOSED

    def test_files_to_take_along(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=planned(desk, RemedyKind.REFUND_FULL).case_id)
        case_id = window.case.case_id
        page = "".join(window.html)
        assert f'download="{case_id}.ics"' in page
        assert f'download="{case_id}-refunds.csv"' in page
        window.sees("Copy hand-over card")

    def test_in_chinese(self, desk: Desk, windows: Windows) -> None:
        _ = translator("zh_CN")
        window = windows(case_id=planned(desk).case_id, lang="zh_CN")
        window.sees(_("Hand over"), _("Notes for colleagues"), _("Close"))
        window.click(_("Offer the case"))
        window.sees(_("Offered to {name}; waits for their word.").format(name="wang"))
