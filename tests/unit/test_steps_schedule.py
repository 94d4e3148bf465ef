"""The schedule is read off the events: it moves with them, survives a reply, stops when all is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import FollowUpDone, FollowUpScheduled
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel, EarlierKind
from playbook.domain.promises import RECORDED, ClockStart, FollowUp, FollowUpKind, PromiseKind
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.i18n import show
from playbook.policy import Policy, load_policy
from playbook.policy.rows import CalendarRow
from playbook.steps import Setting
from playbook.steps.commands import (
    ChangePromise,
    CloseCase,
    Command,
    CompleteFollowUp,
    ConfirmPlan,
    Counted,
    CountedUnexpected,
    KeepPromise,
    MakePromise,
    PlanDate,
    ReceiveGoods,
    ReopenCase,
    RequestEvidence,
    SetFlag,
    StartClock,
    WithdrawRemedy,
)
from playbook.steps.followup import rule_dates, undated
from playbook.steps.options import options
from playbook.steps.schedule import current, running_deadlines, schedule, task_name
from tests.builders import (
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_message,
    a_planned_case,
    a_setting,
    after_bodies,
    an_open_case,
    an_order,
    choose,
    claim,
    earlier,
    later,
    refusals,
    run,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHIP, REFUND, ANSWER = PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.ANSWER
WROTE, CLAIM = ClockStart.MESSAGE_RECEIVED, ClockStart.CLAIM_OPENED


def due(case: Case, setting: Setting | None = None) -> dict[str, datetime]:
    """Follow-up -> when, as a page would show it."""
    return {task.follow_up: task.due_at for task in current(case, setting or a_setting()).open_follow_ups}


def on_clocks(case: Case, setting: Setting | None = None) -> dict[str, datetime]:
    """The same without the updates of a buyer who was promised nothing yet."""
    return {name: when for name, when in due(case, setting).items() if not name.startswith("update-")}


def at(days: float = 0, hours: float = 0) -> Setting:
    return later(a_setting(), days=days, hours=hours)


# ---- the buyer writes --------------------------------------------------------------------------------


def test_every_message_of_the_buyer_is_answered_within_24_elapsed_hours():
    case = run(a_planned_case(), a_message("solution"))
    assert "first_reply" not in due(case)
    saturday = NOW + timedelta(days=5)
    case = run(case, StartClock(WROTE, saturday), setting=at(days=5, hours=1))
    assert due(case, at(days=5, hours=1))["reply-1"] == saturday + DAY
    running = {one.row.id: one.due_at for one in running_deadlines(case, at(days=5, hours=1))}
    assert running["buyer_message_reply"] == saturday + DAY
    case = run(case, a_message("update"), setting=at(days=5, hours=2))
    assert "reply-1" not in due(case, at(days=5, hours=2))


def test_several_unanswered_messages_are_one_task_by_the_oldest():
    case = run(a_planned_case(), a_message("solution"))
    case = run(case, StartClock(WROTE, NOW + 3 * HOUR), StartClock(WROTE, NOW + HOUR), setting=at(hours=4))
    assert {name for name in due(case, at(hours=4)) if name.startswith("reply")} == {"reply-2"}
    case = run(case, CompleteFollowUp("reply-2", "thanks only"), setting=at(hours=4))
    assert due(case, at(hours=4))["reply-1"] == NOW + 3 * HOUR + DAY


def test_while_the_first_message_waits_there_is_one_reply_for_all():
    case = run(an_open_case(), StartClock(WROTE, NOW))
    assert due(case) == {"first_reply": NOW - 2 * HOUR + DAY}


def test_a_reply_of_the_buyer_stops_nothing_that_was_promised():
    case = run(a_planned_case(), a_message("solution"))
    before = due(case)
    case = run(case, StartClock(WROTE, NOW))
    assert due(case) == {**before, "reply-1": NOW + DAY}


# ---- silence -----------------------------------------------------------------------------------------


def returning(*commands: Command, setting: Setting | None = None) -> Case:
    """A return with a refund in three weeks: enough time for several updates."""
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), a_message("solution"))
    return run(case, KeepPromise("p1", "label"), *commands, setting=setting)


def updates(case: Case, setting: Setting | None = None) -> dict[str, datetime]:
    return {name: when for name, when in due(case, setting).items() if name.startswith("update-")}


def test_updates_are_counted_from_the_last_contact_and_keep_their_names():
    case = returning()
    assert updates(case)["update-1"] == NOW + 2 * DAY
    assert updates(case)["update-2"] == NOW + 4 * DAY
    case = run(case, a_message("update"), setting=at(days=1))
    assert updates(case, at(days=1))["update-1"] == NOW + 3 * DAY


def test_an_update_that_was_ticked_off_moves_the_next_one():
    case = run(returning(), CompleteFollowUp("update-1", "by chat"), setting=at(days=1))
    planned = updates(case, at(days=1))
    assert "update-1" not in planned
    assert planned["update-2"] == NOW + 3 * DAY


def test_of_missed_updates_one_is_left():
    case = returning()
    planned = updates(case, at(days=7))
    assert list(planned)[:2] == ["update-1", "update-4"]
    assert [planned["update-1"] - NOW, planned["update-4"] - NOW] == [2 * DAY, 8 * DAY]


def test_no_update_is_owed_while_something_else_is_overdue():
    case = run(returning(), StartClock(WROTE, NOW))
    assert next(iter(updates(case, at(days=7)).items())) == ("update-3", NOW + 7 * DAY)


def test_updates_end_with_the_last_promise():
    assert max(updates(returning()).values()) < max(p.due_at for p in returning().open_promises)
    assert updates(run(a_planned_case(), a_message(), KeepPromise("p1"))) == {}


def test_the_names_of_updates_of_older_versions_do_not_count():
    task = FollowUp(follow_up="update-20261125T0900", kind=FollowUpKind.NO_NEWS_UPDATE, due_at=NOW)
    case = after_bodies(returning(), FollowUpDone(follow_up=task.follow_up, task=task))
    assert "update-1" in updates(case)


# ---- evidence, check and close -----------------------------------------------------------------------


def test_a_reminder_comes_before_any_plan_and_again_after_it_was_sent():
    case = run(a_claimed_case(), RequestEvidence(("c1",), Evidence.VIDEO), a_message("ask_details"))
    assert due(case) == {"evidence_reminder": NOW + 2 * DAY}
    case = run(case, CompleteFollowUp("evidence_reminder"), setting=at(days=2))
    assert due(case, at(days=2)) == {"evidence_reminder-2": NOW + 4 * DAY}


def test_waiting_that_was_set_by_hand_is_reminded_of_too():
    case = run(a_claimed_case(), SetFlag("waiting_for_evidence"))
    assert due(case)["evidence_reminder"] == NOW + 2 * DAY
    assert "evidence_reminder" not in due(run(case, SetFlag("waiting_for_evidence", on=False)))


def test_the_check_is_counted_from_what_was_kept_last_and_can_be_overdue():
    case = run(a_planned_case(), a_message("solution"), KeepPromise("p1"))
    check = due(case)["final_check"]
    assert due(case, at(days=30))["final_check"] == check
    assert check == datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)


def test_what_was_promised_after_the_check_is_checked_too_also_once_it_is_kept():
    case = run(a_planned_case(), a_message("solution"), KeepPromise("p1"), CompleteFollowUp("final_check"))
    case = run(case, MakePromise(ANSWER, NOW + DAY))
    assert "final_check-2" in due(case)
    case = run(case, KeepPromise("p2"))
    assert "final_check-2" in due(case)
    assert "final_check" not in due(case)
    case = run(case, CompleteFollowUp("final_check-2"))
    assert [name for name in due(case) if name.startswith("final_check")] == []


def test_a_closed_case_has_nothing_to_do_until_it_is_reopened():
    case = run(a_planned_case(), a_message("solution"), KeepPromise("p1"), CloseCase())
    assert due(case) == {}
    case = run(case, ReopenCase("the buyer wrote again"), StartClock(WROTE, NOW))
    assert {"final_check", "close_out", "reply-1"} <= set(due(case))


def test_before_the_plan_there_is_no_check_and_no_close():
    assert set(due(run(an_open_case(), MakePromise(ANSWER, NOW + DAY)))) == {"first_reply", "promise-p1"}
    assert due(a_case()) == {}


# ---- notice of a change ------------------------------------------------------------------------------


def told() -> Case:
    return run(a_planned_case(), a_message("solution"))


def test_a_moved_promise_is_told_within_a_day():
    case = run(told(), ChangePromise("p1", NOW + 3 * DAY, "no stock"), setting=at(hours=2))
    assert due(case, at(hours=2))["notice-p1"] == NOW + 2 * HOUR + DAY
    case = run(case, a_message("update"), setting=at(hours=3))
    assert "notice-p1" in due(case, at(hours=3)), "an update without news does not tell it"
    case = run(case, a_message("superseded", "notice-p1"), setting=at(hours=3))
    assert "notice-p1" not in due(case, at(hours=3))


def test_several_changes_are_one_notice_by_the_oldest():
    case = run(
        a_claimed_case(claim(2), claim(1, ProblemType.MISSING)),
        choose(RemedyKind.REPLACEMENT),
        choose(RemedyKind.RESEND_MISSING, "c2"),
        ConfirmPlan(),
        a_message("solution"),
        ChangePromise("p2", NOW + 3 * DAY, "no stock"),
    )
    case = run(case, WithdrawRemedy("r1", "buyer wants money"), setting=at(hours=5))
    assert {n: t for n, t in due(case).items() if n.startswith("notice")} == {"notice-p2": NOW + DAY}


# ---- the platform's clocks ---------------------------------------------------------------------------


def started(start: ClockStart, order: Any = None, when: datetime = NOW) -> Case:
    return run(a_locked_case(order), a_message(), StartClock(start, when, "REF-1"))


@pytest.mark.parametrize(
    ("start", "market", "task", "expected"),
    [
        (ClockStart.RETURN_REQUESTED, Marketplace.UK, "deadline-return_request_answer", NOW + 2 * DAY),
        (CLAIM, Marketplace.DE, "deadline-atoz_seller_response", NOW + 2 * DAY),
        (ClockStart.APPEAL_QUESTION, Marketplace.JP, "deadline-atoz_appeal_info", NOW + 3 * DAY),
        (
            ClockStart.CLAIM_GRANTED,
            Marketplace.UK,
            "deadline-atoz_appeal",
            datetime(2026, 12, 23, 23, 59, 59, tzinfo=UTC),
        ),
        (
            ClockStart.CHARGEBACK_EMAIL,
            Marketplace.US,
            "deadline-chargeback_response",
            datetime(2026, 12, 1, 7, 59, 59, tzinfo=UTC),
        ),
        (
            ClockStart.LAST_SCAN,
            Marketplace.US,
            "deadline-safet_lost",
            datetime(2026, 12, 24, 7, 59, 59, tzinfo=UTC),
        ),
    ],
)
def test_what_happens_outside_starts_the_platforms_clock(
    start: ClockStart, market: Marketplace, task: str, expected: datetime
):
    case = started(start, an_order(market=market))
    assert on_clocks(case) == {task: expected}
    case = run(case, CompleteFollowUp(task, "done in Seller Central"))
    assert on_clocks(case) == {}


def test_everything_that_can_be_recorded_starts_a_clock(policy_folder: Path):
    """A start that no row knows, and a row whose start nobody can record or compute, would be dead."""
    rows = load_policy(policy_folder).rows.deadlines
    assert set(RECORDED) <= {row.start for row in rows}
    for row in rows:
        if row.then.task:
            assert row.start in {*RECORDED, *COMPUTED}, row.id


COMPUTED = {
    ClockStart.RETURN_DELIVERED,
    ClockStart.RETURN_CONFIRMED,
    ClockStart.REFUND_DATE,
    ClockStart.LATER_OF_RETURN_SCAN_AND_REFUND,
    ClockStart.DISPATCH_CONFIRMED,
}


@pytest.fixture
def policy_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "data" / "policies"


def test_a_second_request_starts_a_second_clock():
    case = run(started(CLAIM), StartClock(CLAIM, NOW + DAY), setting=at(days=1))
    assert set(on_clocks(case, at(days=1))) == {
        "deadline-atoz_seller_response",
        "deadline-atoz_seller_response-2",
    }


def test_a_clock_is_judged_by_the_rule_of_the_day_on_which_it_started():
    """The American refund clock changed on 2026-01-26: two business days before, four calendar days since."""
    order = an_order(market=Marketplace.US, placed_at=datetime(2026, 1, 2, tzinfo=UTC))
    strange = ReceiveGoods((), (CountedUnexpected(1, line=1),), datetime(2026, 1, 20, 18, tzinfo=UTC))
    case = run(a_locked_case(order), a_message(), strange)
    task = due(case)["deadline-refund_after_receipt"]
    assert task == datetime(2026, 1, 23, 7, 59, 59, tzinfo=UTC)
    after = replace(strange, arrived_at=datetime(2026, 1, 30, 18, tzinfo=UTC))
    task = due(run(a_locked_case(order), a_message(), after))["deadline-refund_after_receipt"]
    assert task == datetime(2026, 2, 4, 7, 59, 59, tzinfo=UTC)


def came_back(rejected: int = 0, business: bool = False, market: Marketplace = Marketplace.UK) -> Case:
    """Three returned units have arrived; the label was sent and the refund is still to be submitted."""
    order = an_order(market=market, business=business)
    case = run(
        a_claimed_case(order=order), choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), a_message("solution")
    )
    case = run(case, KeepPromise("p1", "label"))
    reason = RejectionReason.USED if rejected else None
    return run(case, ReceiveGoods((Counted("r1", 3 - rejected, rejected, reason),)))


def test_an_open_promise_in_time_is_the_task_itself():
    case = came_back()
    assert "deadline-refund_after_receipt" not in due(case)
    (refund,) = case.open_promises
    assert due(case)[f"promise-{refund.promise}"] == datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)
    moved = run(case, ChangePromise(refund.promise, NOW + 5 * DAY, "bank closed"))
    assert "deadline-refund_after_receipt" in due(moved), "promised later than the platform allows"
    kept = run(moved, KeepPromise("p4" if moved.known_promise("p4") else moved.open_promises[0].promise))
    assert "deadline-refund_after_receipt" not in due(kept)


def test_a_label_sent_answers_the_return_request():
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), a_message("solution"))
    case = run(case, StartClock(ClockStart.RETURN_REQUESTED, NOW))
    assert "deadline-return_request_answer" not in due(case), "the promised label is the answer"
    case = run(case, KeepPromise("p1", "label"))
    assert "deadline-return_request_answer" not in due(case)


def test_a_business_order_gets_a_credit_note_once_the_return_is_confirmed():
    assert "deadline-credit_note" not in due(came_back())
    case = came_back(business=True)
    assert due(case)["deadline-credit_note"] == datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)


def test_safe_t_is_for_what_came_back_wrong():
    fine = came_back(market=Marketplace.US)
    fine = run(fine, *(KeepPromise(p.promise) for p in fine.open_promises))
    assert "deadline-safet" not in due(fine)
    wrong = came_back(rejected=1, market=Marketplace.US)
    wrong = run(wrong, *(KeepPromise(p.promise) for p in wrong.open_promises), setting=at(days=2))
    assert due(wrong, at(days=2))["deadline-safet"] == datetime(2026, 12, 26, 7, 59, 59, tzinfo=UTC)
    british = came_back(rejected=1)
    british = run(british, *(KeepPromise(p.promise) for p in british.open_promises))
    assert due(british)["deadline-safet"] == datetime(2027, 1, 22, 23, 59, 59, tzinfo=UTC)


def test_an_exchange_that_came_back_owes_no_refund():
    case = run(
        a_claimed_case(claim(3, ProblemType.WRONG_VARIANT)), choose(RemedyKind.EXCHANGE), ConfirmPlan()
    )
    case = run(case, ReceiveGoods((Counted("r1", 3),)))
    assert "deadline-refund_after_receipt" not in due(case)


def test_the_fba_claim_window_counts_from_what_amazon_paid():
    amazon = earlier(kind=EarlierKind.REFUND, on=date(2026, 11, 1))
    order = an_order(a_line(channel=Channel.FBA, currency="USD"), market=Marketplace.US, earlier=(amazon,))
    running = {one.row.id: one.due_at for one in running_deadlines(a_locked_case(order), a_setting())}
    assert running["fba_return_claim_close"] == datetime(2027, 3, 2, 7, 59, 59, tzinfo=UTC)


def test_it_is_told_by_its_name():
    case = started(CLAIM)
    (task, _update) = current(case, a_setting()).open_follow_ups
    assert show(task_name(task, case, a_setting().policy), "en") == "Answer Amazon about the A-to-z claim"
    unknown = task.model_copy(update={"deadline": "no_longer_there"})
    assert task_name(unknown, case, a_setting().policy) is FollowUpKind.PLATFORM_DEADLINE
    promised = current(a_planned_case(), a_setting()).open_follow_ups
    assert {task_name(f, a_planned_case(), a_setting().policy) for f in promised} >= {SHIP}


# ---- computed when read ------------------------------------------------------------------------------


def with_office(**days_off: Any) -> Setting:
    """The setting with another calendar of the office."""
    setting = a_setting()
    rows = setting.policy.rows
    office = rows.calendars["office"]
    fields = {"country": "CN", "weekend": ["sat", "sun"], "announced_yearly": True, **days_off}
    changed = CalendarRow.model_validate(
        {**office.model_dump(exclude={"days_off"}), "days_off": fields}, strict=False
    )
    calendars = {**rows.calendars, "office": changed}
    return replace(setting, policy=Policy(replace(rows, calendars=calendars)))


def test_a_corrected_calendar_heals_what_was_scheduled_before():
    case = run(a_planned_case(), a_message("solution"), KeepPromise("p1"))
    before = due(case)
    party = with_office(also_off=["2026-12-02"])
    assert due(case, party)["close_out"] == before["close_out"] + DAY
    assert due(case, party)["final_check"] == before["final_check"]


def test_what_the_buyer_was_told_stays_and_the_page_can_say_that_the_rule_differs():
    case = run(
        a_claimed_case(claim(1, ProblemType.MISSING_PARTS)), choose(RemedyKind.SEND_PART), ConfirmPlan()
    )
    (promise,) = case.open_promises
    assert rule_dates(case, a_setting()) == {}
    setting = a_setting()
    rows = setting.policy.rows
    closed = rows.markets[Marketplace.UK].days_off.model_copy(update={"also_off": (date(2026, 11, 24),)})
    market = rows.markets[Marketplace.UK].model_copy(update={"days_off": closed})
    inventory = replace(
        setting, policy=Policy(replace(rows, markets={**rows.markets, Marketplace.UK: market}))
    )
    assert due(case, inventory)["promise-p1"] == promise.due_at
    assert rule_dates(case, inventory) == {"p1": promise.due_at + DAY}
    by_hand = run(
        a_claimed_case(claim(1, ProblemType.MISSING_PARTS)),
        choose(RemedyKind.SEND_PART),
        ConfirmPlan((PlanDate("r1", PromiseKind.SHIP_PART, NOW + 7 * HOUR),)),
        MakePromise(ANSWER, NOW + DAY),
    )
    assert rule_dates(by_hand, inventory) == {}, "dates that the agent chose follow no rule"


def test_a_year_without_published_holidays_leaves_a_note_and_no_guess():
    new_year = datetime(2026, 12, 30, 9, 0, tzinfo=UTC)
    setting = replace(a_setting(), now=new_year)
    order = an_order(a_line(delivered_on=date(2026, 12, 28)), placed_at=new_year - 12 * DAY)
    case = run(a_planned_case(order=order, setting=setting), a_message("solution"), setting=setting)
    assert case.plan_confirmed
    assert "final_check" in due(case, setting)
    assert "close_out" not in due(case, setting)
    (note,) = undated(case, setting)
    assert (note.code, note.params["country"], note.params["year"]) == ("no_holidays", "CN", "2027")
    announced = replace(with_office(also_worked=["2027-01-02"]), now=new_year)
    assert undated(case, announced) == ()
    assert "close_out" in due(case, announced)


def far_future() -> Setting:
    return replace(a_setting(), now=datetime(2100, 12, 30, 9, 0, tzinfo=UTC))


def test_a_promise_that_no_calendar_can_date_is_not_offered():
    setting = far_future()
    parts = claim(1, ProblemType.MISSING_PARTS)
    order = an_order(a_line(delivered_on=date(2100, 12, 28)), placed_at=setting.now - 12 * DAY)
    case = a_claimed_case(parts, order=order, setting=setting)
    (part,) = [o for o in options(case, case.items[0], setting) if o.kind is RemedyKind.SEND_PART]
    assert (part.outcome, [p.code for p in part.problems]) == ("refused", ["no_holidays_for_promise"])
    assert part.problems[0].params == {"country": "GB", "year": "2101"}


def test_a_plan_that_no_calendar_can_date_is_refused_with_the_year():
    case = run(a_claimed_case(claim(1, ProblemType.MISSING_PARTS)), choose(RemedyKind.SEND_PART))
    assert refusals(case, ConfirmPlan(), far_future()) == ("no_holidays_for_promise",)


def test_platform_days_without_a_calendar_are_noted_too():
    setting = far_future()
    order = an_order(business=True, placed_at=setting.now - 12 * DAY)
    case = run(a_locked_case(order, setting=setting), a_message(), setting=setting)
    strange = ReceiveGoods((), (CountedUnexpected(1, line=1),), setting.now)
    case = run(case, strange, setting=setting)
    assert "no_holidays" in {note.code for note in undated(case, setting)}
    assert set(on_clocks(case, setting)) == {"deadline-credit_note"}, "due on the last day that is known"


# ---- what is recorded --------------------------------------------------------------------------------


def test_a_schedule_is_recorded_again_only_when_there_are_other_things_to_do():
    case = told()
    assert isinstance(_last(case, ChangePromise("p1", NOW + 3 * DAY, "x")), FollowUpScheduled)
    assert not isinstance(_last(returning(), a_message("update")), FollowUpScheduled)


def _last(case: Case, command: Command) -> object:
    from playbook.steps import decide

    decision = decide(case, command, a_setting())
    assert isinstance(decision, tuple)
    return decision[-1]


def test_a_follow_up_ticked_before_any_plan_is_remembered():
    case = run(an_open_case(), CompleteFollowUp("first_reply", "by phone"))
    assert on_clocks(case) == {}
    assert [f.follow_up for f in case.past_follow_ups] == ["first_reply"]
    assert case.contact_at == NOW


def test_a_task_of_an_older_log_without_its_kind_is_ticked_all_the_same():
    case = after_bodies(an_open_case(), FollowUpDone(follow_up="first_reply"))
    assert due(case) == {}
    assert case.past_follow_ups == ()


def test_the_schedule_is_the_same_however_it_is_read():
    case = returning()
    assert schedule(case, a_setting()) == current(current(case, a_setting()), a_setting()).open_follow_ups


def test_the_reship_is_our_own_clock():
    """Facts 0.8: Amazon fixes 24 hours for a message, not for a reship."""
    policy = a_setting().policy
    row = policy.deadline("house_reship", market=Marketplace.UK, channel=Channel.FBM, on=NOW.date())
    reply = policy.deadline("buyer_message_reply", market=Marketplace.UK, channel=Channel.FBM, on=NOW.date())
    assert row is not None
    assert reply is not None
    assert (row.is_house, reply.is_house) == (True, False)
    assert row.then.note is not None
    assert "Amazon" in row.then.note.en
    assert "house_reship" not in {one.row.id for one in running_deadlines(a_planned_case(), a_setting())}


# ---- where no calendar reaches -----------------------------------------------------------------------


def in_working_days(deadline: str) -> Setting:
    """The last days that anybody knows, with one house clock counted in the office's working days."""
    setting = a_setting()
    rows = setting.policy.rows
    spans = {"value": 2, "unit": "day", "calendar": "business", "days_of": "office"}
    deadlines = tuple(
        row.model_copy(update={"then": row.then.model_copy(update=spans)}) if row.id == deadline else row
        for row in rows.deadlines
    )
    return replace(setting, policy=Policy(replace(rows, deadlines=deadlines)), now=LAST_DAYS)


LAST_DAYS = datetime(2026, 12, 30, 9, 0, tzinfo=UTC)


def test_updates_on_a_calendar_that_ends_are_noted_not_guessed():
    setting = in_working_days("house_update_cadence")
    order = an_order(a_line(delivered_on=date(2026, 12, 28)), placed_at=LAST_DAYS - 12 * DAY)
    case = run(a_locked_case(order, setting=setting), a_message(), setting=setting)
    case = run(case, MakePromise(ANSWER, LAST_DAYS + 10 * DAY), setting=setting)
    assert updates(case, setting) == {}
    assert "no_holidays" in {note.code for note in undated(case, setting)}


def test_a_rule_that_can_no_longer_be_dated_says_nothing_against_what_was_told():
    parts = claim(1, ProblemType.MISSING_PARTS)
    case = run(a_claimed_case(parts), choose(RemedyKind.SEND_PART), ConfirmPlan())
    told = case.known_promise("p1").promise.model_copy(update={"made_at": far_future().now})
    late = replace(case, promises=(replace(case.promises[0], promise=told),))
    assert rule_dates(late, a_setting()) == {}


def test_a_parcel_that_no_calendar_can_date_keeps_the_date_of_its_refund():
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    told = case.known_promise("p2").promise.due_at
    case = run(case, ReceiveGoods((Counted("r1", 3),)), setting=far_future())
    (refund,) = (promise for promise in case.open_promises if promise.kind is REFUND)
    assert refund.due_at == told


def test_a_case_that_was_never_opened_has_no_reply_to_give():
    assert [task.kind for task in schedule(a_case(), a_setting())] == [
        FollowUpKind.FINAL_CHECK,
        FollowUpKind.CLOSE_OUT,
    ]
