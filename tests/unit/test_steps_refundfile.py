"""The refund sheet: equal to the ledger, checked by two, exported once, in Amazon's columns."""

import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.events import canonical_json, event_from_json
from playbook.domain.folding import apply
from playbook.domain.ids import Marketplace, OrderItemId
from playbook.domain.ledgers import money_ledger
from playbook.domain.money import Money, total
from playbook.domain.orders import Channel, Component, amounts_total
from playbook.domain.remedies import RemedyKind
from playbook.exports import amazon_file, refund_list
from playbook.exports.refunds import AMOUNT_COLUMNS, FLAT_COLUMNS, LIST_COLUMNS
from playbook.exports.sheets import BOM
from playbook.i18n import say
from playbook.policy import Policy
from playbook.policy.remedy_rows import RefundReason
from playbook.steps import Actor, Refused, Setting, decide
from playbook.steps.commands import (
    CheckRefunds,
    ConfirmPlan,
    Counted,
    ExportRefunds,
    KeepPromise,
    ReceiveGoods,
    UndoRefundExport,
    WithdrawRemedy,
)
from playbook.steps.refundfile import (
    RefundSheet,
    check_blockers,
    export_blockers,
    exported_rows,
    refund_sheet,
)
from tests.builders import (
    AGENT,
    LEAD,
    MANAGER,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    stamped,
    the_policy,
)
from tests.letterlogs import logged

SHARED = Path(__file__).resolve().parents[3] / "shared"
LEADS, BOSS = a_setting(LEAD), a_setting(MANAGER)
OTHER = a_setting(Actor("Ma Jun", "agent"))
IDS = ("11112222333344", "11112222333355", "11112222333366", "11112222333377")


def a_mixed_case(market: Marketplace = Marketplace.UK, currency: str = "GBP", **line: object) -> Case:
    """Refunded with every component; returned; cancelled; replaced."""
    paid = amounts(
        currency, item="100", item_tax="20", shipping="7", shipping_tax="1", promotion="-10", gift_wrap="5",
        gift_wrap_tax="1", shipping_promotion="-2",
    )  # fmt: skip
    order = an_order(
        a_line(1, currency=currency, units=3, paid=paid, **{"order_item_id": IDS[0], **line}),
        a_line(2, currency=currency, units=4, paid=amounts(currency, item="40"), order_item_id=IDS[1]),
        a_line(
            3, currency=currency, units=6, shipped=4, paid=amounts(currency, item="60"), order_item_id=IDS[2]
        ),
        a_line(4, currency=currency, paid=amounts(currency, item="90"), order_item_id=IDS[3]),
        market=market,
    )
    rows = (
        claim(2),
        claim(1, ProblemType.NOT_AS_DESCRIBED, 2),
        claim(2, ProblemType.CHANGED_MIND, 3),
        claim(3, line=4),
    )
    return run(
        a_claimed_case(*rows, order=order, setting=LEADS),
        choose(RemedyKind.REFUND_FULL, "c1"),
        choose(RemedyKind.RETURN_REFUND, "c2"),
        choose(RemedyKind.CANCEL_UNSHIPPED, "c3"),
        choose(RemedyKind.REPLACEMENT, "c4"),
        ConfirmPlan(),
        setting=LEADS,
    )


def of(case: Case, setting: Setting = LEADS) -> RefundSheet:
    sheet = refund_sheet(case, setting)
    assert sheet is not None
    return sheet


def outstanding(case: Case) -> Money:
    """What the ledger has granted and not executed."""
    assert case.order is not None
    currency = case.order.currency
    lines = money_ledger(case)
    granted = total([amounts_total(line.granted, currency) for line in lines], currency)
    return granted - total([amounts_total(line.executed, currency) for line in lines], currency)


def checked(case: Case, setting: Setting = OTHER) -> Case:
    return run(case, CheckRefunds(of(case).digest), setting=setting)


def exported(case: Case) -> Case:
    return run(checked(case), ExportRefunds(of(case).digest), setting=LEADS)


def codes(problems: tuple[object, ...]) -> list[str]:
    return [problem.code for problem in problems]


class TestWhatIsInTheFile:
    def test_only_refunds_of_shipped_goods_that_need_not_come_back(self):
        sheet = of(a_mixed_case())
        assert [(row.sku, row.units, row.order_item_id) for row in sheet.rows] == [("SKU-1", 2, IDS[0])]
        assert [(one.sku, one.why.code) for one in sheet.left_out] == [
            ("SKU-2", "refund_waits_for_goods"),
            ("SKU-3", "refund_is_cancelled"),
        ]
        assert sheet.total + sheet.left_out_total == outstanding(a_mixed_case())

    def test_what_came_back_joins_the_file(self):
        case = a_mixed_case()
        back = next(r.remedy for r in case.remedies if r.kind is RemedyKind.RETURN_REFUND)
        case = run(case, ReceiveGoods((Counted(back, 1),)), setting=LEADS)
        assert [row.sku for row in of(case).rows] == ["SKU-1", "SKU-2"]

    def test_what_is_executed_is_nowhere(self):
        case = a_mixed_case()
        for promise in case.open_promises:
            if promise.remedy == case.remedies[0].remedy:
                case = run(case, KeepPromise(promise.promise, "R-1"), setting=LEADS)
        sheet = of(case)
        assert sheet.rows == ()
        assert sheet.left_out_total == outstanding(case)
        assert codes(sheet.blockers) == ["refund_file_empty"]
        assert sheet.notes == ()

    def test_units_of_amazon_are_left_out(self):
        case = a_mixed_case()
        remedies = [case.remedies[0].model_copy(update={"channel": Channel.FBA}), *case.remedies[1:]]
        sheet = of(replace(case, remedies=tuple(remedies)))
        assert sheet.left_out[0].why.code == "refund_by_amazon"
        assert "FBA units" in say(sheet.left_out[0].why, "en")

    def test_before_the_lock_there_is_no_sheet(self):
        case = an_open_case()
        assert refund_sheet(case, LEADS) is None
        assert codes(check_blockers(case, None, LEADS)) == ["not_locked"]
        assert codes(export_blockers(case, None)) == ["not_locked"]
        assert exported_rows(case, LEADS) == ()

    def test_a_line_that_is_gone_is_left_out(self):
        case = replace(a_mixed_case(), order=an_order(a_line(7)))
        assert (of(case).rows, of(case).left_out) == ((), ())


class TestTheAmounts:
    def test_tax_stands_apart_where_prices_come_without_it(self):
        (row,) = of(a_mixed_case(Marketplace.US, "USD")).rows
        assert row.amounts[Component.ITEM_TAX] == Money.of("13.33", "USD")
        assert amounts_total(row.amounts, "USD") == row.total

    @pytest.mark.parametrize(("market", "currency"), [(Marketplace.UK, "GBP"), (Marketplace.JP, "JPY")])
    def test_tax_is_in_the_price_where_prices_include_it(self, market: Marketplace, currency: str):
        case = a_mixed_case(market, currency)
        (row,) = of(case).rows
        refund = case.remedies[0].refund
        assert (
            row.amounts.keys() & {Component.ITEM_TAX, Component.SHIPPING_TAX, Component.GIFT_WRAP_TAX}
            == set()
        )
        assert row.amounts[Component.ITEM] == refund[Component.ITEM] + refund[Component.ITEM_TAX]
        assert row.total == case.remedies[0].refund_total == amounts_total(row.amounts, currency)
        assert [note.id for note in of(case).notes] == [
            "tax_in_price", "quantity_is_cancelled", "promotion_needs_id",
        ]  # fmt: skip

    def test_without_the_rule_the_tax_stays_where_it_is(self):
        rows = the_policy().rows
        left = tuple(row for row in rows.returns if row.id != "tax_in_price")
        (row,) = of(a_mixed_case(), replace(LEADS, policy=Policy(replace(rows, returns=left)))).rows
        assert Component.ITEM_TAX in row.amounts

    def test_the_check_changes_with_every_amount_and_reason(self):
        case = a_mixed_case()
        first = case.remedies[0]
        other = {Component.ITEM: Money.of("1", "GBP")}
        changed = [
            first.model_copy(update={"refund": other}),
            first.model_copy(update={"rule": "gone"}),
            first.model_copy(update={"remedy": "r77"}),
        ]
        digests = {of(replace(case, remedies=(one, *case.remedies[1:]))).digest for one in changed}
        assert len(digests | {of(case).digest}) == 4
        assert re.fullmatch(r"[0-9A-F]{8}", of(case).digest)


class TestOrderItemIds:
    def test_missing_ids_are_refused_with_the_lines(self):
        sheet = of(a_mixed_case(order_item_id=None))
        (problem,) = sheet.blockers
        assert say(problem, "en").startswith("Amazon's order item id is not known for SKU-1: import a report")

    @pytest.mark.parametrize("item_id", ["=1+1", "12\t3", "１２３４", "", "12345678901234x"])
    def test_what_is_no_id_counts_as_missing(self, item_id: str):
        assert codes(of(a_mixed_case(order_item_id=item_id)).blockers) == ["order_item_id_missing"]

    def test_ids_that_the_order_book_learnt_later_are_used(self):
        case = checked(a_mixed_case(order_item_id=None))
        later = {1: OrderItemId(IDS[3])}
        sheet = refund_sheet(case, LEADS, later)
        assert sheet is not None
        assert (sheet.blockers, sheet.rows[0].order_item_id) == ((), IDS[3])
        assert sheet.digest == of(case).digest
        assert isinstance(decide(case, ExportRefunds(sheet.digest), LEADS), Refused)
        after = run(case, ExportRefunds(sheet.digest, tuple(later.items())), setting=LEADS)
        assert exported_rows(after, LEADS, later)[0].order_item_id == IDS[3]


class TestASecondPerson:
    def test_who_chose_cannot_check(self):
        case = a_mixed_case()
        assert codes(check_blockers(case, of(case), LEADS)) == ["second_person_needed"]
        assert check_blockers(case, of(case), OTHER) == ()
        assert check_blockers(case, of(case), a_setting(AGENT)) == ()

    def test_who_works_alone_may_as_a_manager(self):
        case = a_mixed_case()
        own = tuple(r.model_copy(update={"chosen_by": MANAGER.name}) for r in case.remedies)
        assert check_blockers(replace(case, remedies=own), of(case), BOSS) == ()
        stranger = a_setting(Actor(MANAGER.name, "intern"))
        own_case = replace(case, remedies=own)
        assert codes(check_blockers(own_case, of(own_case), stranger)) == ["second_person_needed"]

    def test_the_file_needs_the_check_of_exactly_these_refunds(self):
        case = a_mixed_case()
        assert codes(export_blockers(case, of(case))) == ["refunds_not_checked"]
        case = checked(case)
        assert case.refunds_checked is not None
        assert (case.refunds_checked.by, case.refunds_checked.total) == ("Ma Jun", of(case).total)
        assert export_blockers(case, of(case)) == ()
        back = next(r.remedy for r in case.remedies if r.kind is RemedyKind.RETURN_REFUND)
        more = run(case, ReceiveGoods((Counted(back, 1),)), setting=LEADS)
        assert codes(export_blockers(more, of(more))) == ["refunds_not_checked"]

    def test_a_sheet_that_changed_meanwhile_is_not_checked_or_exported(self):
        case = a_mixed_case()
        for command, setting in ((CheckRefunds("0"), OTHER), (ExportRefunds("0"), LEADS)):
            decision = decide(checked(case) if isinstance(command, ExportRefunds) else case, command, setting)
            assert isinstance(decision, Refused)
            assert codes(decision.problems) == ["refunds_changed"]


class TestTheExport:
    def test_what_is_in_a_file_is_not_put_into_another(self):
        case = exported(a_mixed_case())
        sheet = of(case)
        assert sheet.rows == ()
        assert "refund_exported" in [one.why.code for one in sheet.left_out]
        assert sheet.left_out_total == outstanding(case)
        assert (case.refunds_checked, len(case.refund_files)) == (None, 1)
        assert case.exported == {case.remedies[0].remedy}

    def test_a_lost_download_is_made_again_from_the_record(self):
        before = a_mixed_case()
        after = exported(before)
        assert exported_rows(after, LEADS) == of(before).rows

    def test_a_remedy_in_a_file_cannot_be_taken_back_until_the_file_is(self):
        case = exported(a_mixed_case())
        withdraw = WithdrawRemedy(case.remedies[0].remedy, "typed wrong")
        refusal = decide(case, withdraw, LEADS)
        assert isinstance(refusal, Refused)
        assert codes(refusal.problems) == ["refund_in_file"]
        case = run(case, UndoRefundExport("not uploaded"), withdraw, setting=LEADS)
        assert case.exported == frozenset()

    def test_an_undone_file_needs_a_reason_and_a_new_check(self):
        case = exported(a_mixed_case())
        refusal = decide(case, UndoRefundExport(" "), LEADS)
        assert isinstance(refusal, Refused)
        assert codes(refusal.problems) == ["reason_needed"]
        case = run(case, UndoRefundExport("not uploaded"), setting=LEADS)
        assert codes(export_blockers(case, of(case))) == ["refunds_not_checked"]

    def test_rows_of_a_file_whose_remedies_are_gone_are_left_out(self):
        case = exported(a_mixed_case())
        assert exported_rows(replace(case, remedies=()), LEADS) == ()

    def test_the_events_survive_the_log(self):
        case = a_mixed_case()
        events, after = logged(case, CheckRefunds(of(case).digest), setting=OTHER)
        more, after = logged(after, ExportRefunds(of(case).digest), UndoRefundExport("x"), setting=LEADS)
        again = [event_from_json(canonical_json(event)) for event in (*events, *more)]
        assert apply(case, again) == after
        assert stamped(case, [event.body for event in events], OTHER)[0].body == again[0].body


def flat(text: str) -> list[dict[str, str]]:
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))


class TestTheFlatFile:
    def test_columns_are_amazons_in_amazons_order(self):
        text = amazon_file(ORDER_ID, of(a_mixed_case(Marketplace.US, "USD")).rows)
        head, row = text.splitlines()
        assert head == (
            "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj\titem-tax-adj\t"
            "shipping-price-adj\tshipping-tax-adj\tgift-wrap-price-adj\tgift-wrap-tax-adj\titem-promotion-adj\t"
            "item-promotion-id\tship-promotion-adj\tship-promotion-id\tquantity-cancelled"
        )
        assert row.split("\t") == [
            ORDER_ID, IDS[0], "GeneralAdjustment", "USD", "66.67", "13.33", "4.67", "0.67", "3.33", "0.67",
            "-6.67", "", "-1.33", "", "",
        ]  # fmt: skip

    def test_it_begins_with_a_letter_and_has_no_mark(self):
        assert amazon_file(ORDER_ID, of(a_mixed_case()).rows).startswith("order-id\t")

    def test_the_quantity_column_stays_empty_and_promotions_are_negative(self):
        (row,) = flat(amazon_file(ORDER_ID, of(a_mixed_case()).rows))
        assert row["quantity-cancelled"] == ""
        assert Decimal(row["item-promotion-adj"]) < 0 > Decimal(row["ship-promotion-adj"])
        assert row["item-tax-adj"] == row["shipping-tax-adj"] == row["gift-wrap-tax-adj"] == ""

    def test_nothing_but_numbers_codes_and_ids_gets_in(self):
        (row,) = of(a_mixed_case()).rows
        with pytest.raises(ValueError, match="cannot stand in a refund file"):
            amazon_file(ORDER_ID, [replace(row, order_item_id=OrderItemId("=1+1"))])
        with pytest.raises(ValueError, match="cannot stand in a refund file"):
            amazon_file("1\t2", [row])

    def test_reasons_are_the_eighteen_of_the_feed(self):
        assert sum(reason.is_refund for reason in RefundReason) == 18
        assert not RefundReason.BUYER_CANCELED.is_refund
        case = a_mixed_case()
        row = next(row for row in the_policy().rows.remedies if row.then.reason_code == "BuyerCanceled")
        first = case.remedies[0].model_copy(update={"rule": row.id})
        sheet = of(replace(case, remedies=(first,)))
        assert codes(sheet.blockers) == ["refund_reason_missing"]

    @pytest.mark.shared
    def test_columns_and_reasons_are_those_of_the_facts(self):
        facts = (SHARED / "facts" / "amazon.md").read_text("utf-8")
        columns = re.search(r'"flat_file_payment_adjustment_columns": (\[.*?\])', facts, re.DOTALL)
        reasons = re.search(r'"adjustment_reasons": (\[.*?\])', facts, re.DOTALL)
        assert columns
        assert reasons
        assert list(FLAT_COLUMNS) == json.loads(columns.group(1))
        assert [r.value for r in RefundReason if r.is_refund] == json.loads(reasons.group(1))

    @pytest.mark.shared
    def test_orders_of_the_new_orders_report_have_the_ids_the_file_needs(self):
        columns = json.loads((SHARED / "data/amazon_formats/report_columns.json").read_text("utf-8"))
        new = next(spec for name, spec in columns.items() if name.startswith("GET_FLAT_FILE_ORDERS_DATA"))
        assert {"order-id", "order-item-id", "currency"} <= set(new["columns"]) & set(FLAT_COLUMNS)
        general = next(spec for name, spec in columns.items() if "ALL_ORDERS" in name)
        assert "order-item-id" not in general["columns"]


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


class TestTheListForPeople:
    def test_it_has_the_control_total_and_what_is_left_out(self):
        sheet = of(a_mixed_case())
        first, control, *left, left_total = rows_of(refund_list(sheet, "en"))
        assert (first["sku"], first["units"], first["remedy"]) == ("SKU-1", "2", "Full refund")
        assert sum(Decimal(first[name]) for name in AMOUNT_COLUMNS if first[name]) == Decimal(first["total"])
        assert (control["sku"], Decimal(control["total"])) == ("Control total", sheet.total.amount)
        assert [row["note"] for row in left] == [
            "SKU-2: 1 unit has to come back first.",
            "SKU-3: 2 units were never shipped. Cancel them in Manage Orders; a refund file must not hold them.",
        ]
        assert (left_total["sku"], Decimal(left_total["total"])) == (
            "Not in the file",
            sheet.left_out_total.amount,
        )
        assert tuple(first) == LIST_COLUMNS

    def test_it_speaks_chinese(self):
        texts = [row["sku"] for row in rows_of(refund_list(of(a_mixed_case()), "zh_CN"))]
        assert texts[1] == "控制总额"
        assert texts[-1] == "不在文件内"

    def test_without_anything_left_out_it_ends_with_the_total(self):
        case = a_mixed_case()
        rows = rows_of(refund_list(of(replace(case, remedies=case.remedies[:1])), "en"))
        assert [row["sku"] for row in rows] == ["SKU-1", "Control total"]

    @pytest.mark.parametrize("sku", ["=HYPERLINK(1)", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", "＝1"])
    def test_a_sku_cannot_become_a_formula(self, sku: str):
        rows = rows_of(refund_list(of(a_mixed_case(sku=sku)), "en"))
        assert rows[0]["sku"].startswith("'")

    def test_a_rule_that_is_gone_gives_no_reason(self):
        case = a_mixed_case(order_item_id=None)
        gone = case.remedies[0].model_copy(update={"rule": "gone"})
        (row, _total) = rows_of(refund_list(of(replace(case, remedies=(gone,))), "en"))
        assert (row["adjustment-reason-code"], row["order-item-id"]) == ("", "")


KINDS = [
    RemedyKind.REFUND_FULL,
    RemedyKind.REFUND_PARTIAL,
    RemedyKind.RETURN_REFUND,
    RemedyKind.RETURNLESS_REFUND,
    RemedyKind.REPLACEMENT,
]


@st.composite
def some_refunds(draw: st.DrawFn) -> Case:
    """Up to five lines with a remedy each, hostile SKUs, any tax, some promises kept, perhaps exported."""
    market, currency = draw(
        st.sampled_from([(Marketplace.UK, "GBP"), (Marketplace.US, "USD"), (Marketplace.JP, "JPY")])
    )
    cents = st.integers(1, 99_999)
    lines, rows = [], []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        paid = {"item": str(draw(cents)), "item_tax": str(draw(cents)), "shipping": str(draw(cents))}
        if draw(st.booleans()):
            paid["promotion"] = str(-draw(st.integers(1, 500)))
        sku = draw(st.sampled_from(["A", "=1+1", "-2+3", "@x", "+1", "\t=1"]))
        units = draw(st.integers(1, 9))
        lines.append(
            a_line(
                number, sku=f"{sku}{number}", units=units, paid=amounts(currency, **paid), currency=currency,
                order_item_id=str(10**13 + number),
            )
        )  # fmt: skip
        rows.append(claim(draw(st.integers(1, units)), ProblemType.DEFECT, number))
    case = a_claimed_case(*rows, order=an_order(*lines, market=market), setting=BOSS)
    chosen = [choose(draw(st.sampled_from(KINDS)), f"c{n}") for n in range(1, len(rows) + 1)]
    case = run(case, *chosen, ConfirmPlan(), setting=BOSS)
    for promise in case.open_promises:
        if draw(st.integers(0, 2)) == 0:
            decision = decide(case, KeepPromise(promise.promise), BOSS)
            if not isinstance(decision, Refused):
                case = apply(case, stamped(case, decision, BOSS))
    if draw(st.booleans()) and of(case, BOSS).rows:
        case = run(
            case, CheckRefunds(of(case, BOSS).digest), ExportRefunds(of(case, BOSS).digest), setting=BOSS
        )
    return case


@settings(max_examples=80, deadline=None)
@given(some_refunds())
def test_the_sheet_is_what_the_ledger_has_granted_and_not_executed(case: Case):
    sheet = of(case, BOSS)
    assert sheet.total + sheet.left_out_total == outstanding(case)
    listed = {row.remedy for row in sheet.rows} | {one.remedy for one in sheet.left_out}
    assert listed == {r.remedy for r in case.remedies if r.refund and r.remedy not in case.executed}
    assert not {row.remedy for row in sheet.rows} & case.exported
    file = flat(amazon_file(ORDER_ID, sheet.rows))
    paid = sum((Decimal(row[name]) for row in file for name in AMOUNT_COLUMNS if row[name]), Decimal(0))
    assert paid == sheet.total.amount
    for row in (*file, *rows_of(refund_list(sheet, "en"))):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
            assert not cell.startswith("-") or Decimal(cell) < 0
