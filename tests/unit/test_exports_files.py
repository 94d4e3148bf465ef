"""Calendar, refund sheet, return requests and hand-over card: equal to the ledgers, harmless for spreadsheets."""

import csv
import io
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.promises import ClockStart
from playbook.domain.remedies import RemedyKind
from playbook.exports import calendar_file, neutral
from playbook.exports.sheets import BOM, sheet
from playbook.steps.commands import (
    ChangePromise,
    CloseCase,
    Command,
    CompleteFollowUp,
    ConfirmPlan,
    Counted,
    KeepPromise,
    ReceiveGoods,
    StartClock,
)
from playbook.steps.schedule import current
from tests.builders import (
    LEAD,
    NOW,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_message,
    a_planned_case,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    run,
    the_policy,
)

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
        found = events_of(calendar_file(case, policy=the_policy(), now=NOW, lang="en"))
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
        first = {
            str(event["uid"]): event
            for event in events_of(calendar_file(case, policy=the_policy(), now=NOW, lang="en"))
        }
        promise = case.open_promises[0]
        moved = run(case, ChangePromise(promise.promise, promise.due_at + timedelta(days=1), "no stock"))
        second = {
            str(event["uid"]): event
            for event in events_of(calendar_file(moved, policy=the_policy(), now=NOW, lang="zh_CN"))
        }
        assert len(first) == len(case.open_follow_ups)
        kept = first.keys() & second.keys()
        assert kept
        for uid in kept:
            assert second[uid]["sequence"] > first[uid]["sequence"]
        assert calendar_file(case, policy=the_policy(), now=NOW, lang="en") == calendar_file(
            case, policy=the_policy(), now=NOW, lang="en"
        )

    def test_parsed_and_written_again_it_is_the_same(self):
        file = calendar_file(a_mixed_case(), policy=the_policy(), now=NOW, lang="zh_CN")
        assert Calendar.from_ical(file).to_ical() == file
        assert b"\r\n" in file

    def test_what_is_done_or_no_longer_planned_is_cancelled(self):
        case = a_planned_case()
        promise = case.open_promises[0]
        moved = run(
            case,
            ChangePromise(promise.promise, promise.due_at + timedelta(days=3), "no stock"),
            CompleteFollowUp("final_check"),
        )
        status = {
            str(event["uid"]): str(event["status"])
            for event in events_of(calendar_file(moved, policy=the_policy(), now=NOW, lang="en"))
        }
        uid = f"{case.case_id}-{{}}@playbook".format
        assert status[uid("promise-p1")] == status[uid("final_check")] == "CANCELLED"
        assert status[uid("promise-p2")] == status[uid("close_out")] == "CONFIRMED"

    def test_a_cancelled_one_rings_no_alarm(self):
        done = run(a_planned_case(), CompleteFollowUp("first_reply"))
        for event in events_of(calendar_file(done, policy=the_policy(), now=NOW, lang="en")):
            assert bool(event.walk("VALARM")) == (event["status"] == "CONFIRMED")

    def test_a_calendar_that_imports_every_file_shows_exactly_what_is_open(self):
        """As a client does (RFC 5546): one event for each UID, the newer sequence wins, cancelled ones go."""
        case = run(a_claimed_case(), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
        steps: list[Command] = [
            a_message("solution"),
            KeepPromise("p1", "label"),
            ChangePromise("p2", NOW + timedelta(days=9), "the carrier is on strike"),
            a_message("superseded"),
            StartClock(ClockStart.CLAIM_OPENED, NOW),
            CompleteFollowUp("update-1"),
            CompleteFollowUp("deadline-atoz_seller_response"),
            ReceiveGoods((Counted("r1", 3),)),
            KeepPromise("p4", "refund"),
            a_message("refund_submitted"),
            CompleteFollowUp("final_check"),
            CloseCase(),
        ]
        imported: dict[str, vobject.base.Component] = {}
        for step in [None, None, *steps]:
            if step is not None:
                case = run(case, step, setting=LEADS)
            read = current(case, LEADS)
            file = calendar_file(read, policy=the_policy(), now=NOW, lang="en").decode("utf-8")
            for event in vobject.readOne(file).contents.get("vevent", []):
                known = imported.get(event.uid.value)
                if known is None or int(event.sequence.value) >= int(known.sequence.value):
                    imported[event.uid.value] = event
            shown = {uid: e.dtend.value for uid, e in imported.items() if e.status.value == "CONFIRMED"}
            assert shown == {
                f"{case.case_id}-{task.follow_up}@playbook": task.due_at for task in read.open_follow_ups
            }
        assert case.closed
        assert shown == {}
        assert len(imported) > 8

    @pytest.mark.parametrize("lang", ["en", "zh_CN"])
    def test_another_parser_reads_the_same(self, lang: str):
        case = current(a_mixed_case(), LEADS)
        file = calendar_file(case, policy=the_policy(), now=NOW, lang=lang)
        theirs = vobject.readOne(file.decode("utf-8"))
        assert theirs.method.value == "PUBLISH"
        for ours, event in zip(events_of(file), theirs.vevent_list, strict=True):
            assert event.uid.value == str(ours["uid"])
            assert event.summary.value == str(ours["summary"])
            assert event.dtstart.value == ours.decoded("dtstart")
            assert event.dtend.value == ours.decoded("dtend")
            assert event.valarm.trigger.value == timedelta(hours=-1)
            assert event.valarm.action.value == "DISPLAY"
        assert theirs.serialize()

    def test_times_are_in_utc_whatever_the_zone(self):
        case = a_planned_case()
        tokyo = ZoneInfo("Asia/Tokyo")
        there = tuple(f.model_copy(update={"due_at": f.due_at.astimezone(tokyo)}) for f in case.follow_ups)
        file = calendar_file(
            replace(case, follow_ups=there), policy=the_policy(), now=NOW.astimezone(tokyo), lang="en"
        )
        assert file == calendar_file(case, policy=the_policy(), now=NOW, lang="en")
        assert b"TZID" not in file
        assert f"{case.open_follow_ups[0].due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() in file

    def test_it_speaks_the_agents_language(self):
        file = calendar_file(a_planned_case(), policy=the_policy(), now=NOW, lang="zh_CN")
        assert any("发出商品" in str(event["summary"]) for event in events_of(file))

    def test_without_follow_ups_it_is_empty(self):
        assert events_of(calendar_file(an_open_case(), policy=the_policy(), now=NOW, lang="en")) == []

    def test_a_case_without_an_order_has_no_description(self):
        case = replace(an_open_case(), follow_ups=a_planned_case().follow_ups)
        found = events_of(calendar_file(case, policy=the_policy(), now=NOW, lang="en"))
        assert found
        assert all("description" not in event for event in found)


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


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
