"""The sample cases together meet every rule that any sample can meet, and every kind of thing there is."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from playbook import steps
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.promises import ClockStart
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.policy import DeadlineRow, Lookup, Policy, RemedyFacts, load_policy
from playbook.policy.base import Row
from playbook.policy.return_rows import About, ReturnRow
from playbook.policy.rows import RestockingRow
from playbook.samplecases import replay as replaying
from playbook.samplecases.loading import load_sample, sample_names
from playbook.samplecases.replay import Replay

REASONS = {
    *("rule_refuses", "rule_condition", "rule_needs_lead", "evidence_missing", "above_limit"),
    *("not_shipped_yet", "nothing_unshipped"),
}
"""Every kind of reason against an option but ``already_compensated``, which takes a second case on the order."""

KINDS = ("remedies", "approvals", "restocking", "returns", "deadlines", "message_rules")

OVER = "it held before the days of the samples"
NOT_MET = {
    "deadlines": {
        OVER: {"refund_after_receipt#2", "return_window_eu_short#1", "safet#2"},
        "nothing tells the program when that happened": {
            *("review_request_open", "review_request_close", "replacement_original_back", "vat_invoice"),
        },
        "it holds under a condition that the order does not tell": {"crossborder_return_option"},
        "Amazon receives what comes back of Prime orders": {"refund_after_receipt#4"},
        "the review of cases asks for it, no step does": {"house_hand_over"},
    },
    "message_rules": {
        "no text shows it, a person looks": {
            *("repeat_review_request", "logo_with_url", "attachment_type", "product_image"),
            *("order_or_shipping_confirmation", "styling_override", "spelling"),
        },
        "it is for texts that a program sends, and this one sends nothing": {"html", "too_long_for_api"},
    },
    "remedies": {"fine units need no remedy": {"nothing_to_do"}},
    "restocking": {"no sample order holds opened software": {"restocking_opened"}},
}
"""Rows that no sample meets, by file and reason; ``#2`` is the second row of an id in its file."""


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


Way = tuple[ProblemType, RemedyKind, Channel]
"""A problem, what is done about it, and who ships the line."""


@dataclass
class Met:
    """What the samples met; ``rows`` by identity."""

    rows: set[int] = field(default_factory=set)
    problems: set[ProblemType] = field(default_factory=set)
    remedies: set[RemedyKind] = field(default_factory=set)
    channels: set[Channel] = field(default_factory=set)
    markets: set[Marketplace] = field(default_factory=set)
    offered: set[Way] = field(default_factory=set)
    agreed: set[Way] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    refusals: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


@dataclass(frozen=True)
class RecordingPolicy(Policy):
    """The rules, noting which rows decide."""

    met: Met = field(default_factory=Met, compare=False)

    def remedies(self, facts: RemedyFacts, on: date) -> Lookup:
        lookup = super().remedies(facts, on)
        self._met(*lookup.hits)
        return lookup

    def deadline(self, deadline_id: str, **where: Any) -> DeadlineRow | None:
        row = super().deadline(deadline_id, **where)
        self._met(row)
        return row

    def deadlines(self, start: ClockStart, **where: Any) -> tuple[DeadlineRow, ...]:
        rows = super().deadlines(start, **where)
        self._met(*rows)
        return rows

    def approval_limit(self, role: str, currency: str, on: date) -> Any:
        self._met(*(row for row in self.rows.approvals if row.when.role == role and row.is_valid(on)))
        return super().approval_limit(role, currency, on)

    def restocking(self, reason: RejectionReason, issue: ProblemType, **where: Any) -> RestockingRow | None:
        row = super().restocking(reason, issue, **where)
        self._met(row)
        return row

    def return_rows(self, about: About, **where: Any) -> tuple[ReturnRow, ...]:
        rows = super().return_rows(about, **where)
        self._met(*rows)
        return rows

    def _met(self, *rows: Row | None) -> None:
        self.met.rows.update(id(row) for row in rows if row is not None)


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
            note_options(recording.met, replay)
            replay.remedy()
            replay.follow_up()
            note(recording, replay)
            assert replay.differences() == (), name
    return recording


def note_options(met: Met, replay: Replay) -> None:
    """What the page offers about each claim when the remedy step opens."""
    for item in replay._remedy.undecided if replay.work.case.breakdown_confirmed else ():
        for option in replay._remedy.options(item):
            met.offered.add((item.problem, option.kind, replay._remedy.line(item).channel))
            met.reasons.update(reason.code for reason in option.problems)


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
        channels = {line.line: line.channel for line in case.order.lines}
        problems = {item.item: item.problem for item in case.items}
        met.channels |= {channels[item.line] for item in case.claims}
        met.agreed |= {
            (problems[remedy.item], remedy.kind, channels[remedy.line]) for remedy in case.remedies
        }
    found = {finding.rule_id for finding in replay.findings}
    met.rows.update(id(rule) for rule in policy.rows.message_rules if rule.id in found)


def names_of(rows: Sequence[Row]) -> list[str]:
    """The ids, with a number where several rows share one."""
    ids = [row.id for row in rows]
    return [
        f"{name}#{ids[: at + 1].count(name)}" if ids.count(name) > 1 else name for at, name in enumerate(ids)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_met_by_a_sample_or_named_with_the_reason(policy: RecordingPolicy, kind: str) -> None:
    rows: Sequence[Row] = getattr(policy.rows, kind)
    named = dict(zip(names_of(rows), rows, strict=True))
    reasons = NOT_MET.get(kind, {})
    assert {name for name, row in named.items() if id(row) not in policy.met.rows} == set().union(
        *reasons.values()
    )
    for name in reasons.get(OVER, ()):
        assert not any(named[name].is_valid(day) for day in policy.met.days)


@pytest.mark.parametrize("outcomes", [{"allowed", "needs_lead", "refused"}, {"allowed", "needs_lead"}])
def test_every_way_from_a_problem_to_a_remedy_is_in_a_sample(
    policy: RecordingPolicy, outcomes: set[str]
) -> None:
    """What a rule speaks of is shown; what some rule grants, or leaves to a lead, is agreed, too."""
    ways = {
        (problem, row.then.remedy, channel)
        for row in policy.rows.remedies
        for problem in row.when.issue
        for channel in row.channel
        if row.then.outcome in outcomes and problem is not ProblemType.NO_ISSUE
    }
    assert ways - (policy.met.offered if "refused" in outcomes else policy.met.agreed) == set()


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
