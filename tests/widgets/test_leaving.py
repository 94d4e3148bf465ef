"""On the page: the return requests, the refund sheet with its two persons, and the files to take along."""

import base64
import re
from collections.abc import Callable

import ipywidgets as w

from playbook.desk import Desk
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.remedies import RemedyKind
from playbook.i18n import translator
from playbook.steps.commands import ClaimRow, ConfirmPlan
from tests.builders import a_line, an_order, choose
from tests.desks import carried_out, claimed, planned
from tests.widgets.conftest import Front, Window

Windows = Callable[..., Window]
PHOTO = frozenset({Evidence.PHOTO})
CHECK = "I have compared it: the sheet is right"
EXPORT = "Make the refund file"


def mixed(desk: Desk) -> str:
    """A case with goods that come back on two ways, one refund and one replacement; its id."""
    order = an_order(*(a_line(n, order_item_id=f"1111222233334{n}") for n in (1, 2, 3, 4)))
    rows = [
        ClaimRow(1, ProblemType.CHANGED_MIND, 2),
        ClaimRow(2, ProblemType.DEFECT, 1, PHOTO),
        ClaimRow(3, ProblemType.TRANSIT_DAMAGE, 3, PHOTO),
        ClaimRow(4, ProblemType.TRANSIT_DAMAGE, 5, PHOTO),
    ]
    kinds = (
        RemedyKind.RETURN_REFUND,
        RemedyKind.RETURN_REFUND,
        RemedyKind.REFUND_FULL,
        RemedyKind.REPLACEMENT,
    )
    chosen = [choose(kind, f"c{n}") for n, kind in enumerate(kinds, start=1)]
    return carried_out(desk, claimed(desk, rows, order), *chosen, ConfirmPlan()).case_id


def files(window: Window | Front) -> dict[str, str]:
    """Name -> text of every file that a link on the page saves."""
    links = re.compile(r'href="data:[^;]*;base64,([^"]*)" download="([^"]*)"')
    pieces = [piece.value for piece in window.widgets(w.HTML)]
    return {
        name: base64.b64decode(data).decode("utf-8")
        for piece in pieces
        for data, name in links.findall(piece)
    }


class TestReturns:
    def test_the_requests_with_their_reasons(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=mixed(desk))
        window.sees(
            "Returns: 2 separate requests",
            "Return 1: request in Seller Central units: 2",
            "way back: the buyer pays",
            "A label has one payer",
            "The other way, merged: 1 request (3 units)",
            "Checklist for the agent",
            "Words for the buyer (English)",
        )

    def test_in_chinese(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=mixed(desk), lang="zh_CN")
        window.sees("退货：分成 2 个申请", "退货 1：卖家平台退货申请", "另一种做法，合并：1 个申请")

    def test_one_request(self, desk: Desk, windows: Windows) -> None:
        order = an_order(a_line(1), a_line(2))
        rows = [ClaimRow(n, ProblemType.CHANGED_MIND, 2) for n in (1, 2)]
        chosen = [choose(RemedyKind.RETURN_REFUND, f"c{n}") for n in (1, 2)]
        case = carried_out(desk, claimed(desk, rows, order), *chosen, ConfirmPlan())
        window = windows(case_id=case.case_id)
        window.sees("Returns: one request for everything", "The other way, split: 2 requests (2, 2 units)")

    def test_nothing_while_nothing_comes_back(self, desk: Desk, windows: Windows) -> None:
        assert "Returns:" not in windows(case_id=planned(desk).case_id).text


class TestTheRefundSheet:
    def test_who_chose_cannot_check_and_is_told(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=mixed(desk), agent="lin")
        window.sees("Control total: £30.00 in 1 row", "lin chose a remedy on this sheet")
        window.sees("Not in the file: £30.00", "SKU-1: 2 units have to come back first.")
        assert window.button(CHECK).disabled
        assert window.button(EXPORT).disabled

    def test_a_colleague_checks_the_file_is_made_and_can_be_taken_back(
        self, desk: Desk, windows: Windows
    ) -> None:
        case_id = mixed(desk)
        theirs = windows(case_id=case_id, agent="wang")
        theirs.click(CHECK)
        theirs.sees("Checked by wang")
        theirs.click(EXPORT)
        theirs.sees("made by wang", "Upload it once.", "SKU-3: 3 units are in a refund file already.")
        (name,) = (name for name in files(theirs) if name.endswith(".txt"))
        assert re.fullmatch(rf"{case_id}-refunds-[0-9A-F]{{8}}\.txt", name)
        assert files(theirs)[name].splitlines()[1].split("\t")[4] == "30.00"
        assert not theirs.buttons(EXPORT)
        theirs.set("Why was the file not used?", "wrong shop")
        theirs.click("The file was not used")
        theirs.sees("Control total: £30.00 in 1 row")
        assert not [name for name in files(theirs) if name.endswith(".txt")]

    def test_no_sheet_without_refunds(self, desk: Desk, windows: Windows) -> None:
        assert "Refund sheet" not in windows(case_id=planned(desk).case_id).text


class TestTakeAlong:
    def test_every_sheet_to_print_and_as_a_table(self, desk: Desk, windows: Windows) -> None:
        case_id = mixed(desk)
        saved = files(windows(case_id=case_id))
        assert saved.keys() == {
            f"{case_id}-{name}"
            for name in (
                "hand-over.html", "hand-over.csv", "returns.html", "returns.csv", "picking.html", "picking.csv",
                "refunds.csv",
            )
        } | {f"{case_id}.ics"}  # fmt: skip
        assert "Return checklist" in saved[f"{case_id}-returns.html"]
        assert "Picking list: send again" in saved[f"{case_id}-picking.html"]
        assert "Control total" in saved[f"{case_id}-refunds.csv"]

    def test_what_would_be_empty_is_left_out(self, desk: Desk, windows: Windows) -> None:
        case_id = planned(desk).case_id
        kept = {"hand-over.html", "hand-over.csv", "picking.html", "picking.csv"}
        names = {f"{case_id}-{name}" for name in kept} | {f"{case_id}.ics"}
        assert files(windows(case_id=case_id)).keys() == names


class TestTheFrontPage:
    def test_the_picking_list_over_all_cases(self, desk: Desk, front: Callable[..., Front]) -> None:
        page = front()
        page.click("Picking list for the warehouse")
        page.sees("Nothing has to be sent.")
        mixed(desk)
        page.click("Picking list for the warehouse")
        page.sees("units: 5")
        assert {name.rpartition(".")[2] for name in files(page)} == {"html", "csv"}

    def test_in_chinese(self, desk: Desk, front: Callable[..., Front]) -> None:
        mixed(desk)
        page = front("zh_CN")
        page.click(translator("zh_CN")("Picking list for the warehouse"))
        assert any("补发拣货单" in text for text in files(page).values())
