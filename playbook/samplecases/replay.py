"""Replaying a sample case: the scripted answers go through the same view models as an agent's clicks."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from weakref import finalize

from playbook.desk import Desk, Done
from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem
from playbook.domain.orders import ORDER_FACTS
from playbook.domain.problems import Problem
from playbook.domain.promises import Promise
from playbook.intake import read
from playbook.letters import LintFinding
from playbook.policy import load_policy
from playbook.samplecases.compare import Difference, Outcome, compare
from playbook.samplecases.loading import Action, Sample
from playbook.samplecases.orders import store_with_sample_orders
from playbook.samplecases.tables import Shown, steps_html
from playbook.steps import Actor
from playbook.steps.commands import CloseCase, MakePromise
from playbook.viewmodels.breakdown import BreakdownModel, Row
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.followup import FollowUpModel
from playbook.viewmodels.lock import LockModel
from playbook.viewmodels.reception import ExpectedReturn
from playbook.viewmodels.remedy import RemedyModel
from playbook.viewmodels.takealong import TakeAlongModel
from playbook.viewmodels.typed import amount_of_text


class ReplayError(ValueError):
    """An answer that cannot be carried out as written; names the action."""


class RecordingModel(CaseModel):
    """The case model of a page that also remembers the codes of what was refused."""

    def __init__(self, desk: Desk, case: Case, lang: str) -> None:
        self.refusals: list[str] = []
        super().__init__(desk, case, lang)

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Remember, then tell as the page does."""
        self.refusals.extend(problem.code for problem in problems)
        super().refuse(problems)


class Replay:
    """One run of a sample case in a store of its own, with the clock standing at ``as_of``.

    *number* is that of the case in its year.
    """

    def __init__(self, sample: Sample, lang: str = "en", number: int = 1) -> None:
        self.sample = sample
        self.now = sample.as_of
        folder = Path(tempfile.mkdtemp(prefix="playbook-check-"))
        self._remove = finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.store = store_with_sample_orders(folder / "check.db", at=sample.as_of)
        for _ in range(1, number):
            self.store.new_case_id(sample.as_of.year)
        desk = Desk(self.store, load_policy(), Actor(sample.agent, sample.role), self._clock)
        opened = desk.open_case(
            sample.message,
            received_at=sample.received_at,
            language=read(sample.message).language,
            marketplace=sample.marketplace,
            sample=sample.name,
        )
        if not isinstance(opened, Done):
            raise ReplayError("; ".join(str(problem) for problem in opened.problems))
        self.work = RecordingModel(desk, opened.case, lang)
        self.outcome = Outcome()
        self.findings: list[LintFinding] = []

    def _clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        """Give the store back; an abandoned replay does so when it is forgotten."""
        self.store.close()
        self._remove()

    @cached_property
    def _lock(self) -> LockModel:
        return LockModel(self.work)

    @cached_property
    def _breakdown(self) -> BreakdownModel:
        return BreakdownModel(self.work)

    @cached_property
    def _remedy(self) -> RemedyModel:
        return RemedyModel(self.work)

    @cached_property
    def _follow_up(self) -> FollowUpModel:
        return FollowUpModel(self.work)

    @cached_property
    def _leaving(self) -> TakeAlongModel:
        return TakeAlongModel(self.work)

    def lock(self) -> Shown:
        """Search, then carry out the answers of step one."""
        self.outcome.verdict = self._lock.verdict
        self._run(self.sample.answers.lock)
        return steps_html("lock", self.work)

    def breakdown(self) -> Shown:
        """Note the proposal, then carry out the answers of step two."""
        if self.work.case.order is not None:
            self.outcome.proposal = self._breakdown.rows
            self.outcome.questions = tuple(question.code for question in self._breakdown.questions)
        self._run(self.sample.answers.breakdown)
        return steps_html("breakdown", self.work)

    def remedy(self) -> Shown:
        """Note the options, then carry out the answers of step three."""
        for item in self._remedy.undecided if self.work.case.breakdown_confirmed else ():
            known = self.outcome.options.setdefault(self._remedy.line(item).sku, {})
            known.update({option.kind: option.outcome for option in self._remedy.options(item)})
        self._run(self.sample.answers.remedy)
        return steps_html("remedy", self.work)

    def follow_up(self) -> Shown:
        """Carry out the answers of step four."""
        self._run(self.sample.answers.follow_up)
        return steps_html("follow_up", self.work)

    def summary(self) -> Shown:
        """Every unit and cent in the end."""
        return steps_html("summary", self.work)

    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not as expected."""
        self.outcome.case = self.work.case
        self.outcome.elsewhere = self.work.setting.elsewhere
        self.outcome.follow_ups = self.work.case.open_follow_ups
        self.outcome.memo = self._follow_up.memo
        self.outcome.advice, self.outcome.refund_sheet = self._leaving.advice, self._leaving.refunds
        self.outcome.refusals = tuple(self.work.refusals)
        self.outcome.lint = tuple(finding.rule_id for finding in self.findings)
        found = compare(self.sample.expect, self.outcome)
        self.close()
        return found

    def _run(self, actions: Sequence[Action]) -> None:
        for action in actions:
            try:
                self._actions[action.do](action)
            except (LookupError, StopIteration, AssertionError) as error:
                raise ReplayError(
                    f"{self.sample.name}: cannot {action.do} ({action!r}): {error!r}"
                ) from error

    @cached_property
    def _actions(self) -> dict[str, Callable[[Action], object]]:
        return {
            "known": lambda a: self._lock.set_known(a.field or "", a.value or ""),
            "pick": lambda a: self._lock.pick(a.value or ""),
            "second_fact": lambda a: self._lock.set_trait("second_fact", a.value or ""),
            "lock": lambda _: self._lock_order(),
            "withdraw_lock": lambda a: self._lock.withdraw(a.reason),
            "set": self._set,
            "split": self._split,
            "accept_all": lambda _: self._accept_all(),
            "rest_is_fine": lambda _: self._breakdown.rest_is_fine(),
            "leave_untouched": lambda _: self._breakdown.set_leave_untouched(True),
            "confirm_breakdown": lambda _: self._breakdown.confirm(),
            "photo": lambda a: self._remedy.record_photo([self._item(a).item]),
            "fact": self._fact,
            "choose": self._choose,
            "take_plan": lambda a: self._remedy.take_plan(a.value or ""),
            "adopt_rules": lambda _: self._remedy.adopt_rules(),
            "choose_preferred": lambda _: self._remedy.choose_preferred(),
            "agree": lambda a: self._remedy.confirm(a.text or ""),
            "withdraw": self._withdraw,
            "approve": lambda a: self._decide(a, approve=True),
            "refuse": lambda a: self._decide(a, approve=False),
            "confirm_plan": lambda _: self._follow_up.confirm(),
            "promise": self._promise,
            "letter": self._letter,
            "edit": self._edit,
            "open_thread": lambda _: self._open_thread(),
            "send": lambda _: self._follow_up.approve(),
            "keep": self._keep,
            "change": self._change,
            "instead": lambda a: self._follow_up.instead(a.reason),
            "take_back": self._take_back,
            "happened": self._happened,
            "count": self._count,
            "unexpected": self._unexpected,
            "receive": self._receive,
            "amazon_refunded": lambda a: self._follow_up.reception.refunded_by_amazon(self._awaited(a)),
            "check_refunds": self._check_refunds,
            "export_refunds": lambda _: self._leaving.export_refunds(self._digest()),
            "cancel_refunds": lambda a: self._follow_up.cancel_refunds(a.reason),
            "undo_export": lambda a: self._leaving.undo_export(a.reason),
            "done": lambda a: self._follow_up.complete(a.value or ""),
            "memo": lambda _: self._follow_up.write_memo(),
            "note": lambda a: self._follow_up.note(a.text or ""),
            "wait": self._wait,
            "close": lambda a: self._follow_up.close(CloseCase(outcome=a.value or "solved")),  # type: ignore[arg-type]
        }

    def _lock_order(self) -> None:
        if self._lock.confirm():
            self._breakdown.load()

    def _accept_all(self) -> None:
        self._breakdown.accept(*(row.key for row in self._breakdown.doubtful))

    def _line(self, sku: str | None) -> int:
        order = self.work.case.order
        assert order is not None, "no order is locked"
        return next(line.line for line in order.lines if line.sku == sku)

    def _rows(self, action: Action) -> list[Row]:
        line = self._line(action.sku)
        return [row for row in self._breakdown.rows if row.line == line]

    def _set(self, action: Action) -> None:
        """Edit the row of a SKU: the one with that problem, else the first."""
        rows = self._rows(action)
        row = next((row for row in rows if row.problem is action.problem), rows[0])
        self._edit_row(row.key, action)

    def _split(self, action: Action) -> None:
        before = {row.key for row in self._breakdown.rows}
        self._breakdown.split(self._line(action.sku))
        key = next(row.key for row in self._breakdown.rows if row.key not in before)
        self._edit_row(key, action)

    def _edit_row(self, key: int, action: Action) -> None:
        if action.problem is not None:
            self._breakdown.change(key, problem=action.problem)
        if action.units is not None:
            self._breakdown.change(key, units=action.units)
        if action.photo is not None:
            self._breakdown.change(key, photo=action.photo)

    def _item(self, action: Action) -> ClaimItem:
        line = self._line(action.sku)
        own = [item for item in self.work.case.claims if item.line == line]
        return next(item for item in own if action.problem in {None, item.problem})

    def _fact(self, action: Action) -> None:
        """State a fact: of one line, of all lines with a claim, or of the order."""
        assert action.fact is not None, "fact needs a fact"
        claimed = dict.fromkeys(item.line for item in self.work.case.claims)
        lines = tuple(claimed) if action.sku is None else (self._line(action.sku),)
        self._remedy.correct(action.fact, action.value or "", () if action.fact in ORDER_FACTS else lines)

    def _choose(self, action: Action) -> None:
        assert action.remedy is not None, "choose needs a remedy"
        amount = None
        if action.amount is not None:
            assert self.work.case.order is not None, "no order is locked"
            read_as = amount_of_text(action.amount, self.work.case.order.currency)
            if isinstance(read_as, Problem):
                self.work.refuse((read_as,))
                return
            amount = read_as
        self._remedy.choose(
            self._item(action).item, action.remedy, units=action.units, share=action.share, amount=amount
        )

    def _withdraw(self, action: Action) -> None:
        line = self._line(action.sku)
        remedy = next(remedy for remedy in self.work.case.remedies if remedy.line == line)
        self._remedy.withdraw(remedy.remedy, action.reason)

    def _decide(self, action: Action, *, approve: bool) -> None:
        request = self.work.case.pending[0]
        with self._somebody_else(action):
            self._remedy.decide_approval(request.approval, approve, action.text or "")

    @contextmanager
    def _somebody_else(self, action: Action) -> Iterator[None]:
        """The actor changes for one action: a lead, unless the action names somebody."""
        desk = self.work.desk
        before = desk.actor
        desk.actor = Actor(action.by or "wang", action.role or "lead")
        try:
            yield
        finally:
            desk.actor = before

    def _check_refunds(self, action: Action) -> None:
        with self._somebody_else(action):
            self._leaving.check_refunds(self._digest())

    def _digest(self) -> str:
        refunds = self._leaving.refunds
        return "" if refunds is None else refunds.digest

    def _promise(self, action: Action) -> None:
        assert action.promise is not None and action.due is not None, "promise needs promise and due"  # noqa: PT018
        line = self._line(action.sku) if action.sku else None
        remedy = next((r.remedy for r in self.work.case.remedies if r.line == line), "")
        self._follow_up.promise(MakePromise(action.promise, action.due, remedy, line, action.units))

    def _letter(self, action: Action) -> None:
        assert action.kind is not None, "letter needs kind"
        self._follow_up.write(action.kind, action.value, self._questions())
        self.findings.extend(self._follow_up.findings)

    def _questions(self) -> tuple[str, ...]:
        return self._breakdown.question_texts() if self.work.case.order is not None else ()

    def _edit(self, action: Action) -> None:
        self._follow_up.edit(action.text or "")
        self.findings.extend(self._follow_up.findings)

    def _open_thread(self) -> None:
        self._follow_up.open_thread(True)
        self.findings.extend(self._follow_up.findings)

    def _open_promises(self, action: Action) -> list[Promise]:
        line = self._line(action.sku) if action.sku else None
        return [
            promise
            for promise in self.work.case.open_promises
            if line in {None, promise.line} and action.promise in {None, promise.kind}
        ]

    def _keep(self, action: Action) -> None:
        promises = self._open_promises(action)
        assert promises, "there is no such open promise"
        for promise in promises:
            self._follow_up.keep(promise.promise, action.value or "")

    def _change(self, action: Action) -> None:
        assert action.due is not None, "change needs due"
        self._follow_up.change(self._open_promises(action)[0].promise, action.due, action.reason)

    def _awaited(self, action: Action) -> ExpectedReturn:
        line = self._line(action.sku)
        return next(one for one in self._follow_up.reception.expected if one.line.line == line)

    def _count(self, action: Action) -> None:
        self._follow_up.reception.edit(
            self._awaited(action).remedy.remedy,
            accepted=_typed(action.units),
            rejected=_typed(action.rejected),
            reason=action.why.value if action.why is not None else "",
            kept_back=_typed(action.share),
        )

    def _unexpected(self, action: Action) -> None:
        line = str(self._line(action.sku)) if action.sku else ""
        self._follow_up.reception.edit_parcel(
            strange_units=_typed(action.units), strange_line=line, strange_what=action.text or ""
        )

    def _receive(self, action: Action) -> None:
        arrived_at = action.at.isoformat() if action.at is not None else ""
        self._follow_up.reception.edit_parcel(reference=action.value or "", arrived_at=arrived_at)
        self._follow_up.reception.record()

    def _take_back(self, action: Action) -> None:
        self._follow_up.take_back(self._open_promises(action)[0].promise, action.reason)

    def _happened(self, action: Action) -> None:
        assert action.start is not None, "happened needs start"
        self._follow_up.happened(action.start, action.at or self.now, action.value or "")

    def _wait(self, action: Action) -> None:
        self.now += timedelta(hours=action.hours or 0)


def _typed(value: object) -> str:
    """What an agent types for a number; nothing where none is given."""
    return "" if value is None else str(value)
