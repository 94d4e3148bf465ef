"""Step two on the page: the proposal, every edit and its undo, totals, blockers, drafts, conflicts."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.desk import Desk
from playbook.domain.case import Stage
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.i18n import say
from playbook.steps import Actor, Refused
from playbook.steps.commands import AddNote, WithdrawLock
from playbook.viewmodels.breakdown import MOST_UNDO, BreakdownModel, Row
from tests.builders import ORDER_ID, a_line, an_order, broken_down, claim, earlier, lock
from tests.desks import carried_out, locked, opened, page

OTHER = Actor("Ma Jun", "agent")
DAMAGE, COLOUR, FINE = ProblemType.TRANSIT_DAMAGE, ProblemType.WRONG_VARIANT, ProblemType.NO_ISSUE


def three_lines() -> Order:
    return an_order(
        a_line(1, units=3, sku="LANT-M", title="Glass lantern, medium"),
        a_line(2, units=2, sku="CUSH-NVY", title="Cushion cover, navy"),
        a_line(3, units=5, sku="NOTE-5", title="Notebook, ruled"),
    )


def table(desk: Desk, message: str = "something is broken", order: Order | None = None) -> BreakdownModel:
    case = locked(desk, order or three_lines(), f"Order {ORDER_ID}. {message}")
    return BreakdownModel(page(desk, case))


def shown(model: BreakdownModel) -> list[tuple[int, ProblemType | None, int | None]]:
    return [(row.line, row.problem, row.units) for row in model.rows]


def codes(model: BreakdownModel) -> list[str]:
    return [problem.code for problem in model.blockers]


class TestTheProposal:
    def test_the_list_of_the_mission(self, desk: Desk) -> None:
        model = table(
            desk,
            "3 glass lanterns: outer box torn. 2 cushion covers are the wrong colour. The 5 notebooks are fine.",
        )
        assert shown(model) == [(1, ProblemType.PACKAGE_DAMAGE, 3), (2, COLOUR, 2), (3, FINE, 5)]
        assert model.blockers == ()
        assert model.questions == ()
        assert model.ask_text() == ""
        assert [line.split(" ")[0] for line in model.list_text().splitlines()] == [
            "LANT-M",
            "CUSH-NVY",
            "NOTE-5",
        ]
        assert model.confirm()
        message = model.work.message
        quotes = [message[slice(*item.quoted)] for item in model.work.case.items if item.quoted]
        assert "glass lanterns" in quotes[0]
        assert "wrong colour" in quotes[1]

    def test_the_rest_is_filled_in_when_the_buyer_spoke_of_it(self, desk: Desk) -> None:
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        assert shown(model) == [(1, DAMAGE, 2), (1, FINE, 1), (2, FINE, 2), (3, FINE, 5)]
        assert model.blockers == ()

    def test_a_number_that_is_missing_is_asked_for(self, desk: Desk) -> None:
        model = table(desk, "Some glass lanterns arrived smashed, everything else is fine.")
        assert (1, DAMAGE, None) in shown(model)
        assert codes(model) == ["units_missing"]
        assert [question.code for question in model.questions] == ["how_many"]
        assert "Glass lantern, medium" in model.question_texts()[0]
        assert model.question_texts()[0] in model.ask_text()
        assert not model.confirm()
        model.change(model.rows[0].key, units=2)
        assert model.questions == ()

    def test_a_problem_that_is_missing_is_asked_for(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, units=2)
        assert codes(model) == ["problem_missing"]
        assert "which_problem" in {question.code for question in model.questions}

    def test_before_the_lock_there_is_nothing(self, desk: Desk) -> None:
        model = BreakdownModel(page(desk, opened(desk)))
        assert (model.rows, model.totals, model.lines, model.list_text()) == ((), (), (), "")
        assert codes(model) == ["not_locked"]
        assert not model.confirm()
        model.rest_is_fine()
        assert desk.store.draft(model.work.case.case_id, "breakdown") is None

    def test_an_empty_message_gives_one_empty_row_for_each_line(self, desk: Desk) -> None:
        case = locked(desk, three_lines(), "")
        model = BreakdownModel(page(desk, case))
        assert shown(model) == [(1, None, None), (2, None, None), (3, None, None)]
        assert codes(model) == ["units_unaccounted", "nothing_claimed"]


class TestEditing:
    def test_live_totals_and_every_unit_accounted_for(self, desk: Desk) -> None:
        model = table(desk, "")
        key = model.rows[0].key
        model.change(key, problem=DAMAGE, units=2, photo=True)
        assert [(t.claimed, t.fine, t.open_units) for t in model.totals] == [(2, 0, 1), (0, 0, 2), (0, 0, 5)]
        assert codes(model) == ["units_unaccounted"]
        (problem,) = model.blockers
        assert say(problem, "en").startswith(
            "8 units on 3 lines not accounted for (LANT-M, CUSH-NVY, NOTE-5)"
        )
        model.rest_is_fine(frozenset({1}))
        assert [t.open_units for t in model.totals] == [0, 2, 5]
        model.rest_is_fine()
        assert model.blockers == ()
        assert model.confirm()
        assert model.work.case.items[0].evidence == {Evidence.PHOTO}

    def test_more_than_ordered_is_said_with_the_numbers(self, desk: Desk) -> None:
        order = three_lines().model_copy(update={"earlier": (earlier(1, 2),)})
        model = table(desk, "", order)
        model.change(model.rows[0].key, problem=DAMAGE, units=2)
        model.rest_is_fine()
        (problem,) = model.blockers
        assert say(problem, "en") == (
            "LANT-M: 2 units are claimed, but only 1 of 3 can be (2 were compensated before)."
            " Correct the number or ask the buyer."
        )

    def test_one_line_with_two_problems(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=1)
        model.split(1)
        assert [row.line for row in model.rows] == [1, 1, 2, 3]
        assert len({row.key for row in model.rows}) == 4
        model.change(model.rows[1].key, problem=COLOUR, units=2)
        model.set_leave_untouched(True)
        assert model.blockers == ()
        assert model.confirm()
        assert [(item.problem, item.units) for item in model.work.case.items] == [(DAMAGE, 1), (COLOUR, 2)]

    def test_removing_a_row_leaves_the_line_an_empty_one(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=1)
        model.remove(model.rows[0].key)
        assert shown(model)[0] == (1, None, None)
        model.split(1)
        model.remove(model.rows[0].key)
        assert [row.line for row in model.rows] == [1, 2, 3]
        assert len({row.key for row in model.rows}) == 3

    def test_one_problem_for_many_lines_takes_all_open_units(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[1].key, units=1)
        model.set_problem([row.key for row in model.rows], COLOUR)
        assert shown(model) == [(1, COLOUR, 3), (2, COLOUR, 1), (3, COLOUR, 5)]
        model.set_problem([model.rows[0].key], None)
        assert shown(model)[0] == (1, None, None)

    def test_what_a_person_touched_is_sure(self, desk: Desk) -> None:
        model = table(desk, "")
        model.rows = (Row(1, 1, DAMAGE, 1, sure=False), *model.rows[1:])
        model.accept(1)
        assert model.rows[0] == Row(1, 1, DAMAGE, 1, sure=True)

    def test_undo_goes_back_edit_by_edit(self, desk: Desk) -> None:
        model = table(desk, "")
        states = [model.rows]
        for units in (1, 2, 3):
            model.change(model.rows[0].key, units=units)
            states.append(model.rows)
        model.change(model.rows[0].key, units=3)
        while model.can_undo:
            assert model.rows == states.pop()
            model.undo()
        assert states == [model.rows]
        model.undo()
        assert BreakdownModel(page(desk, model.work.case)).rows == model.rows

    def test_undo_remembers_so_many_edits_and_no_more(self, desk: Desk) -> None:
        model = table(desk, "")
        for units in range(1, MOST_UNDO + 20):
            model.change(model.rows[0].key, units=units)
        steps = 0
        while model.can_undo:
            model.undo()
            steps += 1
        assert MOST_UNDO <= steps <= MOST_UNDO + 1

    def test_the_proposal_can_be_taken_again(self, desk: Desk) -> None:
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        before = model.rows
        model.change(model.rows[0].key, units=3)
        model.propose_again()
        assert model.rows == before

    @pytest.mark.parametrize("units", [0, -1, 1_000_001, 2.5, True, "3"])
    def test_a_cell_may_hold_anything(self, desk: Desk, units: int) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=units)
        assert codes(model) == ["units_not_positive"]
        assert not model.confirm()

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_confirm_is_possible_exactly_when_nothing_blocks(self, data: st.DataObject, desk: Desk) -> None:
        number = OrderId(f"204-5512873-{len(desk.store.case_ids()):07}")
        model = table(desk, "", three_lines().model_copy(update={"order_id": number}))
        for _ in range(data.draw(st.integers(0, 6))):
            row = data.draw(st.sampled_from(model.rows))
            match data.draw(st.integers(0, 5)):
                case 0 | 1:
                    problem = data.draw(st.sampled_from([DAMAGE, COLOUR, FINE, ProblemType.EXTRA_ITEM, None]))
                    units = data.draw(st.sampled_from([None, 0, 1, 2, 3, 5, 7]))
                    model.change(row.key, problem=problem, units=units)
                case 2:
                    model.split(row.line)
                case 3:
                    model.remove(row.key)
                case 4:
                    model.rest_is_fine()
                case _:
                    model.set_leave_untouched(data.draw(st.booleans()))
        assert {row.line for row in model.rows} == {1, 2, 3}
        assert [row.line for row in model.rows] == sorted(row.line for row in model.rows)
        blockers = model.blockers
        foreseen = desk.simulate(model.work.case, model.command)
        assert isinstance(foreseen, Refused) == bool(blockers)
        assert model.confirm() == (not blockers)
        if blockers:
            assert all("{" not in say(problem, lang) for problem in blockers for lang in ("en", "zh_CN"))


class TestDrafts:
    def test_another_kernel_goes_on_with_every_edit(self, desk: Desk) -> None:
        first = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        first.change(first.rows[0].key, units=1, photo=True)
        first.set_leave_untouched(True)
        second = BreakdownModel(page(desk, first.work.case))
        assert (second.rows, second.leave_untouched) == (first.rows, True)
        assert not second.can_undo

    def test_looking_saves_nothing(self, desk: Desk) -> None:
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        row = model.rows[0]
        assert row.sure
        model.change(row.key, units=row.units, problem=row.problem, photo=row.photo)
        assert model.totals
        assert model.blockers == ()
        assert desk.store.draft(model.work.case.case_id, "breakdown") is None
        assert not model.can_undo

    def test_a_kernel_killed_between_confirming_and_drawing(self, desk: Desk) -> None:
        """The page never learns of it, so nothing but the store knows: no draft is left to confirm again."""
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        model.change(model.rows[0].key, photo=True)

        class Killed(BaseException):
            """The kernel's end."""

        def die(_change: object) -> None:
            raise Killed

        model.work.observe(die, "case")
        with pytest.raises(Killed):
            model.confirm()
        fresh = page(desk, model.work.case)
        assert fresh.case.breakdown_confirmed
        assert fresh.step is Stage.REMEDY
        assert desk.store.draft(fresh.case.case_id, "breakdown") is None
        assert [(row.line, row.units) for row in BreakdownModel(fresh).rows] == [
            (1, 2),
            (1, 1),
            (2, 2),
            (3, 5),
        ]

    def test_what_was_confirmed_comes_back_as_rows(self, desk: Desk) -> None:
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        model.confirm()
        again = BreakdownModel(page(desk, model.work.case))
        assert shown(again) == shown(model)
        again.change(again.rows[0].key, units=1)
        again.change(again.rows[1].key, units=2)
        assert again.confirm()
        assert again.work.case.items[0].units == 1
        assert again.work.case.items[0].item == "c1"

    def test_units_that_were_left_open_stay_open_when_it_is_corrected(self, desk: Desk) -> None:
        case = carried_out(desk, locked(desk, three_lines()), broken_down(claim(1)))
        model = BreakdownModel(page(desk, case))
        assert model.leave_untouched
        model.change(model.rows[0].key, units=2)
        assert model.confirm()

    def test_a_draft_of_another_order_is_not_taken(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=2)
        other = an_order(a_line(1, units=4, sku="MUG"), order_id=OrderId("204-0000001-0000001"))
        desk.store.put_orders([other], "test")
        case = carried_out(desk, model.work.case, WithdrawLock("wrong"), lock(other))
        assert shown(BreakdownModel(page(desk, case))) == [(1, None, None)]

    def test_rows_follow_the_order_that_is_locked(self, desk: Desk) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=2)
        model.set_leave_untouched(True)
        other = an_order(a_line(1, units=4, sku="MUG"), order_id=OrderId("204-0000001-0000001"))
        desk.store.put_orders([other], "test")
        assert model.work.do(WithdrawLock("wrong"))
        assert model.rows == ()
        assert model.work.do(lock(other))
        assert shown(model) == [(1, None, None)]
        assert (model.leave_untouched, model.can_undo) == (False, False)
        assert model.work.do(WithdrawLock("right after all"))
        assert model.work.do(lock(three_lines()))
        assert shown(model)[0] == (1, DAMAGE, 2)
        assert model.leave_untouched


class TestTwoPages:
    def test_a_conflict_keeps_the_draft_here_and_in_the_store(
        self, desk: Desk, desk_of: Callable[[Actor], Desk]
    ) -> None:
        model = table(desk, "")
        model.change(model.rows[0].key, problem=DAMAGE, units=3)
        model.rest_is_fine()
        mine = model.rows
        theirs = BreakdownModel(page(desk_of(OTHER), model.work.case))
        theirs.change(theirs.rows[0].key, problem=COLOUR)
        assert theirs.confirm()
        assert not model.confirm()
        assert model.work.notice is not None
        assert model.work.notice.kind == "conflict"
        assert model.rows == mine
        assert BreakdownModel(page(desk, model.work.case)).rows == mine
        assert model.work.case.items[0].problem is COLOUR
        assert model.confirm()
        assert model.work.case.items[0].problem is DAMAGE

    def test_a_note_of_a_colleague_is_a_conflict_too(
        self, desk: Desk, desk_of: Callable[[Actor], Desk]
    ) -> None:
        model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
        carried_out(desk_of(OTHER), model.work.case, AddNote("the buyer called: all three are broken"))
        assert not model.confirm()
        assert model.work.notice is not None
        assert "all three are broken" in model.work.notice.texts[0]


def test_photos_are_asked_for(desk: Desk) -> None:
    case = carried_out(desk, locked(desk), broken_down(claim(3, photo=False)))
    model = BreakdownModel(page(desk, case))
    assert model.ask_for_photos(("c1",))
    assert "waiting_for_evidence" in model.work.case.flags
    assert not model.ask_for_photos(("c9",))


def test_the_list_in_the_buyers_and_the_agents_language(desk: Desk) -> None:
    model = table(desk, "2 of the glass lanterns arrived smashed, everything else is fine.")
    english, chinese = model.list_text("en"), model.list_text("zh_CN")
    assert english != chinese
    assert all(
        "LANT-M" in text.splitlines()[0] and "2" in text.splitlines()[0] for text in (english, chinese)
    )
