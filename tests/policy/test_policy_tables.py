"""The decision table itself: every column, its reasons, and which of several rows decides."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.policy import Miss, Outcome, RemedyFacts, RemedyRow
from playbook.policy.remedy_rows import AmountRange, IntRange
from playbook.policy.tables import RemedyTable, first_miss, in_amounts, show_amounts, show_range

Make = Callable[..., RemedyFacts]
AMOUNTS = {"low": {"USD": Decimal(10)}, "high": {"USD": Decimal(50)}}


def row(row_id: str = "some_row", *, rank: int = 10, outcome: str = "allowed", remedy: str = "replacement",
        when: dict[str, object] | None = None, **more: object) -> RemedyRow:  # fmt: skip
    text = {"en": "because", "zh_CN": "因为"}
    return RemedyRow.model_validate(
        {
            "id": row_id,
            "market": ["*"],
            "channel": ["FBM"],
            "source": "a test",
            "checked": "2026-11",
            "confidence": "house",
            "when": {"issue": ["transit_damage"], **(when or {})},
            "then": {
                "remedy": remedy,
                "outcome": outcome,
                "rank": rank,
                "owner": "agent",
                "why": text,
                "instead": text,
                "procedure": [text],
                "promises": [{"kind": "answer", "deadline": "house_answer"}],
                **({"share": {"min": "1", "max": "9", "default": "5"}} if remedy == "refund_partial" else {}),
            },
            **more,
        }
    )


def miss(one: RemedyRow, asked: RemedyFacts, on: date) -> Miss:
    found = first_miss(one, asked, on, AMOUNTS)
    assert found is not None
    return found


COLUMNS = [
    # when, facts that fit, facts that miss, value, wanted
    ({"business": True}, {"business": True}, {"business": False}, "false", "true"),
    ({"business": False}, {"business": False}, {"business": True}, "true", "false"),
    ({"shipped": True}, {"shipped": True}, {"shipped": False}, "false", "true"),
    ({"units": {"min": 2, "max": 4}}, {"units": 4}, {"units": 5}, "5", "2 .. 4"),
    ({"units": {"min": 2}}, {"units": 2}, {"units": 1}, "1", "≥ 2"),
    ({"unit_value": {"up_to": "low"}}, {"unit_value": "10"}, {"unit_value": "10.01"}, "10.01 USD", "≤ 10 USD"),
    ({"claim_value": {"over": "low"}}, {"claim_value": "10.01"}, {"claim_value": "10"}, "10.00 USD", "> 10 USD"),
    ({"claim_value": {"over": "low", "up_to": "high"}}, {"claim_value": "50"}, {"claim_value": "51"}, "51.00 USD",
     "> 10 USD, ≤ 50 USD"),
    ({"days_since_delivery": {"max": 30}}, {"days_since_delivery": -2}, {"days_since_delivery": 31}, "31", "≤ 30"),
    ({"evidence": ["photo", "video"]}, {"evidence": frozenset({Evidence.VIDEO, Evidence.COUNT})},
     {"evidence": frozenset({Evidence.COUNT})}, "count", "photo / video"),
    ({"evidence": ["photo"]}, {"evidence": frozenset({Evidence.PHOTO})}, {"evidence": frozenset()}, "0", "photo"),
    ({"earlier_remedy": False}, {"earlier_remedy": False}, {"earlier_remedy": True}, "true", "false"),
    ({"in_stock": True}, {"in_stock": True}, {"in_stock": False}, "false", "true"),
]  # fmt: skip


def money(changes: dict[str, object]) -> dict[str, object]:
    return {
        key: Money.of(value, "USD") if isinstance(value, str) else value for key, value in changes.items()
    }


@pytest.mark.parametrize(("when", "fits", "misses", "value", "wanted"), COLUMNS)
def test_column(
    facts: Make, today: date, when: dict[str, object], fits: dict[str, object], misses: dict[str, object],
    value: str, wanted: str,
) -> None:  # fmt: skip
    one = row(when=when)
    assert first_miss(one, facts(**money(fits)), today, AMOUNTS) is None
    failed = miss(one, facts(**money(misses)), today)
    assert (failed.column, failed.value, failed.wanted) == (next(iter(when)), value, wanted)
    assert failed.near
    assert not failed.unknown
    assert failed.row is one


@pytest.mark.parametrize(
    ("when", "unknown"),
    [
        ({"days_since_delivery": {"min": 0}}, {"days_since_delivery": None}),
        ({"in_stock": True}, {"in_stock": None}),
        ({"in_stock": False}, {"in_stock": None}),
    ],
)
def test_an_unknown_fact_never_satisfies(
    facts: Make, today: date, when: dict[str, object], unknown: dict[str, object]
) -> None:
    failed = miss(row(when=when), facts(**unknown), today)
    assert (failed.value, failed.unknown) == ("?", True)


def test_an_amount_in_a_foreign_currency_is_unknown(facts: Make, today: date) -> None:
    failed = miss(row(when={"claim_value": {"up_to": "low"}}), facts(claim_value=Money.of("3", "EUR")), today)
    assert (failed.value, failed.wanted, failed.unknown) == ("3.00 EUR", "≤ low", True)


@pytest.mark.parametrize(
    ("more", "changes", "column", "wanted"),
    [
        ({}, {"issue": ProblemType.LATE}, "issue", "transit_damage"),
        ({}, {"channel": Channel.FBA}, "channel", "FBM"),
        ({"market": ["UK", "DE"]}, {}, "market", "DE / UK"),
        ({"valid_from": date(2026, 11, 24)}, {}, "valid", "2026-11-24 .. "),
        ({"valid_to": date(2026, 11, 22)}, {}, "valid", " .. 2026-11-22"),
    ],
)
def test_rows_about_something_else_are_not_near(
    facts: Make, today: date, more: dict[str, object], changes: dict[str, object], column: str, wanted: str
) -> None:
    failed = miss(row(**more), facts(**changes), today)
    assert (failed.column, failed.wanted, failed.near) == (column, wanted, False)


def test_periods_include_both_ends(facts: Make, today: date) -> None:
    assert first_miss(row(valid_from=today, valid_to=today), facts(), today, AMOUNTS) is None


def test_a_refusal_that_misses_is_not_near(facts: Make, today: date) -> None:
    one = row(outcome="refused", when={"in_stock": False})
    assert not miss(one, facts(in_stock=True), today).near


def test_order_and_overruling(facts: Make, today: date) -> None:
    table = RemedyTable(
        (
            row("lead", remedy="refund_full", rank=1, outcome="needs_lead"),
            row("second", rank=20),
            row("first", rank=10),
            row("no", remedy="exchange", rank=2, outcome="refused"),
            row("cheap", remedy="refund_partial", rank=30),
            row("other", when={"issue": ["late"]}),
        ),
        AMOUNTS,
    )
    lookup = table.lookup(facts(), today)
    assert [hit.id for hit in lookup.hits] == ["first", "cheap", "lead", "no"]
    assert [(one.row.id, one.by.id) for one in lookup.overruled] == [("second", "first")]
    assert [one.row.id for one in lookup.misses] == ["other"]
    assert table.lookup(facts(issue=ProblemType.LATE), today).hits[0].id == "other"


def test_a_refusal_with_the_lower_rank_overrules(facts: Make, today: date) -> None:
    table = RemedyTable((row("yes"), row("no", rank=1, outcome="refused", when={"in_stock": False})), AMOUNTS)
    assert table.lookup(facts(in_stock=False), today).hits[0].then.outcome is Outcome.REFUSED
    assert table.lookup(facts(in_stock=None), today).hits[0].id == "yes"


def test_the_answer_follows_day_and_market(facts: Make) -> None:
    old = row("old", valid_to=date(2026, 1, 25))
    new = row("new", valid_from=date(2026, 1, 26), market=["US"])
    table = RemedyTable((old, new), AMOUNTS)
    assert [hit.id for hit in table.lookup(facts(), date(2026, 1, 25)).hits] == ["old"]
    assert [hit.id for hit in table.lookup(facts(), date(2026, 1, 26)).hits] == ["new"]
    assert table.lookup(facts(market=Marketplace.JP), date(2026, 1, 26)).hits == ()


def test_trace_is_json_and_complete(facts: Make, today: date) -> None:
    table = RemedyTable((row("a"), row("b", rank=11), row("c", when={"in_stock": True})), AMOUNTS)
    trace = json.loads(json.dumps(table.lookup(facts(), today).trace))
    assert trace == [
        {"row": "a", "remedy": "replacement", "result": "hit", "rank": 10, "outcome": "allowed"},
        {"row": "b", "remedy": "replacement", "result": "overruled", "by": "a"},
        {"row": "c", "remedy": "replacement", "result": "miss", "column": "in_stock", "value": "?",
         "wanted": "true", "unknown": True},
    ]  # fmt: skip


def test_ranges_in_words() -> None:
    assert show_range(IntRange(max=3)) == "≤ 3"
    assert show_range(IntRange(min=3)) == "≥ 3"
    assert show_range(IntRange(min=1, max=3)) == "1 .. 3"
    assert show_amounts(AmountRange(over="low", up_to="high"), "EUR", AMOUNTS) == "> low, ≤ high"
    assert in_amounts(Money.of("10", "USD"), AmountRange(over="low"), AMOUNTS) is False
    assert in_amounts(Money.of("10", "USD"), AmountRange(up_to="low"), AMOUNTS) is True
    assert in_amounts(Money.of("10", "EUR"), AmountRange(up_to="low"), AMOUNTS) is None
