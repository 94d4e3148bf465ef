"""The review blames nobody for what the desk accepts: random shop floors, and good cases at every moment."""

from dataclasses import replace

import pytest

from playbook.domain.folding import fold
from playbook.review.casereview import ReviewSetting
from playbook.review.checks import CHECKS, review_case
from tests.builders import the_policy
from tests.properties.machine import ACTORS, CASES, Chance, play
from tests.reviewcases import good_cases
from tests.reviewfaults import a_review_setting

LEFT_UNDONE = {
    "approval_waiting",
    "change_untold",
    "evidence_not_chased",
    "first_reply_late",
    "first_reply_missing",
    "hand_over_waiting",
    "hand_over_without_note",
    "kept_without_reference",
    "memo_altered",
    "memo_differs",
    "memo_missing",
    "memo_outdated",
    "message_repeated",
    "personal_data",
    "platform_deadline_late",
    "promise_late",
    "promise_overdue",
    "refund_after_receipt_late",
    "refunded_twice",
    "remedy_undated",
    "reply_late",
    "return_request_late",
    "units_untouched",
    "update_gap",
}
"""What the desk cannot prevent: things left undone, late, or typed without care."""


@pytest.mark.parametrize("first", range(3000, 3032, 8))
def test_what_the_desk_refuses_is_never_found(first: int) -> None:
    assert LEFT_UNDONE < CHECKS
    roles = {actor.name: actor.role for actor in ACTORS}
    for number in range(first, first + 8):
        world = play(Chance.seeded(number), most_steps=60)
        for case_id in CASES:
            if not world.logs[case_id]:
                continue
            elsewhere = world.elsewhere(fold(case_id, world.logs[case_id]))
            setting = ReviewSetting(
                the_policy(), world.now, roles, elsewhere=lambda _case, _order, known=elsewhere: known
            )
            review = review_case(case_id, world.logs[case_id], setting)
            assert review.damage == ()
            assert {finding.check for finding in review.findings} <= LEFT_UNDONE, number


def test_a_good_case_is_good_at_every_moment() -> None:
    for case in good_cases(12, first=200):
        events = case.events()
        for upto, event in enumerate(events, start=1):
            setting = replace(a_review_setting(), as_of=event.at)
            assert review_case(case.case_id, events[:upto], setting).findings == (), (case.case_id, upto)
