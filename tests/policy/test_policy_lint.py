"""The lint finds each kind of planted defect, with its place, and nothing in the rules as shipped."""

from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.policy import Outcome, Policy, RemedyFacts, load_policy, probe
from playbook.policy.findings import Finding
from playbook.policy.gaps import gaps, holes
from playbook.policy.lint import (
    CHECKS,
    ages,
    is_slow,
    lint,
    lint_folder,
    missing_deadlines,
    returns_open,
    shadowed,
    slow_patterns,
    unknown_countries,
    unused,
)

Plant = Callable[..., Path]


CHECK_OF = {
    "gap": gaps,
    "dead_end": gaps,
    "hole": holes,
    "shadowed": shadowed,
    "expired": ages,
    "no_source": ages,
    "unverified_year": ages,
    "stale": ages,
    "no_deadline": missing_deadlines,
    "slow_pattern": slow_patterns,
    "unknown_country": unknown_countries,
    "returns_open": returns_open,
    "unused_amount": unused,
    "limits_inverted": unused,
}


def found(folder: Path, code: str, on: date) -> list[Finding]:
    check = CHECK_OF[code]
    return sorted(
        (finding for finding in check(load_policy(folder), on) if finding.code == code),
        key=lambda finding: (finding.file, finding.line),
    )


def test_the_rules_as_shipped_have_no_errors(policy: Policy, today: date) -> None:
    findings = lint(policy, today)
    assert [finding.code for finding in findings] == ["unverified_year"]
    assert findings[0].severity == "warning"
    assert str(findings[0]).startswith("deadlines.yaml:")
    assert "(row holiday_return_until) [unverified_year]" in str(findings[0])


def test_every_check_runs() -> None:
    assert set(CHECKS) == set(CHECK_OF.values())


def test_faults_of_loading_are_errors(planted: Plant, today: date) -> None:
    folder = planted("remedies.yaml", "deadline: house_trace}", "deadline: house_tracing}")
    findings = lint_folder(folder, today)
    assert {(finding.severity, finding.code, finding.row) for finding in findings} == {
        ("error", "load", "fbm_missing_trace"),
        ("error", "load", "fbm_late_trace"),
    }
    assert "house_tracing" in str(findings[0])


def test_gap(planted: Plant, today: date) -> None:
    folder = planted(
        "remedies.yaml",
        "    when: {issue: [no_issue]}",
        "    valid_to: 2026-10-31\n    when: {issue: [no_issue]}",
    )
    assert {finding.sentence for finding in found(folder, "gap", today)} == {
        f"no remedy is allowed for no_issue on {channel} everywhere" for channel in ("FBM", "FBA", "SFP")
    }
    assert len(found(folder, "dead_end", today)) == 3
    assert [finding.row for finding in found(folder, "expired", today)] == ["nothing_to_do"]


def test_gap_in_one_marketplace(planted: Plant, today: date) -> None:
    folder = planted("remedies.yaml", '    channel: ["*"]\n    when: {issue: [no_issue]}',
                     '    channel: ["*"]\n    market: [OUTSIDE_US]\n    when: {issue: [no_issue]}')  # fmt: skip
    assert {finding.sentence for finding in found(folder, "gap", today)} == {
        f"no remedy is allowed for no_issue on {channel} in US" for channel in ("FBM", "FBA", "SFP")
    }


def test_dead_end(planted: Plant, today: date) -> None:
    old = "    when: {issue: [extra_item]}\n    then:\n      <<: *decline"
    planted("remedies.yaml", old, old.replace("[extra_item]", "[extra_item], shipped: true"))
    old = "    when: {issue: [extra_item]}\n    then:\n      <<: *return"
    folder = planted("remedies.yaml", old, old.replace("[extra_item]", "[extra_item], shipped: true"))
    (finding,) = found(folder, "dead_end", today)
    assert "extra_item on FBM everywhere when not shipped" in finding.sentence
    assert not found(folder, "gap", today)


def test_hole_between_ranges(planted: Plant, today: date) -> None:
    folder = planted("remedies.yaml", "days_since_delivery: {min: 15}", "days_since_delivery: {min: 17}")
    holes = found(folder, "hole", today)
    assert {finding.row for finding in holes} == {"fbm_mind_return_first_weeks"}
    assert {finding.severity for finding in holes} == {"warning"}  # a row without a range catches them
    assert any("days_since_delivery 15 to 16 of return_refund falls" in finding.sentence for finding in holes)


def test_hole_that_nothing_catches_is_an_error(planted: Plant, today: date) -> None:
    old = "    when: {issue: [extra_item]}\n    then:\n      <<: *return"
    planted("remedies.yaml", old, old.replace("[extra_item]", "[extra_item], units: {max: 3}"))
    text = "  - id: fbm_extra_refund"
    row = (
        "  - id: fbm_extra_return_many\n    <<: *fbm\n    when: {issue: [extra_item], units: {min: 6}}\n"
        "    then: {<<: *return, rank: 21, why: *w_small}\n\n"
    )
    folder = planted("remedies.yaml", text, row + text)
    (finding,) = found(folder, "hole", today)
    assert (finding.severity, finding.row) == ("error", "fbm_extra_return")
    assert "units 4 to 5 of return_refund" in finding.sentence


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("when: *damage_proven", True),
        ("when: *damage_small", True),
        (
            "when: {issue: [transit_damage], shipped: true, units: {min: 2, max: 5}, days_since_delivery: {max: 9}}",
            True,
        ),
        ("when: {issue: [transit_damage], shipped: false}", False),
        ("when: {issue: [transit_damage]}", False),
        ("when: {issue: [transit_damage, late], shipped: true}", False),
    ],
)
def test_shadowed(planted: Plant, today: date, when: str, expected: bool) -> None:
    text = "  - id: fbm_damage_return\n"
    row = f"  - id: fbm_planted\n    <<: *fbm\n    {when}\n    then: {{<<: *refund, rank: 29, why: *w_small}}\n\n"
    folder = planted("remedies.yaml", text, row + text)
    assert ("fbm_planted" in {finding.row for finding in found(folder, "shadowed", today)}) == expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("claim_value: {up_to: agent_limit}", "claim_value: {up_to: small_claim}", True),
        ("claim_value: {up_to: small_claim}", "claim_value: {up_to: agent_limit}", False),
        ("claim_value: {over: small_claim}", "claim_value: {over: agent_limit, up_to: lead_limit}", True),
        ("claim_value: {over: agent_limit}", "claim_value: {over: small_claim}", False),
        ("claim_value: {over: small_claim}", "claim_value: {up_to: agent_limit}", False),
        ("units: {max: 5}", "units: {max: 4}", True),
        ("units: {max: 5}", "units: {min: 2}", False),
        ("units: {min: 2}", "units: {max: 9}", False),
        ("units: {min: 2}", "units: {min: 2, max: 9}", True),
        ("evidence: [photo, video]", "evidence: [video]", True),
        ("evidence: [photo]", "evidence: [photo, video]", False),
        ("evidence: [photo]", "units: {min: 2}", False),
        ("in_stock: true", "in_stock: true", True),
        ("in_stock: true", "units: {min: 2}", False),
    ],
)
def test_what_covers_what(planted: Plant, today: date, wide: str, narrow: str, expected: bool) -> None:
    text = "  - id: fbm_mind_refund\n"
    rows = "".join(
        f"  - id: fbm_{name}\n    <<: *fbm\n    when: {{issue: [changed_mind], shipped: true, {column}}}\n"
        f"    then: {{<<: *exchange, rank: {rank}, why: *w_small}}\n\n"
        for name, column, rank in (("wide", wide, 71), ("narrow", narrow, 72))
    )
    folder = planted("remedies.yaml", text, rows + text)
    assert [finding.row for finding in found(folder, "shadowed", today)] == (
        ["fbm_narrow"] if expected else []
    )


def test_expired_only_without_a_successor(planted: Plant, today: date) -> None:
    folder = planted("deadlines.yaml", "    valid_from: 2026-02-16\n    when: {start: last_scan}",
                     "    valid_from: 2026-02-16\n    valid_to: 2026-06-30\n    when: {start: last_scan}")  # fmt: skip
    (finding,) = found(folder, "expired", today)
    assert (finding.severity, finding.row, finding.file) == ("warning", "safet_lost", "deadlines.yaml")
    assert "2026-06-30" in finding.sentence


def test_without_source(planted: Plant, today: date) -> None:
    planted("deadlines.yaml", '    source: "SC JM9HNSV9FXU9MP3"\n', '    source: "  "\n')
    folder = planted("calendars.yaml", '    source: "house rule: office hours in China"', '    source: ""')
    assert [(finding.severity, finding.row) for finding in found(folder, "no_source", today)] == [
        ("error", "office"),
        ("error", "refund_cancel_window"),
    ]


def test_unverified_year_and_stale_sources(policy: Policy) -> None:
    assert not [one for one in ages(policy, date(2025, 12, 1)) if one.code == "unverified_year"]
    stale = [one for one in ages(policy, date(2028, 6, 1)) if one.code == "stale"]
    assert "safet_lost" in {one.row for one in stale}
    assert not [one for one in ages(policy, date(2028, 5, 1)) if one.code == "stale"]


def test_deadline_that_does_not_hold_everywhere(planted: Plant, today: date) -> None:
    folder = planted("deadlines.yaml", "    market: [MX, BR, TR, ZA, EG, SA, AE, IN, SG, AU]",
                     "    market: [MX, BR, TR, ZA, EG, SA, AE, IN, SG]")  # fmt: skip
    findings = found(folder, "no_deadline", today)
    assert "fbm_damage_replacement" in {finding.row for finding in findings}
    assert all(
        "shipping_estimate, which does not hold for AU FBM" in finding.sentence for finding in findings
    )


def test_rows_of_another_day_are_not_checked_for_deadlines(planted: Plant, today: date) -> None:
    folder = planted(
        "remedies.yaml",
        "    when: {issue: [no_issue]}",
        "    valid_from: 2027-01-01\n    when: {issue: [no_issue]}",
    )
    assert not found(folder, "no_deadline", today)


def test_slow_pattern(planted: Plant, today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playbook.policy.lint.SLOWEST_PATTERN", 0.5)
    monkeypatch.setattr(
        "playbook.policy.lint.is_slow", lambda pattern: "+)+" in pattern and is_slow(pattern, 0.5)
    )
    folder = planted("message_rules.yaml", "pattern: 'http://\\S+'", "pattern: '(a+)+$'")
    (finding,) = found(folder, "slow_pattern", today)
    assert (finding.severity, finding.row) == ("error", "insecure_link")
    assert "0.5 seconds" in finding.sentence


def test_hostile_texts_repeat_what_the_pattern_is_made_of() -> None:
    texts = probe.hostile_texts(r"(x+x+)+y", length=50)
    assert any(text.startswith("x" * 50) for text in texts)
    assert any(text.startswith("x+x+") for text in texts)
    assert all(len(text) == 52 for text in texts)
    probe.try_pattern(r"[0-9]{2}-[0-9]{2}")


def test_unknown_country(planted: Plant, today: date) -> None:
    planted("calendars.yaml", "country: CN", "country: XX")
    folder = planted("marketplaces.yaml", "{country: GB, subdiv: ENG,", "{country: GB, subdiv: XYZ,")
    assert [finding.row for finding in found(folder, "unknown_country", today)] == ["office", "UK"]


def test_unused_amount(planted: Plant, today: date) -> None:
    folder = planted("approvals.yaml", "  small_claim:\n    {", "  tiny_claim:\n    {")
    text = (folder / "approvals.yaml").read_text(encoding="utf-8")
    table = text[text.index("  tiny_claim:") : text.index("  agent_limit:\n")]
    folder = planted("approvals.yaml", table, table.replace("tiny_claim", "small_claim") + table)
    (finding,) = found(folder, "unused_amount", today)
    assert "'tiny_claim'" in finding.sentence


def test_a_junior_limit_above_a_senior_one(planted: Plant, today: date) -> None:
    folder = planted("approvals.yaml", '  agent_limit:\n    {USD: "250"', '  agent_limit:\n    {USD: "2500"')
    assert [finding.row for finding in found(folder, "limits_inverted", today)] == ["limit_agent"]
    folder = planted("approvals.yaml", "then: {limit: agent_limit}", "then: {limit: null}")
    assert [finding.row for finding in found(folder, "limits_inverted", today)] == ["limit_agent"]


def test_roles_may_be_missing(planted: Plant, today: date) -> None:
    folder = planted("approvals.yaml", "{role: manager}", "{role: owner}")
    assert not found(folder, "limits_inverted", today)
    assert load_policy(folder).approval_limit("manager", "USD", today) is not None


def test_no_gap_for_any_problem_channel_market_and_kind_of_buyer(
    policy: Policy, facts: Callable[..., RemedyFacts], today: date
) -> None:
    assert list(gaps(policy, today)) == []
    markets = (Marketplace.US, Marketplace.UK, Marketplace.DE, Marketplace.JP)
    for issue, channel, market, business in product(ProblemType, Channel, markets, (True, False)):
        currency = policy.market(market).currency
        price = Money.of("9000" if currency == "JPY" else "90.00", currency)
        asked = facts(
            issue=issue,
            channel=channel,
            market=market,
            business=business,
            unit_value=price,
            claim_value=price,
        )
        hits = policy.remedies(asked, today).hits
        assert any(row.then.outcome is Outcome.ALLOWED for row in hits), (issue, channel, market, business)
