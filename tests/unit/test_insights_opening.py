"""Opening the page of causes on a desk's own cases and orders."""

from pathlib import Path

from playbook.desk import Desk
from playbook.insights.opening import open_model
from playbook.insights.solutions import End
from tests.builders import an_order
from tests.desks import claimed


def test_own_cases_and_orders_are_counted_and_followed(desk: Desk, tmp_path: Path) -> None:
    order = an_order()
    desk.store.put_orders([order], "test")
    case = claimed(desk, order=order)
    model = open_model(desk, tmp_path, "en", {})
    (fault,) = model.material.faults
    (way,) = model.material.solutions
    assert (fault.units, fault.reference) == (3, case.case_id)
    assert (way.units, way.end, way.remedy) == (3, End.UNDECIDED, None)
    assert model.picture.units_wrong == 3
    assert model.picture.units_shipped >= 3
    assert model.picture.solutions == (way,)
    assert model.picture.ranked == ()


def test_filters_come_from_what_was_asked(desk: Desk, tmp_path: Path) -> None:
    model = open_model(
        desk,
        tmp_path,
        "en",
        {"start": "2026-09-01", "end": "2026-10-31", "problem": "defect", "sample": "yes"},
    )
    assert model.material.is_sample
    assert (str(model.filters.first), str(model.filters.last)) == ("2026-09-01", "2026-10-31")
    assert {fault.problem for fault in model.picture.faults} == {"defect"}


def test_a_period_that_cannot_be_is_told_and_the_whole_one_shown(desk: Desk, tmp_path: Path) -> None:
    model = open_model(desk, tmp_path, "en", {"start": "2026-10-31", "end": "2026-09-01"})
    assert model.notice is not None
    assert model.notice.texts == ("The period ends on 2026-09-01, before it begins on 2026-10-31.",)
    model.look(first=model.today.replace(year=2000))
    assert "at most 10 years" in model.notice.texts[0]
