"""Drafting a message: a closed set of facts about the case, poured into the template of its language."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from playbook.domain.case import Case
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money, total
from playbook.domain.orders import Channel, OrderLine
from playbook.domain.promises import FollowUpKind, Promise, PromiseKind, PromiseState
from playbook.domain.remedies import SHAPES, Remedy, RemedyKind
from playbook.letters.kinds import Letter, LetterKind
from playbook.letters.words import Words, bank_days, locale_of, words
from playbook.policy import Policy
from playbook.settings import data_dir


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens with some goods: the whole line of text, and the goods alone."""

    text: str
    goods: str


@dataclass(frozen=True, slots=True)
class LetterContext:
    """Everything a template may name. Texts are plain and already in the letter's language."""

    order_id: str
    claims: tuple[str, ...]
    questions: tuple[str, ...]
    entries: tuple[Entry, ...]
    open_entries: tuple[Entry, ...]
    done_entries: tuple[Entry, ...]
    refund_entries: tuple[Entry, ...]
    goods_entries: tuple[Entry, ...]
    return_entries: tuple[Entry, ...]
    amazon_entries: tuple[Entry, ...]
    declined_entries: tuple[Entry, ...]
    changes: tuple[Entry, ...]
    tracking: tuple[str, ...]
    total_refund: str
    submitted_total: str
    refunded_total: str
    return_total: str
    answer_by: str
    update_by: str
    bank_from: int
    bank_to: int


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(data_dir() / "templates"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=False,
        keep_trailing_newline=True,
    )


def draft(
    kind: LetterKind,
    case: Case,
    *,
    policy: Policy,
    now: datetime,
    locale: str | None = None,
    questions: Sequence[str] = (),
) -> Letter:
    """A message of a kind about the case as it is *now*, in *locale* (the buyer's by default)."""
    language = locale_of(locale or case.language)
    context = letter_context(case, policy=policy, now=now, locale=language, questions=questions)
    template = _environment().get_template(f"{language}/{kind.value}.txt.j2")
    text = template.render(**asdict(context))
    return Letter(kind, language, _tidy(text))


def _tidy(text: str) -> str:
    """At most one empty line in a row, and none at the ends."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"


def letter_context(
    case: Case, *, policy: Policy, now: datetime, locale: str, questions: Sequence[str] = ()
) -> LetterContext:
    """The facts of a case in the words of a language."""
    spoken = words(locale)
    market = policy.market(case.order.marketplace if case.order else case.marketplace or Marketplace.US)
    teller = _Teller(case, spoken, market.tz)
    own = [remedy for remedy in case.remedies if remedy.kind is not RemedyKind.REDIRECT_TO_AMAZON]
    executed = [remedy for remedy in case.remedies if case.is_executed(remedy)]
    refunds = [remedy for remedy in own if remedy.refund_total]
    refunded = [remedy for remedy in refunds if case.is_executed(remedy)]
    sent = [remedy for remedy in own if SHAPES[remedy.kind].goes_out != "nothing"]
    back = [remedy for remedy in own if SHAPES[remedy.kind].comes_back == "goods"]
    declined = [r for r in own if r.kind is RemedyKind.DECLINE and not teller.is_extra(r)]
    on_the_way = [remedy for remedy in sent if case.is_executed(remedy)]
    bank = policy.deadline("bank_posting", market=market.id, channel=None, on=now.date())
    bank_from, bank_to = bank_days(bank)
    return LetterContext(
        order_id=case.order.order_id if case.order else "",
        claims=teller.claims(),
        questions=tuple(questions),
        entries=teller.entries(own),
        open_entries=teller.entries([remedy for remedy in own if not case.is_executed(remedy)]),
        done_entries=teller.entries(executed, dated=False),
        refund_entries=teller.entries(refunded or refunds, dated=False),
        goods_entries=teller.entries(on_the_way or sent, dated=False),
        return_entries=teller.entries(back, dated=False),
        amazon_entries=teller.amazon(),
        declined_entries=teller.entries(declined, dated=False),
        changes=teller.changes(),
        tracking=_tracking(case),
        total_refund=teller.sum_of(refunds),
        submitted_total=teller.sum_of(refunded or refunds),
        refunded_total=teller.sum_of(refunded),
        return_total=teller.sum_of([remedy for remedy in back if remedy.refund_total]),
        answer_by=spoken.day(_answer_by(case, now), market.tz),
        update_by=spoken.day(_update_by(case, now), market.tz),
        bank_from=bank_from,
        bank_to=bank_to,
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts parts of a case into words."""

    case: Case
    spoken: Words
    zone: ZoneInfo

    def line(self, number: int | None) -> OrderLine | None:
        order = self.case.order
        return order.line(number) if order is not None and number is not None else None

    def goods(self, number: int | None, units: int | None) -> str:
        line = self.line(number)
        if line is None:
            return self.spoken.case_goods
        return self.spoken.units_of(units or line.units_ordered, line.title)

    def claims(self) -> tuple[str, ...]:
        return tuple(
            self.spoken.claim.format(
                goods=self.goods(item.line, item.units), problem=self.spoken.problems[item.problem]
            )
            for item in self.case.claims
        )

    def is_extra(self, remedy: Remedy) -> bool:
        """Whether the goods were sent in addition, so that nothing was paid for them."""
        item = self.case.item(remedy.item)
        return item is not None and not item.counts_in_line

    def sum_of(self, refunds: Sequence[Remedy]) -> str:
        """What refunds come to; empty without any."""
        amounts = [remedy.refund_total for remedy in refunds]
        return self.spoken.money(total(amounts, amounts[0].currency)) if amounts else ""

    def entries(self, remedies: Sequence[Remedy], *, dated: bool = True) -> tuple[Entry, ...]:
        return tuple(self.entry(remedy, dated=dated) for remedy in remedies)

    def entry(self, remedy: Remedy, *, dated: bool) -> Entry:
        goods = self.goods(remedy.line, remedy.units)
        amount = self.spoken.money(remedy.refund_total if remedy.refund else Money.zero(remedy.currency))
        phrases = {**self.spoken.remedies, **(self.spoken.extra if self.is_extra(remedy) else {})}
        text = phrases[remedy.kind].format(amount=amount)
        promise = self._last_promise(remedy)
        if not dated or promise is None:
            return Entry(self.spoken.entry.format(goods=goods, remedy=text), goods)
        due = self.spoken.day(promise.due_at, self.zone)
        promised = self.spoken.promises[promise.kind]
        whole = self.spoken.entry_promised.format(goods=goods, remedy=text, promise=promised, due=due)
        return Entry(whole, goods)

    def _last_promise(self, remedy: Remedy) -> Promise | None:
        """What the buyer still waits for: not our answer, which the letter is."""
        own = [
            promise
            for promise in self.case.open_promises
            if promise.remedy == remedy.remedy and promise.kind is not PromiseKind.ANSWER
        ]
        return max(own, key=lambda promise: promise.due_at, default=None)

    def amazon(self) -> tuple[Entry, ...]:
        decided = [r for r in self.case.remedies if r.kind is RemedyKind.REDIRECT_TO_AMAZON]
        if decided:
            return tuple(self.entry(remedy, dated=False) for remedy in decided)
        return tuple(
            Entry(goods, goods)
            for item in self.case.claims
            if (line := self.line(item.line)) is not None and line.channel is not Channel.FBM
            for goods in [self.goods(item.line, item.units)]
        )

    def changes(self) -> tuple[Entry, ...]:
        """Promises that replaced others: the date told last and the new one."""
        phrases = {**self.spoken.promises, **self.spoken.alone}
        changed: dict[str, Entry] = {}
        for old in self.case.promises:
            if old.state is not PromiseState.SUPERSEDED:
                continue
            new = next((p for p in self.case.open_promises if old.promise.same_subject(p)), None)
            if new is None:
                continue
            goods = self.goods(new.line, new.units)
            text = self.spoken.change.format(
                goods=goods,
                promise=phrases[new.kind],
                old=self.spoken.day(old.promise.due_at, self.zone),
                new=self.spoken.day(new.due_at, self.zone),
            )
            changed[new.promise] = Entry(text, goods)
        return tuple(changed.values())


def _tracking(case: Case) -> tuple[str, ...]:
    numbers = (known.reference for known in case.promises if known.promise.kind.value.startswith("ship_"))
    return tuple(dict.fromkeys(number for number in numbers if number))


def _answer_by(case: Case, now: datetime) -> datetime:
    """By when the buyer hears from us next: the earliest open task, but never later than tomorrow."""
    latest = now + timedelta(days=1)
    tasks = [task.due_at for task in case.open_follow_ups if now < task.due_at < latest]
    return min(tasks, default=latest)


def _update_by(case: Case, now: datetime) -> datetime:
    """By when the next update is planned."""
    planned = [
        task.due_at
        for task in case.open_follow_ups
        if task.due_at > now and task.kind in {FollowUpKind.NO_NEWS_UPDATE, FollowUpKind.FINAL_CHECK}
    ]
    return min(planned, default=now + timedelta(days=2))
