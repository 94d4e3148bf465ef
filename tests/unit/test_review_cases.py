"""The generator of good cases: deterministic, chained, and without a fault."""

from collections import Counter

from playbook.review.casereview import ReviewSetting
from playbook.review.checks import read_log, review_case
from tests.builders import the_policy
from tests.reviewcases import AS_OF, PLACES, ROLES, TEAMS, good_case, good_cases


def a_review_setting() -> ReviewSetting:
    return ReviewSetting(the_policy(), AS_OF, ROLES, TEAMS)


def test_a_case_is_the_same_whatever_came_before() -> None:
    assert good_case(7) == list(good_cases(7))[-1]
    assert good_case(7) != good_case(7, seed=2)


def test_good_cases_have_no_finding_and_no_damage() -> None:
    found = Counter[str]()
    markets = set()
    for case in good_cases(150):
        log = read_log(case.rows)
        review = review_case(case.case_id, log.events, a_review_setting(), log.damage)
        assert review.damage == ()
        assert review.facts is not None
        assert review.facts.units_claimed >= 10
        assert review.facts.team
        markets.add(review.facts.marketplace)
        found.update(finding.check for finding in review.findings)
    assert found == {}
    assert len(markets) > len(PLACES) // 2
