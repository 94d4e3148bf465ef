"""The first two steps as an agent sees them: find and lock the order, then account for every unit."""

from collections.abc import Callable

import pytest

from playbook.desk import Desk
from playbook.domain.ids import OrderId
from playbook.i18n import translator
from tests.builders import NOW, ORDER_ID, a_line, an_order, broken_down, claim, lock
from tests.desks import carried_out, claimed, locked, opened
from tests.widgets.conftest import Window

OTHER_ID = OrderId("204-5512873-7719399")
Windows = Callable[..., Window]


def many(units: int = 2, count: int = 80):
    return an_order(*(a_line(n, units=units, sku=f"SKU-{n:02}") for n in range(1, count + 1)))


def labels(window: Window) -> list[str]:
    """The SKUs that the rows of the breakdown are for, by the names of their lists."""
    return [x.removeprefix("Problem of ") for x in window.field_names if x.startswith("Problem of ")]


class TestLock:
    def test_a_complete_number_leaves_one_click(self, desk: Desk, windows: Windows) -> None:
        desk.store.put_orders([an_order()], "test")
        window = windows(case_id=opened(desk).case_id)
        window.sees("Exactly one order is meant.", "1 line, 10 units", "£100.00")
        assert not window.buttons("Pick")
        window.click(f"Lock {ORDER_ID}")
        assert window.step == "breakdown"
        window.click("✓ 1 Lock")
        window.sees(f"Order {ORDER_ID}, placed 2026-11-11", "SKU-1 Desk lamp, colour 1 10 10 £10.00 £100.00")
        window.click("Go on to the breakdown")
        assert window.step == "breakdown"

    def test_twins_need_a_pick_and_a_second_fact(self, desk: Desk, windows: Windows) -> None:
        lines = [a_line(n, sku=f"TWIN-{n}", title=f"Twin lantern {n}") for n in (1, 2)]
        desk.store.put_orders([an_order(*lines), an_order(*lines, order_id=OTHER_ID)], "test")
        window = windows(case_id=opened(desk, "My twin lanterns are broken").case_id)
        window.set("SKU", "TWIN-1")
        window.sees("Several orders could be meant: compare, pick one and confirm it with a second fact.")
        window.sees("Ask for the order number: the orders are alike in all else.")
        assert window.button("Lock this order").disabled
        assert "Second fact" not in window.field_names
        window.click("Pick", 0)
        assert window.button_names.count("✓ picked") == 1
        name = next(x for x in window.button_names if x.startswith("Lock 204-"))
        assert window.button(name).disabled
        window.choose("Second fact", "Checked in Seller Central")
        window.click(name)
        assert window.case.order is not None
        assert window.case.order.order_id == name.removeprefix("Lock ")

    def test_a_single_order_that_is_not_certain_has_to_be_picked(self, desk: Desk, windows: Windows) -> None:
        desk.store.put_orders([an_order(a_line(1, sku="LAMP-9", title="Desk lamp"))], "test")
        window = windows(case_id=opened(desk, "My desk lamp is broken").case_id)
        window.set("SKU", "LAMP-9")
        window.sees("One order could be meant: look at it, pick it and confirm it with a second fact.")
        assert window.button("Lock this order").disabled
        window.click("Pick")
        assert window.button(f"Lock {ORDER_ID}").disabled
        window.choose("Second fact", "Checked in Seller Central")
        window.click(f"Lock {ORDER_ID}")
        assert window.step == "breakdown"

    def test_nothing_found_says_what_to_type(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=opened(desk, "").case_id)
        window.sees("No order found.", "No message text: none was pasted, or it was deleted after its time.")
        assert window.button("Lock this order").disabled
        window.set("SKU", "NO-SUCH-SKU-77")
        window.sees("No order found.")

    def test_a_withdrawn_lock_marks_the_step_stale(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=claimed(desk).case_id)
        window.click("✓ 1 Lock")
        window.click("Withdraw the lock")
        window.sees("Not done, because:")
        window.set("Why is this the wrong order?", "the buyer meant another one")
        window.click("Withdraw the lock")
        assert window.case.order is None
        assert window.step == "lock"
        stale = window.button("↺ 1 Lock")
        assert stale.tooltip == "The lock was withdrawn: what followed from it no longer holds."
        assert window.button("2 Breakdown").disabled
        window.misses("Not done, because:")

    def test_in_chinese(self, desk: Desk, windows: Windows) -> None:
        _ = translator("zh_CN")
        desk.store.put_orders([an_order()], "test")
        window = windows(case_id=opened(desk).case_id, lang="zh_CN")
        window.sees(_("Exactly one order is meant."), _("Orders that fit"))
        window.misses("Exactly one order", "Journal", "Orders that fit")
        window.click(_("Lock {order_id}").format(order_id=ORDER_ID))
        assert window.step == "breakdown"
        window.sees(_("What is wrong, unit by unit"))


class TestTheTable:
    def test_the_proposal_is_shown_and_confirmed(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk).case_id)
        assert labels(window) == ["SKU-1", "SKU-1"]
        window.sees("7 fine", "Nothing has to be asked.")
        window.click("Confirm breakdown")
        assert [(i.problem.value, i.units) for i in window.case.claims] == [("transit_damage", 3)]
        assert window.step == "remedy"
        window.click("✓ 2 Breakdown")
        window.sees("Confirmed. Changing it takes back remedies whose units are no longer claimed.")

    def test_edits_by_hand(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk, message="something is wrong").case_id)
        assert window.button("Confirm breakdown").disabled
        assert window.button("Undo").disabled
        window.choose("Problem of SKU-1", "Damaged in transit")
        window.sees("number open", "To ask the buyer", "Copy message")
        window.misses("Nothing has to be asked.")
        window.set("Units of SKU-1", "4")
        window.sees("6 open")
        window.set("There is a photo of SKU-1", True)
        window.click("split")
        assert labels(window) == ["SKU-1", "SKU-1"]
        window.click("remove")
        assert labels(window) == ["SKU-1"]
        window.click("Rest is fine")
        window.sees("6 fine")
        window.click("Undo")
        window.sees("6 open")
        assert window.button("Confirm breakdown").disabled
        window.set("Leave the rest open: not mentioned", True)
        window.click("Confirm breakdown")
        (item,) = window.case.claims
        assert (item.units, [e.value for e in item.evidence]) == (4, ["photo"])

    @pytest.mark.parametrize("typed", ["three", "-2", "1.5", "12345678"])
    def test_what_is_no_number_is_said(self, desk: Desk, windows: Windows, typed: str) -> None:
        window = windows(case_id=locked(desk, message="something is wrong").case_id)
        window.choose("Problem of SKU-1", "Damaged in transit")
        window.set("Units of SKU-1", typed)
        window.sees(f"SKU-1: {typed} is not a number of units; write 1 or more.")
        window.set("Units of SKU-1", "?")
        assert window.button("Confirm breakdown").disabled

    def test_more_than_ordered_is_a_sentence(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk, message="something is wrong").case_id)
        window.choose("Problem of SKU-1", "Damaged in transit")
        window.set("Units of SKU-1", "11")
        assert window.button("Confirm breakdown").disabled
        window.sees("11", "10", "1 too many")
        window.set("Problem of SKU-1", "")
        window.set("Units of SKU-1", "")
        window.click("Propose again")
        assert window.field("Units of SKU-1").value == ""

    def test_a_doubtful_row_is_right_once_the_agent_says_so(self, desk: Desk, windows: Windows) -> None:
        case = locked(desk, message="something is wrong")
        doubtful = {"key": 1, "line": 1, "problem": "defect", "units": 2, "photo": False, "sure": False}
        saved = {"order_id": ORDER_ID, "rows": [doubtful], "leave_untouched": True}
        desk.store.put_draft(case.case_id, "breakdown", saved, NOW)
        window = windows(case_id=case.case_id)
        window.sees("? SKU-1")
        window.click("Right")
        assert not window.buttons("Right")
        window.misses("? SKU-1")
        window.click("Confirm breakdown")
        assert [(item.problem.value, item.units) for item in window.case.claims] == [("defect", 2)]

    def test_several_doubtful_rows_are_right_together(self, desk: Desk, windows: Windows) -> None:
        case = locked(desk, an_order(*(a_line(n, units=3) for n in (1, 2, 3))), message="something is wrong")
        doubtful = [
            {"key": n, "line": n, "problem": "defect", "units": 2, "photo": False, "sure": False}
            for n in (1, 2, 3)
        ]
        saved = {"order_id": ORDER_ID, "rows": doubtful, "leave_untouched": True}
        desk.store.put_draft(case.case_id, "breakdown", saved, NOW)
        window = windows(case_id=case.case_id)
        window.click("Right", 0)
        assert len(window.buttons("Right")) == 2
        window.click("All proposals are right")
        assert not window.buttons("Right")
        assert not window.buttons("All proposals are right")
        window.click("Undo")
        assert len(window.buttons("Right")) == 2
        window.click("All proposals are right")
        window.click("Confirm breakdown")
        assert [item.units for item in window.case.claims] == [2, 2, 2]

    def test_a_claimed_case_after_a_colleague_acted(self, desk: Desk, windows: Windows) -> None:
        case = locked(desk)
        window = windows(case_id=case.case_id)
        carried_out(desk, case, broken_down(claim(2)))
        window.click("Confirm breakdown")
        window.sees("A colleague changed this case meanwhile. Your draft is kept. What happened:")
        assert [item.units for item in window.case.claims] == [2]

    def test_in_chinese(self, desk: Desk, windows: Windows) -> None:
        _ = translator("zh_CN")
        window = windows(case_id=locked(desk).case_id, lang="zh_CN")
        window.sees(_("What is wrong, unit by unit"), _("{units} fine").format(units=7))
        window.click(_("Confirm breakdown"))
        assert window.step == "remedy"


class TestManyLines:
    def test_eighty_lines_come_in_pages(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk, many(), "something is wrong").case_id)
        assert labels(window) == [f"SKU-{n:02}" for n in range(1, 26)]
        window.sees("lines 1 to 25 of 80")
        assert window.button("←").disabled
        window.click("→")
        window.click("→")
        window.click("→")
        assert labels(window) == [f"SKU-{n:02}" for n in range(76, 81)]
        window.sees("lines 76 to 80 of 80")
        assert window.button("→").disabled
        window.click("←")
        assert labels(window)[0] == "SKU-51"

    def test_the_filter_keeps_lines_with_a_problem(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk, many(), "1 x SKU-40 arrived smashed").case_id)
        assert window.field("Only lines with a problem").value is True
        assert set(labels(window)) == {"SKU-40"}
        window.set("Only lines with a problem", False)
        assert labels(window)[0] == "SKU-01"

    def test_several_lines_at_once(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=locked(desk, many(count=5), "something is wrong").case_id)
        view = window.page.views["breakdown"].view
        view.bulk_lines.value = (2, 4)
        window.choose("Problem", "Missing units")
        window.click("Set for the selected lines")
        window.click("Rest is fine")
        window.click("Confirm breakdown")
        assert [(i.line, i.units, i.problem.value) for i in window.case.claims] == [
            (2, 2, "missing"),
            (4, 2, "missing"),
        ]


class TestAnotherOrder:
    """A lock that is withdrawn leaves nothing of its order behind."""

    def relocked(self, desk: Desk, windows: Windows, first, second) -> Window:
        message = f"Order {first.order_id}, something is wrong"
        window = windows(case_id=locked(desk, first, message).case_id)
        assert window.step == "breakdown"
        window.click("✓ 1 Lock")
        window.set("Why is this the wrong order?", "the buyer meant another one")
        window.click("Withdraw the lock")
        desk.store.put_orders([second], "test")
        assert window.page.work.do(lock(second))
        window.misses("This did not work.")
        return window

    def test_rows_and_lists_are_those_of_the_new_order(self, desk: Desk, windows: Windows) -> None:
        first = an_order(*(a_line(n, sku=f"OLD-{n}", title=f"Old lamp {n}") for n in range(1, 31)))
        second = an_order(
            *(a_line(n, sku=f"NEW-{n}", title=f"New vase {n}", units=3) for n in range(1, 5)),
            order_id=OTHER_ID,
        )
        window = self.relocked(desk, windows, first, second)
        assert window.step == "breakdown"
        assert labels(window) == ["NEW-1", "NEW-2", "NEW-3", "NEW-4"]
        view = window.page.views["breakdown"].view
        assert [label for label, _line in view.bulk_lines.options] == [
            f"NEW-{n}  New vase {n}" for n in range(1, 5)
        ]
        assert not any("OLD-" in piece or "Old lamp" in piece for piece in window.html)
        window.misses("lines 1 to")

    def test_a_row_of_another_line_is_not_used_again(self, desk: Desk, windows: Windows) -> None:
        first = an_order(a_line(1, sku="OLD-1"), a_line(2, sku="OLD-2"), a_line(3, sku="OLD-3"))
        second = an_order(a_line(7, sku="NEW-7", units=1), order_id=OTHER_ID)
        window = self.relocked(desk, windows, first, second)
        assert labels(window) == ["NEW-7"]
        window.choose("Problem of NEW-7", "Missing units")
        window.set("Units of NEW-7", "1")
        window.click("Confirm breakdown")
        assert [(item.line, item.units) for item in window.case.claims] == [(7, 1)]
