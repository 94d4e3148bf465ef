"""The score of a case: sections, limits, failing, appeals, and nobody's faults but one's own."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Appeal
from playbook.review.checks import CHECKS
from playbook.review.scoring import score, score_case, weigh
from tests.builders import AGENT, LEAD, NOW
from tests.reviews import finding, reviewed, the_card

CARD = the_card()
LATE = finding("promise_late")
TWICE = finding("compensated_twice")


def points(*findings):
    return score_case(reviewed(*findings), CARD).score.points


def then(check):
    return CARD.latest(check).then


def weight(check):
    section = CARD.section(CARD.latest(check).section)
    return Decimal(section.weight) / sum(one.weight for one in CARD.sections)


def test_a_case_without_findings_has_all_points():
    scored = score_case(reviewed(), CARD)
    assert scored.score.points == 100
    assert set(scored.score.sections.values()) == {100}
    assert not scored.score.failed


def test_a_finding_costs_its_points_of_its_section_by_weight():
    lost = weight("promise_late") * then("promise_late").points
    assert abs(points(LATE) - (100 - lost)) <= Decimal("0.05")


def test_what_one_check_costs_has_a_limit():
    row = then("promise_late")
    many = [finding("promise_late", seq) for seq in range(1, 30)]
    most = weight("promise_late") * row.most
    assert row.most < 29 * row.points
    assert abs(points(*many) - (100 - most)) <= Decimal("0.05")


def test_a_finding_that_fails_a_case_leaves_nothing():
    scored = score_case(reviewed(TWICE, LATE), CARD)
    assert scored.score.failed
    assert scored.score.points == 0
    assert scored.score.left < 100


def test_a_granted_appeal_takes_the_finding_out_and_an_open_or_refused_one_does_not():
    for granted, counts in ((None, True), (False, True), (True, False)):
        appeal = Appeal("compensated_twice", 3, "x", AGENT.name, NOW, granted=granted)
        scored = score_case(reviewed(TWICE, LATE, appeals=(appeal,)), CARD)
        assert scored.score.failed is counts
        assert [one.counts for one in scored.weighed] == [counts, True]
    elsewhere = Appeal("compensated_twice", 4, "x", AGENT.name, NOW, granted=True)
    assert score_case(reviewed(TWICE, appeals=(elsewhere,)), CARD).score.failed


def test_a_person_loses_points_only_at_own_entries():
    scored = score_case(
        reviewed(finding("compensated_twice", actor=LEAD.name), LATE, actors=(AGENT.name, LEAD.name)), CARD
    )
    assert scored.parts[LEAD.name].points == 0
    assert scored.parts[AGENT.name].points == points(LATE)
    assert score_case(reviewed(actors=(AGENT.name, LEAD.name)), CARD).parts[LEAD.name].points == 100


def test_a_check_that_does_not_hold_on_that_day_costs_nothing():
    class Never(type(CARD)):
        def row(self, check, on, market=None):
            return None

    card = Never.__new__(Never)
    card.__dict__.update(CARD.__dict__)
    scored = score_case(reviewed(TWICE), card)
    assert scored.score.points == 100
    assert not scored.weighed[0].counts
    assert not scored.weighed[0].fails


FINDINGS = st.lists(st.builds(finding, st.sampled_from(sorted(CHECKS)), st.integers(0, 9)), max_size=12)


@given(FINDINGS, st.randoms(use_true_random=False))
def test_a_score_lies_on_the_scale_and_does_not_depend_on_the_order(findings, chance):
    one = points(*findings)
    chance.shuffle(findings)
    assert points(*findings) == one
    assert 0 <= one <= 100
    assert one == one.quantize(Decimal("0.1"))


@given(FINDINGS, st.builds(finding, st.sampled_from(sorted(CHECKS))))
def test_another_finding_never_raises_the_score(findings, another):
    before = score(weigh(reviewed(*findings), CARD), CARD)
    after = score(weigh(reviewed(*findings, another), CARD), CARD)
    assert after.points <= before.points
    assert after.left <= before.left
    assert after.failed >= before.failed


@given(FINDINGS)
def test_granting_every_appeal_gives_all_points_back(findings):
    appeals = tuple(
        Appeal(one.check, one.seq, "x", AGENT.name, NOW, granted=True)
        for one in {(f.check, f.seq): f for f in findings}.values()
    )
    review = reviewed(*findings)
    assert review.case is not None
    granted = replace(review, case=replace(review.case, appeals=appeals))
    assert score_case(granted, CARD).score.points == 100
