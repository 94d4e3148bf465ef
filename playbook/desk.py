"""The desk: the one place that both decides and saves.

Every command goes through `Desk.do`: load the case inside one serialised write transaction, decide
with everything known about the order (other cases included), append, update the home index. Two
agents can therefore never both compensate the last unit.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast

from playbook.domain.case import Case, Stage
from playbook.domain.events import Event, OwnWords
from playbook.domain.folding import apply, fold
from playbook.domain.ids import CaseId, Marketplace, OrderId
from playbook.domain.ledgers import compensation_elsewhere, goods_to_send
from playbook.domain.orders import Earlier, Order
from playbook.domain.problems import problem
from playbook.domain.promises import FollowUpKind
from playbook.intake.redact import redact
from playbook.letters import LetterKind, LintFinding, lint, template_id
from playbook.orderbook.history import BuyerHistory, buyer_history
from playbook.policy import Policy, PolicyError
from playbook.policy.loading import load_rows
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps.commands import AdoptRules, ApproveMessage, LockOrder, OpenCase
from playbook.steps.decision import after
from playbook.steps.options import Option, options
from playbook.steps.schedule import current, market_of
from playbook.store import CaseIndexRow, Store, VersionClash, WriteTx

LONGEST_MESSAGE = 200_000
_BATCH = 500
KEEP_MESSAGES_DAYS = 30
"""Personal data may be kept for 30 days after delivery (facts: Amazon's data protection policy)."""

_PLATFORM = frozenset({FollowUpKind.FIRST_REPLY, FollowUpKind.REPLY, FollowUpKind.PLATFORM_DEADLINE})
"""Follow-ups on Amazon's clocks: they order the home page."""

FREE_TEXTS = frozenset({"text", "note", "reason", "potential", "what"})
"""Fields of commands that an agent types: personal data in them is masked before it can reach an event."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is left of the draft of a step once a command is accepted; without ``data`` it is forgotten."""

    step: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The command was accepted: the case as it is now, and the events that were added."""

    case: Case
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else changed the case since the page was drawn: what they did, nothing of ours saved."""

    case: Case
    events: tuple[Event, ...]


Outcome = Done | Refused | Conflict


@dataclass(frozen=True, slots=True)
class LintRefused:
    """A message that must not be sent, with every finding."""

    findings: tuple[LintFinding, ...]


class Desk:
    """Decides and saves for one actor. ``clock`` gives the present as an aware UTC time."""

    def __init__(self, store: Store, policy: Policy, actor: Actor, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.policy = policy
        self.actor = actor
        self.clock = clock
        self._rules: dict[str, Policy] = {}
        self._kept: set[str] = set()

    def open_case(
        self,
        message: str,
        *,
        received_at: datetime | None = None,
        language: str = "en",
        marketplace: Marketplace | None = None,
        sample: str = "",
    ) -> Done | Refused:
        """Open a case for a buyer's message; the text goes to the vault, never into an event."""
        if len(message) > LONGEST_MESSAGE:
            return Refused((problem("message_too_long", length=len(message), limit=LONGEST_MESSAGE),))
        now = self.clock()
        command = OpenCase(received_at or now, "", language, marketplace, sample)
        judged = decide(Case(CaseId("")), command, Setting(self.policy, now, self.actor))
        if isinstance(judged, Refused):
            return judged
        case_id = self.store.new_case_id(now.year)
        if message.strip():
            purge_after = _purge_day(command.received_at)
            ref = self.store.vault_put("message", message, purge_after=purge_after, case_id=case_id)
            command = replace(command, message_ref=ref)
        outcome = self.do(case_id, command, seen=0)
        if isinstance(outcome, Conflict):
            raise RuntimeError(f"new case id {case_id} was already in use")  # noqa: TRY004 - not about types
        return outcome

    def case(self, case_id: str) -> Case | None:
        """The case as it is now, or None when there is no such case."""
        events = self.store.events(CaseId(case_id))
        return self._read(fold(CaseId(case_id), events)) if events else None

    def _read(self, case: Case) -> Case:
        """A case as it is shown: what is due is computed with the rules and calendars of today."""
        return current(case, Setting(self.policy, self.clock(), self.actor))

    def events(self, case_id: str) -> tuple[Event, ...]:
        """The whole log of a case, oldest first."""
        return self.store.events(CaseId(case_id))

    def setting(self, case: Case) -> Setting:
        """What a decision about *case* depends on, as of now."""
        elsewhere: tuple[Earlier, ...] = ()
        if case.order is not None:
            others = self.store.events_of_order(case.order.order_id)
            elsewhere = _elsewhere(case, others)
        return self._setting(self.policy_of(case), case, elsewhere)

    def setting_today(self, case: Case) -> Setting:
        """What a decision about *case* would depend on under the rules of today."""
        return replace(self.setting(case), policy=self.policy, known={})

    def _setting(self, policy: Policy, case: Case, elsewhere: tuple[Earlier, ...]) -> Setting:
        stock = self.store.stock(line.sku for line in case.order.lines) if case.order is not None else {}
        promised = self.store.promised(stock, besides=case.case_id) if stock else {}
        return Setting(policy, self.clock(), self.actor, elsewhere, stock, promised)

    def policy_of(self, case: Case) -> Policy:
        """The rules that a case follows: those it was opened under, or has adopted since.

        Rules that were not kept, or that this program can no longer read, give way to those of today.
        """
        version = case.policy_version
        if version in {"", self.policy.version}:
            return self.policy
        if version not in self._rules:
            files = self.store.rules(version)
            try:
                self._rules[version] = Policy(load_rows(files)) if files is not None else self.policy
            except PolicyError:
                self._rules[version] = self.policy
        return self._rules[version]

    def do(
        self, case_id: str, command: Command, seen: int | None = None, draft: Draft | None = None
    ) -> Outcome:
        """Decide *command* and save what it leads to, together with what is left of the *draft*.

        *seen* is the version the page showed: when the log has moved on, nothing is saved and the
        conflict says what happened. None accepts whatever version there is.
        """
        known = CaseId(case_id)
        command = _without_personal_data(command)
        with self.store.write(self._lock_on(known, command)) as tx:
            log = tx.events(known)
            case = fold(known, log)
            if seen is not None and seen != case.version:
                return Conflict(self._read(case), tuple(event for event in log if event.seq > seen))
            adopts = isinstance(command, AdoptRules)
            policy = self.policy if adopts else self.policy_of(case)
            setting = self._setting(policy, case, self._elsewhere_in(tx, case))
            decision = decide(case, command, setting)
            if isinstance(decision, Refused):
                return decision
            if draft is not None:
                _save(tx, known, draft, setting.now)
            if not decision:
                return Done(self._read(case), ())
            drafted = tuple(
                Event(
                    case_id=known,
                    seq=case.version + number,
                    at=setting.now,
                    actor=self.actor.name,
                    policy_version=policy.version,
                    body=body,
                )
                for number, body in enumerate(decision, start=1)
            )
            try:
                events = tx.append(known, drafted, expected_version=case.version)
            except VersionClash:
                newer = self.store.events(known)
                return Conflict(
                    self._read(fold(known, newer)),
                    tuple(event for event in newer if event.seq > case.version),
                )
            case = self._read(apply(case, events))
            self._keep_rules(tx, policy)
            tx.put_index(self._index_row(case, setting))
            tx.put_promised(known, goods_to_send(case))
        return Done(case, events)

    def simulate(self, case: Case, command: Command) -> Case | Refused:
        """The case as it would be after *command*: the same decision, nothing saved."""
        setting = self.setting(case)
        decision = decide(case, _without_personal_data(command), setting)
        if isinstance(decision, Refused):
            return decision
        return self._read(after(case, decision, setting))

    def approve_message(
        self,
        case: Case,
        kind: LetterKind,
        text: str,
        language: str,
        *,
        follow_up: str = "",
        draft: Draft | None = None,
        drafted: str = "",
        own: Collection[OwnWords] = (),
        proactive: bool = False,
    ) -> Outcome | LintRefused:
        """Record a message the agent sends to the buyer, unless a rule forbids it.

        *drafted*, *own* and *proactive* as for `playbook.letters.lint`.
        """
        findings = lint(
            text,
            case=case,
            policy=self.policy,
            locale=language,
            now=self.clock(),
            proactive=proactive,
            drafted=drafted,
            offers=self.offers(case) if kind is LetterKind.OFFER else (),
            own=own,
        )
        blocking = tuple(finding for finding in findings if finding.severity == "block")
        if blocking:
            return LintRefused(blocking)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        left = [finding for finding in findings if not finding.own]
        command = ApproveMessage(
            kind.value,
            language,
            "",
            digest,
            follow_up,
            template=template_id(kind, language),
            warnings=tuple(dict.fromkeys(finding.rule_id for finding in left)),
            own=tuple(dict.fromkeys(finding.mark for finding in findings if finding.own)),
            proactive=proactive,
        )
        newer = self.store.events_since(case.case_id, case.version)
        if newer:
            return Conflict(self._read(apply(case, newer)), newer)
        judged = self.simulate(case, command)
        if isinstance(judged, Refused):
            return judged
        ref = self.store.vault_put("letter", text, purge_after=_purge_day(self.clock()), case_id=case.case_id)
        return self.do(case.case_id, replace(command, message_ref=ref), seen=case.version, draft=draft)

    def offers(self, case: Case) -> tuple[Option, ...]:
        """What the rules allow for every claim item that is not decided yet."""
        setting = self.setting(case)
        return tuple(option for item in case.claims for option in options(case, item, setting))

    def history(self, order: Order) -> BuyerHistory:
        """How much the buyer of an order has bought; only numbers and days, never who it is."""
        return buyer_history(self.store, order, self.clock())

    def message(self, case: Case) -> str | None:
        """What the buyer wrote, from the vault; None after it was purged or when there was no text."""
        return self.store.vault_get(case.message_ref) if case.message_ref else None

    def told(self, case: Case) -> dict[str, str | None]:
        """The exact words of every message sent, by reference; None for those that were purged."""
        return {sent.message_ref: self.store.vault_get(sent.message_ref) for sent in case.messages}

    def open_cases(self) -> Iterator[Case]:
        """Every case that is not closed, the next due first."""
        for offset in count(0, _BATCH):
            rows = self.store.list_index(open_only=True, limit=_BATCH, offset=offset)
            for row in rows:
                yield fold(row.case_id, self.store.events(row.case_id))
            if len(rows) < _BATCH:
                return

    def order(self, order_id: str) -> Order | None:
        """An order of the order book as it is today."""
        return self.store.order(OrderId(order_id))

    def other_cases(self, order_id: str, case_id: str) -> tuple[Case, ...]:
        """Other cases that hold the same order."""
        logs = self.store.events_of_order(OrderId(order_id))
        return tuple(self._read(fold(other, events)) for other, events in logs.items() if other != case_id)

    def _lock_on(self, case_id: CaseId, command: Command) -> str:
        """What writers queue for: the order, once one is locked, so that cases on it decide one by one."""
        if isinstance(command, LockOrder):
            return command.order.order_id
        order = fold(case_id, self.store.events(case_id)).order
        return order.order_id if order is not None else case_id

    def _keep_rules(self, tx: WriteTx, policy: Policy) -> None:
        """Keep rules that an event names; a version that another desk kept before is the same."""
        if policy.version not in self._kept and policy.rows.files:
            tx.keep_rules(policy.version, policy.rows.files)
            self._kept.add(policy.version)

    def _elsewhere_in(self, tx: WriteTx, case: Case) -> tuple[Earlier, ...]:
        if case.order is None:
            return ()
        return _elsewhere(case, tx.events_of_order(case.order.order_id))

    def _index_row(self, case: Case, setting: Setting) -> CaseIndexRow:
        open_follow_ups = case.open_follow_ups
        deadlines = [task.due_at for task in open_follow_ups if task.kind in _PLATFORM]
        return CaseIndexRow(
            case_id=case.case_id,
            order_id=case.order.order_id if case.order else None,
            stage=case.stage.value,
            next_due_at=open_follow_ups[0].due_at if open_follow_ups else None,
            next_deadline_at=min(deadlines, default=None),
            flags=tuple(sorted({*case.flags, *(("approval",) if case.pending else ())})),
            updated_at=case.updated_at or setting.now,
            agent=case.owner,
            closed=case.stage is Stage.CLOSED,
            marketplace=market_of(case).value,
        )


def _save(tx: WriteTx, case_id: CaseId, draft: Draft, at: datetime) -> None:
    if draft.data:
        tx.put_draft(case_id, draft.step, draft.data, at)
    else:
        tx.delete_draft(case_id, draft.step)


def _without_personal_data(command: Command) -> Command:
    return cast(Command, _masked(command))


def _masked(value: Any) -> Any:
    """A command, or a part of one, with every typed text masked."""
    if isinstance(value, tuple):
        return tuple(_masked(part) for part in value)
    if not is_dataclass(value):
        return value
    changed: dict[str, Any] = {}
    for field in fields(value):
        was = getattr(value, field.name)
        now = redact(was) if field.name in FREE_TEXTS and type(was) is str else _masked(was)
        if now is not was and now != was:
            changed[field.name] = now
    return replace(cast(Any, value), **changed) if changed else value


def _elsewhere(case: Case, logs: "dict[CaseId, tuple[Event, ...]]") -> tuple[Earlier, ...]:
    others = (fold(other, events) for other, events in logs.items() if other != case.case_id)
    return tuple(earlier for other in others for earlier in compensation_elsewhere(case, other))


def _purge_day(received: datetime) -> date:
    return (received + timedelta(days=KEEP_MESSAGES_DAYS)).date()


def utc_now() -> datetime:
    """The present, aware, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
