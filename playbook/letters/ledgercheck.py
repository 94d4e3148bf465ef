"""Every figure, date, SKU and order number of a message against the ledgers of its case."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from playbook.domain.case import Case
from playbook.domain.ids import find_order_ids
from playbook.domain.money import Money, total
from playbook.domain.orders import amounts_total
from playbook.letters.figures import Day, Figure, blank, figures, folded
from playbook.letters.findings import REASONS, LintFinding, shown
from playbook.letters.returns import returns_of
from playbook.letters.words import Words, bank_days, plain_title
from playbook.policy import Policy
from playbook.steps.options import Option
from playbook.steps.refunds import RefundState, refund_state
from playbook.steps.schedule import market_of

_SKU_LIKE = re.compile(
    r"(?<![\w/-])(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+(?![\w-])|(?<!\w)B0[A-Z0-9]{8}(?!\w)"
)


_LIKE_A_KNOWN_ONE = 0.75
"""From this similarity on (difflib), a code without digits is taken for a misspelt SKU of the order."""


_QUESTION = re.compile(r"[?？]|か。?\s*$")


_NAMED_NUMBER = re.compile(
    r"(?:tracking|order|RMA|return|reference|Sendungs|Bestell|Rück|Retouren|运单|物流|快递|订单|退货"
    r"|追跡|問い合わせ|伝票|注文|返品|suivi|commande|retour|référence|seguimiento|pedido|devolución"
    r"|referencia|tracciamento|spedizione|ordine|reso|riferimento)[^\d\n]{0,25}(?P<number>\d{8,40})(?!\d)",
    re.IGNORECASE,
)
"""A long number behind a word that says what it is: not a phone number."""


_PARCEL_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{10,34}(?![A-Za-z0-9])")


def is_one_of(found: Iterable[Day], known: Collection[date]) -> bool:
    """Whether one of the readings of a date is one of the known days."""
    return any(
        (month, day) == (one.month, one.day) and year in {None, one.year}
        for year, month, day in found
        for one in known
    )


def without_order_ids(text: str, case: Case) -> str:
    """The text with every order number blanked out, however its dashes are written."""
    for start, end, _order_id in order_ids_in(text):
        text = blank(text, start, end)
    return text if case.order is None else text.replace(case.order.order_id, " " * len(case.order.order_id))


def order_ids_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Every order number with its span."""
    plain = folded(text)
    for order_id in find_order_ids(plain):
        groups = r"\D?".join(order_id.split("-"))
        for match in re.finditer(rf"(?<!\d){groups}(?!\d)", plain):
            yield *match.span(), order_id


class Known:
    """Every number, date, SKU and order number that a message about the case may name."""

    def __init__(
        self, case: Case, policy: Policy, now: datetime, spoken: Words, offers: Sequence[Option] = ()
    ) -> None:
        self.case = case
        self.order = case.order
        self.spoken = spoken
        self.market = market_of(case)
        self.currency = case.order.currency if case.order else ""
        self.amounts = {*_amounts(case), *(amount for one in offers for amount in _amounts_of(one))}
        self.units = {Decimal(units) for units in _units(case)}
        self.shares = {share for r in case.remedies for share in (r.share, r.kept_back)} | {Decimal(100)}
        bank = policy.deadline("bank_posting", market=self.market, channel=None, on=now.date())
        counts = (len(case.claims), len(case.remedies), len(case.order.lines) if case.order else 0)
        self.numbers = {Decimal(number) for number in (*bank_days(bank), *counts)}
        self.zone = policy.market(self.market).tz
        advice = returns_of(case, policy=policy, now=now)
        if advice is not None:
            self.units |= {Decimal(line.units) for one in advice.requests for line in one.lines}
            self.numbers |= {Decimal(number) for number in range(1, len(advice.requests) + 1)}
        windows = [one.told_by for one in advice.requests if one.told_by] if advice is not None else []
        moments = [*_moments(case), *windows, *(now + timedelta(days=days) for days in (0, 1, 2))]
        self.days = {at.astimezone(self.zone).date() for at in moments} | set(_delivery_days(case))
        self.no_refund_is_final = _no_refund_is_final(case, policy, now)
        self.is_over_for_unasked = _is_over_for_unasked(case, policy, now)

        self._cleared = cache(self._without_names)
        self._figures = cache(figures)

    def findings(self, text: str) -> Iterator[LintFinding]:
        """What contradicts the ledgers; inside a question the buyer's numbers are only quoted."""
        own = (
            {self.order.order_id, *self.order.replacement_orders, self.order.replaces}
            if self.order
            else set()
        )
        order_ids, clear = self._cleared(text)
        for start, end, order_id in order_ids:
            if order_id not in own:
                fix = str(self.order.order_id) if self.order else None
                yield LintFinding("other_order", "block", (start, end), REASONS["other_order"], order_id, fix)
        for match in _SKU_LIKE.finditer(clear):
            near = self._sku_meant(match[0])
            if near is not None:
                clear = blank(clear, *match.span())
                why = shown("sku_not_in_order", match[0], near)
                yield LintFinding("sku_not_in_order", "block", match.span(), why, match[0], near or None)
        for figure in self._figures(clear):
            wrong = self._objection(figure, clear)
            if wrong is not None:
                code, near, span, fix = wrong
                is_asked = figure.kind in {"units", "number"} and _is_question(text, figure.span)
                severity: Literal["block", "warn"] = "warn" if is_asked else "block"
                why = shown(code, figure.text, near)
                yield LintFinding(code, severity, span, why, text[slice(*span)], fix)

    def _sku_meant(self, code: str) -> str | None:
        """The SKU or ASIN of the order that *code* is nearest to (empty: none); None if it is no SKU."""
        skus = [
            name
            for line in (self.order.lines if self.order else ())
            for name in (line.sku, line.asin)
            if name
        ]
        near = max(skus, key=lambda sku: SequenceMatcher(None, sku, code).ratio(), default="")
        ratio = SequenceMatcher(None, near, code).ratio()
        is_like = ratio >= _LIKE_A_KNOWN_ONE
        has_both = re.search(r"\d", code) is not None and re.search(r"[A-Z]", code) is not None
        return (near if is_like else "") if is_like or has_both else None

    def _objection(self, figure: Figure, text: str) -> tuple[str, str, tuple[int, int], str | None] | None:
        """What is wrong with a figure: code, nearest known value, where, and the fix; None if nothing."""
        span = figure.span
        match figure.kind:
            case "amount":
                if figure.number in self.amounts and self.currency in figure.currencies:
                    return None
                near = _nearest(figure.number, self.amounts)
                fix = None if near is None else self.spoken.money(Money.of(near, self.currency))
                return "amount_not_in_ledger", _plain_decimal(near), span, fix
            case "date":
                return self._date_objection(figure, text)
            case "units":
                if figure.number in self.units:
                    return None
                near = _nearest(figure.number, self.units)
                written = re.sub(
                    r"^\s*(?:\d[\d.,']*|[^\W\d_]+?(?=[\s件只個]))", f"{near}", figure.text, count=1
                )
                return "units_not_in_ledger", _plain_decimal(near), span, None if near is None else written
            case "share":
                return None if figure.number in self.shares else ("number_not_in_ledger", "", span, None)
            case "number":
                known = figure.number in self.units | self.numbers | self.amounts
                return None if known else ("number_not_in_ledger", "", span, None)

    def _date_objection(
        self, figure: Figure, text: str
    ) -> tuple[str, str, tuple[int, int], str | None] | None:
        span, weekday = with_weekday(text, figure.span, self.spoken)
        meant = [day for day in self.days if is_one_of(figure.days, (day,))]
        if meant and weekday in {None, *(day.weekday() for day in meant)}:
            return None
        near = meant[0] if meant else _nearest_day(figure.days, self.days)
        fix = (
            None if near is None else self.spoken.day(datetime.combine(near, time(12), self.zone), self.zone)
        )
        return "weekday_wrong" if meant else "date_not_in_ledger", "", span, fix

    def _without_names(self, text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
        """The order numbers in the text, and the text with them and all names blanked out."""
        order_ids = tuple(order_ids_in(text))
        clear = folded(text)
        for start, end, _order_id in order_ids:
            clear = blank(clear, start, end)
        for name in self._names():
            clear = clear.replace(name, " " * len(name))
        return order_ids, clear

    def _names(self) -> list[str]:
        """Names with digits in them, the longest first: titles, SKUs, ASINs, references, the order number."""
        names = {known.reference for known in self.case.promises}
        if self.order is not None:
            names |= {self.order.order_id, self.order.po_number or ""}
            for line in self.order.lines:
                names |= {line.title, plain_title(line.title), line.sku, line.asin or ""}
        return sorted((folded(name) for name in names if len(name) > 2), key=len, reverse=True)

    def masked(self, text: str) -> str:
        """The text with everything blanked out that has many digits and is no phone number."""
        _order_ids, masked = self._cleared(text)
        for figure in self._figures(masked):
            if figure.kind in {"amount", "date"}:
                masked = blank(masked, *figure.span)
        for match in _PARCEL_CODE.finditer(masked):
            masked = blank(masked, *match.span())
        for match in _NAMED_NUMBER.finditer(masked):
            masked = blank(masked, *match.span("number"))
        return masked


def with_weekday(text: str, span: tuple[int, int], spoken: Words) -> tuple[tuple[int, int], int | None]:
    """The span of a date with the day of the week that stands beside it, and that day (Monday is 0)."""
    start, end = span
    after = _WEEKDAY_AFTER.match(text, end)
    if after is not None:
        return (start, after.end()), "一二三四五六日".find(after["zh"]) if after[
            "zh"
        ] else "月火水木金土日".find(after["ja"])
    before = _WORD_BEFORE.search(text, max(0, start - 20), start)
    weekday = spoken.weekdays().get(before["word"].casefold()) if before is not None else None
    return (span, None) if before is None or weekday is None else ((before.start("word"), end), weekday)


_WEEKDAY_AFTER = re.compile(
    r"\s?[(（]\s?(?:(?:周|星期)(?P<zh>[一二三四五六日])|(?P<ja>[月火水木金土日])(?:曜日?)?)\s?[)）]"
)


_WORD_BEFORE = re.compile(r"(?P<word>[^\W\d_]+)[.,]{0,2}\s(?:den\s|the\s)?$")


def _nearest_day(found: Iterable[Day], known: Collection[date]) -> date | None:
    """The known day nearest to one of the readings of a date."""
    read = []
    for year, month, day in found:
        with suppress(ValueError):
            read += [date(year if year is not None else other.year, month, day) for other in known]
    return min(known, key=lambda day: min(abs(day - one) for one in read)) if read and known else None


def _nearest(found: Decimal, known: Iterable[Decimal]) -> Decimal | None:
    return min(known, key=lambda value: (abs(value - found), value), default=None)


def _plain_decimal(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _no_refund_is_final(case: Case, policy: Policy, now: datetime) -> bool:
    """Whether no buyer may be told "refunded" yet: one refund is still pending, or none was ever made."""
    earlier = case.order is not None and any(one.refunded for one in case.order.earlier)
    states = {refund_state(case, remedy, policy=policy, now=now) for remedy in case.remedies}
    return RefundState.PENDING in states or not (RefundState.EXECUTED in states or earlier)


def _is_over_for_unasked(case: Case, policy: Policy, now: datetime) -> bool:
    """Whether the order was completed too long ago for a message that the buyer did not ask for."""
    row = policy.deadline("proactive_message_latest", market=market_of(case), channel=None, on=now.date())
    days = sorted(_delivery_days(case))
    if row is None or not days:
        return False
    completed = datetime.combine(days[-1], time(0), policy.market(market_of(case)).tz)
    return policy.due(row, completed, market_of(case)) < now


def _amounts_of(option: Option) -> Iterator[Decimal]:
    yield from (option.refund_total.amount, option.value_total.amount)


def _is_question(text: str, span: tuple[int, int]) -> bool:
    """Whether the line around a span asks something."""
    start = text.rfind("\n", 0, span[0]) + 1
    end = text.find("\n", span[1])
    return _QUESTION.search(text[start : len(text) if end < 0 else end]) is not None


def _amounts(case: Case) -> Iterator[Decimal]:
    if case.order is None:
        return
    for line in case.order.lines:
        yield from (line.paid_total.amount, line.unit_price.amount)
    for remedy in case.remedies:
        yield from (remedy.refund_total.amount, remedy.value_total.amount, remedy.withheld.amount)
    for known in case.promises:
        if known.promise.amount is not None:
            yield known.promise.amount.amount
    yield total([remedy.withheld for remedy in case.remedies], case.order.currency).amount
    refunds = [remedy.refund_total for remedy in case.remedies if remedy.refund]
    yield total(refunds, case.order.currency).amount
    done = [remedy.refund_total for remedy in case.remedies if remedy.refund and case.is_executed(remedy)]
    yield total(done, case.order.currency).amount
    yield total([line.paid_total for line in case.order.lines], case.order.currency).amount
    for earlier in case.order.earlier:
        yield amounts_total(earlier.refunded, case.order.currency).amount


def _units(case: Case) -> Iterator[int]:
    for item in case.items:
        yield item.units
    for remedy in case.remedies:
        yield remedy.units
    yield sum(item.units for item in case.claims)
    claimed_on = Counter[int]()
    for item in case.claims:
        claimed_on[item.line] += item.units
    for line in case.order.lines if case.order else ():
        yield from (line.units_ordered, line.units_shipped, line.units_ordered - line.units_shipped)
        claimed = claimed_on[line.line]
        yield from (claimed, line.units_ordered - claimed)
        # a title may say "20 pieces": what the product is called is not a statement about units
        yield from (int(number) for number in re.findall(r"\d{1,7}", line.title))


def _moments(case: Case) -> Iterator[datetime]:
    for known in case.promises:
        yield known.promise.due_at
        if known.settled_at is not None:
            yield known.settled_at
    yield from case.awaited.values()
    for message in case.messages:
        yield message.at
    for follow_up in (*case.follow_ups, *case.open_follow_ups):
        yield follow_up.due_at
    if case.received_at is not None:
        yield from (case.received_at, case.received_at + timedelta(days=1))
    if case.order is not None:
        yield case.order.placed_at


def _delivery_days(case: Case) -> Iterator[date]:
    if case.order is not None:
        days = (case.order.latest_delivery_on, *(line.delivered_on for line in case.order.lines))
        yield from (day for day in days if day is not None)
