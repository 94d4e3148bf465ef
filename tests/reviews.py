"""Reviewed cases for tests: findings, scores and totals as a run would add them up."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from playbook.domain.case import Appeal, Case, Scoring
from playbook.domain.claims import ClaimItem, ProblemType
from playbook.domain.events import Verdict
from playbook.domain.ids import CaseId
from playbook.review.casereview import CaseFacts, CaseReview, Damage, DamageKind
from playbook.review.findings import Finding
from playbook.review.results import Asked, Results, Totals
from playbook.review.scorecard import Scorecard, load_scorecard
from playbook.review.scoring import score_case
from tests.builders import AGENT, NOW, a_line, an_order

CASE = CaseId("2026-0001")


CHECKS = ("promise_late", "compensated_twice", "memo_missing", "update_gap")


@cache
def the_card() -> Scorecard:
    """The scorecard that the program comes with."""
    return load_scorecard()


def finding(
    check: str, seq: int = 3, *, actor: str = AGENT.name, case_id: str = CASE, **params: Any
) -> Finding:
    """A finding at an event of a Monday morning."""
    return Finding(check, CaseId(case_id), seq, NOW, actor, params)


def reviewed(
    *findings: Finding,
    case_id: str = CASE,
    at: datetime = NOW,
    agent: str = AGENT.name,
    team: str = "",
    actors: tuple[str, ...] = (),
    problems: Mapping[str, int] | None = None,
    damage: tuple[Damage, ...] = (),
    **case: Any,
) -> CaseReview:
    """A case that was checked: three lamps broken in transit unless said otherwise."""
    claimed = {"transit_damage": 3} if problems is None else problems
    items = tuple(
        ClaimItem(item=f"c{number}", line=1, problem=ProblemType(problem), units=units)
        for number, (problem, units) in enumerate(claimed.items(), start=1)
    )
    known = Case(
        CaseId(case_id),
        version=9,
        opened_at=at,
        received_at=at,
        updated_at=at,
        owner=agent,
        order=an_order(a_line(units=90)),
        items=items,
        breakdown_confirmed=True,
        closed=True,
        outcome="solved",
        **case,
    )
    facts = CaseFacts(
        opened_at=at,
        received_at=at,
        last_at=at,
        closed_at=at,
        agent=agent,
        team=team,
        actors=actors or (agent,),
        marketplace="UK",
        channels=("fbm",),
        business=False,
        order_id="",
        problems=claimed,
        remedies={},
        units_ordered=90,
        units_claimed=sum(claimed.values()),
        refunds={},
        first_reply_minutes=None,
        contacts=0,
        promises=0,
        promises_late=0,
        outcome="solved",
        events=9,
        policy_version="test",
    )
    return CaseReview(CaseId(case_id), known, facts, findings, damage)


def totals(*reviews: CaseReview) -> Totals:
    """The reviews added up one after the other."""
    whole = Totals()
    for review in reviews:
        if review.case is None:
            whole.add_damaged(review)
        else:
            whole.add(score_case(review, the_card()), the_card().id)
    return whole


def results(now: Totals, before: Totals | None = None, **others: Any) -> Results:
    """A run over the week of `NOW`."""
    monday = date(2026, 11, 23)
    asked = Asked(monday, monday + timedelta(days=6), datetime(2026, 11, 30, tzinfo=UTC))
    return Results(
        asked,
        the_card(),
        now,
        before or Totals(),
        monday - timedelta(days=7),
        monday - timedelta(days=1),
        **others,
    )


def some_reviews(count: int, seed: int = 1) -> Iterator[CaseReview]:
    """Cases of three weeks, some of them with findings, appeals, two scores by hand, or damaged."""
    chance = random.Random(seed)
    for number in range(count):
        case_id = f"2026-{number:04d}"
        found = [
            finding(chance.choice(CHECKS), chance.randint(0, 9), case_id=case_id)
            for _ in range(chance.choice([0, 0, 1, 3]))
        ]
        appeals = tuple(
            Appeal(one.check, one.seq, "x", AGENT.name, NOW, granted=chance.choice([None, True]))
            for one in found[:1]
        )
        damage = (Damage(DamageKind.CHAIN, 2),) if chance.random() < 0.1 else ()
        if chance.random() < 0.05:
            yield CaseReview(finding("x", case_id=case_id).case_id, damage=(Damage(DamageKind.EMPTY),))
            continue
        scorings = tuple(
            Scoring(name, NOW, "standard", 9, {"memo_missing": chance.choice(list(Verdict))})
            for name in ("Gu", "Li")
        )
        yield reviewed(
            *found,
            case_id=case_id,
            at=NOW + timedelta(days=chance.randint(0, 20)),
            agent=chance.choice(["Lin", "Ma", "Sun"]),
            team=chance.choice(["", "early"]),
            problems={chance.choice(["missing", "defect"]): chance.randint(1, 30)},
            damage=damage,
            appeals=appeals,
            scorings=scorings,
        )
