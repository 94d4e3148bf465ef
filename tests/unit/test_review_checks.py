"""The checks of the review against planted faults: each found, by the right check, and nothing else."""

import json
from functools import cache

import pytest

from playbook.domain.events import GENESIS, chain_of
from playbook.review.casereview import CaseReview, DamageKind, ReviewSetting
from playbook.review.checks import CHECKS, read_log, review_case
from playbook.review.wording import sentence
from tests.reviewcases import PLACES, GoodCase, good_case, good_cases
from tests.reviewfaults import FAULTS, Fault, a_review_setting, review_policy

pytestmark = pytest.mark.xdist_group("planted faults")  # prototypes of cases are played once for them


@cache
def some_good_cases() -> tuple[GoodCase, ...]:
    return tuple(good_cases(110))


def reviewed(case: GoodCase, setting: ReviewSetting | None = None) -> CaseReview:
    log = read_log(case.rows)
    return review_case(case.case_id, log.events, setting or a_review_setting(), log.damage)


def test_a_case_is_the_same_whatever_came_before() -> None:
    assert good_case(7) == some_good_cases()[6]
    assert good_case(7) != good_case(7, seed=2)


def test_good_cases_have_no_finding_and_no_damage() -> None:
    reviews = [reviewed(case) for case in some_good_cases()]
    assert [review.damage for review in reviews if review.damage] == []
    assert [finding.check for review in reviews for finding in review.findings] == []
    facts = [review.facts for review in reviews if review.facts is not None]
    assert len(facts) == len(reviews)
    assert min(fact.units_claimed for fact in facts) >= 10
    assert len({fact.marketplace for fact in facts}) > len(PLACES) // 2
    assert {fact.outcome for fact in facts} == {"solved"}
    assert all(fact.team and fact.first_reply_minutes and fact.refunds is not None for fact in facts)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_by_its_check_alone(fault: Fault) -> None:
    planted = next(filter(None, (fault.planted(case) for case in some_good_cases())))
    review = planted.review(a_review_setting())
    assert [one.kind for one in review.damage] == [DamageKind.CHAIN] * (fault.check == "chain_broken")
    found = {finding.check for finding in review.findings}
    assert fault.check in found
    assert found - {fault.check} <= fault.also
    for finding in review.findings:
        for lang in ("en", "zh_CN"):
            said = sentence(finding, lang, review_policy())
            assert said != finding.check
            assert "{" not in said


def test_every_check_has_a_fault() -> None:
    assert {fault.check for fault in FAULTS} == CHECKS


# ---- damaged logs ------------------------------------------------------------------------------------


def test_damaged_logs_are_named_and_not_judged() -> None:
    good = good_case(3)
    rows = list(good.rows)
    garbage = [(seq, "{" if seq == 5 else data, chain) for seq, data, chain in rows]
    unknown = [
        (seq, data.replace('"type":"CaseOpened"', '"type":"CaseDreamt"'), chain) for seq, data, chain in rows
    ]
    for damaged, kinds in (
        ([], {DamageKind.EMPTY}),
        (garbage, {DamageKind.UNREADABLE, DamageKind.CHAIN}),
        (unknown, {DamageKind.UNREADABLE, DamageKind.CHAIN}),
        (rows[:4] + rows[5:], {DamageKind.MISSING, DamageKind.CHAIN}),
        (rows[1:], {DamageKind.MISSING, DamageKind.CHAIN}),
    ):
        log = read_log(damaged)
        review = review_case(good.case_id, log.events, a_review_setting(), log.damage)
        assert {one.kind for one in review.damage} == kinds
        assert review.is_damaged
        assert review.facts is None
        assert review.findings == ()


def test_events_of_another_case_and_events_that_add_up_to_nothing() -> None:
    good, other = good_case(3), good_case(4)
    events = good.events()
    mixed = (*events[:4], *other.events()[4:])
    assert review_case(good.case_id, mixed, a_review_setting()).damage[0].kind is DamageKind.MISSING
    second = (events[0].model_copy(update={"body": events[1].body}), *events[1:])
    assert review_case(good.case_id, second, a_review_setting()).damage[0].kind is DamageKind.MISSING
    short = (*events[:3], events[-1].model_copy(update={"seq": 4}))
    assert not review_case(good.case_id, short, a_review_setting()).is_damaged


def test_a_log_that_cannot_be_folded_is_damaged() -> None:
    good = good_case(3)
    rows, chain = [], GENESIS
    for seq, data, _chain in good.rows[:2]:
        fields = json.loads(data)
        if seq == 2:
            fields["body"] = {"type": "RefundExportUndone", "reason": "?"}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        chain = chain_of(chain, text)
        rows.append((seq, text, chain))
    fact = json.loads(good.rows[1][1])
    fact["seq"] = 3
    fact["body"] = {"type": "FactCorrected", "fact": "event_on", "value": "2026-13-45", "lines": []}
    text = json.dumps(fact, sort_keys=True, separators=(",", ":"))
    rows.append((3, text, chain_of(chain, text)))
    log = read_log(rows)
    assert log.damage == ()
    review = review_case(good.case_id, log.events, a_review_setting(), log.damage)
    assert [one.kind for one in review.damage] == [DamageKind.IMPOSSIBLE]


def test_rules_of_another_version_are_asked_for_and_may_be_gone() -> None:
    asked: list[str] = []
    setting = ReviewSetting(
        review_policy(),
        a_review_setting().as_of,
        a_review_setting().roles,
        rules=asked.append,  # type: ignore[arg-type, func-returns-value]
    )
    old = [event.model_copy(update={"policy_version": "0123456789ab"}) for event in good_case(3).events()]
    assert review_case(good_case(3).case_id, old, setting).findings == ()
    assert asked == ["0123456789ab"]
