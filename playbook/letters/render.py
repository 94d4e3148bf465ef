"""Drafting a message: a closed set of facts about the case, poured into the template of its language."""

import hashlib
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from playbook.domain.case import Case, KnownPromise
from playbook.domain.claims import ClaimItem
from playbook.domain.contradictions import owed_notices
from playbook.domain.money import Money, total
from playbook.domain.orders import Channel, OrderLine
from playbook.domain.problems import Problem, problem
from playbook.domain.promises import FollowUpKind, Promise, PromiseKind, PromiseState
from playbook.domain.remedies import Remedy, RemedyKind
from playbook.letters.kinds import Letter, LetterKind
from playbook.letters.returns import returns_of, returns_told
from playbook.letters.words import LetterError, Words, bank_days, locale_of, one_line, plain_title, words
from playbook.policy import Policy
from playbook.settings import data_dir
from playbook.steps import refunds
from playbook.steps.options import Option
from playbook.steps.refunds import RefundState, refund_state
from playbook.steps.schedule import market_of

REFUNDING = frozenset({PromiseKind.SUBMIT_REFUND, PromiseKind.CANCEL_UNITS})
"""Promises that are kept by submitting a refund."""
SHIPPING = frozenset({PromiseKind.SHIP_GOODS, PromiseKind.SHIP_PART})
"""Promises that are kept by handing goods over to a carrier."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens with some goods: the whole line of text, and the goods alone."""

    text: str
    goods: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A claim with the remedies that the buyer can choose from, each on a line with its letter."""

    claim: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterContext:
    """Everything a template may name. Texts are plain and already in the letter's language.

    ``breakdown`` is everything noted, by product, and ``others`` whether the order has more products;
    ``asked`` what was asked for and when; ``news`` what happened since the last message; ``changes`` and
    ``broken`` are dates that moved in time and after they had passed. ``return_entries`` are the goods that
    are still to come back, ``return_plan`` how, in ``return_requests`` requests that the buyer opens.
    """

    order_id: str
    claims: tuple[str, ...]
    breakdown: tuple[str, ...]
    others: bool
    questions: tuple[str, ...]
    asked: tuple[str, ...]
    offers: tuple[Offered, ...]
    entries: tuple[Entry, ...]
    open_entries: tuple[Entry, ...]
    done_entries: tuple[Entry, ...]
    refund_entries: tuple[Entry, ...]
    goods_entries: tuple[Entry, ...]
    return_entries: tuple[Entry, ...]
    amazon_entries: tuple[Entry, ...]
    declined_entries: tuple[Entry, ...]
    changes: tuple[Entry, ...]
    broken: tuple[Entry, ...]
    news: tuple[Entry, ...]
    tracking: tuple[str, ...]
    news_tracking: tuple[str, ...]
    total_refund: str
    submitted_total: str
    refunded_total: str
    return_total: str
    return_plan: str
    return_requests: int
    answer_by: str
    update_by: str
    bank_from: int
    bank_to: int


NEEDS: dict[LetterKind, str] = {
    LetterKind.ASK_DETAILS: "questions",
    LetterKind.EVIDENCE_REMINDER: "asked",
    LetterKind.CONFIRM_BREAKDOWN: "breakdown",
    LetterKind.OFFER: "offers",
    LetterKind.SOLUTION: "entries",
    LetterKind.UPDATE_NEWS: "news",
    LetterKind.REFUND_SUBMITTED: "refund_entries",
    LetterKind.SHIPPED: "goods_entries",
    LetterKind.RETURN_INSTRUCTIONS: "return_entries",
    LetterKind.REDIRECT: "amazon_entries",
    LetterKind.DECLINE: "declined_entries",
    LetterKind.SUPERSEDED: "changes",
    LetterKind.APOLOGY: "broken",
    LetterKind.CLOSING_SUMMARY: "done_entries",
}
"""What a letter is about; without any of it the letter makes no sense."""
BEFORE_THE_LOCK = frozenset({LetterKind.FIRST_REPLY, LetterKind.ASK_DETAILS})
"""Letters that need no order."""


def environment(folder: Path) -> SandboxedEnvironment:
    """The closed world in which templates of a folder are rendered: sandboxed, and strict about names."""
    return SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=False,
        keep_trailing_newline=True,
    )


@cache
def _environment() -> SandboxedEnvironment:
    return environment(data_dir() / "templates")


def draft(
    kind: LetterKind,
    case: Case,
    *,
    policy: Policy,
    now: datetime,
    locale: str | None = None,
    questions: Sequence[str] = (),
    offers: Sequence[Option] = (),
) -> Letter | Problem:
    """A message of a kind about the case as it is *now*, in *locale* (the buyer's by default).

    *offers* are the options of undecided items. Gives the reason where such a message makes no sense.
    Raises LetterError, which names file and line, for a template that cannot be used.
    """
    language = locale_of(locale or case.language)
    context = letter_context(
        case, policy=policy, now=now, locale=language, questions=questions, offers=offers
    )
    against = _objection(kind, case, context, policy, now)
    if against is not None:
        return against
    return Letter(kind, language, rendered(_environment(), kind, language, context))


def template_id(kind: LetterKind, locale: str) -> str:
    """The template of a letter as it is today: its name, and the beginning of its file's SHA-256."""
    name = f"{locale_of(locale)}/{kind.value}.txt.j2"
    digest = hashlib.sha256((data_dir() / "templates" / name).read_bytes()).hexdigest()
    return f"{name}@{digest[:12]}"


def rendered(world: SandboxedEnvironment, kind: LetterKind, locale: str, context: LetterContext) -> str:
    """The text of a template. Raises LetterError with its file and line when it cannot be used."""
    name = f"{locale}/{kind.value}.txt.j2"
    try:
        return _tidy(world.get_template(name).render(**asdict(context)))
    except TemplateNotFound:
        raise LetterError.at(f"templates/{name}", 1, "the file is missing") from None
    except TemplateSyntaxError as error:
        raise LetterError.at(f"templates/{name}", error.lineno, str(error.message)) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise LetterError.at(f"templates/{name}", _line_of(error, name), str(error)) from None


def _line_of(error: BaseException, name: str) -> int:
    """The line of the template in which an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename.endswith(name)), 1)


def _objection(
    kind: LetterKind, case: Case, context: LetterContext, policy: Policy, now: datetime
) -> Problem | None:
    """Why a message makes no sense about the case as it is."""
    if case.order is None and kind not in BEFORE_THE_LOCK:
        return problem("letter_needs_order")
    overdue = [promise for promise in case.open_promises if promise.due_at < now]
    if kind is LetterKind.APOLOGY and overdue:
        late = min(overdue, key=lambda promise: promise.due_at)
        return problem("letter_needs_new_date", kind=late.kind, due_at=late.due_at)
    if kind is LetterKind.CLOSING_SUMMARY:
        if case.open_promises:
            return problem("promises_open", count=len(case.open_promises))
        until = pending_until(case, policy, now)
        if until is not None:
            return problem("letter_refund_pending", until=until)
    needed = NEEDS.get(kind)
    return problem(f"letter_needs_{needed}") if needed and not getattr(context, needed) else None


def pending_until(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """Until when a submitted refund may still be cancelled; None when none is pending."""
    ends = (
        refunds.pending_until(case, remedy, policy=policy)
        for remedy in case.remedies
        if refund_state(case, remedy, policy=policy, now=now) is RefundState.PENDING
    )
    return max((end for end in ends if end is not None), default=None)


def _tidy(text: str) -> str:
    """At most one empty line in a row, and none at the ends."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"


def letter_context(
    case: Case,
    *,
    policy: Policy,
    now: datetime,
    locale: str,
    questions: Sequence[str] = (),
    offers: Sequence[Option] = (),
) -> LetterContext:
    """The facts of a case in the words of a language."""
    spoken = words(locale)
    questions = tuple(one_line(question) for question in questions)
    market = policy.market(market_of(case))
    teller = _Teller(case, spoken, market.tz)
    own = [remedy for remedy in case.remedies if remedy.kind is not RemedyKind.REDIRECT_TO_AMAZON]
    done = case.executed
    executed = [remedy for remedy in case.remedies if remedy.remedy in done]
    states = {one.remedy: refund_state(case, one, policy=policy, now=now) for one in own}
    granted = [remedy for remedy in own if states[remedy.remedy] is not None]
    submitted = [remedy for remedy in granted if states[remedy.remedy] is not RefundState.GRANTED]
    refunded = [remedy for remedy in granted if states[remedy.remedy] is RefundState.EXECUTED]
    sent = [remedy for remedy in own if remedy.remedy in _kept(case, SHIPPING)]
    back = [remedy for remedy in own if remedy.awaited]
    advice = returns_of(case, policy=policy, now=now)
    unpaid = [remedy for remedy in own if remedy.withheld and not remedy.refund]
    declined = [r for r in own if r.kind is RemedyKind.DECLINE and not teller.is_extra(r)] + unpaid
    news = _news(case)
    bank = policy.deadline("bank_posting", market=market.id, channel=None, on=now.date())
    bank_from, bank_to = bank_days(bank)
    moved = [known for known in case.promises if known.state is PromiseState.SUPERSEDED]
    return LetterContext(
        order_id=case.order.order_id if case.order else "",
        claims=teller.claims(),
        breakdown=teller.breakdown(),
        others=case.order is not None and {line.line for line in case.order.lines} > _lines(case.items),
        questions=(*questions, *teller.wanted()),
        asked=teller.asked(questions),
        offers=teller.offered(offers),
        entries=teller.entries(own),
        open_entries=teller.entries([remedy for remedy in own if remedy.remedy not in done]),
        done_entries=teller.entries(executed, dated=False),
        refund_entries=teller.entries([*submitted, *(unpaid if submitted else ())], dated=False),
        goods_entries=teller.entries(sent, dated=False),
        return_entries=teller.entries(back, dated=False),
        amazon_entries=teller.amazon(),
        declined_entries=teller.entries(declined, dated=False),
        changes=(
            *teller.moved([known for known in moved if not known.was_late], spoken.change),
            *teller.recalled([known for known in owed_notices(case) if known.recalled], now),
        ),
        broken=teller.moved([known for known in moved if known.was_late], spoken.broken),
        news=teller.news(news),
        tracking=_tracking(case.promises),
        news_tracking=_tracking(news),
        total_refund=teller.sum_of(granted),
        submitted_total=teller.sum_of(submitted),
        refunded_total=teller.sum_of(refunded),
        return_total=teller.sum_of([remedy for remedy in back if remedy.refund_total]),
        return_plan=""
        if advice is None
        else returns_told(case, advice, policy=policy, now=now, locale=locale).strip(),
        return_requests=0 if advice is None else sum(one.way == "request" for one in advice.requests),
        answer_by=spoken.day(_answer_by(case, now), market.tz),
        update_by=spoken.day(_update_by(case, now), market.tz),
        bank_from=bank_from,
        bank_to=bank_to,
    )


def _kept(case: Case, kinds: frozenset[PromiseKind]) -> frozenset[str]:
    """The remedies of which a promise of one of the kinds was kept."""
    return frozenset(
        known.promise.remedy
        for known in case.promises
        if known.state is PromiseState.KEPT and known.promise.kind in kinds
    )


def _news(case: Case) -> tuple[KnownPromise, ...]:
    """What was kept since the last message, the oldest first; an answer is no news but the message."""
    kept = (
        known
        for known in case.untold
        if known.state is PromiseState.KEPT
        and known.promise.kind not in {PromiseKind.ANSWER, PromiseKind.REDIRECT}
    )
    return tuple(sorted(kept, key=lambda known: known.settled_at or known.promise.due_at))


def _lines(items: Iterable[ClaimItem]) -> frozenset[int]:
    return frozenset(item.line for item in items)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts parts of a case into words."""

    case: Case
    spoken: Words
    zone: ZoneInfo
    told: dict[tuple[str, bool], Entry] = field(default_factory=dict)
    awaited: dict[str, Promise] = field(default_factory=dict)

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
        """What happens for one remedy; put into words once, because many lists of a letter hold it."""
        key = (remedy.remedy, dated)
        if key not in self.told:
            self.told[key] = self._entry(remedy, dated=dated)
        return self.told[key]

    def _entry(self, remedy: Remedy, *, dated: bool) -> Entry:
        goods = self.goods(remedy.line, remedy.units)
        amount = self.spoken.money(remedy.refund_total if remedy.refund else Money.zero(remedy.currency))
        if remedy.received and (remedy.refund or remedy.withheld):
            text = self._came_back(remedy, amount)
        else:
            phrases = {**self.spoken.remedies, **(self.spoken.extra if self.is_extra(remedy) else {})}
            text = phrases[remedy.kind].format(amount=amount)
        promise = self._last_promise(remedy)
        if not dated or promise is None:
            return Entry(self.spoken.entry.format(goods=goods, remedy=text), goods)
        due = self.spoken.day(promise.due_at, self.zone)
        promised = self.spoken.promises[promise.kind]
        whole = self.spoken.entry_promised.format(goods=goods, remedy=text, promise=promised, due=due)
        return Entry(whole, goods)

    def _came_back(self, remedy: Remedy, amount: str) -> str:
        """What goods that have come back are refunded for, and what of their price is kept back and why."""
        if not remedy.withheld or remedy.rejected_for is None:
            return self.spoken.returned["taken"].format(amount=amount)
        return self.spoken.returned["less" if remedy.refund else "nothing"].format(
            amount=amount,
            kept=self.spoken.money(remedy.withheld),
            reason=self.spoken.rejections[remedy.rejected_for],
        )

    def _last_promise(self, remedy: Remedy) -> Promise | None:
        """What the buyer still waits for: not our answer, which the letter is."""
        if not self.awaited:
            for promise in sorted(self.case.open_promises, key=lambda promise: promise.due_at, reverse=True):
                if promise.kind is not PromiseKind.ANSWER:
                    self.awaited.setdefault(promise.remedy, promise)
        return self.awaited.get(remedy.remedy)

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

    def moved(self, superseded: Sequence[KnownPromise], phrase: str) -> tuple[Entry, ...]:
        """Promises that replaced others: the date told last and the new one."""
        phrases = {**self.spoken.promises, **self.spoken.alone}
        changed: dict[str, Entry] = {}
        for old in superseded:
            new = next((p for p in self.case.open_promises if old.promise.same_subject(p)), None)
            if new is None:
                continue
            goods = self.goods(new.line, new.units)
            text = phrase.format(
                goods=goods,
                promise=phrases[new.kind],
                old=self.spoken.day(old.promise.due_at, self.zone),
                new=self.spoken.day(new.due_at, self.zone),
            )
            changed[new.promise] = Entry(text, goods)
        return tuple(changed.values())

    def recalled(self, cancelled: Sequence[KnownPromise], now: datetime) -> tuple[Entry, ...]:
        """Refunds that were cancelled before they were paid, with the date of their new submission."""
        entries = []
        for known in cancelled:
            promise = known.promise
            if promise.amount is None or promise.due_at < now or known.state is not PromiseState.OPEN:
                continue
            goods = self.goods(promise.line, promise.units)
            amount, due = self.spoken.money(promise.amount), self.spoken.day(promise.due_at, self.zone)
            entries.append(Entry(self.spoken.recalled.format(goods=goods, amount=amount, due=due), goods))
        return tuple(entries)

    def news(self, kept: Sequence[KnownPromise]) -> tuple[Entry, ...]:
        """Promises that were kept: what happened, and on which day."""
        entries = []
        for known in kept:
            promise = known.promise
            remedy = self.case.remedy(promise.remedy)
            amount = remedy.refund_total if remedy is not None and remedy.refund else promise.amount
            goods = self.goods(promise.line, promise.units)
            done = self.spoken.kept[promise.kind].format(amount=self.spoken.money(amount) if amount else "")
            if remedy is not None and remedy.withheld and remedy.rejected_for and promise.kind in REFUNDING:
                done = self.spoken.returned["news"].format(
                    done=done,
                    kept=self.spoken.money(remedy.withheld),
                    reason=self.spoken.rejections[remedy.rejected_for],
                )
            text = self.spoken.news.format(
                goods=goods,
                done=done,
                on=self.spoken.day(known.settled_at or promise.due_at, self.zone),
            )
            entries.append(Entry(text, goods))
        return tuple(entries)

    def breakdown(self) -> tuple[str, ...]:
        """Everything that was noted, one text per product: how many units have which problem."""
        order, texts = self.case.order, []
        for line in order.lines if order is not None and self.case.breakdown_confirmed else ():
            own = [item for item in self.case.items if item.line == line.line]
            parts = self.spoken.between.join(
                self.spoken.part.format(units=item.units, problem=self.spoken.problems[item.problem])
                for item in own
            )
            if own:
                title, sku = plain_title(line.title), plain_title(line.sku)
                texts.append(self.spoken.breakdown.format(title=title, sku=sku, parts=parts))
        return tuple(texts)

    def wanted(self) -> tuple[str, ...]:
        """Evidence that is awaited, as a request."""
        return tuple(
            self.spoken.wanted.format(
                goods=self.goods(item.line, item.units), evidence=self.spoken.evidence[evidence]
            )
            for item_id, evidence in sorted(self.case.awaited)
            if (item := self.case.item(item_id)) is not None
        )

    def asked(self, questions: Sequence[str]) -> tuple[str, ...]:
        """What was asked for and is still missing, each with the day on which it was asked."""
        evidence = tuple(
            self.spoken.asked.format(
                goods=self.goods(item.line, item.units),
                evidence=self.spoken.evidence[evidence],
                on=self.spoken.day(at, self.zone),
            )
            for (item_id, evidence), at in sorted(self.case.awaited.items())
            if (item := self.case.item(item_id)) is not None
        )
        asked_at = [message.at for message in self.case.messages if message.kind == LetterKind.ASK_DETAILS]
        if not asked_at:
            return evidence
        on = self.spoken.day(asked_at[-1], self.zone)
        open_ones = (self.spoken.asked_question.format(question=question, on=on) for question in questions)
        return (*open_ones, *evidence)

    def offered(self, offers: Sequence[Option]) -> tuple[Offered, ...]:
        """The options that we may carry out ourselves, by claim item, each with its letter."""
        by_item: dict[str, list[Option]] = {}
        for option in offers:
            if option.outcome == "allowed" and option.kind not in _NO_CHOICE:
                by_item.setdefault(option.item, []).append(option)
        return tuple(
            Offered(
                self.spoken.claim.format(
                    goods=self.goods(item.line, own[0].units), problem=self.spoken.problems[item.problem]
                ),
                tuple(
                    f"{letter}) {self.option(one)}" for letter, one in zip(ascii_lowercase, own, strict=False)
                ),
            )
            for item in self.case.claims
            if (own := by_item.get(item.item))
        )

    def option(self, option: Option) -> str:
        """A remedy that could be chosen, with its amount."""
        item = self.case.item(option.item)
        extra = item is not None and not item.counts_in_line
        phrases = {**self.spoken.remedies, **(self.spoken.extra if extra else {})}
        return phrases[option.kind].format(amount=self.spoken.money(option.refund_total))


_NO_CHOICE = frozenset({RemedyKind.DECLINE, RemedyKind.REDIRECT_TO_AMAZON})
"""Decisions that are told, not offered."""


def _tracking(promises: Iterable[KnownPromise]) -> tuple[str, ...]:
    numbers = (known.reference for known in promises if known.promise.kind in SHIPPING)
    return tuple(dict.fromkeys(plain_title(number) for number in numbers if number))


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
