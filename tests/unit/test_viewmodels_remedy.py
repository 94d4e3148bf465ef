"""Step three on the page: options with reasons, drafted choices, what they come to, approvals."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from playbook.desk import Desk
from playbook.domain.case import Case, Stage
from playbook.domain.claims import ProblemType
from playbook.domain.orders import Channel, Order
from playbook.domain.remedies import RemedyKind
from playbook.i18n import say
from playbook.steps import Actor
from playbook.steps.commands import AddNote
from playbook.viewmodels.breakdown import BreakdownModel
from playbook.viewmodels.remedy import Preview, RemedyModel
from tests.builders import LEAD, MANAGER, a_line, an_order, broken_down, choose, claim, money
from tests.desks import Clock, carried_out, claimed, locked, opened, page

OTHER = Actor("Ma Jun", "agent")
DAMAGE, COLOUR = ProblemType.TRANSIT_DAMAGE, ProblemType.WRONG_VARIANT
REPLACE, FULL, PARTIAL = RemedyKind.REPLACEMENT, RemedyKind.REFUND_FULL, RemedyKind.REFUND_PARTIAL
DeskOf = Callable[[Actor], Desk]


def some_lines() -> Order:
    return an_order(
        a_line(1, units=10, paid="100.00"),
        a_line(2, units=4, paid="40.00"),
        a_line(3, units=2, paid="30.00", channel=Channel.FBA),
    )


def choice_page(desk: Desk, *rows: object, order: Order | None = None) -> RemedyModel:
    """The remedy step with two damaged units on line 1, one on line 2, and two wrong ones on line 1."""
    given = rows or (claim(2), claim(1, line=2), claim(2, COLOUR))
    return RemedyModel(page(desk, claimed(desk, given, order or some_lines())))  # type: ignore[arg-type]


def saved(desk: Desk, model: RemedyModel) -> Case:
    case = desk.case(model.work.case.case_id)
    assert case is not None
    return case


class TestOptions:
    def test_each_says_what_it_pays_when_and_by_which_rule(self, desk: Desk) -> None:
        model = choice_page(desk)
        item = model.undecided[0]
        options = {option.kind: option for option in model.options(item)}
        assert options[FULL].refund_total == money("20.00")
        assert options[REPLACE].refund_total == money(0)
        assert options[REPLACE].value_total == money("20.00")
        assert all(option.row.id and option.row.source for option in options.values())
        assert options[REPLACE].promises
        preferred = model.preferred(item)
        assert preferred is not None
        assert [option.kind for option in options.values() if option.preferred] == [preferred.kind]

    def test_a_refused_one_says_rule_numbers_and_way_out(self, desk: Desk) -> None:
        model = choice_page(desk, claim(2, line=3))
        item = model.undecided[0]
        refused = [option for option in model.options(item) if option.outcome == "refused"]
        assert refused
        for option in refused:
            assert option.problems
            assert not model.choose(item.item, option.kind)
            assert model.work.notice is not None
            assert model.work.notice.texts == tuple(say(problem, "en") for problem in option.problems)
        assert model.choices == {}

    def test_an_item_or_remedy_that_is_not_there(self, desk: Desk) -> None:
        model = choice_page(desk)
        assert model.option("c9", FULL) is None
        assert not model.choose("c9", FULL)
        assert model.work.notice is not None
        assert RemedyModel(page(desk, opened(desk))).undecided == ()

    def test_they_are_counted_once_for_each_state(self, desk: Desk) -> None:
        model = choice_page(desk)
        item = model.undecided[0]
        first = model.options(item)
        assert model.options(item) is first
        model.set_in_stock(False)
        out_of_stock = model.options(item)
        assert (
            next(o for o in out_of_stock if o.kind is REPLACE).outcome
            != next(o for o in first if o.kind is REPLACE).outcome
        )
        model.set_in_stock(None)
        assert model.options(item) == first

    def test_a_line_that_is_gone_is_a_bug(self, desk: Desk) -> None:
        model = choice_page(desk)
        item = model.undecided[0].model_copy(update={"line": 9})
        with pytest.raises(KeyError):
            model.line(item)


class TestDraftedChoices:
    def test_the_preview_is_what_confirming_does(self, desk: Desk) -> None:
        model = choice_page(desk)
        first, second, third = (item.item for item in model.undecided)
        assert model.choose(first, REPLACE)
        assert model.choose(second, FULL)
        assert model.choose(third, PARTIAL, units=1, share=Decimal(20))
        preview = model.simulate()
        assert isinstance(preview, Preview)
        assert (preview.refund, preview.goods_value, preview.units) == (money("12.00"), money("20.00"), 4)
        assert not preview.needs_approval
        assert [model.simulate_one(item) for item in (first, second, third)] == [
            money(0), money("10.00"), money("2.00"),
        ]  # fmt: skip
        assert saved(desk, model).remedies == ()
        assert model.confirm()
        assert model.work.case.remedies == preview.case.remedies == saved(desk, model).remedies
        assert model.choices == {}
        assert [item.item for item in model.undecided] == [third]
        assert model.work.step is Stage.REMEDY

    def test_nothing_chosen(self, desk: Desk) -> None:
        model = choice_page(desk)
        assert [problem.code for problem in model.blockers] == ["nothing_chosen"]
        assert model.simulate() == model.blockers
        assert model.simulate_one("c1") is None
        assert not model.confirm()

    @pytest.mark.parametrize(
        ("units", "share", "code"),
        [(3, None, "units_not_open"), (0, None, "units_not_open"), (1, Decimal(99), "share_out_of_range"),
         (1, Decimal("NaN"), "share_out_of_range")],
    )  # fmt: skip
    def test_what_cannot_be_confirmed_is_said_before(
        self, desk: Desk, units: int, share: Decimal | None, code: str
    ) -> None:
        model = choice_page(desk)
        model.choose("c1", PARTIAL, units=units, share=share)
        assert [problem.code for problem in model.blockers] == [code]
        assert model.simulate() == model.blockers
        assert model.simulate_one("c1") is None
        assert not model.confirm()
        assert model.choices != {}
        assert saved(desk, model).remedies == ()

    def test_one_choice_for_a_group(self, desk: Desk) -> None:
        model = choice_page(desk)
        groups = model.groups
        assert [(g.problem, g.channel, len(g.items)) for g in groups] == [
            (DAMAGE, Channel.FBM, 2), (COLOUR, Channel.FBM, 1),
        ]  # fmt: skip
        assert model.choose_group(groups[0], FULL) == ()
        assert {choice.kind for choice in model.choices.values()} == {FULL}
        assert model.confirm()
        assert [remedy.line for remedy in model.work.case.remedies] == [1, 2]

    def test_a_group_leaves_out_items_for_which_it_is_refused(self, desk: Desk) -> None:
        order = an_order(a_line(1, units=4), a_line(2, units=4, shipped=0, delivered_on=None))
        model = choice_page(desk, claim(2), claim(1, line=2), order=order)
        (group,) = model.groups
        left_out = model.choose_group(group, REPLACE)
        assert left_out == ("c2",)
        assert list(model.choices) == ["c1"]

    def test_the_preferred_one_for_all_leaves_what_was_chosen(self, desk: Desk) -> None:
        model = choice_page(desk)
        model.choose("c1", FULL)
        model.choose_preferred()
        assert model.choices["c1"].kind is FULL
        assert set(model.choices) == {item.item for item in model.undecided}
        model.unchoose("c1")
        assert "c1" not in model.choices
        model.unchoose("c1")
        assert model.confirm()

    def test_a_draft_goes_on_in_another_kernel(self, desk: Desk) -> None:
        model = choice_page(desk)
        model.set_in_stock(True)
        model.choose("c1", PARTIAL, units=1, share=Decimal("12.5"))
        model.choose("c2", FULL)
        again = RemedyModel(page(desk, model.work.case))
        assert (again.choices, again.in_stock) == (model.choices, True)
        assert again.confirm()
        assert desk.store.draft(model.work.case.case_id, "remedy") is None

    def test_a_kernel_killed_between_confirming_and_drawing(self, desk: Desk) -> None:
        model = choice_page(desk)
        model.choose("c1", FULL)

        class Killed(BaseException):
            """The kernel's end."""

        def die(_change: object) -> None:
            raise Killed

        model.work.observe(die, "case")
        with pytest.raises(Killed):
            model.confirm()
        again = RemedyModel(page(desk, model.work.case))
        assert again.choices == {}
        assert [remedy.kind for remedy in again.work.case.remedies] == [FULL]

    def test_a_changed_breakdown_takes_choices_that_no_longer_fit(self, desk: Desk) -> None:
        model = choice_page(desk)
        model.choose("c1", FULL)
        model.choose("c2", FULL)
        rows = BreakdownModel(model.work)
        rows.remove(next(row.key for row in rows.rows if (row.line, row.problem) == (2, DAMAGE)))
        assert rows.confirm()
        assert list(model.choices) == ["c1"]
        assert model.blockers == ()


class TestWithdrawing:
    def test_with_a_reason_and_not_once_it_moves(self, desk: Desk) -> None:
        model = choice_page(desk)
        model.choose("c1", FULL)
        model.confirm()
        assert not model.withdraw("r1", "")
        assert model.withdraw("r1", "the buyer wants new ones")
        assert model.work.case.remedies == ()
        assert "c1" in {item.item for item in model.undecided}
        assert not model.withdraw("r1", "again")


class TestTwoPages:
    def test_a_conflict_keeps_what_is_still_open(self, desk: Desk, desk_of: DeskOf) -> None:
        model = choice_page(desk)
        model.choose("c1", FULL)
        model.choose("c2", FULL)
        theirs = RemedyModel(page(desk_of(OTHER), model.work.case))
        theirs.unchoose("c2")
        theirs.choose("c1", REPLACE)
        assert theirs.confirm()
        assert not model.confirm()
        assert model.work.notice is not None
        assert model.work.notice.kind == "conflict"
        assert list(model.choices) == ["c2"]
        assert list(RemedyModel(page(desk, model.work.case)).choices) == ["c2"]
        assert model.confirm()
        assert [remedy.kind for remedy in model.work.case.remedies] == [REPLACE, FULL]

    def test_the_unit_that_another_case_took(self, desk: Desk, desk_of: DeskOf) -> None:
        order = an_order(a_line(units=2))
        mine = choice_page(desk, claim(2), order=order)
        theirs = RemedyModel(page(desk_of(OTHER), claimed(desk, [claim(1)], order)))
        assert mine.choose("c1", FULL)
        assert theirs.choose("c1", REPLACE)
        assert theirs.confirm()
        assert mine.blockers
        assert not mine.confirm()
        assert mine.work.notice is not None
        assert mine.work.notice.kind == "refused"
        assert mine.work.case.remedies == ()


class TestApproval:
    @pytest.fixture
    def asked(self, desk: Desk) -> RemedyModel:
        """An agent's page on which three units without a photo wait for a lead."""
        model = choice_page(desk, claim(3, photo=False))
        model.choose("c1", REPLACE)
        preview = model.simulate()
        assert isinstance(preview, Preview)
        assert preview.needs_approval
        assert model.confirm("the buyer is a school")
        return model

    def test_it_waits_and_binds_nothing(self, asked: RemedyModel) -> None:
        (request,) = asked.pending
        assert request.note == "the buyer is a school"
        assert asked.undecided == ()
        assert asked.work.case.remedies == ()
        assert asked.choices == {}

    def test_an_agent_cannot_approve(self, asked: RemedyModel, desk_of: DeskOf) -> None:
        other = RemedyModel(page(desk_of(OTHER), asked.work.case))
        for model in (asked, other):
            assert not model.decide_approval(model.pending[0].approval, True)
            assert model.work.notice is not None
            assert "ask a lead" in model.work.notice.texts[0]

    @pytest.mark.parametrize("who", [LEAD, MANAGER])
    def test_a_lead_approves_and_the_agents_page_says_so(
        self, asked: RemedyModel, desk_of: DeskOf, who: Actor
    ) -> None:
        lead = RemedyModel(page(desk_of(who), asked.work.case))
        assert lead.decide_approval(lead.pending[0].approval, True, "goodwill")
        assert [remedy.units for remedy in lead.work.case.remedies] == [3]
        assert not asked.work.do(AddNote("still waiting"))
        assert asked.work.notice is not None
        assert any(who.name in text for text in asked.work.notice.texts)
        assert asked.work.case.stage is Stage.FOLLOW_UP
        assert asked.pending == ()

    def test_a_lead_refuses_with_a_reason(self, asked: RemedyModel, desk_of: DeskOf) -> None:
        lead = RemedyModel(page(desk_of(LEAD), asked.work.case))
        assert not lead.decide_approval(lead.pending[0].approval, False)
        assert lead.decide_approval(lead.pending[0].approval, False, "a photo first")
        assert [item.item for item in lead.undecided] == ["c1"]
        assert not lead.decide_approval("a99", True)

    def test_above_the_leads_limit_it_takes_a_manager(self, desk: Desk, desk_of: DeskOf) -> None:
        order = an_order(a_line(units=10, paid="4000.00"))
        model = choice_page(desk, claim(10), order=order)
        model.choose("c1", FULL)
        assert model.confirm()
        (request,) = model.pending
        lead = RemedyModel(page(desk_of(LEAD), model.work.case))
        assert not lead.decide_approval(request.approval, True)
        assert lead.work.notice is not None
        assert "above your limit" in lead.work.notice.texts[0]
        manager = RemedyModel(page(desk_of(MANAGER), model.work.case))
        assert manager.decide_approval(request.approval, True)

    def test_a_photo_that_arrives_makes_the_lead_unnecessary(self, desk: Desk) -> None:
        model = choice_page(desk, claim(3, photo=False))
        assert model.option("c1", REPLACE).outcome == "needs_lead"  # type: ignore[union-attr]
        assert model.record_photo(["c1"])
        assert model.option("c1", REPLACE).outcome == "allowed"  # type: ignore[union-attr]
        assert not model.record_photo([])


def test_options_follow_the_clock(desk: Desk, clock: Clock) -> None:
    """A page that stays open over night shows the dates of the next morning."""
    model = choice_page(desk)
    item = model.undecided[0]
    before = next(o for o in model.options(item) if o.kind is REPLACE).promises[0].due_at
    clock.forward(hours=20)
    after = next(o for o in model.options(item) if o.kind is REPLACE).promises[0].due_at
    assert after > before


def test_locked_case_without_breakdown_has_nothing_to_choose(desk: Desk) -> None:
    model = RemedyModel(page(desk, locked(desk)))
    assert (model.undecided, model.groups) == ((), ())
    assert carried_out(desk, model.work.case, broken_down(claim(1)), choose(FULL)).remedies
