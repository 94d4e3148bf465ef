"""Step two: every unit of every line accounted for, and what a changed breakdown does to remedies."""

import pytest

from playbook.domain.case import WAITING, Stage
from playbook.domain.claims import Evidence, Party, ProblemType
from playbook.domain.events import BreakdownConfirmed, RemedyWithdrawn
from playbook.domain.orders import EarlierKind
from playbook.domain.promises import FollowUpKind
from playbook.domain.remedies import RemedyKind
from playbook.steps import Refused, decide
from playbook.steps.breakdown import breakdown_blockers, line_totals, rest_is_fine
from playbook.steps.commands import (
    ClaimRow,
    ConfirmBreakdown,
    ConfirmPlan,
    KeepPromise,
    RecordEvidence,
    RequestEvidence,
)
from tests.builders import (
    a_case,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_planned_case,
    a_setting,
    an_open_case,
    an_order,
    broken_down,
    choose,
    claim,
    earlier,
    refusals,
    run,
)

BROKEN, MISSING, FINE = ProblemType.TRANSIT_DAMAGE, ProblemType.MISSING, ProblemType.NO_ISSUE
TWO_LINES = an_order(a_line(1, units=10), a_line(2, units=4))


def blockers(*rows: ClaimRow, leave: bool = False, order=TWO_LINES, elsewhere=()):
    command = ConfirmBreakdown(rows, leave_untouched=leave)
    return [(p.code, dict(p.params)) for p in breakdown_blockers(a_locked_case(order), command, elsewhere)]


def test_before_the_lock():
    assert [p.code for p in breakdown_blockers(an_open_case(), broken_down(claim(1)))] == ["not_locked"]
    assert line_totals(a_case(), (claim(1),)) == ()
    assert refusals(an_open_case(), broken_down(claim(1))) == ("not_locked",)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (ClaimRow(9, BROKEN, 1), "unknown_line"),
        (ClaimRow(1, None, 3), "problem_missing"),
        (ClaimRow(1, BROKEN, None), "units_missing"),
        (ClaimRow(1, BROKEN, 0), "units_not_positive"),
        (ClaimRow(1, BROKEN, -3), "units_not_positive"),
        (ClaimRow(1, BROKEN, 1.5), "units_not_positive"),
        (ClaimRow(1, BROKEN, "3"), "units_not_positive"),
        (ClaimRow(1, BROKEN, True), "units_not_positive"),
        (ClaimRow(1, ProblemType.EXTRA_ITEM, 1_000_001), "units_not_positive"),
        (ClaimRow(1, BROKEN, 11), "units_exceed_order"),
    ],
)
def test_a_row_that_cannot_be(row: ClaimRow, code: str):
    assert [found for found, _ in blockers(row, leave=True)] == [code]


def test_every_wrong_row_is_named_at_once():
    found = blockers(ClaimRow(9, BROKEN, 1), ClaimRow(1, None, 1), ClaimRow(2, MISSING, None))
    assert [code for code, _ in found] == ["unknown_line", "problem_missing", "units_missing"]
    assert found[2][1] == {"line": 2, "sku": "SKU-2"}


def test_units_nobody_spoke_of_are_named_unless_they_are_left_on_purpose():
    assert blockers(claim(3)) == [("units_unaccounted", {"lines": 2, "units": 11, "skus": "SKU-1, SKU-2"})]
    assert blockers(claim(3), leave=True) == []
    many = an_order(*[a_line(n, units=2) for n in range(1, 6)])
    assert blockers(claim(1), order=many)[0][1]["skus"] == "SKU-1, SKU-2, SKU-3 …"


def test_nothing_at_all_is_no_breakdown():
    assert [code for code, _ in blockers(leave=True)] == ["nothing_claimed"]


def test_two_rows_of_one_kind_are_summed_before_they_are_checked():
    assert blockers(claim(6), claim(5), leave=True)[0][0] == "units_exceed_order"
    case = run(a_locked_case(TWO_LINES), broken_down(claim(2, photo=False), claim(3)))
    (item,) = case.items
    assert (item.units, item.evidence) == (5, {Evidence.PHOTO})


def test_units_compensated_elsewhere_cannot_be_claimed_again():
    elsewhere = [earlier(units=8, kind=EarlierKind.OTHER_CASE)]
    assert blockers(claim(3), leave=True, elsewhere=elsewhere) == [
        (
            "units_exceed_order",
            {"line": 1, "sku": "SKU-1", "claimed": 3, "ordered": 10, "elsewhere": 8, "left": 2},
        )
    ]
    assert blockers(claim(2), leave=True, elsewhere=elsewhere) == []


def test_damaged_and_wrong_colour_on_one_line():
    case = run(
        a_locked_case(TWO_LINES),
        broken_down(claim(3), claim(2, ProblemType.WRONG_VARIANT), claim(5, FINE)),
    )
    assert [(i.item, i.problem, i.units) for i in case.items] == [
        ("c1", BROKEN, 3),
        ("c2", ProblemType.WRONG_VARIANT, 2),
        ("c3", FINE, 5),
    ]


def test_extra_items_need_no_room_on_the_line():
    assert blockers(claim(400, ProblemType.EXTRA_ITEM), leave=True) == []


def test_live_totals():
    rows = (claim(3), claim(2, FINE), ClaimRow(2, MISSING, None), claim(5, ProblemType.EXTRA_ITEM))
    one, two = line_totals(a_locked_case(TWO_LINES), rows)
    assert (one.ordered, one.claimable, one.claimed, one.fine, one.open_units) == (10, 10, 3, 2, 5)
    assert (two.claimed, two.open_units) == (0, None)


def test_the_rest_is_fine():
    case = a_locked_case(an_order(*[a_line(n, units=4) for n in range(1, 6)]))
    quoted = ClaimRow(2, FINE, 1, quoted=(3, 9), party=Party.BUYER)
    rows = (claim(3), quoted, ClaimRow(3, MISSING, None), claim(4, line=4))
    filled = rest_is_fine(case, rows)
    assert filled[1] == ClaimRow(2, FINE, 4, quoted=(3, 9), party=Party.BUYER)
    assert filled[4:] == (ClaimRow(1, FINE, 1), ClaimRow(5, FINE, 4))
    assert rest_is_fine(case, filled) == filled
    assert rest_is_fine(case, rows, lines=frozenset({5})) == (*rows, ClaimRow(5, FINE, 4))
    too_many = (claim(9),)
    assert rest_is_fine(case, too_many, lines=frozenset({1})) == too_many


def test_an_item_that_stays_keeps_its_id_and_evidence():
    case = run(a_locked_case(TWO_LINES), broken_down(claim(3), claim(2, MISSING, photo=False)))
    case = run(case, RecordEvidence(("c2",), Evidence.COUNT))
    case = run(case, broken_down(claim(1, MISSING), claim(1, ProblemType.DEFECT)))
    assert [(i.item, i.problem, i.units) for i in case.items] == [
        ("c2", MISSING, 1),
        ("c3", ProblemType.DEFECT, 1),
    ]
    assert case.items[0].evidence == {Evidence.COUNT, Evidence.PHOTO}
    case = run(case, broken_down(claim(3)))
    assert case.items[0].item == "c4"


def test_a_correction_withdraws_the_remedies_whose_units_are_gone():
    case = run(
        a_locked_case(TWO_LINES), broken_down(claim(3), claim(2, MISSING)), choose(RemedyKind.REPLACEMENT)
    )
    decision = decide(case, broken_down(claim(2), claim(2, MISSING)), a_setting())
    assert isinstance(decision, tuple)
    assert decision[0] == RemedyWithdrawn(remedy="r1", reason="breakdown_changed")
    assert isinstance(decision[1], BreakdownConfirmed)
    more = run(case, broken_down(claim(4), claim(2, MISSING)))
    assert [r.remedy for r in more.remedies] == ["r1"]
    assert more.undecided_units() == 3


def test_what_is_already_on_its_way_holds_its_claim():
    case = run(a_planned_case(), KeepPromise("p1", "TRACK-1"))
    assert refusals(case, broken_down(claim(2))) == ("remedy_begun",)
    assert refusals(case, broken_down(claim(3))) == ()
    assert refusals(case, broken_down(claim(3, MISSING))) == ("remedy_begun",)


def test_only_what_is_not_yet_on_its_way_gives_way():
    case = run(
        a_claimed_case(claim(5)),
        choose(RemedyKind.REPLACEMENT, units=2),
        choose(RemedyKind.REFUND_FULL),
        ConfirmPlan(),
        KeepPromise("p1", "TRACK-1"),
    )
    case = run(case, broken_down(claim(2)))
    assert [r.remedy for r in case.remedies] == ["r1"]
    assert case.undecided_units() == 0
    assert case.stage is Stage.FOLLOW_UP


@pytest.mark.parametrize("command", [RequestEvidence, RecordEvidence])
def test_evidence_needs_items_that_exist(command):
    case = a_claimed_case()
    assert refusals(case, command((), Evidence.PHOTO)) == ("nothing_claimed",)
    assert refusals(case, command(("c1", "c7", "c8"), Evidence.PHOTO)) == ("unknown_item", "unknown_item")


def test_evidence_is_asked_for_and_arrives():
    case = run(a_claimed_case(claim(3, photo=False)), RequestEvidence(("c1",), Evidence.PHOTO))
    assert WAITING in case.flags
    case = run(case, RecordEvidence(("c1",), Evidence.PHOTO))
    assert WAITING not in case.flags
    assert case.item("c1").evidence == {Evidence.PHOTO}


def test_a_reminder_comes_and_goes_with_the_evidence_once_there_is_a_plan():
    def reminders(case):
        return [f for f in case.open_follow_ups if f.kind is FollowUpKind.EVIDENCE_REMINDER]

    case = run(a_planned_case(), RequestEvidence(("c1",), Evidence.VIDEO))
    assert len(reminders(case)) == 1
    assert reminders(run(case, RecordEvidence(("c1",), Evidence.VIDEO))) == []


def test_a_refusal_says_why_as_values():
    decision = decide(a_locked_case(TWO_LINES), ConfirmBreakdown((claim(3),)), a_setting())
    assert isinstance(decision, Refused)
    assert decision.problems[0].params["units"] == 11
