"""The open case: the step shown follows the stage, notices say what happened, the message is read once."""

from collections.abc import Callable

from playbook.desk import Desk
from playbook.domain.case import Stage
from playbook.letters import LetterKind
from playbook.steps import Actor
from playbook.steps.commands import AddNote, CloseCase, KeepPromise, SetFlag
from playbook.viewmodels.case import line_refs, step_of
from playbook.viewmodels.followup import FollowUpModel
from tests.builders import ORDER_ID, broken_down, claim
from tests.desks import carried_out, claimed, locked, opened, page, planned

OTHER = Actor("Ma Jun", "agent")


def test_the_step_follows_the_stage_unless_the_agent_looked_back(desk: Desk) -> None:
    work = page(desk, claimed(desk))
    assert work.step is Stage.REMEDY
    work.step = Stage.LOCK
    assert work.do(AddNote("only a note"))
    assert work.step is Stage.LOCK
    assert not work.do(broken_down())
    assert work.step is Stage.LOCK


def test_a_closed_case_shows_its_follow_up(desk: Desk) -> None:
    work = page(desk, planned(desk))
    model = FollowUpModel(work)
    model.write(LetterKind.SOLUTION)
    assert model.approve()
    for promise in work.case.open_promises:
        assert work.do(KeepPromise(promise.promise, "TRK1"))
    assert work.do(CloseCase("solved"))
    assert work.case.stage is Stage.CLOSED
    assert (work.step, step_of(work.case)) == (Stage.FOLLOW_UP, Stage.FOLLOW_UP)
    assert not work.do(SetFlag("vip"))


def test_a_success_clears_the_notice(desk: Desk) -> None:
    work = page(desk, opened(desk))
    assert not work.do(AddNote(" "))
    assert work.notice is not None
    assert work.notice.texts == ("Write something first.",)
    assert work.do(AddNote("called"))
    assert work.notice is None
    work.tell("one", "two")
    assert work.notice is not None
    assert work.notice.texts == ("one", "two")


def test_a_conflict_tells_what_the_colleague_did_in_the_language_of_the_page(
    desk: Desk, desk_of: Callable[[Actor], Desk]
) -> None:
    case = locked(desk)
    work = page(desk, case, "zh_CN")
    carried_out(desk_of(OTHER), case, broken_down(claim(2)), AddNote("called <b>"))
    assert not work.do(broken_down(claim(3)))
    assert work.notice is not None
    assert work.notice.kind == "conflict"
    assert len(work.notice.texts) == 2
    assert all(text.startswith(OTHER.name) for text in work.notice.texts)
    assert "called <b>" in work.notice.texts[1]
    assert work.case.items[0].units == 2
    assert work.do(broken_down(claim(3)))


def test_refreshing_takes_over_what_others_did(desk: Desk, desk_of: Callable[[Actor], Desk]) -> None:
    case = locked(desk)
    work = page(desk, case)
    changes: list[object] = []
    work.observe(changes.append, "case")
    work.refresh()
    assert changes == []
    newer = carried_out(desk_of(OTHER), case, AddNote("hello"))
    work.refresh()
    assert work.case == newer
    assert len(changes) == 1


def test_the_message_is_read_once_for_each_order(desk: Desk) -> None:
    work = page(desk, opened(desk))
    first = work.reading
    assert work.reading is first
    assert first.order_ids == (ORDER_ID,)
    other = page(desk, locked(desk))
    assert [item.line for item in other.reading.items] == [1]
    assert line_refs(work.case) == ()
    assert [ref.line for ref in line_refs(other.case)] == [1]


def test_what_would_be_refused_is_known_before(desk: Desk) -> None:
    work = page(desk, locked(desk))
    assert [problem.code for problem in work.problems_of(broken_down(claim(99)))] == ["units_exceed_order"]
    assert work.problems_of(broken_down(claim(3))) == ()
    assert work.case.version == len(desk.events(work.case.case_id))
