"""Comparing a replay with its expectation: every difference at once, each with both values."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from playbook.domain.claims import ProblemType
from playbook.samplecases import orders as kept_orders
from playbook.samplecases.compare import Difference, Outcome, as_expected, compare
from playbook.samplecases.loading import Action, Expect, Sample, load_sample
from playbook.samplecases.orders import store_with_sample_orders
from playbook.samplecases.replay import Replay, ReplayError
from playbook.samplecases.tables import table
from playbook.viewmodels.breakdown import Row
from tests.builders import NOW, a_line, a_locked_case, an_order


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("home")
        patch.setenv("PLAYBOOK_HOME", str(place))
        yield place


def expecting(**fields: Any) -> Expect:
    return Expect.model_validate({"lock": {"verdict": "none"}, "stage": "lock", **fields})


def said(expect: Expect, outcome: Outcome) -> list[str]:
    return [str(difference) for difference in compare(expect, outcome)]


class TestDifferences:
    def test_nothing_that_was_left_out_is_compared(self) -> None:
        assert said(expecting(), Outcome(verdict="none", memo="anything", lint=("x",))) == []

    def test_every_one_is_told_at_once(self) -> None:
        expect = expecting(
            lock={"verdict": "certain", "order_id": "114"},
            stage="remedy",
            questions=["how_many"],
            units={"A": {"fine": 1}},
            total_refund="1.00",
            lint=["phone_number"],
            memo="memo",
            refusals=["no_rule"],
        )
        assert said(expect, Outcome(verdict="ask")) == [
            "lock.verdict: expected 'certain', got 'ask'",
            "lock.order_id: expected '114', got None",
            "stage: expected 'remedy', got 'lock'",
            "questions: expected ['how_many'], got []",
            "units.A: expected {'fine': 1}, got None",
            "total_refund: expected '1.00', got '0.00'",
            "lint: expected ['phone_number'], got []",
            "memo: expected 'memo', got ''",
            "refusals: expected ['no_rule'], got []",
        ]

    def test_what_was_not_expected_is_a_difference_too(self) -> None:
        case = a_locked_case(an_order(a_line(units=3, sku="A"), a_line(2, sku="B")))
        outcome = Outcome(verdict="certain", case=case, refusals=("no_rule",))
        expect = expecting(
            lock={"verdict": "certain", "order_id": case.order.order_id},  # type: ignore[union-attr]
            stage="breakdown",
            units={"A": {"untouched": 2}},
        )
        assert said(expect, outcome) == [
            "units.A.untouched: expected 2, got 3",
            "units.B: expected nothing, got {'untouched': 10}",
            "refusals: expected [], got ['no_rule']",
        ]

    def test_two_rows_and_two_lines_of_one_sku_add_up(self) -> None:
        case = a_locked_case(an_order(a_line(1, units=3, sku="A"), a_line(2, units=4, sku="A")))
        rows = tuple(
            Row(key, line, ProblemType.DEFECT, units) for key, (line, units) in enumerate([(1, 1), (2, 2)], 1)
        )
        got = as_expected(Outcome(case=case, proposal=rows))
        assert got["proposal"] == {"A": {"defect": 3}}
        assert got["units"] == {"A": {"untouched": 7}}
        asked = (*rows, Row(3, 2, ProblemType.DEFECT, None), Row(4, 1))
        assert as_expected(Outcome(case=case, proposal=asked))["proposal"] == {"A": {"defect": None}}

    def test_promises_and_follow_ups_are_compared_as_sets_of_entries(self) -> None:
        sample = load_sample("abc-list")
        replay = played(sample)
        replay.differences()
        promises = tuple(reversed(sample.expect.promises or ()))
        assert compare(sample.expect.model_copy(update={"promises": promises}), replay.outcome) == ()
        assert promises
        (one,) = compare(sample.expect.model_copy(update={"promises": promises[1:]}), replay.outcome)
        assert one.field == "promises"
        assert one.expected.count("2026-11-21T09:30:00Z") == len(promises) - 1
        assert one.got.count("2026-11-21T09:30:00Z") == len(promises)
        assert isinstance(one, Difference)


def played(sample: Sample) -> Replay:
    replay = Replay(sample)
    for step in (replay.lock, replay.breakdown, replay.remedy, replay.follow_up):
        step()
    return replay


def with_answers(sample: Sample, step: str, *actions: dict[str, Any]) -> Sample:
    made = tuple(Action.model_validate(action) for action in actions)
    return sample.model_copy(update={"answers": sample.answers.model_copy(update={step: made})})


class TestReplaying:
    @pytest.mark.parametrize(
        ("step", "action"),
        [
            ("lock", {"do": "pick", "value": "114-0000000-0000000"}),
            ("breakdown", {"do": "set", "sku": "NO-SUCH-SKU", "units": 1}),
            ("breakdown", {"do": "split", "sku": "NO-SUCH-SKU", "units": 1}),
            ("remedy", {"do": "choose", "sku": "NOTE5-BLK", "remedy": "decline"}),
            ("remedy", {"do": "withdraw", "sku": "NOTE5-BLK", "reason": "x"}),
            ("remedy", {"do": "approve"}),
            ("follow_up", {"do": "keep"}),
            ("follow_up", {"do": "change", "due": "2026-11-22T09:30:00Z"}),
        ],
    )
    def test_an_answer_that_cannot_be_carried_out_names_itself(
        self, step: str, action: dict[str, Any]
    ) -> None:
        sample = with_answers(load_sample("abc-list"), step, action)
        with pytest.raises(ReplayError, match=rf"abc-list: cannot {action['do']}"):
            played(sample)

    def test_a_refused_answer_is_an_outcome(self) -> None:
        sample = with_answers(load_sample("abc-list"), "lock", {"do": "withdraw_lock"}, {"do": "lock"})
        replay = played(sample)
        assert [d.field for d in replay.differences()] == ["refusals"]
        assert replay.outcome.refusals == ("not_locked",)

    def test_a_message_that_cannot_be_opened(self) -> None:
        sample = load_sample("abc-list")
        late = sample.model_copy(update={"received_at": sample.as_of.replace(year=2027)})
        with pytest.raises(ReplayError, match="received_in_future"):
            Replay(late)

    def test_a_replay_leaves_nothing_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        played(load_sample("vague-message")).differences()
        assert list(tmp_path.iterdir()) == []
        forgotten = Replay(load_sample("vague-message"))
        assert len(list(tmp_path.iterdir())) == 1
        forgotten.store.close()
        del forgotten
        import gc

        gc.collect()
        assert list(tmp_path.iterdir()) == []

    def test_time_passes_and_the_case_ends(self) -> None:
        """Waiting, keeping, ticking off, notes and the close go through the same models as clicks."""
        sample = with_answers(
            load_sample("abc-list"),
            "follow_up",
            {"do": "confirm_plan"},
            {"do": "letter", "kind": "solution"},
            {"do": "send"},
            {"do": "note", "text": "the buyer called"},
            {"do": "wait", "hours": 5},
            {"do": "promise", "promise": "answer", "due": "2026-11-22T09:30:00Z"},
            {"do": "keep", "promise": "answer", "value": "answered"},
            {"do": "keep", "sku": "LANT-M"},
            {"do": "keep"},
            {"do": "done", "value": "final_check"},
            {"do": "close"},
        )
        replay = played(sample)
        assert replay.now == sample.as_of.replace(hour=14)
        assert replay.work.case.closed
        assert replay.outcome.case is not replay.work.case
        replay.differences()
        assert replay.outcome.case is replay.work.case


class TestSampleOrders:
    def test_they_are_imported_once_and_copied_afterwards(self, home: Path, tmp_path: Path) -> None:
        with store_with_sample_orders(tmp_path / "one.db", at=NOW) as first:
            titles = first.product_titles()
            first.new_case_id(2026)
        kept = sorted((home / "cache").iterdir())
        with store_with_sample_orders(tmp_path / "two.db", at=NOW) as second:
            assert second.product_titles() == titles != ()
            assert second.new_case_id(2026) == "2026-0001"
        assert sorted((home / "cache").iterdir()) == kept

    def test_a_changed_program_makes_a_new_copy(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The copy is named after what it was made of: the order files, the code, the day."""
        before = kept_orders._content(NOW)
        assert kept_orders._content(NOW) == before
        assert kept_orders._content(NOW.replace(day=24)) != before
        package = tmp_path / "playbook"
        for room in ("orderbook", "store", "domain", "review"):
            (package / room).mkdir(parents=True)
        (package / "store" / "sql.py").write_text("a = 1")
        monkeypatch.setattr(kept_orders, "__file__", str(package / "review" / "orders.py"))
        one = kept_orders._content(NOW)
        (package / "store" / "sql.py").write_text("a = 2")
        assert kept_orders._content(NOW) != one


def test_every_cell_of_a_shown_table_is_text() -> None:
    shown = table("<b>title</b>", ["<i>"], [["<script>alert(1)</script>", 3]])
    assert "<script>" not in shown._repr_html_()
    assert "<b>" not in shown._repr_html_()
    assert "&lt;script&gt;" in shown._repr_html_()
    assert repr(shown) == "<b>title</b>\n<script>alert(1)</script>  3"


def test_an_outcome_starts_empty() -> None:
    assert as_expected(replace(Outcome(), verdict="none"))["total_refund"] == "0.00"
