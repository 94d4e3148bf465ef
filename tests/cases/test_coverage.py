"""The sample cases together meet every rule that any sample can meet, and every kind of thing there is."""

import ast
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from playbook import steps
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.remedies import RemedyKind
from playbook.policy import (
    DeadlineRow,
    Lookup,
    MessageRuleRow,
    Policy,
    RemedyFacts,
    RemedyRow,
    load_policy,
)
from playbook.policy.base import Row
from playbook.samplecases import replay as replaying
from playbook.samplecases.loading import load_sample, sample_names
from playbook.samplecases.replay import Replay

REASONS = {
    *("rule_refuses", "rule_condition", "rule_needs_lead", "evidence_missing", "above_limit"),
    *("not_shipped_yet", "nothing_unshipped"),
}
"""Every kind of reason against an option but ``already_compensated``, which takes a second case on the order."""


NOT_REFUSALS = {
    "advice, shown beside a plan": {
        *("after_event", "count_units", "return_not_weighed", "return_rule", "return_too_heavy"),
        *("return_window_unverified", "way_delivered_since", "way_evidence", "way_evidence_and_units"),
        *(
            "way_lead",
            "way_share",
            "way_stock",
            "way_units",
            "way_wait",
            "check_authorise",
            "check_buyer_opens",
        ),
        *("check_count", "check_exchange", "check_nothing_twice", "check_pays_buyer", "check_pays_seller"),
        *("check_refund_days", "check_refund_working_days", "check_way_amazon", "check_way_label"),
        "check_way_request",
    },
    "why a refund is not in the refund sheet": {
        *("refund_by_amazon", "refund_exported", "refund_is_cancelled", "refund_reason_missing"),
        "refund_waits_for_goods",
    },
    "why a clock has no date": {"no_holidays", "no_holidays_for_promise"},
}
"""Codes of ``playbook.steps`` that stand against nothing an agent does."""

NOT_BY_SCRIPT = {
    "only a page that somebody else has overtaken sends it": {
        *("unknown_case", "unknown_item", "unknown_line", "unknown_promise", "unknown_remedy"),
        *("unknown_approval", "promise_not_open", "value_changed", "rule_gone", "refunds_changed"),
        *("nothing_comes_back", "already_open", "not_closed", "not_by_amazon", "send_notice_instead"),
    },
    "the page does not offer it": {
        *("nothing_claimed", "problem_missing", "nothing_to_keep_back", "not_recordable", "not_certain"),
        *("second_fact_too_weak", "hand_over_to_self", "not_offered_to_you", "answer_open", "option_refused"),
    },
    "it takes a second case on the order, or a message older than the order": {
        *("already_compensated", "order_after_message"),
    },
    "scores and appeals are given in the review, and samples end with the case": {
        *("already_appealed", "no_open_appeal", "not_entitled_to_review", "nothing_scored", "own_work"),
        "unknown_event",
    },
    "the sample orders and messages are well-formed": {
        *("order_item_id_missing", "refund_not_on_amazon", "received_in_future", "memo_too_long"),
    },
}
"""Refusals that no script of a sample can meet, by the reason; unit tests meet them."""


pytestmark = pytest.mark.xdist_group("rules met by samples")  # its replays are done once


@dataclass
class Met:
    """What the samples met: rows by file and id with the market, and what was asked for at all."""

    rows: set[int] = field(default_factory=set)
    starts: set[tuple[str, Channel | None]] = field(default_factory=set)
    deadline_ids: set[tuple[str, Channel | None]] = field(default_factory=set)
    problems: set[ProblemType] = field(default_factory=set)
    remedies: set[RemedyKind] = field(default_factory=set)
    channels: set[Channel] = field(default_factory=set)
    markets: set[Marketplace] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    asked: set[ProblemType] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    refusals: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class RecordingPolicy(Policy):
    """The rules, noting which rows decide."""

    met: Met = field(default_factory=Met, compare=False)

    def remedies(self, facts: RemedyFacts, on: date) -> Lookup:
        lookup = super().remedies(facts, on)
        self.met.rows.update(id(row) for row in lookup.hits)
        self.met.asked.add(facts.issue)
        return lookup

    def deadline(self, deadline_id: str, **where: Any) -> DeadlineRow | None:
        row = super().deadline(deadline_id, **where)
        self.met.deadline_ids.add((deadline_id, where["channel"]))
        self._met(row)
        return row

    def deadlines(self, start: str, **where: Any) -> tuple[DeadlineRow, ...]:
        rows = super().deadlines(start, **where)
        self.met.starts.add((start, where["channel"]))
        for row in rows:
            self._met(row)
        return rows

    def approval_limit(self, role: str, currency: str, on: date) -> Any:
        for row in self.rows.approvals:
            if row.when.role == role and row.is_valid(on):
                self._met(row)
        return super().approval_limit(role, currency, on)

    def _met(self, row: Row | None) -> None:
        if row is not None:
            self.met.rows.add(id(row))


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> RecordingPolicy:
    """The rules after all samples were replayed under them."""
    recording = RecordingPolicy(load_policy().rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(replaying, "load_policy", lambda: recording)
        for name in sample_names():
            replay = Replay(load_sample(name))
            replay.lock()
            replay.breakdown()
            for item in replay._remedy.undecided if replay.work.case.breakdown_confirmed else ():
                reasons = [
                    reason.code for option in replay._remedy.options(item) for reason in option.problems
                ]
                recording.met.reasons.update(reasons)
            replay.remedy()
            replay.follow_up()
            note(recording, replay)
            replay.close()
    return recording


def note(policy: RecordingPolicy, replay: Replay) -> None:
    """What a replayed case was about."""
    met, case = policy.met, replay.work.case
    met.days |= {replay.sample.as_of.date()}
    met.refusals |= set(replay.work.refusals)
    met.outcomes |= {outcome for known in replay.outcome.options.values() for outcome in known.values()}
    met.problems |= {item.problem for item in case.items}
    met.remedies |= {remedy.kind for remedy in case.remedies}
    if case.order is not None:
        met.markets.add(case.order.marketplace)
        met.channels |= {
            line.channel for line in case.order.lines if any(i.line == line.line for i in case.claims)
        }
    found = {finding.rule_id for finding in replay.findings}
    met.rows.update(id(rule) for rule in policy.rows.message_rules if rule.id in found)


def can_be_met(row: Row, policy: RecordingPolicy) -> bool:
    """Whether any sample could meet the row: it holds in their time and places, and the program asks for it."""
    met = policy.met
    if not any(row.is_valid(day) for day in met.days) or not row.market & met.markets:
        return False
    if isinstance(row, DeadlineRow):
        channels = (*row.channel, None)
        by_id = any((row.id, channel) in met.deadline_ids for channel in channels)
        by_start = any((row.start, channel) in met.starts for channel in channels)
        return by_id or (by_start and row.when.condition is None)
    if isinstance(row, MessageRuleRow):
        return row.scope == "any" and bool(row.pattern or row.hints)
    if isinstance(row, RemedyRow):
        return bool(met.asked & set(row.when.issue))
    return True


@pytest.mark.parametrize("kind", ["remedies", "approvals", "deadlines", "message_rules"])
def test_every_row_is_met_by_a_sample(policy: RecordingPolicy, kind: str) -> None:
    rows: tuple[Row, ...] = getattr(policy.rows, kind)
    missed = [
        f"{row.file}:{row.line} {row.id}"
        for row in rows
        if can_be_met(row, policy) and id(row) not in policy.met.rows
    ]
    assert missed == []
    assert sum(can_be_met(row, policy) for row in rows) > len(rows) / 2


def codes_of_steps() -> set[str]:
    """Every code of a problem that the steps can give."""
    found: set[str] = set()
    for path in Path(steps.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in {"problem", "refused"} and isinstance(first, ast.Constant):
                    found.add(first.value)
    return found


def test_every_refusal_is_met_by_a_sample(policy: RecordingPolicy) -> None:
    met = policy.met.refusals | policy.met.reasons
    left_out = set[str]().union(*NOT_REFUSALS.values(), *NOT_BY_SCRIPT.values())
    assert codes_of_steps() - met == left_out
    assert left_out <= codes_of_steps(), "no code is named that does not exist any more"


def test_what_no_sample_can_meet_is_met_by_a_unit_test() -> None:
    tests = Path(__file__).parents[1]
    texts = [path.read_text(encoding="utf-8") for path in tests.rglob("test_*.py") if path != Path(__file__)]
    codes = set[str]().union(*NOT_BY_SCRIPT.values())
    assert {code for code in codes if not any(f'"{code}"' in text for text in texts)} == set()


def test_every_kind_of_thing_is_in_a_sample(policy: RecordingPolicy) -> None:
    met = policy.met
    assert len(sample_names()) >= 40
    assert met.problems == set(ProblemType)
    assert met.remedies == set(RemedyKind)
    assert met.channels == set(Channel)
    assert met.outcomes == {"allowed", "needs_lead", "refused"}
    assert met.reasons >= REASONS
    assert met.markets == set(Marketplace)
