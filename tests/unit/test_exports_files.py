"""Calendar, refund sheet, return requests and hand-over card: equal to the ledgers, harmless for spreadsheets."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.remedies import SHAPES, RemedyKind
from playbook.exports import calendar_file, handover_card, neutral, refund_sheet, return_requests
from playbook.exports.refunds import HEAD
from playbook.exports.returns import RETURN_CODES
from playbook.exports.sheets import BOM, sheet
from playbook.steps.commands import (
    AddNote,
    ChangePromise,
    Command,
    CompleteFollowUp,
    ConfirmPlan,
    KeepPromise,
    OfferHandOver,
    RequestEvidence,
    SetFlag,
)
from tests.builders import (
    LEAD,
    NOW,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_message,
    a_planned_case,
    a_remedy,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)
from tests.letterlogs import logged

LEADS = a_setting(LEAD)


def a_mixed_case(market: Marketplace = Marketplace.UK, currency: str = "GBP", sku: str | None = None) -> Case:
    """One line replaced, one refunded with tax, shipping and promotion, one returned; planned."""
    paid = amounts(currency, item="100", item_tax="20", shipping="7", promotion="-10")
    order = an_order(
        a_line(1, currency=currency, paid=amounts(currency, item="90")),
        a_line(2, units=3, paid=paid, currency=currency, sku=sku, order_item_id="11112222333344"),
        a_line(3, units=4, paid=amounts(currency, item="40"), currency=currency),
        market=market,
    )
    rows = (claim(3), claim(2, ProblemType.DEFECT, 2), claim(1, ProblemType.NOT_AS_DESCRIBED, 3))
    case = a_claimed_case(*rows, order=order, setting=LEADS)
    return run(
        case,
        choose(RemedyKind.REPLACEMENT, "c1"),
        choose(RemedyKind.REFUND_FULL, "c2"),
        choose(RemedyKind.RETURN_REFUND, "c3"),
        ConfirmPlan(),
        setting=LEADS,
    )


def events_of(file: bytes) -> list[object]:
    return list(Calendar.from_ical(file).walk("VEVENT"))


class TestCalendar:
    def test_every_open_follow_up_is_an_event_with_an_alarm(self):
        case = a_mixed_case()
        found = events_of(calendar_file(case, now=NOW, lang="en"))
        assert len(found) == len(case.open_follow_ups) > 3
        for event, follow_up in zip(found, case.open_follow_ups, strict=True):
            assert event.decoded("dtend") == follow_up.due_at
            assert event.decoded("dtstart") == follow_up.due_at - timedelta(minutes=15)
            assert event.decoded("dtend").tzinfo is not None
            assert event.decoded("dtstamp") == NOW
            (alarm,) = event.walk("VALARM")
            assert alarm.decoded("trigger") == timedelta(hours=-1)
            assert alarm["action"] == "DISPLAY"
            assert str(event["summary"]).startswith(f"{case.case_id}: ")
            assert event["description"] == ORDER_ID

    def test_a_newer_file_updates_the_older_one_and_adds_no_double(self):
        case = a_planned_case()
        first = {str(event["uid"]): event for event in events_of(calendar_file(case, now=NOW, lang="en"))}
        promise = case.open_promises[0]
        moved = run(case, ChangePromise(promise.promise, promise.due_at + timedelta(days=1), "no stock"))
        second = {
            str(event["uid"]): event for event in events_of(calendar_file(moved, now=NOW, lang="zh_CN"))
        }
        assert len(first) == len(case.open_follow_ups)
        kept = first.keys() & second.keys()
        assert kept
        for uid in kept:
            assert second[uid]["sequence"] > first[uid]["sequence"]
        assert calendar_file(case, now=NOW, lang="en") == calendar_file(case, now=NOW, lang="en")

    def test_parsed_and_written_again_it_is_the_same(self):
        file = calendar_file(a_mixed_case(), now=NOW, lang="zh_CN")
        assert Calendar.from_ical(file).to_ical() == file
        assert b"\r\n" in file

    def test_what_is_done_is_not_in_it(self):
        case = a_planned_case()
        task = next(f for f in case.open_follow_ups if not f.promise)
        done = run(case, CompleteFollowUp(task.follow_up))
        before, after = (events_of(calendar_file(one, now=NOW, lang="en")) for one in (case, done))
        assert len(after) == len(before) - 1

    def test_times_are_in_utc_whatever_the_zone(self):
        case = a_planned_case()
        tokyo = ZoneInfo("Asia/Tokyo")
        there = tuple(f.model_copy(update={"due_at": f.due_at.astimezone(tokyo)}) for f in case.follow_ups)
        file = calendar_file(replace(case, follow_ups=there), now=NOW.astimezone(tokyo), lang="en")
        assert file == calendar_file(case, now=NOW, lang="en")
        assert b"TZID" not in file
        assert f"{case.open_follow_ups[0].due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() in file

    def test_it_speaks_the_agents_language(self):
        file = calendar_file(a_planned_case(), now=NOW, lang="zh_CN")
        assert any("发出商品" in str(event["summary"]) for event in events_of(file))

    def test_without_follow_ups_it_is_empty(self):
        assert events_of(calendar_file(an_open_case(), now=NOW, lang="en")) == []

    def test_a_case_without_an_order_has_no_description(self):
        case = replace(an_open_case(), follow_ups=a_planned_case().follow_ups)
        found = events_of(calendar_file(case, now=NOW, lang="en"))
        assert found
        assert all("description" not in event for event in found)


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


class TestRefundSheet:
    @pytest.mark.parametrize(("market", "currency"), [(Marketplace.UK, "GBP"), (Marketplace.JP, "JPY")])
    def test_amounts_equal_the_ledger(self, market: Marketplace, currency: str):
        case = a_mixed_case(market, currency)
        rows = rows_of(refund_sheet(case, policy=the_policy(), lang="en"))
        paying = [remedy for remedy in case.remedies if remedy.refund]
        assert [row["sku"] for row in rows] == ["SKU-2", "SKU-3"]
        for row, remedy in zip(rows, paying, strict=True):
            parts = [Decimal(row[name]) for name in HEAD if name.endswith("-adj") and row[name]]
            assert sum(parts) == Decimal(row["total"]) == remedy.refund_total.amount
            assert len(parts) == len(remedy.refund)
            assert row["quantity"] == str(remedy.units)
            assert (row["order-id"], row["currency"], row["rule"]) == (ORDER_ID, currency, remedy.rule)
            assert row["adjustment-reason-code"] == the_policy().remedy_row(remedy.rule).then.reason_code
        assert rows[0]["order-item-id"] == "11112222333344"
        assert rows[0]["remedy"] == "Full refund"
        assert Decimal(rows[0]["item-promotion-adj"]) < 0

    def test_shares_of_shipping_and_promotion_are_the_lines_own(self):
        (row, _other) = rows_of(refund_sheet(a_mixed_case(), policy=the_policy(), lang="zh_CN"))
        shown = {name: row[name] for name in HEAD if name.endswith("-adj")}
        assert shown["item-price-adj"] == "66.67"
        assert shown["item-tax-adj"] == "13.33"
        assert shown["item-promotion-adj"] == "-6.67"
        assert row["remedy"] == "全额退款"

    def test_what_is_executed_is_left_out(self):
        case = a_planned_case(RemedyKind.REFUND_FULL)
        assert len(rows_of(refund_sheet(case, policy=the_policy(), lang="en"))) == 1
        done = run(case, *(KeepPromise(promise.promise) for promise in case.open_promises))
        assert rows_of(refund_sheet(done, policy=the_policy(), lang="en")) == []

    @pytest.mark.parametrize("case", [an_open_case(), a_planned_case()])
    def test_without_refunds_there_is_only_the_head(self, case: Case):
        assert refund_sheet(case, policy=the_policy(), lang="en") == BOM + ",".join(HEAD) + "\r\n"

    def test_a_rule_that_is_gone_gives_no_reason_code(self):
        case = a_planned_case(RemedyKind.REFUND_FULL)
        gone = tuple(remedy.model_copy(update={"rule": "gone"}) for remedy in case.remedies)
        (row,) = rows_of(refund_sheet(replace(case, remedies=gone), policy=the_policy(), lang="en"))
        assert row["adjustment-reason-code"] == ""

    def test_a_line_that_is_gone_is_left_out(self):
        case = replace(a_planned_case(RemedyKind.REFUND_FULL), order=an_order(a_line(7)))
        assert rows_of(refund_sheet(case, policy=the_policy(), lang="en")) == []

    @pytest.mark.parametrize("sku", ["=HYPERLINK(1)", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", "＝1"])
    def test_a_sku_cannot_become_a_formula(self, sku: str):
        rows = rows_of(refund_sheet(a_mixed_case(sku=sku), policy=the_policy(), lang="en"))
        assert rows[0]["sku"].startswith("'")


class TestNeutralCells:
    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            ("=1+1", "'=1+1"),
            ("+44", "'+44"),
            ("-A1", "'-A1"),
            ("@x", "'@x"),
            ("\tx", "' x"),
            ("\rx", "' x"),
            ("\nx", "' x"),
            ("  =1", "'  =1"),
            ("\ufeff=1", "' =1"),
            ("\u00a0=1", "' =1"),
            ("＝1", "'＝1"),
            ("－1", "'－1"),
            ("a\x00b\x1bc\u202ed", "a b c d"),
            ("line\r\nbreak", "line  break"),
            ("-12.50", "-12.50"),
            ("-", "'-"),
            ("--1", "'--1"),
            ("-1-1", "'-1-1"),
            ("-1.2.3", "'-1.2.3"),
            (Decimal("-6.67"), "-6.67"),
            (12, "12"),
            ("", ""),
            ("A=1", "A=1"),
            ("红色 🎁", "红色 🎁"),
        ],
    )
    def test_cells(self, cell: object, shown: str):
        assert neutral(cell) == shown

    @given(st.text(max_size=40))
    def test_no_text_starts_a_formula(self, text: str):
        cell = neutral(text)
        assert cell.isprintable()
        assert not cell.lstrip(" ").startswith(("=", "+", "@", "＝", "＋", "－", "＠"))
        if cell.startswith("-"):
            Decimal(cell)
        assert rows_of(sheet(["a", "b"], [[text, 1]])) == [{"a": cell, "b": "1"}]


class TestReturns:
    def test_one_request_per_channel_with_reason_and_units(self):
        order = an_order(a_line(1), a_line(2, channel=Channel.FBM), a_line(3))
        rows = (
            claim(2, ProblemType.WRONG_ITEM),
            claim(1, ProblemType.DEFECT, 2),
            claim(1, ProblemType.MISSING, 3),
        )
        case = run(
            a_claimed_case(*rows, order=order, setting=LEADS),
            choose(RemedyKind.EXCHANGE, "c1"),
            choose(RemedyKind.RETURN_REFUND, "c2"),
            choose(RemedyKind.REFUND_FULL, "c3"),
            setting=LEADS,
        )
        (request,) = return_requests(case)
        assert (request.channel, request.units) == (Channel.FBM, 3)
        assert [(line.sku, line.units, line.reason_code, line.remedy) for line in request.lines] == [
            ("SKU-1", 2, "CR-SWITCHEROO", "r1"),
            ("SKU-2", 1, "CR-DEFECTIVE", "r2"),
        ]

    def test_channels_are_never_merged(self):
        case = a_mixed_case()
        other = a_remedy("r9", item="c2", line=2, kind=RemedyKind.RETURN_REFUND, channel=Channel.SFP, units=2)
        found = return_requests(replace(case, remedies=(*case.remedies, other)))
        assert [(one.channel, one.units) for one in found] == [(Channel.FBM, 1), (Channel.SFP, 2)]

    def test_nothing_comes_back_without_an_order_or_an_item(self):
        assert return_requests(an_open_case()) == ()
        case = a_mixed_case()
        assert return_requests(replace(case, items=())) == ()
        assert return_requests(replace(case, order=None)) == ()

    def test_every_problem_has_amazons_reason(self):
        assert set(RETURN_CODES) == set(ProblemType)
        assert {kind for kind in RemedyKind if SHAPES[kind].comes_back == "goods"} == {
            RemedyKind.EXCHANGE,
            RemedyKind.RETURN_REFUND,
        }


def the_busy_commands() -> Iterator[Command]:
    yield RequestEvidence(("c1",), Evidence.PHOTO)
    yield SetFlag("angry")
    yield a_message("first_reply")
    yield AddNote("wants\nthe blue <b>ones</b> =1+1")
    yield choose(RemedyKind.REFUND_FULL, units=1)
    yield OfferHandOver("Sun Li")


class TestHandOver:
    def card(self, lang: str = "en") -> str:
        events, case = logged(a_claimed_case(claim(3, photo=False)), *the_busy_commands(), setting=LEADS)
        return handover_card(case, events, now=NOW, lang=lang)

    def test_it_says_what_a_colleague_needs(self):
        assert self.card() == (
            "2026-0001 · 204-5512873-7719305 · Remedy\n"
            "Flags:\n"
            "- angry buyer\n"
            "- waits for evidence\n"
            "Problems:\n"
            "- 3 x SKU-1: Damaged in transit\n"
            "Claimed units without a remedy: 2.\n"
            "Agreed:\n"
            "- 1 x SKU-1: Full refund · £10.00\n"
            "The buyer was told:\n"
            "- 2026-11-23 17:00 First reply: received, being checked, answer by a date\n"
            "The buyer was asked for:\n"
            "- 2026-11-23 17:00 photo\n"
            "Notes for colleagues:\n"
            "- Zhao Min: wants the blue <b>ones</b> =1+1\n"
        )

    def test_it_speaks_chinese(self):
        card = self.card("zh_CN")
        assert "标记：\n- 买家情绪激动\n" in card
        assert "\n- 1 x SKU-1：全额退款 · £10.00\n" in card

    def test_promises_come_in_order_with_their_standing(self):
        case = a_mixed_case()
        card = handover_card(case, (), now=NOW + timedelta(days=2), lang="en")
        part = card[card.index("Promised to the buyer") :].splitlines()[1:]
        dues = [line.split(": ")[1][:16] for line in part if " x SKU" in line]
        assert dues == sorted(dues)
        assert "· late" in card
        assert "Ship the goods · 3 x SKU-1" in card
        assert card.count("\n- ", card.index("Next:")) <= 8

    def test_it_tells_of_approvals(self):
        case = run(a_claimed_case(order=an_order(a_line(paid="5000.00"))), choose(RemedyKind.REFUND_FULL))
        assert case.pending
        assert "Requests that wait for approval: 1." in handover_card(case, (), now=NOW, lang="en")

    def test_a_case_without_an_order_has_a_card(self):
        card = handover_card(an_open_case(), (), now=NOW, lang="en")
        assert card == "2026-0001 · – · Lock\n"

    def test_a_promise_for_the_whole_case_has_no_goods(self):
        from playbook.domain.events import PromiseMade
        from playbook.domain.promises import PromiseKind
        from tests.builders import a_promise, after_bodies

        promise = a_promise(kind=PromiseKind.ANSWER, line=None, units=None, remedy="")
        card = handover_card(
            after_bodies(an_open_case(), PromiseMade(promise=promise)), (), now=NOW, lang="en"
        )
        assert "- Answer the buyer · –: 2026-11-24 17:00 · open" in card
