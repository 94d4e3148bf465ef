"""Personal words live in the vault and nowhere else; whatever a message holds, it comes back as it was."""

import hashlib
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from playbook.desk import KEEP_MESSAGES_DAYS, LONGEST_MESSAGE, Conflict, Desk, Done, Draft, LintRefused
from playbook.domain.events import MessageApproved
from playbook.domain.remedies import RemedyKind
from playbook.letters import LetterKind, draft
from playbook.steps import Refused
from playbook.steps.commands import (
    AddNote,
    CloseCase,
    OfferHandOver,
    ReopenCase,
    SetFlag,
    WithdrawLock,
    WithdrawRemedy,
    WriteMemo,
)
from playbook.viewmodels.breakdown import BreakdownModel
from playbook.viewmodels.followup import FollowUpModel
from playbook.viewmodels.home import HomeModel
from playbook.viewmodels.lock import LockModel
from playbook.viewmodels.takealong import TakeAlongModel
from tests.builders import NOW, ORDER_ID, choose
from tests.desks import MESSAGE, carried_out, claimed, done, locked, opened, page, planned

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '=HYPERLINK("http://evil")\n+1+1\n-2\n@SUM(A1)',
    "\x00\x01\x08\x0b\x1b[31m\x7f",
    "\u202egnol \u200fright to left\u2066",
    "'; DROP TABLE events; --",
    "{{ 7*7 }} {% for x in y %} ${jndi:ldap://x} %s %(a)s {0}",
    "../../etc/passwd\\..\\windows",
    "half \ud83d character \udc00",
    "👩‍👩‍👧‍👦" * 50 + "ﷺ" * 50,
    "\r\n\t \u2028\u2029\ufeff\u200b",
]


def everywhere_but_the_vault(database: Path) -> str:
    """All texts of all tables except the vault's, as one."""
    connection = sqlite3.connect(database)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert {"events", "vault", "drafts", "case_index"} <= set(tables)
    found = [
        repr(row) for name in tables if name != "vault" for row in connection.execute(f"SELECT * FROM {name}")
    ]
    connection.close()
    return "\n".join(found)


def vault_size(database: Path) -> int:
    connection = sqlite3.connect(database)
    (count,) = connection.execute("SELECT count(*) FROM vault").fetchone()
    connection.close()
    return int(count)


class TestOpening:
    def test_the_text_is_in_the_vault_only(self, desk: Desk, database: Path) -> None:
        secret = "Perrin Vasquez-Holt, perrin@example.org, 14 Quince Row: everything smashed"
        case = opened(desk, secret)
        assert desk.message(case) == secret
        everything = everywhere_but_the_vault(database)
        for part in ("Perrin", "perrin@", "Quince", "smashed"):
            assert part not in everything
        assert case.message_ref in everything

    def test_the_longest_message_and_one_more_character(self, desk: Desk, database: Path) -> None:
        longest = "ab cd " * 40_000
        case = opened(desk, longest[:LONGEST_MESSAGE])
        assert desk.message(case) == longest[:LONGEST_MESSAGE]
        outcome = desk.open_case(longest[: LONGEST_MESSAGE + 1])
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].code == "message_too_long"
        assert outcome.problems[0].params == {"length": 200_001, "limit": 200_000}
        assert (len(desk.store.case_ids()), vault_size(database)) == (1, 1)

    @pytest.mark.parametrize("message", ["", "   \n\t "])
    def test_no_message_is_no_text_in_the_vault(self, desk: Desk, database: Path, message: str) -> None:
        case = opened(desk, message)
        assert (case.message_ref, desk.message(case), vault_size(database)) == ("", None, 0)

    def test_a_refused_opening_leaves_no_text_and_uses_no_number(self, desk: Desk, database: Path) -> None:
        outcome = desk.open_case(MESSAGE, received_at=NOW + timedelta(seconds=1))
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].code == "received_in_future"
        assert vault_size(database) == 0
        assert opened(desk).case_id == "2026-0001"

    @pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_text_is_kept_as_it_is_and_can_be_worked_with(
        self, desk: Desk, database: Path, message: str
    ) -> None:
        case = locked(desk, message=f"Order {ORDER_ID}\n{message}\n3 desk lamps smashed")
        assert desk.message(case) == f"Order {ORDER_ID}\n{message}\n3 desk lamps smashed"
        work = page(desk, case)
        assert len(BreakdownModel(work).rows) >= 1
        assert LockModel(page(desk, opened(desk, message))).blockers
        assert isinstance(TakeAlongModel(work).handover_card(), str)
        assert HomeModel(desk).open_case(message) is not None
        assert desk.store.verify() == ()

    def test_now_is_when_a_message_came_unless_said_otherwise(self, desk: Desk) -> None:
        assert done(desk.open_case("hello")).received_at == NOW

    def test_a_front_page_does_not_read_what_is_too_long(self, desk: Desk) -> None:
        home = HomeModel(desk, "en")
        assert home.open_case("x" * (LONGEST_MESSAGE + 1)) is None
        assert home.notice == ("The message has 200001 characters; 200000 is the most that can be kept.",)


class TestPurging:
    def test_the_pages_work_after_the_message_is_gone(self, desk: Desk) -> None:
        case = planned(desk)
        last = (case.received_at or NOW).date() + timedelta(days=KEEP_MESSAGES_DAYS)
        assert desk.store.purge(last).texts == 0
        assert desk.message(case) == MESSAGE
        assert desk.store.purge(last + timedelta(days=1)).texts == 1
        assert desk.message(case) is None
        work = page(desk, case)
        assert work.message == ""
        assert [row.units for row in BreakdownModel(work).rows if row.is_mentioned] == [3]
        model = FollowUpModel(work)
        model.write(LetterKind.SOLUTION)
        assert model.approve()
        assert desk.store.verify() == ()

    def test_a_case_that_was_not_locked_yet_can_still_be_locked_by_hand(self, desk: Desk) -> None:
        locked(desk)
        case = opened(desk)
        desk.store.purge(date(2030, 1, 1))
        model = LockModel(page(desk, case))
        assert model.verdict == "none"
        model.set_known("order_id_part", ORDER_ID)
        assert model.verdict == "certain"
        assert model.confirm()

    def test_letters_are_kept_until_the_same_day(self, desk: Desk, database: Path) -> None:
        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=NOW, locale="en")
        done(desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en"))
        connection = sqlite3.connect(database)
        rows = connection.execute("SELECT kind, purge_after FROM vault ORDER BY kind").fetchall()
        connection.close()
        assert rows == [("letter", "2026-12-23"), ("message", "2026-12-23")]


class TestWhatAgentsType:
    PERSONAL = "Ms Vasquez, perrin@example.org, phone +44 20 7946 0991"

    @pytest.mark.parametrize(
        "command",
        [
            AddNote(PERSONAL),
            WriteMemo(PERSONAL),
            SetFlag("vip", note=PERSONAL),
            OfferHandOver("Ma Jun", PERSONAL),
            WithdrawRemedy("r1", PERSONAL),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_personal_data_are_masked_before_they_become_an_event(
        self, desk: Desk, database: Path, command: AddNote
    ) -> None:
        case = planned(desk)
        assert desk.simulate(case, command) == carried_out(desk, case, command)
        everything = everywhere_but_the_vault(database)
        for part in ("perrin@", "20 7946", "Vasquez"):
            assert part not in everything
        assert "[e-mail]" in everything

    def test_other_reasons_too(self, desk: Desk, database: Path) -> None:
        carried_out(desk, locked(desk), WithdrawLock(self.PERSONAL))
        assert "perrin@" not in everywhere_but_the_vault(database)

    def test_names_of_colleagues_and_references_stay(self, desk: Desk) -> None:
        case = carried_out(desk, planned(desk), OfferHandOver("Ma Jun", "order 204-5512873-7719305: 2 units"))
        assert case.hand_over_to == "Ma Jun"
        events = desk.events(case.case_id)
        assert "order 204-5512873-7719305: 2 units" in events[-1].model_dump_json()


class TestLetters:
    def test_a_letter_that_was_approved_is_in_the_vault_with_its_digest(
        self, desk: Desk, database: Path
    ) -> None:
        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=NOW, locale="en")
        outcome = desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en", draft=Draft("follow_up"))
        assert isinstance(outcome, Done)
        body = outcome.events[0].body
        assert isinstance(body, MessageApproved)
        assert desk.store.vault_get(body.message_ref) == letter.text
        assert body.digest == hashlib.sha256(letter.text.encode()).hexdigest()
        assert letter.text.splitlines()[2] not in everywhere_but_the_vault(database)

    @pytest.mark.parametrize(
        ("text", "rule"),
        [("", "empty"), ("x" * 20_001, "too_long"), ("Refund of $9,999.00", "amount_not_in_ledger")],
    )
    def test_what_a_rule_forbids_is_saved_nowhere(
        self, desk: Desk, database: Path, text: str, rule: str
    ) -> None:
        case, before = planned(desk), vault_size(database)
        outcome = desk.approve_message(case, LetterKind.UPDATE, text, "en")
        assert isinstance(outcome, LintRefused)
        assert rule in {finding.rule_id for finding in outcome.findings}
        assert desk.case(case.case_id) == case
        assert vault_size(database) == before

    def test_a_conflict_saves_no_letter(self, desk: Desk, database: Path) -> None:
        case = planned(desk)
        letter = draft(LetterKind.SOLUTION, case, policy=desk.policy, now=NOW, locale="en")
        newer = carried_out(desk, case, AddNote("the buyer called"))
        before = vault_size(database)
        outcome = desk.approve_message(case, LetterKind.SOLUTION, letter.text, "en")
        assert isinstance(outcome, Conflict)
        assert outcome.case == newer
        assert [event.seq for event in outcome.events] == [newer.version]
        assert vault_size(database) == before

    def test_a_closed_case_takes_no_letter(self, desk: Desk, database: Path) -> None:
        case = claimed(desk)
        letter = draft(LetterKind.FIRST_REPLY, case, policy=desk.policy, now=NOW, locale="en")
        case = done(desk.approve_message(case, LetterKind.FIRST_REPLY, letter.text, "en"))
        case = carried_out(desk, case, CloseCase("withdrawn"))
        before = vault_size(database)
        outcome = desk.approve_message(case, LetterKind.FIRST_REPLY, letter.text, "en")
        assert isinstance(outcome, Refused)
        assert outcome.problems[0].code == "case_closed"
        assert vault_size(database) == before
        case = carried_out(desk, case, ReopenCase("wrote again"), choose(RemedyKind.REPLACEMENT))
        done(desk.approve_message(case, LetterKind.FIRST_REPLY, letter.text, "en"))
