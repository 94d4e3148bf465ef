"""Every row of the deadline table of facts/amazon.md section 8, with its value, and the dates it gives."""

from datetime import UTC, date, datetime

import pytest

from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.policy import Policy

NEW = date(2026, 11, 23)
OLD = date(2026, 1, 20)
FBM, FBA, SFP = Channel.FBM, Channel.FBA, Channel.SFP

# id, market, channel, day, start, value, unit, calendar
ROWS = [
    ("buyer_message_reply", "US", FBM, NEW, "message_received", 24, "hour", "elapsed"),
    ("buyer_message_reply", "JP", FBA, NEW, "message_received", 24, "hour", "elapsed"),
    ("return_request_answer", "DE", FBM, NEW, "return_requested", 48, "hour", "elapsed"),
    ("refund_after_receipt", "US", FBM, NEW, "return_delivered", 4, "day", "calendar"),
    ("refund_after_receipt", "US", FBM, date(2026, 1, 26), "return_delivered", 4, "day", "calendar"),
    ("refund_after_receipt", "US", FBM, date(2026, 1, 25), "return_delivered", 2, "day", "business"),
    ("refund_after_receipt", "DE", FBM, NEW, "return_delivered", 2, "day", "business"),
    ("refund_after_receipt", "UK", FBM, NEW, "return_delivered", 2, "day", "business"),
    ("refund_after_receipt", "JP", FBM, NEW, "return_delivered", 2, "day", "business"),
    ("refund_after_receipt", "AU", FBM, NEW, "return_delivered", 2, "day", "business"),
    ("refund_after_receipt", "US", SFP, NEW, "return_delivered", 2, "day", "business"),
    ("return_window", "US", FBM, NEW, "delivered", 30, "day", "calendar"),
    ("return_window_eu_short", "FR", FBM, NEW, "delivered", 14, "day", "calendar"),
    ("replacement_original_back", "US", FBM, NEW, "replacement_created", 30, "day", "calendar"),
    ("atoz_buyer_wait", "US", FBM, NEW, "buyer_contact", 48, "hour", "elapsed"),
    ("atoz_buyer_latest", "US", FBM, NEW, "max_edd", 90, "day", "calendar"),
    ("atoz_not_arrived_earliest", "US", FBM, NEW, "max_edd", 3, "day", "calendar"),
    ("atoz_seller_response", "US", FBM, NEW, "claim_opened", 48, "hour", "elapsed"),
    ("atoz_appeal", "US", FBM, NEW, "claim_granted", 30, "day", "calendar"),
    ("atoz_appeal_info", "US", FBM, NEW, "appeal_question", 72, "hour", "elapsed"),
    ("chargeback_response", "US", FBM, NEW, "chargeback_email", 7, "day", "calendar"),
    ("safet", "US", FBM, NEW, "later_of_return_scan_and_refund", 30, "day", "calendar"),
    ("safet", "US", FBM, OLD, "later_of_return_scan_and_refund", 60, "day", "calendar"),
    ("safet_lost", "US", FBM, NEW, "last_scan", 30, "day", "calendar"),
    ("safet", "UK", FBM, NEW, "refund_date", 60, "day", "calendar"),
    ("safet", "IT", SFP, NEW, "refund_date", 60, "day", "calendar"),
    ("fba_return_claim_open", "US", FBA, NEW, "refund_or_replacement", 60, "day", "calendar"),
    ("fba_return_claim_close", "US", FBA, NEW, "refund_or_replacement", 120, "day", "calendar"),
    ("fba_return_claim_open", "ES", FBA, NEW, "refund_or_replacement", 45, "day", "calendar"),
    ("fba_return_claim_close", "UK", FBA, NEW, "refund_or_replacement", 105, "day", "calendar"),
    ("proactive_message_latest", "US", FBM, NEW, "order_completed", 30, "day", "calendar"),
    ("review_request_open", "US", FBM, NEW, "earliest_delivery_date", 5, "day", "calendar"),
    ("review_request_close", "US", FBM, NEW, "latest_delivery_date", 30, "day", "calendar"),
    ("refund_cancel_window", "US", FBM, NEW, "refund_submitted", 2, "hour", "elapsed"),
    ("crossborder_return_option", "UK", FBM, NEW, "return_requested", 4, "day", "calendar"),
    ("pii_purge", "US", FBM, NEW, "delivered", 30, "day", "calendar"),
    ("house_reship", "US", FBM, NEW, "decided", 24, "hour", "elapsed"),
    ("house_update_cadence", "US", FBM, NEW, "last_contact", 48, "hour", "elapsed"),
]


@pytest.mark.parametrize(("row_id", "market", "channel", "on", "start", "value", "unit", "calendar"), ROWS)
def test_row_is_there_with_its_value(
    policy: Policy,
    row_id: str,
    market: str,
    channel: Channel,
    on: date,
    start: str,
    value: int,
    unit: str,
    calendar: str,
) -> None:
    row = policy.deadline(row_id, market=Marketplace(market), channel=channel, on=on)
    assert row is not None
    assert (row.start, row.then.value, row.then.unit, row.then.calendar) == (start, value, unit, calendar)


@pytest.mark.parametrize(
    ("row_id", "market", "channel", "on"),
    [
        ("return_request_answer", "US", FBA, NEW),  # Amazon answers
        ("replacement_original_back", "DE", FBM, NEW),
        ("safet", "JP", FBM, NEW),
        ("safet", "US", FBA, NEW),
        ("safet_lost", "US", FBM, OLD),
        ("fba_return_claim_open", "JP", FBA, NEW),
        ("return_window_eu_short", "UK", FBM, date(2024, 3, 24)),
        ("crossborder_return_option", "UK", FBM, date(2024, 11, 10)),
        ("crossborder_return_option", "US", FBM, NEW),
        ("holiday_return_until", "JP", FBM, NEW),
        ("return_request_answer", "US", None, NEW),  # no channel: only rows for every channel
        ("no_such_clock", "US", FBM, NEW),
    ],
)
def test_row_does_not_hold_elsewhere(
    policy: Policy, row_id: str, market: str, channel: Channel | None, on: date
) -> None:
    assert policy.deadline(row_id, market=Marketplace(market), channel=channel, on=on) is None


@pytest.mark.parametrize("market", ["UK", "DE", "FR", "IT", "ES"])
def test_invoice_clock_is_for_business_orders_only(policy: Policy, market: str) -> None:
    here = Marketplace(market)
    assert policy.deadline("vat_invoice", market=here, channel=FBM, on=NEW) is None
    row = policy.deadline("vat_invoice", market=here, channel=FBM, on=NEW, business=True)
    assert row is not None
    assert (row.then.value, row.then.calendar, row.then.days_of) == (1, "business", "mon_fri")
    note = policy.deadline("credit_note", market=here, channel=FBM, on=NEW, business=True)
    assert note is not None
    assert (note.start, note.then.value, note.then.calendar) == ("return_confirmed", 1, "business")


def test_advice_and_estimates(policy: Policy) -> None:
    answer = policy.deadline("return_request_answer", market=Marketplace.US, channel=FBM, on=NEW)
    bank = policy.deadline("bank_posting", market=Marketplace.US, channel=FBM, on=NEW)
    assert answer is not None
    assert answer.then.advice == 24
    assert bank is not None
    assert (bank.then.least, bank.then.value, bank.then.days_of) == (3, 5, "bank")


def test_rows_under_an_unknown_condition_are_not_listed(policy: Policy) -> None:
    listed = policy.deadlines("delivered", market=Marketplace.DE, channel=FBM, on=NEW)
    assert [row.id for row in listed] == ["return_window", "pii_purge"]
    assert policy.deadlines("nothing_ever", market=Marketplace.DE, channel=FBM, on=NEW) == ()


def test_every_group_and_every_house_clock_exists(policy: Policy) -> None:
    assert policy.rows.groups["OUTSIDE_US"] == frozenset(Marketplace) - {Marketplace.US}
    house = [
        "house_reship",
        "house_part",
        "house_refund_submit",
        "house_label",
        "house_cancel",
        "house_trace",
        "house_redirect",
        "house_answer",
        "house_update_cadence",
        "house_final_check",
        "house_close",
        "house_return_arrives",
        "shipping_estimate",
    ]
    for name in house:
        for market in Marketplace:
            for channel in Channel:
                row = policy.deadline(name, market=market, channel=channel, on=NEW)
                assert row is not None
                assert row.is_house, name
    message = policy.deadline("buyer_message_reply", market=Marketplace.US, channel=FBM, on=NEW)
    assert message is not None
    assert not message.is_house


def due(
    policy: Policy, row_id: str, market: Marketplace, start: datetime, on: date, **more: bool
) -> datetime:
    row = policy.deadline(row_id, market=market, channel=FBM, on=on, **more)
    assert row is not None
    return policy.due(row, start, market)


def test_american_refund_moves_from_business_to_calendar_days(policy: Policy) -> None:
    # Friday 16 January 2026; Monday the 19th is Martin Luther King's day
    friday = datetime(2026, 1, 16, 20, 0, tzinfo=UTC)
    old = due(policy, "refund_after_receipt", Marketplace.US, friday, date(2026, 1, 25))
    assert old == datetime(2026, 1, 22, 7, 59, 59, tzinfo=UTC)  # Wednesday 21st, 23:59:59 Pacific
    new = due(policy, "refund_after_receipt", Marketplace.US, friday, date(2026, 1, 26))
    assert new == datetime(2026, 1, 21, 7, 59, 59, tzinfo=UTC)  # Tuesday 20th, weekend counted


def test_message_clock_runs_through_weekends_and_clock_changes(policy: Policy) -> None:
    saturday = datetime(2026, 3, 28, 18, 30, tzinfo=UTC)  # Europe changes its clocks that night
    assert due(policy, "buyer_message_reply", Marketplace.DE, saturday, NEW) == datetime(
        2026, 3, 29, 18, 30, tzinfo=UTC
    )


def test_invoice_clock_counts_public_holidays_as_days(policy: Policy) -> None:
    # Thursday 24 December 2026, noon in Berlin: the 25th is a holiday and counts all the same
    start = datetime(2026, 12, 24, 11, 0, tzinfo=UTC)
    assert due(policy, "vat_invoice", Marketplace.DE, start, NEW, business=True) == datetime(
        2026, 12, 25, 22, 59, 59, tzinfo=UTC
    )
    # the credit note counts working days: 25th and 26th are off, the 28th is Monday
    assert due(policy, "credit_note", Marketplace.DE, start, NEW, business=True) == datetime(
        2026, 12, 28, 22, 59, 59, tzinfo=UTC
    )


def test_office_works_on_a_made_up_saturday(policy: Policy) -> None:
    # house_close counts two office days in China: from Thursday 12 February 2026 they are Friday the
    # 13th and Saturday the 14th, which makes up for the Spring Festival
    thursday = datetime(2026, 2, 12, 2, 0, tzinfo=UTC)
    assert due(policy, "house_close", Marketplace.US, thursday, NEW) == datetime(
        2026, 2, 14, 15, 59, 59, tzinfo=UTC
    )


def test_holiday_season_ends_in_january(policy: Policy) -> None:
    bought = datetime(2025, 11, 1, 12, 0, tzinfo=UTC)
    assert due(policy, "holiday_return_until", Marketplace.UK, bought, NEW) == datetime(
        2026, 1, 31, 23, 59, 59, tzinfo=UTC
    )
    with pytest.raises(ValueError, match="outside of the season"):
        due(policy, "holiday_return_until", Marketplace.UK, datetime(2025, 10, 31, 12, tzinfo=UTC), NEW)


def test_an_opening_opens_with_its_day(policy: Policy) -> None:
    start = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    assert due(policy, "atoz_not_arrived_earliest", Marketplace.JP, start, NEW) == datetime(
        2026, 11, 3, 15, 0, tzinfo=UTC
    )


def test_bank_posting_is_a_range(policy: Policy) -> None:
    row = policy.deadline("bank_posting", market=Marketplace.US, channel=FBM, on=NEW)
    assert row is not None
    # Monday 23 November 2026; the 26th is Thanksgiving
    early, late = policy.due_range(row, datetime(2026, 11, 23, 18, 0, tzinfo=UTC), Marketplace.US)
    assert early == datetime(2026, 11, 28, 7, 59, 59, tzinfo=UTC)  # Friday 27th
    assert late == datetime(2026, 12, 2, 7, 59, 59, tzinfo=UTC)  # Tuesday 1st
    reship = policy.deadline("house_reship", market=Marketplace.US, channel=FBM, on=NEW)
    assert reship is not None
    early, late = policy.due_range(reship, datetime(2026, 11, 23, 18, 0, tzinfo=UTC), Marketplace.US)
    assert early == late == datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
