"""The front page: what is due first, everything due on it, search, pages, and the way into a new case."""

from datetime import timedelta

import pytest

from playbook.desk import Desk
from playbook.domain.ids import Marketplace
from playbook.letters import LetterKind, draft
from playbook.steps.commands import CloseCase, KeepPromise, SetFlag
from playbook.viewmodels import home as module
from playbook.viewmodels.home import PAGE, HomeModel
from tests.builders import NOW, ORDER_ID
from tests.desks import Clock, carried_out, done, opened, planned


def answered(desk: Desk) -> str:
    """A planned case whose buyer has the solution; only our own follow-ups are due."""
    case = planned(desk)
    letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=desk.clock(), locale="en")
    return done(desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en")).case_id


def test_an_empty_desk(desk: Desk) -> None:
    model = HomeModel(desk)
    assert (model.rows, model.due_now, model.has_more) == ((), (), False)


def test_the_nearest_platform_deadline_comes_first_then_the_nearest_follow_up(
    desk: Desk, clock: Clock
) -> None:
    own = answered(desk)
    later = done(desk.open_case("hello", received_at=NOW - timedelta(hours=1))).case_id
    sooner = done(desk.open_case("hello", received_at=NOW - timedelta(hours=20))).case_id
    rows = HomeModel(desk).rows
    assert [row.case.case_id for row in rows] == [sooner, later, own]
    assert [row.is_platform for row in rows] == [True, True, False]
    assert [row.overdue for row in rows] == [False] * 3
    clock.forward(hours=5)
    assert [row.overdue for row in HomeModel(desk).rows] == [True, False, False]


def test_due_now_is_overdue_or_within_a_day(desk: Desk, clock: Clock) -> None:
    own = answered(desk)
    due_at = desk.store.list_index()[0].next_due_at
    assert due_at is not None
    clock.now = due_at - timedelta(hours=24)
    assert HomeModel(desk).due_now == ()
    clock.forward(seconds=1)
    assert [row.case.case_id for row in HomeModel(desk).due_now] == [own]
    clock.forward(days=3)
    assert [row.overdue for row in HomeModel(desk).due_now] == [True]


def test_what_is_due_is_told_on_every_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 20)
    cases = [opened(desk).case_id for _ in range(PAGE + 1)]
    model = HomeModel(desk)
    assert len(model.rows) == PAGE
    assert model.has_more
    assert {row.case.case_id for row in model.due_now} == set(cases)
    model.page = 1
    assert len(model.rows) == 1
    assert not model.has_more
    assert {row.case.case_id for row in model.due_now} == set(cases)


def test_a_full_page_alone_has_no_next_one(desk: Desk) -> None:
    for _ in range(PAGE):
        opened(desk)
    assert not HomeModel(desk).has_more


def test_search_and_closed_cases(desk: Desk) -> None:
    case = desk.case(answered(desk))
    assert case is not None
    closed = carried_out(
        desk, case, *(KeepPromise(p.promise, "TRK1") for p in case.open_promises), CloseCase("solved")
    )
    flagged = carried_out(desk, opened(desk), SetFlag("angry"))
    model = HomeModel(desk)
    assert [row.case.case_id for row in model.rows] == [flagged.case_id]
    model.show_closed = True
    assert [row.case.case_id for row in model.rows] == [flagged.case_id, closed.case_id]
    assert not model.rows[-1].overdue
    assert [row.case.case_id for row in model.due_now] == [flagged.case_id]
    for text, found in [
        (f"  {ORDER_ID} ", [closed]),
        ("angry", [flagged]),
        (flagged.case_id, [flagged]),
        ("%", []),
        ("'; DROP TABLE cases; --", []),
    ]:
        model.text = text
        assert [row.case.case_id for row in model.rows] == [case.case_id for case in found]


class TestANewCase:
    def test_the_language_is_read_from_the_message(self, desk: Desk) -> None:
        model = HomeModel(desk)
        case_id = model.open_case("订单里有3个台灯碎了，请尽快处理。", marketplace=Marketplace.US)
        case = desk.case(case_id or "")
        assert case is not None
        assert (case.language, case.marketplace, case.received_at) == ("zh", Marketplace.US, NOW)
        assert model.notice == ()

    def test_without_a_message_it_is_english(self, desk: Desk) -> None:
        case = desk.case(HomeModel(desk).open_case("  ") or "")
        assert case is not None
        assert case.language == "en"

    @pytest.mark.parametrize(("lang", "words"), [("en", "cannot have arrived"), ("zh_CN", "不可能")])
    def test_a_refusal_is_said_in_the_language_of_the_page(self, desk: Desk, lang: str, words: str) -> None:
        model = HomeModel(desk, lang)
        assert model.open_case("hello", received_at=NOW + timedelta(days=1)) is None
        (sentence,) = model.notice
        assert words in sentence
        assert desk.store.case_ids() == ()
