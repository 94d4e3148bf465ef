"""Counting what came back: typed numbers, what stands against them, and drafts that survive a kernel."""

from decimal import Decimal

import pytest

from playbook.desk import Desk
from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.problems import Problem
from playbook.domain.promises import PromiseKind
from playbook.domain.receptions import UnexpectedGoods
from playbook.domain.remedies import RejectionReason, RemedyKind
from playbook.steps import Refused
from playbook.steps.commands import CloseCase, ConfirmPlan, Counted, KeepPromise, ReceiveGoods
from playbook.store import Store
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.reception import DRAFT, Count, ReceptionModel
from tests.builders import a_message, broken_down, choose, claim
from tests.desks import a_desk, carried_out, locked


def returning(desk: Desk) -> Case:
    """Three unwanted units are on their way back, the buyer has his answer."""
    case = carried_out(desk, locked(desk), broken_down(claim(3, ProblemType.CHANGED_MIND)))
    case = carried_out(desk, case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), a_message("solution"))
    answer = next(p for p in case.open_promises if p.kind is PromiseKind.ANSWER)
    return carried_out(desk, case, KeepPromise(answer.promise))


@pytest.fixture
def model(store: Store) -> ReceptionModel:
    desk = a_desk(store)
    return ReceptionModel(CaseModel(desk, returning(desk), "en"))


def codes(model: ReceptionModel) -> list[str]:
    return [problem.code for problem in model.problems]


def test_what_is_expected_and_how_much_may_be_kept_back(model: ReceptionModel):
    (one,) = model.expected
    assert (one.remedy.awaited, one.line.sku) == (3, "SKU-1")
    assert one.refund is not None
    assert model.most_kept_back(one.remedy, RejectionReason.USED) == Decimal(50)
    assert [line.expected for line in model.ledger] == [3]


def test_a_typed_count_becomes_a_command(model: ReceptionModel):
    assert codes(model) == ["nothing_received"]
    model.edit("r1", accepted="1", rejected="1", reason="used", kept_back="12,5")
    model.edit_parcel(
        reference="1Z9", strange_units="2", strange_line="1", arrived_at="2026-11-23T08:00:00+00:00"
    )
    command = model.command
    assert isinstance(command, ReceiveGoods)
    assert command.counted == (Counted("r1", 1, 1, RejectionReason.USED, Decimal("12.5")),)
    assert model.problems == ()
    assert model.record()
    assert model.counts == {}
    assert [remedy.units for remedy in model.work.case.remedies] == [1, 1, 1]
    assert model.work.case.receptions[0].unexpected == (UnexpectedGoods(units=2, line=1),)
    assert model.work.desk.store.draft(model.work.case.case_id, DRAFT) is None


def test_a_reason_without_rejected_units_says_nothing(model: ReceptionModel):
    model.edit("r1", accepted="3", reason="late", kept_back="20")
    assert model.command == ReceiveGoods((Counted("r1", 3),))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"accepted": "two"}, "received_not_whole"),
        ({"accepted": "1.5"}, "received_not_whole"),
        ({"accepted": "1", "rejected": "-1"}, "received_not_whole"),
        ({"accepted": "\u0661"}, "received_not_whole"),
        ({"accepted": "9" * 9}, "received_not_whole"),
        ({"accepted": "0"}, "received_not_whole"),
        ({"accepted": "4"}, "more_than_expected"),
        ({"rejected": "1"}, "rejection_reason"),
        ({"rejected": "1", "reason": "used", "kept_back": "half"}, "share_not_a_number"),
        ({"rejected": "1", "reason": "used", "kept_back": "51"}, "kept_back_too_much"),
    ],
)
def test_what_cannot_be_a_count_is_told(model: ReceptionModel, typed: dict[str, str], code: str):
    model.edit("r1", **typed)
    assert codes(model) == [code]
    assert not model.record()
    assert model.work.notice is not None
    assert model.work.notice.kind == "refused"
    assert model.count("r1").accepted == typed.get("accepted", "")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"strange_units": "many"}, "unexpected_not_whole"),
        ({"strange_what": "a kettle"}, "unexpected_not_whole"),
        ({"strange_units": "1"}, "unexpected_what"),
    ],
)
def test_what_cannot_be_in_a_parcel_is_told(model: ReceptionModel, typed: dict[str, str], code: str):
    model.edit_parcel(**typed)
    assert codes(model) == [code]


def test_what_was_typed_survives_the_kernel(model: ReceptionModel):
    model.all_here()
    model.edit_parcel(reference="1Z9")
    again = ReceptionModel(CaseModel(model.work.desk, model.work.case, "en"))
    assert again.count("r1") == Count("3")
    assert again.parcel.reference == "1Z9"
    assert again.record()
    assert again.expected == ()


def test_amazon_may_have_refunded_already(model: ReceptionModel):
    (one,) = model.expected
    assert model.refunded_by_amazon(one)
    (now,) = model.expected
    assert now.refund is None
    assert not model.refunded_by_amazon(now)
    model.edit("r1", accepted="3")
    assert model.record()


def test_personal_data_in_what_came_never_reach_an_event(model: ReceptionModel):
    model.edit_parcel(strange_units="1", strange_what="a box for jane.doe@example.com")
    assert model.record()
    (goods,) = model.work.case.receptions[0].unexpected
    assert "jane.doe" not in goods.what
    assert goods.what.startswith("a box for ")


def test_nothing_is_expected_before_the_plan_nor_after_the_close(store: Store):
    desk = a_desk(store)
    case = carried_out(desk, locked(desk), broken_down(claim(3, ProblemType.CHANGED_MIND)))
    assert ReceptionModel(CaseModel(desk, case, "en")).expected == ()
    case = carried_out(desk, case, choose(RemedyKind.RETURN_REFUND))
    assert ReceptionModel(CaseModel(desk, case, "en")).expected == ()
    case = carried_out(desk, case, ConfirmPlan(), a_message("solution"))
    assert len(ReceptionModel(CaseModel(desk, case, "en")).expected) == 1
    answer, refund = case.open_promises
    case = carried_out(
        desk, case, KeepPromise(answer.promise), KeepPromise(refund.promise, by_amazon=True), CloseCase()
    )
    assert ReceptionModel(CaseModel(desk, case, "en")).expected == ()
    refused = desk.do(case.case_id, ReceiveGoods((Counted("r1", 1),)))
    assert isinstance(refused, Refused)
    assert not isinstance(ReceptionModel(CaseModel(desk, case, "en")).command, Problem)
