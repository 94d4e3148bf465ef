"""What became of claimed units: each of them in exactly one way, with the time it took."""

from datetime import date

import pytest

from playbook.domain.claims import ProblemType
from playbook.domain.remedies import RemedyKind
from playbook.insights.rows import Trait
from playbook.insights.sampledata import SOURCE, WEEKS, sample_data
from playbook.insights.solutions import End, solutions
from playbook.steps.commands import KeepPromise
from tests.builders import a_claimed_case, a_planned_case, a_setting, an_open_case, choose, claim, later, run

TODAY = date(2026, 11, 24)


class TestOfCases:
    def test_every_claimed_unit_goes_one_way(self) -> None:
        case = run(a_claimed_case(claim(3)), choose(RemedyKind.REPLACEMENT, units=2))
        agreed, left = solutions([case])
        assert (agreed.units, agreed.remedy, agreed.end) == (2, RemedyKind.REPLACEMENT, End.AGREED)
        assert (left.units, left.remedy, left.end) == (1, None, End.UNDECIDED)
        assert agreed.sku == case.order.lines[0].sku

    def test_what_was_done_took_from_the_message_to_the_last_promise_kept(self) -> None:
        planned = a_planned_case()
        assert [way.end for way in solutions([planned])] == [End.AGREED]
        setting = later(a_setting(), days=2)
        done = run(
            planned, *(KeepPromise(promise.promise) for promise in planned.open_promises), setting=setting
        )
        (way,) = solutions([done])
        assert (way.units, way.end) == (3, End.EXECUTED)
        assert way.days == pytest.approx((setting.now - done.received_at).total_seconds() / 86400)

    def test_a_case_without_an_order_has_none(self) -> None:
        assert list(solutions([an_open_case()])) == []


class TestSampleData:
    def test_the_same_day_gives_the_same_rows(self) -> None:
        assert sample_data(TODAY) == sample_data(TODAY)

    def test_it_is_marked_and_lies_in_the_past(self) -> None:
        rows = sample_data(TODAY)
        assert {fault.source for fault in rows.faults} == {SOURCE}
        assert rows.first <= min(row.day for row in rows.shipped)
        assert max(row.day for row in rows.shipped) < TODAY
        assert len({row.day.isocalendar()[:2] for row in rows.shipped}) == WEEKS

    def test_no_more_goes_wrong_than_was_shipped(self) -> None:
        rows = sample_data(TODAY)
        shipped = {(row.sku, row.day): row.units for row in rows.shipped}
        assert all(fault.units <= shipped[fault.sku, fault.day] for fault in rows.faults)
        assert sum(way.units for way in rows.solutions) == sum(fault.units for fault in rows.faults)

    def test_the_bad_batch_is_in_it(self) -> None:
        rows = sample_data(TODAY)

        def rate(lot: str) -> float:
            wrong = sum(
                f.units
                for f in rows.faults
                if f.sku == "LAMP-DESK" and f.problem == ProblemType.DEFECT and f.traits[Trait.LOT] == lot
            )
            left = sum(r.units for r in rows.shipped if r.sku == "LAMP-DESK" and r.traits[Trait.LOT] == lot)
            return wrong / left

        assert rate("L9") > 3 * rate("L1")
        assert {way.remedy for way in rows.solutions if way.remedy} <= set(RemedyKind)
