"""The plan after the decision: promises, schedule, messages, memo, hand-over, close."""

from datetime import datetime
from typing import Any, Literal

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import KnownPromise, Stage
from playbook.domain.ledgers import PromiseStanding, promise_ledger
from playbook.domain.problems import Problem
from playbook.domain.promises import FollowUp, FollowUpKind, Promise, PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.letters import Letter, LetterKind, LintFinding, draft, lint, memo_digest
from playbook.steps import Refused
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    ChangePromise,
    CloseCase,
    CompleteFollowUp,
    ConfirmPlan,
    KeepPromise,
    MakePromise,
    OfferHandOver,
    PlanDate,
    ReopenCase,
    SetFlag,
    WriteMemo,
)
from playbook.steps.followup import plan_blockers, planned_promises
from playbook.steps.schedule import schedule
from playbook.steps.upkeep import close_blockers
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.reception import ReceptionModel
from playbook.viewmodels.traits import state

Outcome = Literal["solved", "redirected", "declined", "withdrawn"]

LETTER_FOR = {
    FollowUpKind.FIRST_REPLY: LetterKind.FIRST_REPLY,
    FollowUpKind.NO_NEWS_UPDATE: LetterKind.UPDATE,
    FollowUpKind.EVIDENCE_REMINDER: LetterKind.ASK_DETAILS,
    FollowUpKind.FINAL_CHECK: LetterKind.CLOSING_SUMMARY,
}
"""The message that a follow-up usually needs."""


class FollowUpModel(t.HasTraits):
    """Everything that happens after the remedies are chosen. ``letter`` is the draft being edited."""

    dates: dict[tuple[str, PromiseKind], datetime] = state({})
    letter: Letter | None = state(None)
    letter_text: str = state("")

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        self.reception = ReceptionModel(work)
        saved = work.draft(Stage.FOLLOW_UP)
        if saved.get("letter_kind"):
            self.letter = Letter(
                LetterKind(saved["letter_kind"]), str(saved["locale"]), str(saved["letter_text"])
            )
            self.letter_text = self.letter.text
        self.dates = {
            (str(remedy), PromiseKind(kind)): datetime.fromisoformat(due_at)
            for remedy, kind, due_at in saved.get("dates", [])
        }
        self._drop_undatable()
        work.observe(lambda _: self._drop_undatable(), "case")

    @property
    def command(self) -> ConfirmPlan:
        return ConfirmPlan(
            tuple(PlanDate(remedy, kind, due_at) for (remedy, kind), due_at in self.dates.items())
        )

    @property
    def planned(self) -> tuple[Promise, ...]:
        """Promises that confirming the plan would make."""
        return planned_promises(self.work.case, self.command, self.work.setting)

    @property
    def blockers(self) -> tuple[Problem, ...]:
        """Why the plan cannot be confirmed; empty when it can."""
        return plan_blockers(self.work.case, self.command, self.work.setting)

    def set_date(self, remedy: str, kind: PromiseKind, due_at: datetime | None) -> None:
        """Plan another due time for a promise; None goes back to the rule's."""
        dates = {key: value for key, value in self.dates.items() if key != (remedy, kind)}
        if due_at is not None:
            dates[(remedy, kind)] = due_at
        self.dates = dates
        self._keep()

    def confirm(self) -> bool:
        """Make the promises and schedule the follow-ups."""
        if self.work.do(self.command, Draft(Stage.FOLLOW_UP.value, self._drafted_letter())):
            self.dates = {}
            return True
        self._keep()
        return False

    @property
    def promises(self) -> tuple[tuple[KnownPromise, PromiseStanding], ...]:
        """Every promise with its standing, the next due first."""
        return promise_ledger(self.work.case, self.work.now)

    @property
    def follow_ups(self) -> tuple[FollowUp, ...]:
        """What is still to do: the confirmed schedule, or what it would be once the plan is confirmed."""
        case = self.work.case
        if case.plan_confirmed:
            return case.open_follow_ups
        after = self.work.desk.simulate(case, self.command)
        return schedule(case, self.work.setting) if isinstance(after, Refused) else after.open_follow_ups

    def keep(self, promise: str, reference: str = "") -> bool:
        """Record that a promise was kept, with its tracking number or refund reference."""
        return self.work.do(KeepPromise(promise, reference))

    def change(self, promise: str, due_at: datetime, reason: str) -> bool:
        """Move a promise to another date; the superseding message is drafted at once."""
        if self.work.do(ChangePromise(promise, due_at, reason)):
            self.write(LetterKind.SUPERSEDED)
            return True
        return False

    def promise(self, command: MakePromise) -> bool:
        """Promise something beside the plan; a contradiction is refused with both texts."""
        return self.work.do(command)

    def complete(self, follow_up: str, note: str = "") -> bool:
        """Tick a follow-up off."""
        return self.work.do(CompleteFollowUp(follow_up, note))

    def write(self, kind: LetterKind, locale: str | None = None, questions: tuple[str, ...] = ()) -> Letter:
        """Draft a message; it replaces the one being edited."""
        work = self.work
        self.letter = draft(
            kind,
            work.case,
            policy=work.desk.policy,
            now=work.now,
            locale=locale or work.case.language,
            questions=questions,
        )
        self.edit(self.letter.text)
        return self.letter

    @property
    def suggested(self) -> LetterKind:
        """The message that the case calls for next: what the buyer has not been told yet."""
        case = self.work.case
        told = {message.kind for message in case.messages}
        if not case.plan_confirmed:
            return LetterKind.ASK_DETAILS if case.awaited else LetterKind.FIRST_REPLY
        only_amazon = all(remedy.kind is RemedyKind.REDIRECT_TO_AMAZON for remedy in case.remedies)
        first = LetterKind.REDIRECT if only_amazon else LetterKind.SOLUTION
        if first not in told:
            return first
        return LetterKind.UPDATE if case.open_promises else LetterKind.CLOSING_SUMMARY

    def edit(self, text: str) -> None:
        """Change the text of the drafted message."""
        self.letter_text = text
        self._keep()

    def discard(self) -> None:
        """Put the drafted message aside."""
        self.letter = None
        self.letter_text = ""
        self._keep()

    @property
    def due_letter(self) -> LetterKind | None:
        """The message that is due at this moment, ready to be drafted; None while nothing is."""
        if not self.work.case.plan_confirmed or self.work.case.closed:
            return None
        return None if self.suggested is LetterKind.UPDATE else self.suggested

    @property
    def findings(self) -> tuple[LintFinding, ...]:
        """What the rules say about the drafted message."""
        if self.letter is None:
            return ()
        work = self.work
        return lint(
            self.letter_text,
            case=work.case,
            policy=work.desk.policy,
            locale=self.letter.locale,
            now=work.now,
        )

    @property
    def can_send(self) -> bool:
        """Whether the drafted message may be sent: there is one and nothing blocks it."""
        return bool(self.letter_text.strip()) and all(
            finding.severity != "block" for finding in self.findings
        )

    def approve(self, follow_up: str = "") -> bool:
        """Record the drafted message as sent on the buyer's thread."""
        if self.letter is None:
            return False
        outcome = self.work.desk.approve_message(
            self.work.case,
            self.letter.kind,
            self.letter_text,
            self.letter.locale,
            follow_up=follow_up,
            draft=Draft(Stage.FOLLOW_UP.value, self._drafted_dates()),
        )
        if self.work.take(outcome):
            self.letter = None
            self.letter_text = ""
            return True
        self._keep()
        return False

    @property
    def memo(self) -> str:
        """The seller memo digest for the case as it is now."""
        return memo_digest(self.work.case, policy=self.work.desk.policy)

    def write_memo(self, text: str | None = None) -> bool:
        """Record the memo as pasted into Seller Central."""
        return self.work.do(WriteMemo(self.memo if text is None else text))

    def note(self, text: str) -> bool:
        """Add a note for colleagues."""
        return self.work.do(AddNote(text))

    def flag(self, flag: str, on: bool = True, note: str = "") -> bool:
        """Flag the case, or take the flag off."""
        return self.work.do(SetFlag(flag, on, note))

    def offer_hand_over(self, to: str, note: str = "") -> bool:
        """Offer the case to a colleague."""
        return self.work.do(OfferHandOver(to, note))

    def accept_hand_over(self) -> bool:
        """Acknowledge the hand-over and own the case."""
        return self.work.do(AcceptHandOver())

    @property
    def close_blockers(self) -> tuple[Problem, ...]:
        """What is left to do before the case may close."""
        return self.close_blockers_for("solved")

    def close_blockers_for(self, outcome: Outcome) -> tuple[Problem, ...]:
        """What is left to do before the case may close with that outcome."""
        return close_blockers(self.work.case, CloseCase(outcome=outcome))

    def close(self, command: CloseCase | None = None) -> bool:
        """Close the case."""
        return self.work.do(command or CloseCase())

    def reopen(self, reason: str) -> bool:
        """Reopen the case."""
        return self.work.do(ReopenCase(reason))

    def _keep(self) -> None:
        self.work.keep_draft(Stage.FOLLOW_UP, {**self._drafted_letter(), **self._drafted_dates()})

    def _drafted_letter(self) -> dict[str, Any]:
        if self.letter is None:
            return {}
        kind, locale = self.letter.kind.value, self.letter.locale
        return {"letter_kind": kind, "locale": locale, "letter_text": self.letter_text}

    def _drafted_dates(self) -> dict[str, Any]:
        dates = [[remedy, kind.value, at.isoformat()] for (remedy, kind), at in self.dates.items()]
        return {"dates": dates} if dates else {}

    def _drop_undatable(self) -> None:
        """Forget dates of promises that the plan would no longer make."""
        if self.dates:
            planned = planned_promises(self.work.case, ConfirmPlan(), self.work.setting)
            known = {(promise.remedy, promise.kind) for promise in planned}
            if self.dates.keys() - known:
                self.dates = {key: due_at for key, due_at in self.dates.items() if key in known}
