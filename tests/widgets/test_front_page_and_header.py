"""The front page, the header, and what happens when something goes wrong behind a button."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ipywidgets as w
import pytest

from playbook.desk import Desk
from playbook.domain.remedies import RemedyKind
from playbook.i18n import translator
from playbook.steps.commands import AddNote, SetFlag
from playbook.store import open_store
from playbook.widgets.base import View
from tests.builders import a_line, an_order, choose
from tests.desks import Clock, carried_out, claimed, locked, opened, planned
from tests.widgets.conftest import Front, Window, at

Windows = Callable[..., Window]
Fronts = Callable[..., Front]


class TestTheFrontPage:
    def test_an_empty_desk_says_what_to_do(self, front: Fronts) -> None:
        page = front()
        page.sees("No open case. Paste a buyer's message to open one.", "Nothing is due within a day.")
        assert not page.buttons("→")

    def test_a_new_case_leads_to_its_page(self, front: Fronts, desk: Desk) -> None:
        page = front()
        page.click("Open a case")
        page.sees("Paste the message first.")
        page.set("Buyer's message", "My order 204-5512873-7719305: 3 lamps broken")
        page.set("Received (China time)", at(23, 15))
        page.choose("Marketplace", "UK")
        page.click("Open a case")
        page.sees("Case 2026-0001 is open: go to it", "platform deadline")
        page.misses("Paste the message first.")
        assert page.field("Buyer's message").value == ""
        case = desk.case("2026-0001")
        assert case is not None
        assert case.received_at is not None
        assert case.received_at.isoformat() == "2026-11-23T07:00:00+00:00"

    @pytest.mark.parametrize(
        ("message", "received"), [("x" * 200_001, None), ("too early to be true", at(28, 9))]
    )
    def test_what_cannot_be_opened_says_why(self, front: Fronts, desk: Desk, message: str, received) -> None:
        page = front()
        page.set("Buyer's message", message)
        page.set("Received (China time)", received)
        page.click("Open a case")
        assert page.field("Buyer's message").value == message
        assert desk.store.case_ids() == ()
        assert page.view.model.notice
        page.sees(page.view.model.notice[0])

    def test_search_pages_and_closed_cases(self, front: Fronts, desk: Desk) -> None:
        for _n in range(52):
            opened(desk, "")
        carried_out(desk, planned(desk), SetFlag("angry", on=True))
        page = front()
        assert page.button("←").disabled
        page.click("→")
        assert page.button("→").disabled
        page.click("←")
        page.set("Search", "angry")
        page.sees("2026-0053", "204-5512873-7719305")
        assert not page.buttons("→")
        page.set("Search", "nobody has this")
        page.sees("No case found.")
        page.set("Show closed cases too", True)
        page.set("Search", "")
        assert page.buttons("→")

    def test_what_is_overdue_comes_first(self, front: Fronts, desk: Desk, clock: Clock) -> None:
        opened(desk)
        clock.forward(hours=20)
        page = front()
        page.sees("platform deadline", "in 2 h 0 min")
        clock.forward(hours=10)
        page.click("Refresh")
        page.sees("overdue")
        assert any("pb-bad" in piece for piece in page.html)

    def test_in_chinese(self, front: Fronts, desk: Desk) -> None:
        _ = translator("zh_CN")
        opened(desk)
        page = front("zh_CN")
        page.sees(_("After-sales desk"), _("Due now and within a day"))
        page.misses("After-sales", "Due now", "overdue")
        page.click(_("Open a case"))
        page.sees(_("Paste the message first."))


class TestTheStockFile:
    @staticmethod
    def upload(page: Front, text: str | bytes, name: str = "stock.csv") -> None:
        content = text.encode() if isinstance(text, str) else text
        (control,) = page.widgets(w.FileUpload)
        control.value = [
            {
                "name": name,
                "type": "text/csv",
                "size": len(content),
                "content": memoryview(content),
                "last_modified": datetime(2026, 11, 1, tzinfo=UTC),
            }
        ]

    def test_a_file_is_taken_over_at_once_and_dated(self, front: Fronts, desk: Desk, clock: Clock) -> None:
        page = front()
        page.sees("No stock file yet")
        self.upload(page, "sku,units\nMUG-RED,4\nLAMP,0\n")
        page.sees("stock.csv: 2 SKUs taken over.", "Stock of 2 SKUs, as of Mon 23 Nov 17:00")
        assert desk.store.stock(["MUG-RED", "LAMP"]) == {"MUG-RED": 4, "LAMP": 0}
        clock.forward(hours=1)
        self.upload(page, "sku\tunits\nCHAIR\t9\n", "new.tsv")
        page.sees("new.tsv: 1 SKU taken over.", "Stock of 1 SKU, as of Mon 23 Nov 18:00")
        assert desk.store.stock(["MUG-RED", "CHAIR"]) == {"CHAIR": 9}

    def test_rows_left_out_are_named(self, front: Fronts, desk: Desk) -> None:
        page = front()
        self.upload(page, "sku,units\nA,5\n" + "".join(f"B{n},-1\n" for n in range(12)))
        page.sees("stock.csv: 1 SKU taken over, 12 rows left out:", "Line 3: ", "'-1'", "and 2 more")
        self.upload(page, "sku,units\nA,many\n")
        page.sees("No row of stock.csv could be read: nothing was taken over.", "'many'")
        assert desk.store.stock(["A"]) == {"A": 5}

    @pytest.mark.parametrize("content", [b"", b"sku,colour\nA,red\n", b"PK\x03\x04\x00\xff" * 40])
    def test_what_is_no_stock_file_says_why(self, front: Fronts, desk: Desk, content: bytes) -> None:
        page = front()
        self.upload(page, content, "../<b>stock</b>\x00.csv")
        page.sees("__b_stock__b__.csv", "No stock file yet")
        assert desk.store.stock_taken() is None
        assert not any("<b>stock" in piece for piece in page.html)

    def test_in_chinese(self, front: Fronts) -> None:
        page = front("zh_CN")
        self.upload(page, "sku,units\nA,5\nB,x\n")
        page.misses("Stock", "taken over", "Line")


class TestTheHeader:
    def test_facts_of_the_case(self, desk: Desk, windows: Windows) -> None:
        window = windows(case_id=carried_out(desk, locked(desk), SetFlag("angry", on=True)).case_id)
        window.sees(
            "Case 2026-0001", "204-5512873-7719305", "FBM UK", "First reply to the buyer: in 22 h 0 min"
        )
        window.sees("lin (agent)", "angry")
        assert window.button("3 Remedy").disabled
        assert not window.button("✓ 1 Lock").disabled

    def test_a_closed_case(self, desk: Desk, windows: Windows) -> None:
        from playbook.domain.case import Stage
        from tests.builders import a_message

        window = windows(case_id=carried_out(desk, planned(desk), a_message("solution")).case_id)
        window.click("Done: promise kept")
        window.click("Close the case")
        assert window.case.stage is Stage.CLOSED
        assert window.button_names[:4] == ["✓ 1 Lock", "✓ 2 Breakdown", "✓ 3 Remedy", "✓ 4 Follow-up"]
        window.sees("Closed")

    def test_long_spans_are_days(self, desk: Desk, windows: Windows, clock: Clock) -> None:
        case = opened(desk)
        clock.forward(days=9)
        windows(case_id=case.case_id).sees("8 days overdue")

    def test_an_unknown_case_and_an_empty_address(self, windows: Windows) -> None:
        windows(case_id="2026-9999").sees("2026-9999", "All cases")
        windows(sample="no-such-sample").sees("no-such-sample", "All cases")
        window = windows()
        window.set("Buyer's message", "3 lamps broken")
        window.click("Open a case")
        assert window.step == "lock"
        window.sees("3 lamps broken")

    def test_a_sample_opens_as_a_case(self, windows: Windows) -> None:
        window = windows(sample="abc-list")
        assert window.step == "lock"
        assert window.case.sample == "abc-list"

    def test_a_sample_needs_its_orders(
        self, home: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PLAYBOOK_DATABASE", f"sqlite:///{home / 'own.db'}")
        with open_store(f"sqlite:///{home / 'own.db'}") as own:
            own.put_orders([an_order(a_line(1))], "test")
            windows(sample="abc-list").sees("abc-list needs the sample orders", "All cases")
            assert not own.case_ids()


class TestTrouble:
    def test_an_exception_becomes_a_banner_and_a_line_in_the_log(
        self, desk: Desk, windows: Windows, home: Path
    ) -> None:
        window = windows(case_id=claimed(desk).case_id)
        secret = "Tamsin Okonjo-Reyes"

        def broken(*_args: object, **_kwargs: object) -> bool:
            raise RuntimeError(secret)

        window.page.views["remedy"].view.model.choose_preferred = broken
        window.click("Take the preferred remedy for all")
        window.sees("Something went wrong and nothing was changed. What you confirmed before is safe.")
        lines = (home / "logs" / "desk.log").read_text("utf-8")
        (entry,) = [json.loads(line) for line in lines.splitlines()]
        assert entry["error"] == "RuntimeError"
        assert "remedy.py" in entry["where"]
        assert secret not in lines

    def test_a_view_without_a_body_is_a_bug(self) -> None:
        with pytest.raises(NotImplementedError):
            View("en").show()

    def test_a_colleague_who_was_faster(self, desk: Desk, windows: Windows) -> None:
        case = carried_out(desk, claimed(desk), choose(RemedyKind.REPLACEMENT))
        window = windows(case_id=case.case_id)
        carried_out(desk, case, AddNote("the buyer rang"))
        window.click("Confirm the plan")
        window.sees("A colleague changed this case meanwhile.", "the buyer rang")
        assert not window.case.plan_confirmed
        window.click("Confirm the plan")
        assert window.case.plan_confirmed

    def test_what_is_on_the_order_already(self, desk: Desk, windows: Windows) -> None:
        claimed(desk)
        case = locked(desk)
        windows(case_id=case.case_id).sees("Other case: 2026-0001")

    def test_long_journals_fold(self, desk: Desk, windows: Windows, clock: Clock) -> None:
        case = opened(desk)
        for n in range(10):
            clock.now += timedelta(minutes=1)
            case = carried_out(desk, case, AddNote(f"note {n}"))
        windows(case_id=case.case_id).sees("3 earlier entries")
