"""What a review adds up: parts merged in any order, the worst kept, everything counted once."""

import random

from playbook.domain.case import Appeal
from playbook.review.results import EXAMPLES, LARGEST, WORST_CASES, Totals
from tests.builders import AGENT, LEAD, NOW
from tests.reviews import finding, results, reviewed, some_reviews, totals


def test_parts_in_any_order_add_up_to_the_same():
    reviews = list(some_reviews(WORST_CASES * 3))
    whole = totals(*reviews)
    assert len(whole.worst) == WORST_CASES
    assert all(len(count.examples) == EXAMPLES for count in whole.checks.values())
    for seed in range(3):
        random.Random(seed).shuffle(reviews)
        parts = [totals(*reviews[start::7]) for start in range(7)]
        merged = Totals()
        for part in parts:
            merged.merge(part)
        assert merged == whole


def test_everything_is_counted_once():
    whole = totals(*some_reviews(300, seed=4))
    assert whole.cases == whole.whole.cases == sum(tally.cases for tally in whole.teams.values())
    assert whole.failed == whole.whole.failed
    assert whole.clean == whole.whole.clean
    assert whole.findings == sum(count.findings for count in whole.checks.values())
    assert whole.findings == sum(whole.agent_findings.values())
    assert whole.units == sum(whole.problems.values())
    assert 0 < len([one for one in whole.damaged if one.checked]) < len(whole.damaged)
    assert all(len(largest) <= LARGEST for largest in whole.complaints.values())
    assert len(whole.pairs) == whole.cases


def test_the_worst_case_comes_first_and_a_good_one_is_not_listed():
    whole = totals(
        reviewed(finding("promise_late", case_id="2026-0001"), case_id="2026-0001"),
        reviewed(case_id="2026-0002"),
        reviewed(finding("compensated_twice", case_id="2026-0003"), case_id="2026-0003"),
        reviewed(
            finding("compensated_twice", case_id="2026-0004"),
            finding("promise_late", case_id="2026-0004"),
            case_id="2026-0004",
        ),
    )
    assert [line.case_id for line in whole.worst] == ["2026-0004", "2026-0003", "2026-0001"]


def test_a_granted_appeal_leaves_the_case_good_and_is_counted():
    appeal = Appeal("compensated_twice", 3, "x", AGENT.name, NOW, granted=True, decided_by=LEAD.name)
    whole = totals(reviewed(finding("compensated_twice"), appeals=(appeal,)))
    assert (whole.failed, whole.clean, whole.findings) == (0, 1, 0)
    assert whole.checks["compensated_twice"].granted == 1
    assert [line.finding for line in whole.appeals] == [finding("compensated_twice")]
    gone = totals(reviewed(appeals=(appeal,)))
    assert [line.finding for line in gone.appeals] == [None]


def test_the_most_serious_checks_come_first():
    whole = totals(
        reviewed(finding("memo_missing"), finding("compensated_twice"), finding("promise_late")),
    )
    found = [check for check, _count in results(whole).found()]
    assert found[0] == "compensated_twice"
    assert set(found) == {"memo_missing", "compensated_twice", "promise_late"}
