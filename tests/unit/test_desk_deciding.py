"""The desk decides and saves in one step: refusals leave no trace, conflicts lose nothing."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.desk import Conflict, Desk, Done, Draft, Outcome, utc_now
from playbook.domain.case import Case
from playbook.domain.claims import Evidence
from playbook.domain.events import Event, NoteAdded, OrderLocked
from playbook.domain.folding import fold
from playbook.domain.ids import CaseId
from playbook.domain.ledgers import unit_ledger
from playbook.domain.remedies import RemedyKind
from playbook.steps import Actor, Refused
from playbook.steps.commands import (
    AddNote,
    CloseCase,
    ConfirmPlan,
    KeepPromise,
    OpenCase,
    RecordEvidence,
    RequestEvidence,
    SetFlag,
    WithdrawLock,
    WithdrawRemedy,
)
from playbook.store import CaseIndexRow, SqlStore, VersionClash, open_store
from playbook.store.engine import make_engine
from tests.builders import AGENT, NOW, ORDER_ID, a_line, an_order, broken_down, choose, claim
from tests.desks import Clock, a_desk, carried_out, claimed, done, locked, opened, planned
from tests.properties.machine import ACTORS, Chance, an_order_of_any_kind, next_command, some_command

OTHER = Actor("Ma Jun", "agent")
DeskOf = Callable[[Actor], Desk]


def row_of(desk: Desk, case: Case) -> CaseIndexRow:
    """The home page's row of a case."""
    return next(row for row in desk.store.list_index(open_only=False) if row.case_id == case.case_id)


class TestDoing:
    def test_an_accepted_command_is_saved_as_it_was_decided(self, desk: Desk) -> None:
        case = locked(desk)
        outcome = desk.do(case.case_id, broken_down(claim(3)), seen=case.version)
        assert isinstance(outcome, Done)
        read = desk.case(case.case_id)
        assert read == outcome.case
        assert replace(read, planned=None) == fold(case.case_id, desk.events(case.case_id))
        assert [event.seq for event in outcome.events] == [case.version + 1]
        event = outcome.events[0]
        assert (event.actor, event.at, event.policy_version) == (AGENT.name, NOW, desk.policy.version)
        assert desk.store.verify() == ()

    def test_a_refused_command_saves_nothing(self, desk: Desk) -> None:
        case = claimed(desk)
        before = (desk.events(case.case_id), row_of(desk, case))
        outcome = desk.do(
            case.case_id, choose(RemedyKind.REPLACEMENT, units=4), seen=case.version, draft=Draft("remedy")
        )
        assert isinstance(outcome, Refused)
        assert [problem.code for problem in outcome.problems] == ["units_not_open"]
        assert (desk.events(case.case_id), row_of(desk, case)) == before

    def test_a_command_that_changes_nothing_is_done_without_an_event(self, desk: Desk) -> None:
        case = opened(desk)
        outcome = desk.do(case.case_id, SetFlag("vip", on=False), seen=case.version)
        assert outcome == Done(case, ())

    def test_a_case_that_was_never_opened(self, desk: Desk) -> None:
        outcome = desk.do("2026-9999", AddNote("hello"))
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].code == "unknown_case"
        assert desk.case("2026-9999") is None
        assert desk.store.case_ids() == ()

    def test_without_a_version_seen_any_is_accepted(self, desk: Desk) -> None:
        case = opened(desk)
        carried_out(desk, case, AddNote("one"))
        assert isinstance(desk.do(case.case_id, AddNote("two")), Done)

    def test_the_draft_goes_with_what_was_confirmed_and_stays_with_a_refusal(self, desk: Desk) -> None:
        case = locked(desk)
        desk.store.put_draft(case.case_id, "breakdown", {"rows": [1]}, NOW)
        desk.do(case.case_id, broken_down(claim(99)), seen=case.version, draft=Draft("breakdown"))
        assert desk.store.draft(case.case_id, "breakdown") == {"rows": [1]}
        desk.do(case.case_id, broken_down(claim(3)), seen=case.version, draft=Draft("breakdown"))
        assert desk.store.draft(case.case_id, "breakdown") is None
        desk.do(case.case_id, AddNote("x"), draft=Draft("breakdown", {"left": 1}))
        assert desk.store.draft(case.case_id, "breakdown") == {"left": 1}


class TestConflicts:
    def test_nothing_is_saved_and_what_the_colleague_did_is_told(self, desk: Desk, desk_of: DeskOf) -> None:
        case = locked(desk)
        colleague = desk_of(OTHER)
        carried_out(colleague, case, broken_down(claim(2)), AddNote("called the buyer"))
        desk.store.put_draft(case.case_id, "breakdown", {"rows": [3]}, NOW)
        outcome = desk.do(case.case_id, broken_down(claim(3)), seen=case.version, draft=Draft("breakdown"))
        assert isinstance(outcome, Conflict)
        assert outcome.case == colleague.case(case.case_id)
        assert [event.actor for event in outcome.events] == [OTHER.name] * 2
        assert [event.seq for event in outcome.events] == [case.version + 1, case.version + 2]
        assert outcome.case.items[0].units == 2
        assert desk.store.draft(case.case_id, "breakdown") == {"rows": [3]}

    def test_a_case_opened_twice_keeps_the_first(self, desk: Desk) -> None:
        case = opened(desk)
        outcome = desk.do(case.case_id, OpenCase(NOW), seen=0)
        assert isinstance(outcome, Conflict)
        assert desk.case(case.case_id) == case

    def test_a_clash_inside_the_transaction_is_a_conflict_too(self, database: Path, clock: Clock) -> None:
        store = OvertakenStore(make_engine(f"sqlite:///{database}"))
        desk = a_desk(store, AGENT, clock)
        case = opened(desk)
        store.overtaker = a_desk(SqlStore(store._engine), OTHER, clock)
        outcome = desk.do(case.case_id, AddNote("mine"), seen=case.version)
        assert isinstance(outcome, Conflict)
        assert [event.body for event in outcome.events] == [NoteAdded(text="theirs")]
        assert outcome.case == desk.case(case.case_id)
        assert store.verify() == ()
        store.close()


class OvertakenStore(SqlStore):
    """A store in which a colleague with another lock gets in between reading and appending."""

    overtaker: Desk | None = None

    @contextmanager
    def write(self, lock_on: str) -> Iterator["_OvertakenTx"]:  # type: ignore[override]
        with super().write(lock_on) as tx:
            yield _OvertakenTx(tx, self)


class _OvertakenTx:
    def __init__(self, tx: object, store: OvertakenStore) -> None:
        self._tx, self._store = tx, store

    def __getattr__(self, name: str) -> object:
        return getattr(self._tx, name)

    def append(self, case_id: CaseId, events: Sequence[Event], expected_version: int) -> object:
        overtaker, self._store.overtaker = self._store.overtaker, None
        if overtaker is None:
            return self._tx.append(case_id, events, expected_version)  # type: ignore[attr-defined]
        self._tx._connection.rollback()  # type: ignore[attr-defined]
        overtaker.do(case_id, AddNote("theirs"))
        raise VersionClash(case_id, expected_version, expected_version + 1)


class TestCasesOnTheSameOrder:
    def test_units_of_another_case_cannot_be_compensated_again(self, desk: Desk, desk_of: DeskOf) -> None:
        order = an_order(a_line(units=3))
        first, second = claimed(desk, order=order), claimed(desk_of(OTHER), order=order)
        carried_out(desk, first, choose(RemedyKind.REPLACEMENT))
        outcome = desk_of(OTHER).do(second.case_id, choose(RemedyKind.REFUND_FULL), seen=second.version)
        assert isinstance(outcome, Refused)
        setting = desk.setting(second)
        assert [earlier.units for earlier in setting.elsewhere] == [3]
        assert desk.other_cases(order.order_id, second.case_id) == (desk.case(first.case_id),)
        assert desk.other_cases(order.order_id, first.case_id) == (desk.case(second.case_id),)

    def test_a_withdrawn_remedy_frees_its_units_for_the_other_case(self, desk: Desk) -> None:
        order = an_order(a_line(units=3))
        first, second = claimed(desk, order=order), claimed(desk, order=order)
        first = carried_out(desk, first, choose(RemedyKind.REPLACEMENT))
        assert isinstance(desk.do(second.case_id, choose(RemedyKind.REPLACEMENT)), Refused)
        carried_out(desk, first, WithdrawRemedy("r1", "wrong case"))
        assert isinstance(desk.do(second.case_id, choose(RemedyKind.REPLACEMENT)), Done)

    def test_a_case_whose_lock_was_withdrawn_counts_no_more(self, desk: Desk) -> None:
        order = an_order()
        first, second = locked(desk, order), locked(desk, order)
        carried_out(desk, first, WithdrawLock("wrong order"))
        assert desk.other_cases(order.order_id, second.case_id) == ()
        assert desk.setting(opened(desk)).elsewhere == ()

    @pytest.mark.parametrize("round_", range(4))
    def test_two_desks_never_both_compensate_the_last_unit(
        self, round_: int, desk: Desk, desk_of: DeskOf
    ) -> None:
        order = an_order(a_line(units=1))
        cases = [claimed(desk, [claim(1)], order) for _ in range(3)]
        desks = [desk_of(Actor(f"agent {n}", "agent")) for n in range(3)]
        barrier = threading.Barrier(3)
        outcomes: list[Outcome] = []

        def decide_at_once(own: Desk, case: Case) -> None:
            barrier.wait()
            outcomes.append(own.do(case.case_id, choose(RemedyKind.REPLACEMENT), seen=case.version))

        threads = [
            threading.Thread(target=decide_at_once, args=pair) for pair in zip(desks, cases, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Done", "Refused", "Refused"]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        assert {problem.code for one in refused for problem in one.problems} <= {
            "option_refused", "already_compensated", "units_not_open",
        }  # fmt: skip
        remedies = [r for case in cases for r in fold(case.case_id, desk.events(case.case_id)).remedies]
        assert sum(remedy.units for remedy in remedies) == 1
        assert desk.store.verify() == ()

    def test_two_pages_of_one_case_at_the_same_moment(self, desk: Desk, desk_of: DeskOf) -> None:
        case = claimed(desk)
        desks, outcomes = [desk_of(AGENT), desk_of(OTHER)], list[Outcome]()
        barrier = threading.Barrier(2)

        def note(own: Desk) -> None:
            barrier.wait()
            outcomes.append(own.do(case.case_id, AddNote(own.actor.name), seen=case.version))

        threads = [threading.Thread(target=note, args=(own,)) for own in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won, lost = sorted(outcomes, key=lambda outcome: isinstance(outcome, Conflict))
        assert isinstance(won, Done)
        assert isinstance(lost, Conflict)
        assert lost.events == won.events
        assert len(desk.events(case.case_id)) == case.version + 1


class TestSimulating:
    def test_simulation_saves_nothing(self, desk: Desk) -> None:
        case = claimed(desk)
        before = desk.events(case.case_id)
        after = desk.simulate(case, choose(RemedyKind.REPLACEMENT))
        assert isinstance(after, Case)
        assert after.undecided_units() == 0
        assert desk.events(case.case_id) == before
        assert desk.case(case.case_id) == case

    @settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
    @given(data=st.data())
    def test_it_equals_doing(self, data: st.DataObject, empty_database: Path) -> None:
        """Whatever is asked: the preview is what happens."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copyfile(empty_database, Path(folder) / "desk.db")
            with open_store(f"sqlite:///{folder}/desk.db") as store:
                self.play(data, store)

    def play(self, data: st.DataObject, store: SqlStore) -> None:
        clock, chance = Clock(), Chance.drawn(data.draw)
        order = an_order_of_any_kind(chance, most_lines=6)
        desks = [a_desk(store, actor, clock) for actor in ACTORS]
        cases = [locked(desks[0], order) for _ in range(2)]
        for _ in range(data.draw(st.integers(3, 10))):
            at, desk = data.draw(st.integers(0, 1)), data.draw(st.sampled_from(desks))
            choose_one = next_command if chance.coin() else some_command
            command = choose_one(chance, cases[at], order, desk.setting(cases[at]))
            foreseen = desk.simulate(cases[at], command)
            outcome = desk.do(cases[at].case_id, command, seen=cases[at].version)
            if isinstance(outcome, Refused):
                assert foreseen == outcome
            else:
                assert foreseen == done(outcome) == desk.case(cases[at].case_id)
                cases[at] = done(outcome)
            clock.forward(minutes=data.draw(st.integers(0, 600)))
        assert store.verify() == ()


class TestHomeRow:
    def test_a_new_case_is_due_by_the_platforms_clock(self, desk: Desk) -> None:
        case = opened(desk)
        row = row_of(desk, case)
        (reply,) = case.open_follow_ups
        assert row == CaseIndexRow(
            case_id=case.case_id, order_id=None, stage="lock", next_due_at=reply.due_at,
            next_deadline_at=reply.due_at, flags=(), updated_at=NOW, agent=AGENT.name, closed=False, marketplace="US",
        )  # fmt: skip
        assert reply.due_at == NOW + timedelta(hours=22)

    def test_it_follows_the_case(self, desk: Desk, clock: Clock) -> None:
        case = locked(desk)
        assert (row_of(desk, case).order_id, row_of(desk, case).stage) == (ORDER_ID, "breakdown")
        assert row_of(desk, case).marketplace == "UK"
        case = carried_out(desk, case, broken_down(claim(3)), choose(RemedyKind.REPLACEMENT), ConfirmPlan())
        first = case.open_follow_ups[0]
        assert row_of(desk, case).next_due_at == first.due_at
        clock.forward(hours=1)
        case = carried_out(desk, case, SetFlag("vip"), RequestEvidence(("c1",), Evidence.PHOTO))
        row = row_of(desk, case)
        assert row.flags == ("vip", "waiting_for_evidence")
        assert row.updated_at == clock.now
        case = carried_out(desk, case, RecordEvidence(("c1",), Evidence.PHOTO))
        assert row_of(desk, case).flags == ("vip",)

    def test_a_pending_approval_is_a_flag(self, desk: Desk) -> None:
        case = claimed(desk, [claim(3, photo=False)])
        case = carried_out(desk, case, choose(RemedyKind.REPLACEMENT))
        assert len(case.pending) == 1
        assert row_of(desk, case).flags == ("approval",)

    def test_an_answered_message_is_no_platform_deadline(self, desk: Desk) -> None:
        from playbook.letters import LetterKind, draft

        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=NOW, locale="en")
        case = done(desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en"))
        assert row_of(desk, case).next_deadline_at is None

    def test_a_closed_case_leaves_the_list_of_open_ones(self, desk: Desk) -> None:
        from playbook.letters import LetterKind, draft

        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=NOW, locale="en")
        case = done(desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en"))
        case = carried_out(
            desk, case, *(KeepPromise(p.promise, "TRK1") for p in case.open_promises), CloseCase("solved")
        )
        assert row_of(desk, case).closed
        assert desk.store.list_index() == ()


class TestTheOrderBook:
    def test_a_case_keeps_the_order_as_it_was_locked(self, desk: Desk) -> None:
        case = locked(desk)
        changed = an_order(a_line(units=12, paid="120.00"))
        desk.store.put_orders([changed], "test")
        again = desk.case(case.case_id)
        assert again is not None
        assert again.order == an_order()
        assert desk.order(ORDER_ID) != again.order
        done(desk.do(case.case_id, broken_down(claim(3)), seen=case.version))

    def test_an_order_that_is_not_in_the_book(self, desk: Desk) -> None:
        assert desk.order("204-0000000-0000000") is None


def test_the_locked_lines_are_in_the_event(desk: Desk) -> None:
    case = locked(desk)
    body = desk.events(case.case_id)[-1].body
    assert isinstance(body, OrderLocked)
    assert body.order == an_order()
    assert unit_ledger(case, ())[0].ordered == 10


def test_the_present_is_aware_and_in_whole_seconds() -> None:
    now = utc_now()
    assert now.tzinfo is not None
    assert now.microsecond == 0


def test_a_case_id_that_is_in_use_is_a_bug_of_the_store(desk: Desk) -> None:
    class Forgetful:
        """A store that gives one case id twice."""

        def __getattr__(self, name: str) -> object:
            return getattr(desk.store, name)

        def new_case_id(self, year: int) -> CaseId:
            return CaseId(f"{year}-0001")

    forgetful = a_desk(Forgetful())  # type: ignore[arg-type]
    opened(forgetful)
    with pytest.raises(RuntimeError, match="already in use"):
        opened(forgetful)
