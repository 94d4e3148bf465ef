"""Cases as they are stored, read in chunks, checked and counted: the part of a review that runs anywhere."""

import gc
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from playbook.domain.case import Case
from playbook.domain.events import Event, MessageApproved, OrderLocked
from playbook.domain.folding import fold
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.ledgers import compensation_elsewhere
from playbook.domain.orders import Earlier
from playbook.i18n import AGENT_ZONE
from playbook.policy import Policy, PolicyError, load_policy
from playbook.policy.loading import load_rows
from playbook.review.casereview import CaseReview, ReviewSetting
from playbook.review.checks import Log, read_log, review_case
from playbook.review.results import Asked, Totals
from playbook.review.scorecard import Scorecard, load_scorecard
from playbook.review.scoring import ScoredCase, score_case
from playbook.store import Store, open_store


def opened_on(data: str | None) -> date | None:
    """The day on which a case was opened, where its agents are, from its first stored event.

    None where that cannot be read: such a case is damaged, and belongs to every period.
    """
    try:
        at = datetime.fromisoformat(json.loads(data or "")["at"])
    except (ValueError, KeyError, TypeError):
        return None
    return at.astimezone(AGENT_ZONE).date() if at.tzinfo is not None else None


def cases_of(store: Store, first: date, last: date) -> list[CaseId]:
    """The cases that were opened from *first* to *last*, both included, by case id; damaged ones too."""
    chosen: list[CaseId] = []
    for case_id, data in store.openings():
        day = opened_on(data)
        if day is None or first <= day <= last:
            chosen.append(case_id)
    return chosen


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some cases to review: picklable, so that any process or machine that reaches the database can do it.

    ``details`` says whether findings and scores are wanted one by one, or only what they add up to.
    """

    url: str
    case_ids: tuple[CaseId, ...]
    asked: Asked
    roles: Mapping[str, str]
    teams: Mapping[str, str]
    details: bool = True


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as the files of a run list it.

    ``counts`` is false where an appeal was granted, or no row of the scorecard holds on its day.
    """

    check: str
    severity: str
    fails: bool
    points: int
    counts: bool
    case_id: str
    seq: int
    at: datetime
    actor: str
    params: Mapping[str, str | int | None]
    source: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A case as the files of a run list it."""

    case_id: str
    points: Decimal
    failed: bool
    opened_at: datetime
    agent: str
    team: str
    marketplace: str
    order_id: str
    outcome: str
    problems: str
    units_claimed: int
    first_reply_minutes: int | None
    promises_late: int
    findings: int


@dataclass(slots=True)
class Part:
    """What came of a chunk."""

    totals: Totals = field(default_factory=Totals)
    findings: list[FindingLine] = field(default_factory=list)
    scores: list[ScoreLine] = field(default_factory=list)


@lru_cache(maxsize=4)
def _opened(url: str) -> Store:
    """The database of a process that reviews: opened once."""
    return open_store(url)


@lru_cache(maxsize=4)
def _card(name: str) -> Scorecard:
    return load_scorecard(name, load_policy())


def review_chunk(chunk: Chunk) -> Part:
    """Read, check, score and count the cases of a chunk."""
    store = _opened(chunk.url)
    card = _card(chunk.asked.scorecard)
    part = Part()
    with _no_collecting():
        for review in reviewed(store, chunk.case_ids, chunk.asked.as_of, chunk.roles, chunk.teams):
            take(part, review, card, chunk.asked, details=chunk.details)
    return part


@contextmanager
def _no_collecting() -> Iterator[None]:
    """No search for cyclic garbage: going through the events of a chunk over and over costs a third of it."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def take(part: Part, review: CaseReview, card: Scorecard, asked: Asked, *, details: bool) -> bool:
    """Score a case and count it in *part*; False where it is not among those asked for."""
    if review.facts is None:
        part.totals.add_damaged(review)
        return True
    if not _is_asked(review, asked):
        return False
    scored = score_case(review, card)
    part.totals.add(scored, card.id)
    if details:
        part.findings += _finding_lines(scored)
        part.scores.append(_score_line(scored))
    return True


def _is_asked(review: CaseReview, asked: Asked) -> bool:
    facts = review.facts
    assert facts is not None
    return (
        (not asked.marketplaces or facts.marketplace in asked.marketplaces)
        and (not asked.agents or bool({facts.agent, *facts.actors} & set(asked.agents)))
        and (not asked.teams or facts.team in asked.teams)
        and (not asked.problems or bool(facts.problems.keys() & set(asked.problems)))
    )


def _finding_lines(scored: ScoredCase) -> Iterator[FindingLine]:
    for one in scored.weighed:
        finding, row = one.finding, one.row
        yield FindingLine(
            check=finding.check,
            severity=row.then.severity.value if row is not None else "",
            fails=one.fails,
            points=(row.then.points or 0) if row is not None else 0,
            counts=one.counts,
            case_id=finding.case_id,
            seq=finding.seq,
            at=finding.at,
            actor=finding.actor,
            params=dict(finding.params),
            source=row.source if row is not None else "",
        )


def _score_line(scored: ScoredCase) -> ScoreLine:
    facts = scored.review.facts
    assert facts is not None
    return ScoreLine(
        case_id=scored.review.case_id,
        points=scored.score.points,
        failed=scored.score.failed,
        opened_at=facts.opened_at,
        agent=facts.agent,
        team=facts.team,
        marketplace=facts.marketplace,
        order_id=facts.order_id,
        outcome=facts.outcome,
        problems=" ".join(sorted(facts.problems)),
        units_claimed=facts.units_claimed,
        first_reply_minutes=facts.first_reply_minutes,
        promises_late=facts.promises_late,
        findings=sum(one.counts for one in scored.weighed),
    )


# ---- what a check may ask beside the log of the case -------------------------------------------------


class _Outside:
    """The rules that cases follow, other cases on their orders, and kept texts: read for a chunk at once."""

    def __init__(self, store: Store, logs: Mapping[CaseId, Log]) -> None:
        self._store = store
        self._rules: dict[str, Policy | None] = {}
        events = [event for log in logs.values() for event in log.events]
        refs = {event.body.message_ref for event in events if isinstance(event.body, MessageApproved)}
        self._texts = store.vault_texts(refs - {""})
        orders = {event.body.order.order_id for event in events if isinstance(event.body, OrderLocked)}
        self._sharing = store.shared_orders(orders)

    def told(self, ref: str) -> str | None:
        return self._texts.get(ref)

    def rules(self, version: str) -> Policy | None:
        if version not in self._rules:
            files = self._store.rules(version)
            try:
                self._rules[version] = Policy(load_rows(files)) if files is not None else None
            except PolicyError:
                self._rules[version] = None
        return self._rules[version]

    def elsewhere(self, case_id: CaseId, order_id: OrderId) -> tuple[Earlier, ...]:
        """What other cases on the order have agreed; a damaged one tells nothing."""
        others = [other for other in self._sharing.get(order_id, ()) if other != case_id]
        if not others:
            return ()
        logs = {other: read_log(rows) for other, rows in self._store.stored_logs([case_id, *others]).items()}
        case = _folded(case_id, logs[case_id].events)
        if case is None:
            return ()
        found: list[Earlier] = []
        for other in others:
            folded = _folded(other, logs[other].events)
            found += compensation_elsewhere(case, folded) if folded is not None else ()
        return tuple(found)


def _folded(case_id: CaseId, events: Sequence[Event]) -> Case | None:
    try:
        return fold(case_id, events)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError):
        return None


def reviewed(
    store: Store,
    case_ids: Collection[CaseId],
    as_of: datetime,
    roles: Mapping[str, str],
    teams: Mapping[str, str],
) -> Iterator[CaseReview]:
    """The reviews of cases by id, in their order, of what had happened at *as_of*."""
    policy = load_policy()
    logs = {case_id: read_log(rows) for case_id, rows in store.stored_logs(tuple(case_ids)).items()}
    outside = _Outside(store, logs)
    setting = ReviewSetting(policy, as_of, roles, teams, outside.rules, outside.elsewhere, outside.told)
    for case_id, log in logs.items():
        known = tuple(event for event in log.events if event.at <= as_of)
        yield review_case(case_id, known, setting, log.damage)
