"""The review in a notebook and on the page of a case: parameters, appeals, scores, the marked entry."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import playbook.notebook as pb
from playbook.desk import Desk
from playbook.domain.case import Case
from playbook.domain.events import Verdict
from playbook.review.onpage import ReviewModel
from playbook.review.run import ReviewRefused
from playbook.settings import Settings
from playbook.steps import Actor
from playbook.steps.commands import AddNote, KeepPromise
from playbook.store import SqlStore
from playbook.viewmodels.case import CaseModel
from playbook.widgets.reviewpage import Parameters
from tests.builders import NOW, the_policy
from tests.desks import Clock, carried_out, planned
from tests.widgets.conftest import Window

Windows = Callable[..., Window]
LATE = "“Ship the goods” was due on"


def a_late_case(desk: Desk, clock: Clock) -> Case:
    """A case whose goods were sent four days after the promise; its page opens later that week."""
    case = planned(desk)
    clock.forward(days=4)
    (promise,) = case.open_promises
    return carried_out(desk, case, KeepPromise(promise.promise, "1Z1"))


class TestOnTheCase:
    def test_a_finding_is_appealed_and_a_lead_decides(
        self, desk: Desk, clock: Clock, windows: Windows
    ) -> None:
        case = a_late_case(desk, clock)
        window = windows(case_id=case.case_id)
        assert LATE not in window.text
        window.click("Check this case")
        window.sees(LATE, "Score:")
        model = ReviewModel(window.page.work, {}, {})
        (late,) = [one for one in model.check().weighed if one.finding.check == "promise_late"]
        assert model.appeal(late, "the carrier was on strike")
        window.click("Check this case")
        window.sees(
            "lin appealed on", "the carrier was on strike", "A lead who does not own the case decides it."
        )

        assert "Appeal against the finding “Promise kept late”" in window.text

        lead = windows(case_id=case.case_id, agent="wang")
        lead.click("Check this case")
        lead.click("Refuse the appeal")
        assert lead.page.work.case.appeal("promise_late", late.finding.seq).granted is None
        lead.set("Why is it granted or refused?", "the strike was known")
        lead.click("Grant the appeal")
        lead.sees("granted", "the strike was known")
        after = ReviewModel(lead.page.work, {}, {}).check()
        assert not [one for one in after.weighed if one.finding.check == "promise_late" and one.counts]

    def test_an_appeal_needs_a_reason(self, desk: Desk, clock: Clock, windows: Windows) -> None:
        window = windows(case_id=a_late_case(desk, clock).case_id)
        window.click("Check this case")
        first = window.buttons("Appeal")[0]
        first.click()
        window.sees("Write the reason")
        assert window.page.work.case.appeals == ()

    def test_two_leads_score_the_same_case(
        self, desk: Desk, store: SqlStore, clock: Clock, windows: Windows
    ) -> None:
        case = a_late_case(desk, clock)
        assert not windows(case_id=case.case_id).buttons("Score it by hand")
        window = windows(case_id=case.case_id, agent="wang")
        window.click("Check this case")
        window.click("Score it by hand")
        assert LATE not in window.text
        window.click("Record my score")
        window.sees("Recorded.")
        other = CaseModel(Desk(store, the_policy(), Actor("zhao", "manager"), clock), window.page.work.case)
        assert ReviewModel(other, {}, {}).score(["promise_late"], "late")
        first, second = other.case.scorings
        assert first.upto == second.upto == case.version
        assert first.verdicts["promise_late"] is Verdict.MET
        assert second.verdicts["promise_late"] is Verdict.MISSED

    def test_a_damaged_case_says_so(self, desk: Desk, clock: Clock, windows: Windows) -> None:
        window = windows(case_id=a_late_case(desk, clock).case_id)
        view = window.page.views["follow_up"].view.review
        view.model.check = lambda: None
        window.click("Check this case")
        window.sees("The log of this case is damaged")

    @pytest.mark.parametrize("event", ["4", "18", "3"])
    def test_a_link_marks_its_entry(
        self, desk: Desk, clock: Clock, windows: Windows, monkeypatch: pytest.MonkeyPatch, event: str
    ) -> None:
        case = carried_out(desk, planned(desk), *(AddNote(f"note {number}") for number in range(12)))
        monkeypatch.setenv("VOILA_KERNEL_ID", "x")
        monkeypatch.setenv("QUERY_STRING", f"event={event}")
        journal = windows(case_id=case.case_id).page.views["follow_up"].view.side.journal.value
        assert journal.count("pb-here") == 1
        assert ("<details open" in journal) == (event != "18")

    @pytest.mark.parametrize("event", ["", "0", "x", "-1", "9999999999", "<b>"])
    def test_no_entry_is_marked_without_one(
        self, desk: Desk, windows: Windows, monkeypatch: pytest.MonkeyPatch, event: str
    ) -> None:
        monkeypatch.setenv("VOILA_KERNEL_ID", "x")
        monkeypatch.setenv("QUERY_STRING", f"event={event}")
        window = windows(case_id=planned(desk).case_id)
        assert "pb-here" not in window.page.views["follow_up"].view.side.journal.value


class TestTheNotebook:
    def test_names_and_values_that_cannot_be_are_all_refused(self) -> None:
        with pytest.raises(ReviewRefused) as refused:
            Parameters.of({"market": ["DE"], "sample": "5", "agents": [1], "xyz": 1, "os": os, "In": []}, {})
        told = "\n".join(refused.value.sentences)
        assert "there is no parameter 'market'; did you mean marketplaces?" in told
        assert "there is no parameter 'xyz'; there are first, last" in told
        assert "sample is '5'; write int" in told
        assert "agents is [1]; write a list of texts" in told
        assert len(refused.value.sentences) == 4

    def test_what_is_given_goes_before_the_query_and_nothing_else_comes_from_there(self) -> None:
        query = {"first": "2026-11-01", "last": "2026-11-09", "out": "/etc", "lang": "en"}
        asked = Parameters.of({"last": "2026-11-30", "agents": "lin", "marketplaces": None}, query)
        assert asked == Parameters(first="2026-11-01", last="2026-11-30", agents=("lin",), lang="en")

    def test_the_last_four_weeks_are_the_period_unless_one_is_given(self, home: Path) -> None:
        settings = Settings.from_env()
        asked = Parameters().asked(settings, NOW)
        assert (asked.first, asked.last, asked.as_of) == (date(2026, 10, 27), date(2026, 11, 23), NOW)
        for wrong in (
            {"first": "2026-13-01"},
            {"as_of": "2026-11-30"},
            {"agents": ("lim",)},
            {"first": "2027-01-01"},
        ):
            with pytest.raises(ReviewRefused):
                Parameters(**wrong).asked(settings, NOW)

    def test_the_report_is_shown_and_its_files_lie_in_their_folder(
        self, desk: Desk, home: Path, tmp_path: Path
    ) -> None:
        case = planned(desk)
        out = tmp_path / "out"
        shown = pb.review({"last": "2026-11-23", "out": str(out), "lang": "en"}).data
        assert "srcdoc" in shown
        assert case.case_id in (out / "report.html").read_text("utf-8")
        assert (out / "departments" / "warehouse" / "index.html").is_file()
        assert "Mean score" in shown

    def test_a_page_says_what_is_wrong_and_a_scheduled_run_fails(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ReviewRefused):
            pb.review({"lang": "fr"})
        monkeypatch.setenv("VOILA_KERNEL_ID", "x")
        monkeypatch.setenv("QUERY_STRING", "first=nonsense&lang=en")
        assert "first &#x27;nonsense&#x27; is no day" in pb.review({}).data
        monkeypatch.setenv("QUERY_STRING", "last=2026-11-23&lang=en")
        assert '<input type="date" name="last" value="2026-11-23"' in pb.review({}).data
        monkeypatch.setenv("PLAYBOOK_HOME", "/proc/nowhere")
        assert "This did not work." in pb.review({}).data
