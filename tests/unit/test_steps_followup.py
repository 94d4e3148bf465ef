"""Step four: promises made, kept and changed, and the schedule that follows every change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import FollowUpScheduled, PromiseMade, PromiseSuperseded
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.promises import FollowUpKind, PromiseKind, PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.policy import Policy
from playbook.steps import decide
from playbook.steps.commands import (
    ApproveMessage,
    ChangePromise,
    Choice,
    ChooseRemedies,
    CompleteFollowUp,
    ConfirmPlan,
    KeepPromise,
    MakePromise,
    PlanDate,
    RequestEvidence,
    WithdrawLock,
    WithdrawRemedy,
)
from playbook.steps.followup import plan_blockers, planned_promises
from playbook.steps.schedule import market_of, running_deadlines, schedule
from tests.builders import (
    AGENT,
    LEAD,
    NOW,
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_message,
    a_planned_case,
    a_setting,
    an_open_case,
    an_order,
    broken_down,
    choose,
    claim,
    later,
    money,
    refusals,
    run,
)

SHIP, REFUND, ANSWER = PromiseKind.SHIP_GOODS, PromiseKind.SUBMIT_REFUND, PromiseKind.ANSWER
TOMORROW = NOW + timedelta(days=1)


def kinds(case: Case) -> list[FollowUpKind]:
    return [follow_up.kind for follow_up in case.open_follow_ups]


def two_remedies() -> Case:
    case = a_claimed_case(claim(3), claim(2, ProblemType.MISSING))
    return run(
        case,
        ChooseRemedies((Choice("c1", RemedyKind.RETURN_REFUND), Choice("c2", RemedyKind.RESEND_MISSING))),
    )


# ---- the plan ----------------------------------------------------------------------------------------


def test_the_plan_makes_the_promises_of_every_rule():
    case = two_remedies()
    planned = planned_promises(case, ConfirmPlan(), a_setting())
    assert [(p.promise, p.kind, p.remedy, p.units) for p in planned] == [
        ("p1", PromiseKind.SEND_LABEL, "r1", 3),
        ("p2", REFUND, "r1", 3),
        ("p3", SHIP, "r2", 2),
    ]
    assert [p.amount for p in planned] == [None, money("30.00"), None]
    assert planned[1].due_at > NOW + timedelta(days=14)
    assert {p.made_by for p in planned} == {AGENT.name}
    case = run(case, ConfirmPlan())
    assert case.open_promises == planned
    assert case.plan_confirmed
    assert planned_promises(case, ConfirmPlan(), a_setting()) == ()
    assert planned_promises(a_case(), ConfirmPlan(), a_setting()) == ()


def test_other_dates_than_the_rules():
    at = NOW + timedelta(hours=6)
    case = run(two_remedies(), ConfirmPlan((PlanDate("r2", SHIP, at),)))
    assert case.known_promise("p3").promise.due_at == at


def test_what_keeps_a_plan_from_being_confirmed():
    setting = a_setting()
    assert refusals(a_locked_case(), ConfirmPlan()) == ("breakdown_first",)
    assert refusals(a_claimed_case(), ConfirmPlan()) == ("units_undecided",)
    case = run(a_claimed_case(), choose(RemedyKind.DECLINE))
    assert refusals(case, ConfirmPlan()) == ("units_undecided", "approval_pending")
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT))
    dates = (
        PlanDate("r1", SHIP, NOW),
        PlanDate("r1", REFUND, TOMORROW),
        PlanDate("r9", SHIP, NOW + timedelta(days=91)),
    )
    codes = [p.code for p in plan_blockers(case, ConfirmPlan(dates), setting)]
    assert codes == ["due_in_past", "unknown_promise", "unknown_promise", "due_too_far"]


def test_a_remedy_whose_rule_is_gone_is_never_silently_left_out(monkeypatch: pytest.MonkeyPatch):
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT))
    monkeypatch.setattr(Policy, "remedy_row", lambda *_: None)
    assert refusals(case, ConfirmPlan()) == ("rule_gone",)
    assert planned_promises(case, ConfirmPlan(), a_setting()) == ()


def test_a_second_plan_only_adds_what_is_new():
    case = run(
        a_claimed_case(claim(3)), choose(RemedyKind.REPLACEMENT, units=1), choose(RemedyKind.REFUND_FULL)
    )
    case = run(case, ConfirmPlan(), WithdrawRemedy("r2", "buyer wants goods"), choose(RemedyKind.REPLACEMENT))
    assert not case.plan_confirmed
    case = run(case, ConfirmPlan(), setting=later(a_setting(), hours=1))
    assert [(k.promise.remedy, k.state) for k in case.promises] == [
        ("r1", PromiseState.OPEN),
        ("r2", PromiseState.WITHDRAWN),
        ("r3", PromiseState.OPEN),
    ]


def test_moving_a_promise_never_confirms_a_plan_that_is_not():
    case = run(a_claimed_case(claim(3)), choose(RemedyKind.REPLACEMENT, units=2))
    case = run(case, choose(RemedyKind.REFUND_FULL), ConfirmPlan())
    case = run(case, WithdrawRemedy("r2", "x"), choose(RemedyKind.REFUND_FULL))
    case = run(case, ChangePromise("p1", TOMORROW + timedelta(hours=5), "carrier is late"))
    assert not case.plan_confirmed
    assert [p.remedy for p in planned_promises(case, ConfirmPlan(), a_setting())] == ["r3"]


def test_units_that_are_all_fine_still_get_a_reply_and_a_check():
    case = run(a_locked_case(), broken_down(claim(10, ProblemType.NO_ISSUE)), ConfirmPlan())
    assert case.plan_confirmed
    assert kinds(case) == [FollowUpKind.FIRST_REPLY, FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT]


# ---- promises beside the plan ------------------------------------------------------------------------


def test_the_date_of_an_answer_can_be_promised_before_anything_is_known():
    case = run(an_open_case(), MakePromise(ANSWER, TOMORROW))
    assert case.open_promises[0].promise == "p1"
    assert case.follow_ups == ()
    assert refusals(case, MakePromise(ANSWER, TOMORROW)) == ("promise_repeated",)
    assert refusals(case, MakePromise(ANSWER, TOMORROW + timedelta(days=1))) == ("promise_contradicts",)


def test_a_contradiction_shows_both_promises():
    case = a_planned_case()
    command = MakePromise(SHIP, TOMORROW + timedelta(days=2), "r1", units=2)
    (problem,) = decide(case, command, a_setting()).problems
    assert problem.code == "promise_contradicts"
    assert problem.params["promise"] == "p1"
    assert problem.params["new"][0] is SHIP
    assert problem.params["new"][1].params == {"units": 2}
    assert problem.params["existing"][-1] == TOMORROW
    with_money = a_planned_case(RemedyKind.REFUND_FULL)
    (problem,) = decide(
        with_money, MakePromise(REFUND, TOMORROW, "r1", amount=money("5")), a_setting()
    ).problems
    assert problem.params["new"] == (REFUND, money("5"), TOMORROW)
    assert problem.params["existing"][2] == money("30.00")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (MakePromise(SHIP, NOW), "due_in_past"),
        (MakePromise(SHIP, NOW + timedelta(days=90, seconds=1)), "due_too_far"),
        (MakePromise(SHIP, TOMORROW, "r9"), "unknown_remedy"),
        (MakePromise(SHIP, TOMORROW, line=9), "unknown_line"),
        (MakePromise(SHIP, TOMORROW, line=1, units=0), "promise_beyond"),
        (MakePromise(SHIP, TOMORROW, line=1, units=11), "promise_beyond"),
        (MakePromise(REFUND, TOMORROW, line=1, amount=money("100.01")), "promise_beyond"),
        (MakePromise(REFUND, TOMORROW, line=1, amount=money("0")), "promise_beyond"),
        (MakePromise(REFUND, TOMORROW, line=1, amount=money("1", "EUR")), "promise_beyond"),
        (MakePromise(REFUND, TOMORROW, amount=money("100.01")), "promise_beyond"),
    ],
)
def test_a_promise_never_goes_beyond_the_order(command: MakePromise, code: str):
    assert refusals(a_claimed_case(), command) == (code,)


def test_a_promise_within_the_order():
    case = run(a_claimed_case(), MakePromise(REFUND, TOMORROW, line=1, units=10, amount=money("100.00")))
    assert case.open_promises[0].deadline == ""


def test_goods_cannot_be_promised_before_there_is_an_order():
    assert refusals(an_open_case(), MakePromise(SHIP, TOMORROW, line=1)) == ("not_locked",)


def test_a_remedy_is_promised_by_the_plan_and_never_more_than_it_grants():
    case = run(a_claimed_case(), choose(RemedyKind.REFUND_FULL))
    assert refusals(case, MakePromise(REFUND, TOMORROW, "r1")) == ("plan_first",)
    case = run(case, ConfirmPlan(), KeepPromise("p1", "R-1"))
    for beyond in (
        MakePromise(REFUND, TOMORROW, "r1", units=4),
        MakePromise(REFUND, TOMORROW, "r1", units=0),
        MakePromise(REFUND, TOMORROW, "r1", amount=money("31")),
        MakePromise(REFUND, TOMORROW, "r1", line=2),
    ):
        assert refusals(case, beyond) == ("promise_beyond",)


def test_delivered_and_lost_again_opens_a_new_cycle():
    case = run(a_planned_case(), KeepPromise("p1", "TRACK-1"))
    assert case.is_executed(case.remedies[0])
    case = run(case, MakePromise(SHIP, TOMORROW, "r1", units=3))
    assert case.known_promise("p2").promise.line == 1
    assert not case.is_executed(case.remedies[0])
    assert FollowUpKind.PROMISE_DUE in kinds(case)


def test_a_line_that_was_promised_by_hand_is_taken_into_the_plan():
    free = MakePromise(SHIP, TOMORROW, line=1)
    case = run(a_claimed_case(), free, choose(RemedyKind.REPLACEMENT))
    decision = decide(case, ConfirmPlan(), a_setting())
    superseded, plan = decision
    assert isinstance(superseded, PromiseSuperseded)
    assert superseded.promise == "p1"
    assert superseded.replacement.remedy == "r1"
    assert isinstance(plan, FollowUpScheduled)
    case = run(case, ConfirmPlan())
    assert [p.promise for p in case.open_promises] == ["p2"]
    assert case.plan_confirmed


def test_a_line_that_was_promised_for_another_day_stands_against_the_plan():
    free = MakePromise(SHIP, TOMORROW + timedelta(days=1), line=1)
    case = run(a_claimed_case(), free, choose(RemedyKind.REPLACEMENT))
    assert refusals(case, ConfirmPlan()) == ("promise_contradicts",)
    assert refusals(case, ConfirmPlan((PlanDate("r1", SHIP, free.due_at),))) == ()


def test_one_free_promise_is_taken_in_once():
    case = run(a_claimed_case(claim(3)), MakePromise(SHIP, TOMORROW, line=1))
    case = run(case, choose(RemedyKind.REPLACEMENT, units=2), choose(RemedyKind.REPLACEMENT))
    decision = decide(case, ConfirmPlan(), a_setting())
    assert [type(body) for body in decision] == [PromiseSuperseded, PromiseMade, FollowUpScheduled]


# ---- keeping and changing ----------------------------------------------------------------------------


def test_keeping():
    case = run(a_planned_case(), KeepPromise("p1", "  TRACK\ud800-1 "))
    known = case.known_promise("p1")
    assert (known.state, known.reference) == (PromiseState.KEPT, "TRACK\ufffd-1")
    assert FollowUpKind.PROMISE_DUE not in kinds(case)
    assert [f.follow_up for f in case.follow_ups if f.done] == ["promise-p1"]
    assert refusals(case, KeepPromise("p1")) == ("promise_not_open",)
    assert refusals(case, ChangePromise("p1", TOMORROW, "x")) == ("promise_not_open",)


def test_changing_needs_a_reason_and_another_date():
    case = a_planned_case()
    assert refusals(case, ChangePromise("p1", TOMORROW, " ")) == ("reason_needed", "promise_repeated")
    assert refusals(case, ChangePromise("p1", NOW, "x")) == ("due_in_past",)
    moved = TOMORROW + timedelta(hours=7)
    case = run(case, ChangePromise("p1", moved, "the carrier is on strike"))
    assert [k.state for k in case.promises] == [PromiseState.SUPERSEDED, PromiseState.OPEN]
    promise = case.open_promises[0]
    assert (promise.promise, promise.due_at, promise.deadline) == ("p2", moved, "house_reship")
    assert [f.follow_up for f in case.open_follow_ups if f.promise] == ["promise-p2"]
    assert case.plan_confirmed


def test_a_withdrawn_remedy_leaves_no_task_behind():
    case = run(a_planned_case(), WithdrawRemedy("r1", "x"))
    assert [f.follow_up for f in case.open_follow_ups if f.promise] == []
    assert case.open_promises == ()


# ---- tasks and messages ------------------------------------------------------------------------------


def test_tasks_are_ticked_off_but_promises_are_kept():
    case = a_planned_case()
    assert refusals(case, CompleteFollowUp("nothing")) == ("unknown_follow_up",)
    assert refusals(case, CompleteFollowUp("promise-p1")) == ("keep_promise_instead",)
    case = run(case, CompleteFollowUp("first_reply", "by phone"))
    assert refusals(case, CompleteFollowUp("first_reply")) == ("unknown_follow_up",)


def test_the_first_message_is_the_first_reply():
    case = run(a_planned_case(), a_message("solution"))
    assert FollowUpKind.FIRST_REPLY not in kinds(case)
    assert case.messages[0].kind == "solution"


def test_a_message_ticks_off_the_task_it_was_written_for_unless_it_is_a_promise():
    case = run(a_planned_case(), a_message(), a_message("closing_summary", "final_check"))
    assert FollowUpKind.FINAL_CHECK not in kinds(case)
    case = run(case, a_message("shipped", "promise-p1"))
    assert FollowUpKind.PROMISE_DUE in kinds(case)
    assert isinstance(decide(case, ApproveMessage("offer", "en", "v", "0", "unknown"), a_setting()), tuple)


# ---- the schedule ------------------------------------------------------------------------------------


def test_silence_never_lasts_longer_than_the_cadence():
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    updates = [f.due_at for f in case.open_follow_ups if f.kind is FollowUpKind.NO_NEWS_UPDATE]
    assert len(updates) >= 7
    contacts = [
        NOW,
        *(
            f.due_at
            for f in case.open_follow_ups
            if f.kind not in {FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT}
        ),
    ]
    gaps = [b - a for a, b in zip(sorted(contacts), sorted(contacts)[1:], strict=False)]
    assert max(gaps) <= timedelta(hours=48)
    assert max(updates) < max(p.due_at for p in case.open_promises)


def test_the_check_and_the_close_follow_the_last_promise():
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    last = max(p.due_at for p in case.open_promises)
    assert [f.kind for f in case.open_follow_ups[-2:]] == [FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT]
    assert last < case.open_follow_ups[-2].due_at < case.open_follow_ups[-1].due_at


def test_a_buyer_who_was_promised_nothing_yet_hears_from_us_at_the_cadence():
    """P5: reports come also without news; waiting for a lead, or for the agent, is no reason for silence."""
    case = run(a_locked_case(), a_message())
    update, *rest = schedule(case, a_setting())
    assert (update.follow_up, update.kind) == ("update-1", FollowUpKind.NO_NEWS_UPDATE)
    assert update.due_at == NOW + timedelta(days=2)
    assert [f.follow_up for f in rest] == ["final_check", "close_out"]
    later_on = run(case, CompleteFollowUp("update-1", "wrote"))
    assert next(f.follow_up for f in schedule(later_on, a_setting())) == "update-2"


def test_nothing_but_the_check_and_the_close_is_left_of_a_plan_that_was_kept():
    case = run(a_claimed_case(), choose(RemedyKind.REFUND_FULL), ConfirmPlan(), a_message())
    for promise in case.open_promises:
        case = run(case, KeepPromise(promise.promise))
    assert [f.follow_up for f in schedule(case, a_setting())] == ["final_check", "close_out"]


def test_promises_in_the_past_stay_on_the_list_and_the_check_lies_ahead():
    late = later(a_setting(), days=20)
    planned = schedule(a_planned_case(), late)
    overdue = [f for f in planned if f.due_at < late.now]
    assert [f.kind for f in overdue] == [FollowUpKind.FIRST_REPLY, FollowUpKind.PROMISE_DUE]
    assert [f.kind for f in planned[2:]] == [FollowUpKind.FINAL_CHECK, FollowUpKind.CLOSE_OUT]
    assert planned[2].due_at > late.now


def test_an_overdue_promise_does_not_hide_the_silence_before_a_later_one():
    case = run(a_planned_case(), MakePromise(ANSWER, NOW + timedelta(days=30)))
    late = later(a_setting(), days=20)
    updates = [f.due_at for f in schedule(case, late) if f.kind is FollowUpKind.NO_NEWS_UPDATE]
    assert [at - NOW for at in updates] == [timedelta(hours=24 + 48 * n) for n in range(10, 15)]
    assert updates[0] - late.now <= timedelta(hours=48)


def test_a_further_promise_after_the_check_brings_another_check():
    case = run(a_planned_case(), a_message(), KeepPromise("p1"), CompleteFollowUp("final_check"))
    assert kinds(case) == [FollowUpKind.CLOSE_OUT]
    assert [f.follow_up for f in schedule(case, a_setting())] == ["close_out"]
    case = run(case, MakePromise(ANSWER, TOMORROW))
    assert [f.follow_up for f in case.open_follow_ups] == ["promise-p2", "final_check-2", "close_out"]


def test_reminders_come_in_rounds_and_are_not_pushed_out_by_other_changes():
    def reminder(case: Case):
        return next(f for f in case.open_follow_ups if f.kind is FollowUpKind.EVIDENCE_REMINDER)

    case = run(a_planned_case(), RequestEvidence(("c1",), Evidence.VIDEO))
    first = reminder(case)
    assert first.due_at == NOW + timedelta(hours=48)
    case = run(case, KeepPromise("p1"), setting=later(a_setting(), hours=20))
    assert reminder(case) == first
    case = run(case, CompleteFollowUp("evidence_reminder"))
    case = run(case, MakePromise(ANSWER, NOW + timedelta(days=4)), setting=later(a_setting(), hours=50))
    assert reminder(case).follow_up == "evidence_reminder-2"


def test_updates_that_were_sent_are_not_planned_again():
    case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    update = next(f for f in case.open_follow_ups if f.kind is FollowUpKind.NO_NEWS_UPDATE)
    case = run(case, a_message("update", update.follow_up))
    assert update.follow_up not in [f.follow_up for f in schedule(case, a_setting())]


def test_a_withdrawn_lock_leaves_what_is_still_owed_to_the_buyer():
    case = run(a_locked_case(), broken_down(claim(10, ProblemType.NO_ISSUE)), ConfirmPlan())
    case = run(case, WithdrawLock("another order"))
    assert FollowUpKind.FIRST_REPLY in kinds(case)


def test_a_cadence_of_nothing_is_an_error_not_an_endless_loop(monkeypatch: pytest.MonkeyPatch):
    case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT))
    monkeypatch.setattr(Policy, "due", lambda _self, _row, start, _market: start)
    with pytest.raises(ValueError, match="cadence"):
        run(case, ConfirmPlan())


def test_a_policy_without_the_house_clocks_is_a_bug(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Policy, "deadline", lambda *_a, **_k: None)
    with pytest.raises(LookupError, match="buyer_message_reply"):
        schedule(an_open_case(), a_setting())


# ---- platform clocks ---------------------------------------------------------------------------------


def test_the_reply_is_due_in_24_elapsed_hours_over_the_weekend():
    friday = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    case = an_open_case(received_at=friday)
    assert [(f.follow_up, f.due_at) for f in schedule(case, a_setting())[:1]] == [
        ("first_reply", friday + timedelta(hours=24))
    ]


def test_clocks_run_for_the_locked_order():
    case = a_locked_case(an_order(market=Marketplace.US))
    running = running_deadlines(case, a_setting())
    ids = [deadline.row.id for deadline in running]
    assert {"buyer_message_reply", "return_window", "atoz_buyer_latest", "atoz_buyer_wait"} <= set(ids)
    assert [d.due_at for d in running] == sorted(d.due_at for d in running)
    assert not any(d.row.is_house for d in running)
    replied = run(case, a_message())
    assert "buyer_message_reply" not in [d.row.id for d in running_deadlines(replied, a_setting())]
    assert running_deadlines(a_case(), a_setting()) == ()


def test_a_window_of_days_is_counted_in_days_of_the_marketplace():
    case = a_locked_case(an_order(market=Marketplace.US))
    window = next(d for d in running_deadlines(case, a_setting()) if d.row.id == "return_window")
    tz = a_setting().policy.market(Marketplace.US).tz
    assert window.due_at.astimezone(tz).date() == date(2026, 11, 18) + timedelta(days=30)


def test_the_holiday_window_runs_only_for_what_was_bought_in_the_season():
    november = a_locked_case(an_order())
    ids = [d.row.id for d in running_deadlines(november, a_setting())]
    assert "holiday_return_until" in ids
    october = a_locked_case(an_order(placed_at=datetime(2026, 10, 30, tzinfo=UTC)))
    assert "holiday_return_until" not in [d.row.id for d in running_deadlines(october, a_setting())]


def test_without_dates_no_window_is_invented():
    order = an_order(
        a_line(delivered_on=None), latest_delivery_on=None, placed_at=datetime(2026, 10, 1, tzinfo=UTC)
    )
    ids = {d.row.id for d in running_deadlines(a_locked_case(order), a_setting())}
    assert ids == {"buyer_message_reply", "atoz_buyer_wait"}


def test_whose_clocks_apply():
    assert market_of(a_case()) is Marketplace.US
    assert market_of(an_open_case(marketplace=Marketplace.JP)) is Marketplace.JP
    assert market_of(a_locked_case(an_order(market=Marketplace.DE))) is Marketplace.DE


@pytest.mark.parametrize("channels", [(Channel.FBA,), (Channel.SFP, Channel.FBA), (Channel.FBA, Channel.FBM)])
def test_every_mix_of_channels_has_its_clocks(channels: tuple[Channel, ...]):
    lines = [a_line(n, channel=channel) for n, channel in enumerate(channels, start=1)]
    case = a_locked_case(an_order(*lines, business=True))
    assert schedule(case, a_setting(LEAD))
    assert running_deadlines(case, a_setting())


def test_the_schedule_of_a_case_does_not_depend_on_who_asks():
    case = a_planned_case()
    assert schedule(case, a_setting()) == schedule(case, replace(a_setting(), actor=LEAD))
