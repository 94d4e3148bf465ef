"""Goods that come back: the card appears with an expected return, counts, and tells what stands against it."""

from collections.abc import Callable

from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.orders import EarlierKind
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.i18n import translator
from playbook.steps.commands import ConfirmPlan, KeepPromise
from tests.builders import an_order, broken_down, choose, claim, earlier
from tests.desks import carried_out, locked, planned
from tests.widgets.conftest import Window, at

Windows = Callable[..., Window]
TITLE = "Goods that come back"


def returning(desk: Desk, windows: Windows, **asked: str) -> Window:
    case = carried_out(desk, locked(desk), broken_down(claim(3, ProblemType.CHANGED_MIND)))
    case = carried_out(desk, case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    answer = next(p for p in case.open_promises if p.kind is PromiseKind.ANSWER)
    return windows(case_id=carried_out(desk, case, KeepPromise(answer.promise)).case_id, **asked)


def test_without_a_return_there_is_no_card(desk: Desk, windows: Windows) -> None:
    windows(case_id=planned(desk).case_id).misses(TITLE)


def test_a_parcel_is_counted_and_recorded(desk: Desk, windows: Windows) -> None:
    window = returning(desk, windows)
    window.sees(TITLE, "awaited: 3 · £30.00")
    assert window.button("Record what came back").disabled
    window.set("Taken back of SKU-1", "1")
    window.set("Rejected of SKU-1", "1")
    window.sees("rejected units need a reason")
    window.choose("Why SKU-1 is rejected", "used by the buyer")
    window.sees("at most 50 % may be kept back")
    window.set("Kept back of the price of SKU-1, percent", "80")
    window.sees("at most 50 % (used by the buyer), not 80 %")
    assert window.button("Record what came back").disabled
    window.set("Kept back of the price of SKU-1, percent", "25")
    window.set("tracking number or return number", "1Z9")
    window.set("Arrived at, China time; empty is now", at(23, 12))
    window.set("Units that nobody expected", "2")
    window.set("what is it?", "kettles")
    window.click("Record what came back")
    window.sees("awaited: 1 · £10.00", "1 used by the buyer", "2 x kettles unexpected. 1Z9")
    assert [str(remedy.refund_total) for remedy in window.case.remedies] == [
        "10.00 GBP",
        "7.50 GBP",
        "10.00 GBP",
    ]
    assert window.case.receptions[0].arrived_at.isoformat() == "2026-11-23T04:00:00+00:00"


def test_everything_is_here(desk: Desk, windows: Windows) -> None:
    window = returning(desk, windows)
    window.click("Everything is here")
    assert window.field("Taken back of SKU-1").value == "3"
    window.choose("What came unexpectedly", "SKU-1")
    window.set("Units that nobody expected", "1")
    window.click("Record what came back")
    window.sees(TITLE, "1 unexpected")
    assert not window.buttons("Record what came back")
    assert window.case.remedies[0].accepted == 3


def test_what_is_typed_is_there_again_in_another_window(desk: Desk, windows: Windows) -> None:
    window = returning(desk, windows)
    window.set("Taken back of SKU-1", "2")
    window.set("tracking number or return number", "1Z9")
    window.set("Arrived at, China time; empty is now", at(23, 12))
    again = windows(case_id=window.case.case_id)
    assert again.field("Taken back of SKU-1").value == "2"
    assert again.field("tracking number or return number").value == "1Z9"
    assert again.field("Arrived at, China time; empty is now").value == at(23, 12)
    again.set("Arrived at, China time; empty is now", None)
    again.click("Record what came back")
    assert again.case.receptions[0].arrived_at == again.case.receptions[0].recorded_at


def test_amazon_has_refunded_it(desk: Desk, windows: Windows) -> None:
    window = returning(desk, windows)
    window.click("Done: promise kept")
    window.sees("3 units have not come back yet", "only if Amazon has already refunded them")
    window.click("Amazon has refunded it")
    window.sees("Amazon did it: Submit the refund")
    assert window.case.open_promises == ()
    assert not window.buttons("Amazon has refunded it")
    window.set("Rejected of SKU-1", "1")
    window.choose("Why SKU-1 is rejected", "incomplete")
    window.misses("may be kept back")


def test_in_chinese(desk: Desk, windows: Windows) -> None:
    _ = translator("zh_CN")
    window = returning(desk, windows, lang="zh_CN")
    window.sees(_(TITLE), _("Nobody expected:"))
    window.misses(TITLE, "Awaited")


def test_what_a_return_report_knew_is_shown(desk: Desk, windows: Windows) -> None:
    order = an_order(earlier=(earlier(units=2, kind=EarlierKind.RETURN),))
    case = carried_out(desk, locked(desk, order), broken_down(claim(3, ProblemType.CHANGED_MIND)))
    case = carried_out(desk, case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
    windows(case_id=case.case_id).sees("2 in the return report")
