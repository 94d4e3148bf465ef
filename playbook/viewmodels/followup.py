"""The plan after the decision: promises, schedule, messages, memo, hand-over, close."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import Case, KnownPromise, Stage
from playbook.domain.contradictions import owed_notices
from playbook.domain.events import OwnWords
from playbook.domain.ledgers import PromiseStanding, promise_ledger
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import ClockStart, FollowUp, FollowUpKind, Promise, PromiseKind, PromiseState
from playbook.domain.remedies import RemedyKind
from playbook.i18n import say
from playbook.intake.questions import question_text
from playbook.letters import (
    MEMO_LIMIT,
    Letter,
    LetterKind,
    LintFinding,
    draft,
    fixed,
    lint,
    memo_parts,
    memo_problems,
)
from playbook.letters.render import REFUNDING, SHIPPING, pending_until
from playbook.letters.words import locale_of
from playbook.steps.commands import (
    AcceptHandOver,
    AddNote,
    CancelRefunds,
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
    StartClock,
    WithdrawPromise,
    WriteMemo,
)
from playbook.steps.followup import plan_blockers, planned_promises, rule_dates, undated
from playbook.steps.refunds import pending_refunds
from playbook.steps.upkeep import close_blockers
from playbook.viewmodels.breakdown import FROM_ROWS
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.reception import ReceptionModel
from playbook.viewmodels.traits import state

Outcome = Literal["solved", "redirected", "declined", "withdrawn"]

LETTER_FOR = {
    FollowUpKind.FIRST_REPLY: LetterKind.FIRST_REPLY,
    FollowUpKind.REPLY: LetterKind.UPDATE,
    FollowUpKind.NOTICE: LetterKind.SUPERSEDED,
    FollowUpKind.NO_NEWS_UPDATE: LetterKind.UPDATE,
    FollowUpKind.EVIDENCE_REMINDER: LetterKind.EVIDENCE_REMINDER,
    FollowUpKind.FINAL_CHECK: LetterKind.CLOSING_SUMMARY,
}
"""The message that a follow-up usually needs."""

NOTICES = (LetterKind.SUPERSEDED, LetterKind.UPDATE_NEWS, LetterKind.SOLUTION, LetterKind.CLOSING_SUMMARY)
"""Messages that tell of a changed promise, the best first: what was taken back leaves no new date to tell."""
ASKING = frozenset({LetterKind.ASK_DETAILS, LetterKind.EVIDENCE_REMINDER})
"""Messages that put open questions to the buyer."""


class FollowUpModel(t.HasTraits):
    """Everything that happens after the remedies are chosen. ``letter`` is the draft being edited.

    ``own`` are words of it that the agent answers for; ``proactive`` says that it opens a thread.
    """

    dates: dict[tuple[str, PromiseKind], datetime] = state({})
    letter: Letter | None = state(None)
    letter_text: str = state("")
    refused: MakePromise | None = state(None)
    own: frozenset[OwnWords] = state(frozenset())
    proactive: bool = state(False)

    def __init__(self, work: CaseModel, memo_limit: int = MEMO_LIMIT) -> None:
        super().__init__()
        self.work = work
        self.memo_limit = memo_limit
        self.reception = ReceptionModel(work)
        saved = work.draft(Stage.FOLLOW_UP)
        if saved.get("letter_kind"):
            self.letter = Letter(
                LetterKind(saved["letter_kind"]), str(saved["locale"]), str(saved["letter_text"])
            )
            self.letter_text = self.letter.text
            self.own = frozenset(OwnWords(rule=rule, words=words) for rule, words in saved.get("own", []))
            self.proactive = bool(saved.get("proactive"))
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
        """What is still to do: the schedule as it is now, or as it would be once the plan is confirmed."""
        case = self.work.case
        after = None if case.plan_confirmed else self.work.desk.simulate(case, self.command)
        return (after if isinstance(after, Case) else case).open_follow_ups

    @property
    def undated(self) -> tuple[Problem, ...]:
        """What cannot be dated, because the holidays of that year are not known."""
        return undated(self.work.case, self.work.desk.setting_today(self.work.case))

    @property
    def rule_dates(self) -> dict[str, datetime]:
        """By id of an open promise: the date its rule would give today, where the buyer was told another."""
        return rule_dates(self.work.case, self.work.desk.setting_today(self.work.case))

    def keep(self, promise: str, reference: str = "") -> bool:
        """Record that a promise was kept, with its tracking number or refund reference."""
        return self.work.do(KeepPromise(promise, reference))

    def change(self, promise: str, due_at: datetime, reason: str) -> bool:
        """Move a promise to another date; the message that tells the buyer is drafted at once."""
        known = self.work.case.known_promise(promise)
        was_late = known is not None and known.is_late(self.work.now)
        if self.work.do(ChangePromise(promise, due_at, reason)):
            self.write(LetterKind.APOLOGY if was_late else LetterKind.SUPERSEDED)
            return True
        return False

    def promise(self, command: MakePromise) -> bool:
        """Promise something beside the plan; a contradiction is refused with both texts.

        A promise that one earlier promise alone stands against is kept as ``refused``: it can be made
        `instead` of that one.
        """
        if self.work.do(command):
            self.refused = None
            return True
        codes = [problem.code for problem in self.work.problems_of(command)]
        self.refused = command if codes == ["promise_contradicts"] else None
        return False

    def instead(self, reason: str) -> bool:
        """Make the refused promise instead of the one it contradicts; the message about it is drafted."""
        if self.refused is None:
            return False
        (against,) = self.work.problems_of(self.refused)
        command = replace(self.refused, instead_of=str(against.params["promise"]), reason=reason)
        if self.work.do(command):
            self.refused = None
            self._write_notice()
            return True
        return False

    def forget(self) -> None:
        """Leave the earlier promise as it is."""
        self.refused = None
        self.work.notice = None

    def take_back(self, promise: str, reason: str) -> bool:
        """Take back a promise beside the plan; the message about it is drafted at once."""
        if self.work.do(WithdrawPromise(promise, reason)):
            self._write_notice()
            return True
        return False

    def _write_notice(self) -> None:
        kind = self.letter_for(FollowUpKind.NOTICE)
        if kind is not None and owed_notices(self.work.case):
            self.write(kind)

    @property
    def pending_refunds(self) -> tuple[tuple[KnownPromise, datetime], ...]:
        """Submitted refunds that can still be cancelled in Seller Central, each with its end."""
        work = self.work
        return pending_refunds(work.case, policy=work.policy, now=work.now)

    def cancel_refunds(self, reason: str) -> bool:
        """Record that all pending refunds were cancelled; a message about it is drafted where it is owed."""
        if self.work.do(CancelRefunds(reason)):
            self._write_notice()
            return True
        return False

    def happened(self, start: ClockStart, started_at: datetime, reference: str = "") -> bool:
        """Record what happened outside: the buyer wrote again, a claim was opened ..."""
        return self.work.do(StartClock(start, started_at, reference))

    def complete(self, follow_up: str, note: str = "") -> bool:
        """Tick a follow-up off."""
        return self.work.do(CompleteFollowUp(follow_up, note))

    def write(
        self, kind: LetterKind, locale: str | None = None, questions: tuple[str, ...] = ()
    ) -> Letter | None:
        """Draft a message, which replaces the one being edited; None, with the reason shown, for no sense."""
        letter = self.drafted(kind, locale, questions)
        if isinstance(letter, Problem):
            self.work.refuse((letter,))
            return None
        self.letter = letter
        self.own = frozenset()
        self.proactive = False
        self.edit(letter.text)
        return letter

    def drafted(
        self, kind: LetterKind, locale: str | None = None, questions: tuple[str, ...] = ()
    ) -> Letter | Problem:
        """A message as the ledger gives it now, or why it makes no sense."""
        work = self.work
        language = locale_of(locale or work.case.language)
        return draft(
            kind,
            work.case,
            policy=work.desk.policy,
            now=work.now,
            locale=language,
            questions=questions or (self.questions(language) if kind in ASKING else ()),
            offers=work.desk.offers(work.case) if kind is LetterKind.OFFER else (),
        )

    def questions(self, language: str) -> tuple[str, ...]:
        """What the buyer has not told yet, as sentences in *language*."""
        answered = FROM_ROWS if self.work.case.breakdown_confirmed else frozenset[str]()
        return tuple(
            question_text(question, language)
            for question in self.work.reading.questions
            if question.code not in answered
        )

    @property
    def suggested(self) -> LetterKind:
        """The message that the case calls for next: what the buyer has not been told yet."""
        case = self.work.case
        told = {message.kind for message in case.messages}
        if not case.plan_confirmed:
            return self._before_the_plan(told)
        only_amazon = all(remedy.kind is RemedyKind.REDIRECT_TO_AMAZON for remedy in case.remedies)
        first = LetterKind.REDIRECT if only_amazon else LetterKind.SOLUTION
        if first not in told:
            return first
        owed = owed_notices(case)
        overdue = any(
            known.state is PromiseState.OPEN and known.is_late(self.work.now) for known in case.promises
        )
        if overdue or any(known.was_late for known in owed):
            return LetterKind.APOLOGY
        notice = self.letter_for(FollowUpKind.NOTICE) if owed else None
        if notice is not None:
            return notice
        return self._after_news(
            [known.promise.kind for known in case.untold if known.state is PromiseState.KEPT]
        )

    def _before_the_plan(self, told: set[str]) -> LetterKind:
        """First that we are at it, then what is missing, whether we understood, and what can be done."""
        case = self.work.case
        if case.awaited:
            return LetterKind.EVIDENCE_REMINDER if LetterKind.ASK_DETAILS in told else LetterKind.ASK_DETAILS
        if not told or not case.breakdown_confirmed:
            return LetterKind.FIRST_REPLY if not told else LetterKind.ASK_DETAILS
        return LetterKind.OFFER if LetterKind.CONFIRM_BREAKDOWN in told else LetterKind.CONFIRM_BREAKDOWN

    def _after_news(self, kept: Sequence[PromiseKind]) -> LetterKind:
        """What was done since the last message, or the close when nothing is left to do."""
        case = self.work.case
        is_final = pending_until(case, self.work.desk.policy, self.work.now) is None
        if not case.open_promises and is_final:
            return LetterKind.CLOSING_SUMMARY
        kinds = set(kept) - {PromiseKind.ANSWER, PromiseKind.REDIRECT}
        if not kinds:
            return LetterKind.UPDATE
        if kinds <= REFUNDING:
            return LetterKind.REFUND_SUBMITTED
        if kinds <= SHIPPING:
            return LetterKind.SHIPPED
        return LetterKind.UPDATE_NEWS

    def letter_for(self, follow_up: FollowUpKind) -> LetterKind | None:
        """The message that a follow-up needs as the case is now; None where it needs none."""
        kind = LETTER_FOR.get(follow_up)
        if follow_up is FollowUpKind.NOTICE:
            return next((one for one in NOTICES if not self._makes_no_sense(one)), kind)
        if follow_up is FollowUpKind.NO_NEWS_UPDATE:
            return (
                LetterKind.UPDATE if self._makes_no_sense(LetterKind.UPDATE_NEWS) else LetterKind.UPDATE_NEWS
            )
        if follow_up is FollowUpKind.FINAL_CHECK and self._makes_no_sense(LetterKind.CLOSING_SUMMARY):
            return LetterKind.UPDATE
        return kind

    def _makes_no_sense(self, kind: LetterKind) -> bool:
        return isinstance(self.drafted(kind), Problem)

    def edit(self, text: str) -> None:
        """Change the text of the drafted message; marks for words that are gone go with them."""
        self.letter_text = text
        if self.own:
            self.own &= {finding.mark for finding in self.findings}
        self._keep()

    def answer_for(self, finding: LintFinding, *, own: bool = True) -> None:
        """Note that the agent has checked the words of a finding, or has not."""
        self.own = self.own | {finding.mark} if own else self.own - {finding.mark}
        self._keep()

    def fix(self, finding: LintFinding) -> None:
        """Put what is right in the place of the words of a finding."""
        self.edit(fixed(self.letter_text, finding))

    def open_thread(self, opens: bool) -> None:
        """Say whether the message opens a thread, so that the rules for unasked messages apply."""
        self.proactive = opens
        self._keep()

    def discard(self) -> None:
        """Put the drafted message aside."""
        self._forget()
        self._keep()

    def _forget(self) -> None:
        self.letter = None
        self.letter_text = ""
        self.own = frozenset()
        self.proactive = False

    @property
    def due_letter(self) -> LetterKind | None:
        """The message that is due at this moment, ready to be drafted; None while nothing is."""
        if not self.work.case.plan_confirmed or self.work.case.closed:
            return None
        kind = self.suggested
        return None if kind is LetterKind.UPDATE or isinstance(self.drafted(kind), Problem) else kind

    @property
    def truth(self) -> str:
        """The drafted message as the ledger would give it now; empty when it would make no sense any more."""
        if self.letter is None:
            return ""
        letter = self.drafted(self.letter.kind, self.letter.locale)
        return "" if isinstance(letter, Problem) else letter.text

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
            proactive=self.proactive,
            drafted=self.truth,
            offers=work.desk.offers(work.case) if self.letter.kind is LetterKind.OFFER else (),
            own=self.own,
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
            drafted=self.truth,
            own=self.own,
            proactive=self.proactive,
        )
        if self.work.take(outcome):
            self._forget()
            return True
        self._keep()
        return False

    @property
    def memo_parts(self) -> tuple[str, ...]:
        """The seller memo for the case as it is now, each part as long as Seller Central takes."""
        return memo_parts(self.work.case, policy=self.work.desk.policy, limit=self.memo_limit)

    @property
    def memo(self) -> str:
        """All parts of the seller memo, one a line."""
        return "\n".join(self.memo_parts)

    def check_memo(self, pasted: str) -> tuple[Problem, ...]:
        """What is wrong with the memo as it stands in Seller Central; empty when it is whole."""
        return memo_problems(pasted)

    def write_memo(self, text: str | None = None) -> bool:
        """Record the memo as pasted into Seller Central."""
        return self.work.do(WriteMemo(self.memo if text is None else text, self.memo_limit))

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
    def potential(self) -> str:
        """What colleagues should know of the buyer's business; empty for a single order of a consumer."""
        order = self.work.case.order
        if order is None:
            return ""
        known = self.work.desk.history(order)
        if not known.business and known.orders == 1:
            return ""
        said = [problem("potential_business")] if known.business else []
        said.append(
            problem("potential_history", orders=known.orders, first_on=known.first_on, units=known.units)
        )
        if known.every_days is not None:
            said.append(problem("potential_interval", days=known.every_days))
        said.append(problem("potential_discounts" if known.business else "potential_stock"))
        between = "" if self.work.lang == "zh_CN" else " "
        return between.join(say(sentence, self.work.lang) for sentence in said)

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
        own = sorted([mark.rule, mark.words] for mark in self.own)
        drafted = {"letter_kind": kind, "locale": locale, "letter_text": self.letter_text}
        return {**drafted, **({"own": own} if own else {}), **({"proactive": True} if self.proactive else {})}

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
