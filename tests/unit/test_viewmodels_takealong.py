"""What a page takes along: returns, the refund file and its check, picking list, card, calendar."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

from icalendar import Calendar

from playbook.cli import main
from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.remedies import RemedyKind
from playbook.exports.sheets import BOM
from playbook.steps import Actor
from playbook.steps.commands import CloseCase, ConfirmPlan
from playbook.viewmodels.home import HomeModel
from playbook.viewmodels.takealong import TakeAlongModel
from tests.builders import ORDER_ID, a_line, a_message, an_order, choose, claim
from tests.desks import carried_out, claimed, locked, opened, page, planned

OTHER = Actor("Ma Jun", "agent")
DeskOf = Callable[[Actor], Desk]
WITH_IDS = an_order(a_line(order_item_id="11112222333344"))


def refunded(desk: Desk, known: bool = True) -> TakeAlongModel:
    """The page of a case whose three units are refunded; *known*: with Amazon's order item id."""
    order = WITH_IDS if known else an_order()
    return TakeAlongModel(page(desk, planned(desk, RemedyKind.REFUND_FULL, order=order)))


class TestTheRefundFile:
    def test_a_colleague_checks_and_the_file_leaves_once(self, desk: Desk, desk_of: DeskOf) -> None:
        model = refunded(desk)
        sheet = model.refunds
        assert sheet is not None
        assert [problem.code for problem in model.check_blockers] == ["second_person_needed"]
        assert not model.check_refunds(sheet.digest)
        theirs = TakeAlongModel(page(desk_of(OTHER), model.work.case))
        assert theirs.check_blockers == ()
        assert theirs.check_refunds(sheet.digest)
        model = TakeAlongModel(page(desk, theirs.work.case))
        assert model.export_blockers == ()
        assert model.exported_file == ""
        assert model.export_refunds(sheet.digest)
        head, row = model.exported_file.splitlines()
        assert row.split("\t")[:5] == [ORDER_ID, "11112222333344", "GeneralAdjustment", "GBP", "30.00"]
        assert head.startswith("order-id\t")
        assert not model.export_refunds(sheet.digest)
        assert model.undo_export("not uploaded")
        assert model.exported_file == ""

    def test_the_list_for_people_needs_no_check(self, desk: Desk) -> None:
        model = refunded(desk, known=False)
        rows = list(csv.reader(io.StringIO(model.refund_list().removeprefix(BOM))))
        assert rows[1][0] == ORDER_ID
        assert "30.00" in rows[1]
        assert [p.code for p in model.export_blockers] == ["order_item_id_missing", "refunds_not_checked"]

    def test_an_id_that_a_later_report_brings_is_used(self, desk: Desk, desk_of: DeskOf) -> None:
        model = refunded(desk, known=False)
        desk.store.put_orders([WITH_IDS], "a later report")
        theirs = TakeAlongModel(page(desk_of(OTHER), model.work.case))
        sheet = theirs.refunds
        assert sheet is not None
        assert sheet.blockers == ()
        assert theirs.check_refunds(sheet.digest)
        assert theirs.export_refunds(sheet.digest)
        assert "\t11112222333344\t" in theirs.exported_file

    def test_before_the_lock_there_is_nothing(self, desk: Desk) -> None:
        model = TakeAlongModel(page(desk, opened(desk)))
        assert (model.refunds, model.refund_list(), model.exported_file) == (None, "", "")
        assert (model.advice, model.picks) == (None, ())

    def test_an_order_that_left_the_book_brings_no_ids(self, desk: Desk) -> None:
        model = refunded(desk, known=False)
        other = an_order(a_line(sku="ANOTHER", order_item_id="11112222333344"))
        desk.store.put_orders([other], "another shape")
        assert [row.order_item_id for row in model.refunds.rows] == [None]  # type: ignore[union-attr]
        model.work.desk.order = lambda _order_id: None  # type: ignore[method-assign,assignment]
        assert TakeAlongModel(model.work).refunds is not None


class TestReturns:
    def test_advice_checklist_and_words(self, desk: Desk) -> None:
        rows = [claim(3, ProblemType.CHANGED_MIND)]
        case = carried_out(desk, claimed(desk, rows), choose(RemedyKind.RETURN_REFUND), ConfirmPlan())
        model = TakeAlongModel(page(desk, case))
        advice = model.advice
        assert advice is not None
        assert model.explanation(advice).startswith("Please open one return")
        assert model.return_sheet(advice).title == "Return checklist"
        assert "CR-UNWANTED_ITEM" in model.return_list(advice)


class TestTheRest:
    def test_the_calendar_holds_every_open_task(self, desk: Desk) -> None:
        model = TakeAlongModel(page(desk, planned(desk)))
        events = Calendar.from_ical(model.calendar()).walk("VEVENT")
        assert len(events) == len(model.work.case.open_follow_ups) > 3

    def test_the_picking_list_of_one_case(self, desk: Desk) -> None:
        model = TakeAlongModel(page(desk, planned(desk), "zh_CN"))
        assert [pick.units for pick in model.picks] == [3]
        assert model.picking_sheet().title == "补发拣货单"

    def test_the_card_has_the_buyers_words_only_on_paper(self, desk: Desk) -> None:
        model = TakeAlongModel(page(desk, planned(desk)))
        assert "Ship the goods" in model.handover_card()
        assert model.hand_over_sheet().title == "Hand-over card"

    def test_the_list_over_all_open_cases(self, desk: Desk) -> None:
        planned(desk)
        done = carried_out(desk, locked(desk), a_message(), CloseCase("withdrawn"))
        assert done.closed
        assert [pick.case_id for pick in HomeModel(desk).picks] == ["2026-0001"]


def test_many_open_cases_are_read_to_the_last(desk: Desk, monkeypatch) -> None:
    from playbook import desk as desk_module

    monkeypatch.setattr(desk_module, "_BATCH", 2)
    for _ in range(4):
        opened(desk)
    assert len(list(desk.open_cases())) == 4
    opened(desk)
    assert len({case.case_id for case in desk.open_cases()}) == 5


class TestTheCommand:
    def run(self, database: Path, *args: str):
        from click.testing import CliRunner

        given = ["exports", "picking", "--database", f"sqlite:///{database}", *args]
        return CliRunner().invoke(
            main, given, catch_exceptions=False, env={"PLAYBOOK_AS_OF": "2026-11-23T09:30:00Z"}
        )

    def test_it_writes_a_sheet_and_a_table(self, desk: Desk, database: Path, tmp_path: Path) -> None:
        planned(desk)
        opened(desk)
        result = self.run(database, "--out", str(tmp_path / "lists"), "--lang", "zh_CN")
        assert result.exit_code == 0
        assert result.output.splitlines()[-1] == "3 units for 1 cases"
        html, table = (tmp_path / "lists" / f"picking-20261123-0930.{kind}" for kind in ("html", "csv"))
        assert "补发拣货单" in html.read_text("utf-8")
        assert table.read_bytes().startswith(BOM.encode())
        assert ORDER_ID in table.read_text("utf-8")

    def test_one_case(self, desk: Desk, database: Path, tmp_path: Path) -> None:
        planned(desk)
        result = self.run(database, "--case", "2026-0001", "--out", str(tmp_path))
        assert "3 units for 1 cases" in result.output
        unknown = self.run(database, "--case", "2026-0099", "--out", str(tmp_path))
        assert (unknown.exit_code, unknown.stderr) == (2, "there is no case 2026-0099\n")

    def test_a_database_that_is_not_there(self, tmp_path: Path) -> None:
        result = self.run(tmp_path / "nowhere.db")
        assert result.exit_code == 3
