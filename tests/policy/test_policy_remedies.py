"""What the remedy table says about every problem on every channel."""

from collections.abc import Callable
from datetime import date
from itertools import product

import pytest

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.domain.remedies import SHAPES, RemedyKind
from playbook.policy import Outcome, Policy, RemedyFacts

Make = Callable[..., RemedyFacts]


@pytest.mark.parametrize(("issue", "channel"), list(product(ProblemType, Channel)))
def test_every_problem_has_an_allowed_way(
    policy: Policy, facts: Make, today: date, issue: ProblemType, channel: Channel
) -> None:
    for market in Marketplace:
        currency = policy.market(market).currency
        price = Money.of("5", currency)
        asked = facts(issue=issue, channel=channel, market=market, unit_value=price, claim_value=price * 3)
        hits = policy.remedies(asked, today).hits
        assert hits
        assert hits[0].then.outcome is Outcome.ALLOWED
        assert len({hit.then.remedy for hit in hits}) == len(hits)


@pytest.mark.parametrize("channel", [Channel.FBA, Channel.SFP])
@pytest.mark.parametrize("issue", [issue for issue in ProblemType if issue is not ProblemType.NO_ISSUE])
def test_amazon_decides_for_prime_and_fba(
    policy: Policy, facts: Make, today: date, issue: ProblemType, channel: Channel
) -> None:
    hits = policy.remedies(facts(issue=issue, channel=channel), today).hits
    assert hits[0].then.remedy is RemedyKind.REDIRECT_TO_AMAZON
    refused = {hit.then.remedy for hit in hits[1:]}
    assert all(hit.then.outcome is Outcome.REFUSED and hit.then.instead is not None for hit in hits[1:])
    assert {kind for kind in refused if SHAPES[kind].compensates} >= {
        RemedyKind.REPLACEMENT,
        RemedyKind.REFUND_FULL,
        RemedyKind.REFUND_PARTIAL,
        RemedyKind.RETURN_REFUND,
        RemedyKind.RETURNLESS_REFUND,
    }


@pytest.mark.parametrize(
    ("changes", "remedy", "row"),
    [
        ({}, "replacement", "fbm_damage_replacement_small"),
        ({"issue": "package_damage"}, "refund_partial", "fbm_box_partial"),
        ({"issue": "wrong_item"}, "replacement", "fbm_wrong_replacement_small"),
        ({"issue": "missing"}, "resend_missing", "fbm_missing_resend"),
        ({"issue": "missing", "shipped": False}, "cancel_unshipped", "fbm_missing_cancel_first"),
        ({"issue": "missing_parts"}, "send_part", "fbm_parts_send"),
        ({"issue": "defect"}, "replacement", "fbm_defect_replacement_small"),
        ({"issue": "quality_flaw"}, "refund_partial", "fbm_flaw_partial"),
        ({"issue": "not_as_described"}, "return_refund", "fbm_described_return"),
        ({"issue": "late"}, "trace_shipment", "fbm_late_trace"),
        ({"issue": "late", "shipped": False}, "cancel_unshipped", "fbm_late_cancel_first"),
        ({"issue": "changed_mind"}, "return_refund", "fbm_mind_return_first_weeks"),
        ({"issue": "changed_mind", "days_since_delivery": 15}, "return_refund", "fbm_mind_return"),
        ({"issue": "changed_mind", "days_since_delivery": 30}, "return_refund", "fbm_mind_return"),
        ({"issue": "changed_mind", "days_since_delivery": 31}, "decline", "fbm_mind_decline_late"),
        ({"issue": "changed_mind", "shipped": False}, "cancel_unshipped", "fbm_mind_cancel_first"),
        ({"issue": "extra_item"}, "decline", "fbm_extra_keep"),
        ({"issue": "no_issue"}, "decline", "nothing_to_do"),
        ({"in_stock": False}, "refund_full", "fbm_damage_refund_small"),
    ],
)
def test_preferred_remedy(
    policy: Policy, facts: Make, today: date, changes: dict[str, object], remedy: str, row: str
) -> None:
    if "issue" in changes:
        changes = {**changes, "issue": ProblemType(str(changes["issue"]))}
    best = policy.remedies(facts(**changes), today).hits[0]
    assert (best.then.remedy.value, best.id) == (remedy, row)


def hit(
    policy: Policy, asked: RemedyFacts, on: date, kind: RemedyKind
) -> tuple[str, Outcome, tuple[Evidence, ...]]:
    row = next(row for row in policy.remedies(asked, on).hits if row.then.remedy is kind)
    return row.id, row.then.outcome, row.then.evidence_needed


def test_proof_is_asked_above_the_small_amount(policy: Policy, facts: Make, today: date) -> None:
    limit = policy.amount("small_claim", "USD")
    assert limit is not None
    kind = RemedyKind.REPLACEMENT
    cent = Money.of("0.01", "USD")
    at, above = facts(claim_value=limit), facts(claim_value=limit + cent)
    filmed = facts(claim_value=limit + cent, evidence=frozenset({Evidence.VIDEO}))
    assert hit(policy, at, today, kind)[2] == ()
    assert hit(policy, above, today, kind) == ("fbm_damage_replacement", Outcome.ALLOWED, (Evidence.PHOTO,))
    assert hit(policy, filmed, today, kind) == ("fbm_damage_replacement_proven", Outcome.ALLOWED, ())


def test_valuable_wrong_goods_come_back(policy: Policy, facts: Make, today: date) -> None:
    asked = facts(issue=ProblemType.WRONG_VARIANT, claim_value=Money.of("90", "USD"))
    assert policy.remedies(asked, today).hits[0].then.remedy is RemedyKind.EXCHANGE
    assert hit(policy, asked, today, RemedyKind.REPLACEMENT)[1] is Outcome.NEEDS_LEAD


def test_stock_and_window_overrule(policy: Policy, facts: Make, today: date) -> None:
    lookup = policy.remedies(facts(in_stock=False), today)
    replacement = next(row for row in lookup.hits if row.then.remedy is RemedyKind.REPLACEMENT)
    assert (replacement.id, replacement.then.outcome) == ("fbm_no_stock_replacement", Outcome.REFUSED)
    assert "fbm_damage_replacement" in {one.row.id for one in lookup.overruled}
    late = policy.remedies(facts(days_since_delivery=31), today).hits
    assert {row.then.outcome for row in late} == {Outcome.NEEDS_LEAD}


def test_unknown_delivery_day_needs_a_lead_for_a_changed_mind(
    policy: Policy, facts: Make, today: date
) -> None:
    lookup = policy.remedies(facts(issue=ProblemType.CHANGED_MIND, days_since_delivery=None), today)
    assert hit_ids(lookup.hits)[RemedyKind.RETURN_REFUND] == "fbm_mind_return_unknown"
    unknown = {miss.row.id for miss in lookup.misses if miss.unknown}
    assert {"fbm_mind_return", "fbm_mind_decline_in_window"} <= unknown


def hit_ids(rows: tuple[object, ...]) -> dict[RemedyKind, str]:
    return {row.then.remedy: row.id for row in rows}  # type: ignore[attr-defined]


def test_a_return_in_the_window_cannot_be_declined(policy: Policy, facts: Make, today: date) -> None:
    asked = facts(issue=ProblemType.CHANGED_MIND, days_since_delivery=30)
    assert hit(policy, asked, today, RemedyKind.DECLINE)[1] is Outcome.REFUSED


def test_extra_units_are_never_refunded(policy: Policy, facts: Make, today: date) -> None:
    rows = policy.remedies(facts(issue=ProblemType.EXTRA_ITEM), today).hits
    back = next(row for row in rows if row.then.remedy is RemedyKind.RETURN_REFUND)
    assert back.then.share is not None
    assert back.then.share.max == 0
    assert back.then.return_label == "seller"


def test_all_rows_speak_both_languages_and_promise_something(policy: Policy) -> None:
    for row in policy.rows.remedies:
        assert row.then.why.of("zh_CN") != row.then.why.of("en")
        if row.then.outcome is Outcome.REFUSED:
            assert row.then.instead is not None
            continue
        assert row.then.promises
        assert all(step.zh_CN and step.en for step in row.then.procedure)


def test_rows_are_found_by_id(policy: Policy, today: date) -> None:
    row = policy.remedy_row("fbm_damage_partial", today)
    assert row is not None
    assert row.then.remedy is RemedyKind.REFUND_PARTIAL
    assert policy.remedy_row("fbm_damage_partial") is row
    assert policy.remedy_row("never_heard") is None


def test_limits_of_the_roles(policy: Policy, today: date) -> None:
    agent = policy.approval_limit("agent", "USD", today)
    lead = policy.approval_limit("lead", "USD", today)
    assert agent is not None
    assert lead is not None
    assert Money.zero("USD") < agent < lead
    assert policy.approval_limit("manager", "USD", today) is None
    assert policy.approval_limit("visitor", "USD", today) == Money.zero("USD")
    assert policy.approval_limit("agent", "CHF", today) == Money.zero("CHF")
    for market in policy.markets.values():
        assert policy.approval_limit("agent", market.currency, today)


def test_markets(policy: Policy) -> None:
    assert set(policy.markets) == set(Marketplace)
    japan = policy.market(Marketplace.JP)
    assert (japan.currency, japan.language, japan.tax_included, str(japan.tz)) == (
        "JPY",
        "ja",
        True,
        "Asia/Tokyo",
    )
    america = policy.market(Marketplace.US)
    assert (america.amazon_id, america.tax_included, america.domain) == ("ATVPDKIKX0DER", False, "amazon.com")
    assert policy.market(Marketplace.SA).days_off.weekend == ("fri", "sat")


def test_version_is_a_short_hash_of_the_content(policy: Policy) -> None:
    assert len(policy.version) == 12
    int(policy.version, 16)


def test_messages_rules(policy: Policy, today: date) -> None:
    rules = {rule.id: rule for rule in policy.message_rules(Marketplace.DE, today)}
    wanted = [
        "only_thanks",
        "marketing",
        "review_pressure",
        "incentive",
        "repeat_review_request",
        "email_address",
        "phone_number",
        "external_link",
        "insecure_link",
        "html",
        "emoji_or_gif",
        "logo_with_url",
        "tracking_pixel",
        "opt_out_link",
        "attachment_type",
        "product_image",
        "order_or_shipping_confirmation",
        "ask_buyer_to_cancel",
        "off_amazon_diversion",
        "missing_order_id",
        "wrong_language",
        "line_breaks",
        "styling_override",
        "spelling",
        "older_than_30_days",
        "too_long_for_api",
        "promise_without_date",
        "refund_outside_amazon",
        "refunded_while_pending",
    ]
    assert set(rules) == set(wanted)
    assert (rules["marketing"].kind, rules["marketing"].scope) == ("block", "any")
    assert "优惠" in rules["marketing"].hints
    assert rules["spelling"].kind == "warn"
    assert rules["spelling"].pattern is None
    assert rules["only_thanks"].why.of("zh")
    warn = {rule.id for rule in rules.values() if rule.kind == "warn"}
    assert warn == {
        "wrong_language",
        "line_breaks",
        "styling_override",
        "spelling",
        "too_long_for_api",
        "promise_without_date",
    }


@pytest.mark.parametrize("issue", [ProblemType.TRANSIT_DAMAGE, ProblemType.DEFECT])
def test_without_proof_the_goods_come_back(
    policy: Policy, facts: Make, today: date, issue: ProblemType
) -> None:
    asked = facts(issue=issue, claim_value=Money.of("90", "USD"))
    for row in policy.remedies(asked, today).hits:
        shape = SHAPES[row.then.remedy]
        given_away = shape.compensates and shape.comes_back == "nothing"
        if given_away and row.then.outcome is Outcome.ALLOWED:
            assert row.then.evidence_needed == (Evidence.PHOTO,), row.id
