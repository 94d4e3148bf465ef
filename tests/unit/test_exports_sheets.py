"""Return checklist, picking list and hand-over card: what stands on them, on paper and as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.desk import Desk
from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import Event, PromiseMade
from playbook.domain.orders import Channel, EarlierKind
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.exports import (
    Document,
    hand_over_list,
    hand_over_sheet,
    handover_card,
    picking_list,
    picking_sheet,
    picks,
    return_list,
    return_sheet,
)
from playbook.exports.documents import Part, Table, as_text
from playbook.exports.handover import COLUMNS as CARD_COLUMNS
from playbook.exports.picking import COLUMNS as PICKING_COLUMNS
from playbook.exports.returns import COLUMNS as RETURN_COLUMNS
from playbook.exports.sheets import BOM
from playbook.i18n import LANGUAGES, show
from playbook.letters import LetterKind, draft
from playbook.steps import Setting
from playbook.steps.commands import (
    AddNote,
    CheckRefunds,
    ConfirmPlan,
    ExportRefunds,
    KeepPromise,
    OfferHandOver,
    RecordEvidence,
    RequestEvidence,
    SetFlag,
)
from playbook.steps.refundfile import refund_sheet
from playbook.steps.returns import advise_returns
from playbook.steps.schedule import running_deadlines
from playbook.widgets.printing import printed
from tests.builders import (
    LEAD,
    MANAGER,
    NOW,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_message,
    a_planned_case,
    a_promise,
    a_setting,
    after_bodies,
    an_open_case,
    an_order,
    choose,
    claim,
    earlier,
    run,
    the_policy,
)
from tests.desks import planned
from tests.letterlogs import logged

LEADS, BOSS = a_setting(LEAD), a_setting(MANAGER)
HOSTILE = "=HYPERLINK(1) <script>alert(1)</script>"
MIND = ProblemType.CHANGED_MIND


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def all_cells(document: Document) -> list[str]:
    tables = [part.table for part in document.parts if part.table is not None]
    return [cell for table in tables for row in table.rows for cell in row]


def part_of(document: Document, title: str) -> Part:
    (part,) = (part for part in document.parts if part.title == title)
    return part


def harmless(text: str) -> None:
    for row in csv.reader(io.StringIO(text.removeprefix(BOM), newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "-")), cell


# ---- returns -----------------------------------------------------------------------------------------


def returning(sku: str = "PLT26-GRN", title: str = "Dinner plate") -> Case:
    order = an_order(a_line(1, sku=sku, title=title, units=20), a_line(2, sku="BWL15-GRN", units=20))
    case = a_claimed_case(claim(16, MIND), claim(16, MIND, 2), order=order, setting=BOSS)
    return run(
        case,
        choose(RemedyKind.RETURN_REFUND, "c1"),
        choose(RemedyKind.RETURN_REFUND, "c2"),
        ConfirmPlan(),
        setting=BOSS,
    )


class TestTheReturnChecklist:
    def sheet(self, case: Case, lang: str = "en") -> Document:
        advice = advise_returns(case, BOSS)
        assert advice is not None
        return return_sheet(case, advice, BOSS, lang)

    def test_on_paper(self):
        document = self.sheet(returning())
        assert (document.title, document.facts) == ("Return checklist", ("2026-0001", ORDER_ID))
        assert [part.title for part in document.parts] == [
            "What to do", "Return 1: request in Seller Central", "Return 2: request in Seller Central",
            "Why so", "Look at it yourself",
        ]  # fmt: skip
        assert document.parts[0].ticks
        first = document.parts[1]
        (facts,) = first.lines
        assert facts.split(" · ") == [
            "units: 16", "weight: 11.52 kg", "to: default return address in Seller Central",
            "way back: the buyer pays", "window ends 2027-01-31, not verified",
        ]  # fmt: skip
        assert first.table is not None
        assert first.table.rows == (
            ("PLT26-GRN", "Dinner plate", "16", "CR-UNWANTED_ITEM · No longer needed", "2027-01-31", "", ""),
        )

    def test_a_verified_day_is_the_day_of_the_marketplace(self):
        now = NOW.replace(month=9, day=20)
        order = an_order(
            a_line(1, currency="USD", delivered_on=now.date().replace(day=5)),
            market=the_policy().markets["US"].id,
            placed_at=now - timedelta(days=20),
        )
        setting = replace(BOSS, now=now)
        case = a_claimed_case(claim(1, MIND), order=order, setting=setting)
        case = run(case, choose(RemedyKind.RETURN_REFUND), setting=setting)
        advice = advise_returns(case, setting)
        assert advice is not None
        assert "hand in by 2026-10-05" in return_sheet(case, advice, setting, "en").parts[1].lines[0]
        assert rows_of(return_list(case, advice))[0]["window-closes"] == "2026-10-05"

    def test_as_csv(self):
        case = returning()
        advice = advise_returns(case, BOSS)
        assert advice is not None
        text = return_list(case, advice)
        first, second = rows_of(text)
        assert tuple(first) == RETURN_COLUMNS
        assert first == {
            "case": "2026-0001", "order-id": ORDER_ID, "request": "1", "way": "request", "return-address": "default",
            "label-paid-by": "buyer", "sku": "PLT26-GRN", "title": "Dinner plate", "units": "16", "weight-kg": "11.52",
            "return-reason-code": "CR-UNWANTED_ITEM", "window-closes": "2027-01-31", "units-received": "", "condition": "",
        }  # fmt: skip
        assert (second["request"], second["sku"]) == ("2", "BWL15-GRN")

    def test_what_is_not_known_stays_empty(self):
        case = returning(sku="X")
        assert case.order is not None
        bare = [line.model_copy(update={"delivered_on": None}) for line in case.order.lines]
        order = case.order.model_copy(update={"lines": tuple(bare), "latest_delivery_on": None})
        fba = tuple(remedy.model_copy(update={"channel": Channel.FBA}) for remedy in case.remedies)
        case = replace(case, order=order, remedies=fba)
        advice = advise_returns(case, BOSS)
        assert advice is not None
        row = rows_of(return_list(case, advice))[0]
        assert (row["weight-kg"], row["return-reason-code"], row["window-closes"], row["return-address"]) == (
            "",
        ) * 4
        document = return_sheet(case, advice, BOSS, "en")
        assert ("X", "Dinner plate", "16", "–", "–", "", "") in [
            row for part in document.parts if part.table for row in part.table.rows
        ]

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_hostile_titles_stay_text(self, lang: str):
        case = returning(sku="=1+1", title=HOSTILE)
        advice = advise_returns(case, BOSS)
        assert advice is not None
        harmless(return_list(case, advice))
        assert "<script" not in printed(return_sheet(case, advice, BOSS, lang), lang)


# ---- picking -----------------------------------------------------------------------------------------


class TestThePickingList:
    def test_what_is_promised_to_leave_and_has_not(self):
        case = a_planned_case()
        (pick,) = picks([case, an_open_case()])
        assert (pick.case_id, pick.order_id, pick.sku, pick.units, pick.part) == (
            "2026-0001", ORDER_ID, "SKU-1", 3, False,
        )  # fmt: skip
        shipped = run(case, KeepPromise("p1", "1Z"))
        assert picks([shipped]) == ()

    def test_parts_are_told_apart(self):
        case = run(
            a_claimed_case(claim(2, ProblemType.MISSING_PARTS)), choose(RemedyKind.SEND_PART), ConfirmPlan()
        )
        (pick,) = picks([case])
        assert pick.part
        assert "Desk lamp, colour 1 (part only)" in all_cells(picking_sheet([pick], now=NOW, lang="en"))
        assert rows_of(picking_list([pick], now=NOW, lang="zh_CN"))[0]["what"] == "仅配件"

    def test_sums_per_product_over_all_cases_and_the_next_due_first(self):
        first = a_planned_case()
        later = replace(first, case_id="2026-0002")
        moved = tuple(
            replace(known, promise=known.promise.model_copy(update={"due_at": NOW - timedelta(hours=1)}))
            for known in later.promises
        )
        found = picks([first, replace(later, promises=moved)])
        assert [pick.case_id for pick in found] == ["2026-0002", "2026-0001"]
        document = picking_sheet(found, now=NOW, lang="en")
        shelves, parcels = (part.table for part in document.parts)
        assert shelves is not None
        assert parcels is not None
        assert shelves.rows == (("SKU-1", "Desk lamp, colour 1", "6", ""),)
        assert [row[0] for row in parcels.rows] == ["2026-11-23 16:00 (late)", "2026-11-24 17:00"]
        assert document.facts == ("2026-11-23 17:00", "units: 6", "cases: 2")
        rows = rows_of(picking_list(found, now=NOW, lang="en"))
        assert tuple(rows[0]) == PICKING_COLUMNS
        assert [row["late"] for row in rows] == ["x", ""]

    def test_stray_promises_are_left_out(self):
        case = a_planned_case()
        stray = a_promise("p8", remedy="r9")
        assert len(picks([after_bodies(case, PromiseMade(promise=stray))])) == 1
        assert picks([replace(case, order=an_order(a_line(7)))]) == ()
        assert picks([replace(case, order=None)]) == ()

    def test_a_promise_without_units_means_those_of_the_remedy(self):
        case = a_planned_case()
        known = case.promises[0]
        open_ended = replace(known, promise=known.promise.model_copy(update={"units": None}))
        (pick,) = picks([replace(case, promises=(open_ended,))])
        assert pick.units == 3

    @given(st.text(max_size=30), st.sampled_from(LANGUAGES))
    def test_no_title_becomes_a_formula_or_markup(self, title: str, lang: str):
        (pick,) = picks([a_planned_case()])
        pick = replace(pick, title=f"={title}", sku=f"@{title}")
        harmless(picking_list([pick], now=NOW, lang=lang))
        html = printed(picking_sheet([pick], now=NOW, lang=lang), lang)
        assert html.count("<") == printed(picking_sheet([replace(pick, title="", sku="")], now=NOW, lang=lang), lang).count("<")  # fmt: skip

    def test_no_person_is_named(self, desk: Desk):
        from playbook.store import Recipient
        from playbook.store.values import OrderEntry

        desk.store.put_orders(
            [OrderEntry(an_order(), recipient=Recipient(name="Perrin Vasquez", city="Duluth"))], "t"
        )
        case = planned(desk)
        found = picks(desk.open_cases())
        assert [pick.case_id for pick in found] == [case.case_id]
        for text in (
            picking_list(found, now=NOW, lang="en"),
            printed(picking_sheet(found, now=NOW, lang="en"), "en"),
        ):
            assert ORDER_ID in text
            assert not any(part in text for part in ("Perrin", "Vasquez", "Duluth"))


# ---- the hand-over card ------------------------------------------------------------------------------


def busy(setting: Setting = LEADS) -> tuple[tuple[Event, ...], Case]:
    return logged(
        a_claimed_case(claim(3, photo=False)),
        RequestEvidence(("c1",), Evidence.PHOTO),
        RecordEvidence(("c1",), Evidence.PHOTO),
        RequestEvidence(("c1",), Evidence.VIDEO),
        SetFlag("angry"),
        a_message("first_reply"),
        AddNote("wants\nthe blue <b>ones</b> =1+1"),
        choose(RemedyKind.REFUND_FULL, units=1),
        OfferHandOver("Sun Li"),
        setting=setting,
    )


class TestTheHandOverCard:
    def test_it_says_what_a_colleague_needs(self):
        events, case = busy()
        clocks = [one for one in running_deadlines(case, LEADS) if one.due_at > NOW]
        assert len(clocks) >= 3
        assert handover_card(case, events, setting=LEADS, lang="en") == (
            "2026-0001 · 204-5512873-7719305 · Remedy · with Lin Xiaowen\n"
            "Flags:\n"
            "- angry buyer\n"
            "- waits for evidence\n"
            "Risks and clocks:\n"
            "- Claimed units without a remedy: 2.\n"
            + "".join(f"- {show(one.due_at, 'en')} {one.row.name.en}\n" for one in clocks)
            + "- A refund cannot be taken back after two hours. Check that no replacement order exists.\n"
            "The buyer was told:\n"
            "- 2026-11-23 17:00 First reply: received, being checked, answer by a date\n"
            "Known: do not ask the buyer again:\n"
            "- Order: 204-5512873-7719305\n"
            "- 3 x SKU-1: Damaged in transit\n"
            "- Received: photo 2026-11-23 17:00\n"
            "Asked, not answered yet:\n"
            "- 2026-11-23 17:00 video\n"
            "Agreed:\n"
            "- 1 x SKU-1: Full refund · £10.00\n"
            "Notes for colleagues:\n"
            "- Zhao Min: wants the blue <b>ones</b> =1+1\n"
        )

    def test_it_speaks_chinese(self):
        events, case = busy()
        card = handover_card(case, events, setting=LEADS, lang="zh_CN")
        assert "标记：\n- 买家情绪激动\n" in card
        assert "\n- 1 x SKU-1：全额退款 · £10.00\n" in card
        assert "未兑现的承诺" not in card

    def test_open_promises_come_by_due_time_and_settled_ones_apart(self):
        events, case = logged(
            a_claimed_case(claim(3), claim(2, MIND, 2), order=an_order(a_line(1), a_line(2)), setting=LEADS),
            choose(RemedyKind.REPLACEMENT, "c1"), choose(RemedyKind.RETURN_REFUND, "c2"), ConfirmPlan(),
            KeepPromise("p1", "1Z9"), setting=LEADS,
        )  # fmt: skip
        late = replace(LEADS, now=NOW + timedelta(days=2))
        document = hand_over_sheet(case, events, setting=late, lang="en")
        table = part_of(document, "Promised and open").table
        assert table is not None
        dues = [row[0] for row in table.rows]
        assert dues == sorted(dues)
        assert table.rows[0][1:] == ("Answer the buyer", "2 x SKU-2", "", "late")
        before = part_of(document, "Promised before").table
        assert before is not None
        assert before.rows[0][1:] == ("Ship the goods", "3 x SKU-1", "", "kept")
        risks = part_of(document, "Risks and clocks").lines
        assert risks[0] == "Promise is late: Answer the buyer 2 x SKU-2"
        tasks = part_of(document, "Next").lines
        assert len(tasks) <= 8
        assert sum("Update, even without news" in task for task in tasks) == 1
        assert tasks[0].endswith("First reply to the buyer")
        assert tasks[1].endswith("Answer the buyer · 2 x SKU-2")

    def test_the_exact_words_while_they_are_kept(self, desk: Desk):
        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=the_policy(), now=NOW)
        outcome = desk.approve_message(case, letter.kind, letter.text, letter.locale)
        case = desk.case(case.case_id)
        assert case is not None, outcome
        sheet = hand_over_sheet(
            case, desk.events(case.case_id), setting=desk.setting(case), lang="en", told=desk.told(case)
        )
        (quote,) = part_of(sheet, "The buyer was told").quotes
        assert quote.words == letter.text
        assert quote.head == "2026-11-23 17:00 The solution, with dates · Lin Xiaowen"
        assert "Thank you" in printed(sheet, "en")
        assert "Thank you" not in handover_card(
            case, desk.events(case.case_id), setting=desk.setting(case), lang="en"
        )
        desk.store.purge((NOW + timedelta(days=40)).date())
        assert set(desk.told(case).values()) == {None}
        gone = hand_over_sheet(
            case, desk.events(case.case_id), setting=desk.setting(case), lang="en", told=desk.told(case)
        )
        (quote,) = part_of(gone, "The buyer was told").quotes
        assert quote.words == "(The words were deleted on schedule.)"

    def test_risks_name_approvals_other_cases_and_refund_files(self):
        order = an_order(a_line(paid="5000.00", units=100))
        case = run(a_claimed_case(claim(50), order=order), choose(RemedyKind.REFUND_FULL))
        other = a_setting(elsewhere=[earlier(units=1, kind=EarlierKind.OTHER_CASE)])
        risks = part_of(hand_over_sheet(case, (), setting=other, lang="en"), "Risks and clocks").lines
        assert "Requests that wait for approval: 1." in risks
        assert "Another case on this order has compensated units: look there first." in risks
        paid = run(
            a_claimed_case(order=an_order(a_line(order_item_id="11112222333344"))),
            choose(RemedyKind.REFUND_FULL),
            ConfirmPlan(),
        )
        sheet = refund_sheet(paid, LEADS)
        assert sheet is not None
        paid = run(paid, CheckRefunds(sheet.digest), ExportRefunds(sheet.digest), setting=LEADS)
        risks = part_of(hand_over_sheet(paid, (), setting=LEADS, lang="en"), "Risks and clocks").lines
        assert "A refund file of £30.00 was saved: do not refund these units again." in risks

    def test_risks_of_what_is_done_or_of_rules_that_are_gone_are_not_named(self):
        case = a_planned_case(RemedyKind.REFUND_FULL)
        warning = "A refund cannot be taken back after two hours. Check that no replacement order exists."

        def risks(one: Case) -> tuple[str, ...]:
            return part_of(hand_over_sheet(one, (), setting=LEADS, lang="en"), "Risks and clocks").lines

        assert warning in risks(case)
        assert warning not in risks(run(case, KeepPromise("p1", "R-1")))
        gone = tuple(remedy.model_copy(update={"rule": "gone"}) for remedy in case.remedies)
        assert warning not in risks(replace(case, remedies=gone))

    def test_a_case_without_an_order_has_a_card(self):
        card = handover_card(replace(an_open_case(), owner=""), (), setting=LEADS, lang="en")
        assert card.startswith("2026-0001 · – · Lock\n")

    def test_a_promise_for_the_whole_case_has_no_goods(self):
        promise = a_promise(kind=PromiseKind.ANSWER, line=None, units=None, remedy="")
        case = after_bodies(an_open_case(), PromiseMade(promise=promise))
        card = handover_card(case, (), setting=LEADS, lang="en")
        assert "- 2026-11-24 17:00 · Answer the buyer · the whole case · open" in card

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_as_csv_it_is_harmless(self, lang: str):
        events, case = busy()
        told = {"v-0001": '=HYPERLINK("http://evil")\n+1'}
        document = hand_over_sheet(case, events, setting=LEADS, lang=lang, told=told)
        text = hand_over_list(document)
        harmless(text)
        rows = rows_of(text)
        assert tuple(rows[0]) == CARD_COLUMNS
        assert any("HYPERLINK" in row["what"] for row in rows)
        planned_case = run(a_claimed_case(), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
        table = rows_of(hand_over_list(hand_over_sheet(planned_case, (), setting=LEADS, lang=lang)))
        assert any(row["goods"] == "3 x SKU-1" for row in table)


# ---- on paper ----------------------------------------------------------------------------------------


class _Outline(HTMLParser):
    """Which elements a sheet has, and whether they are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Sequence[object]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestOnPaper:
    def test_a_sheet_is_a_file_of_its_own_without_code(self):
        events, case = busy()
        html = printed(hand_over_sheet(case, events, setting=LEADS, lang="zh_CN", told={}), "zh_CN")
        outline = _Outline()
        outline.feed(html)
        assert outline.open == []
        assert outline.seen.isdisjoint({"script", "link", "img", "iframe", "a", "form"})
        assert html.startswith('<!doctype html><html lang="zh-CN">')
        assert "default-src 'none'" in html
        assert "@page" in html

    def test_empty_parts_are_not_printed(self):
        document = Document(
            "T", ("x",), (Part("empty"), Part("table", table=Table(("a",), ())), Part("full", ("l",)))
        )
        html = printed(document, "en")
        assert "<h2>full</h2>" in html
        assert "<h2>empty</h2>" not in html
        assert "<h2>table</h2>" not in html
        assert as_text(document, ":") == "x\nfull:\n- l\n"
