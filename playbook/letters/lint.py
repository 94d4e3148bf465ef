"""What is wrong with a message before it goes out: platform rules, and numbers that no ledger knows."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from playbook.domain.case import Case
from playbook.domain.ids import Marketplace, find_order_ids
from playbook.domain.money import total
from playbook.letters.kinds import LOCALES
from playbook.letters.words import locale_of, words
from playbook.policy import MessageRuleRow, Policy
from playbook.policy.base import Text

_CURRENCY = r"(?:US\$|CN¥|JP¥|[$€£¥￥]|USD|EUR|GBP|JPY|CAD|AUD|元|円)"
_NUMBER = r"\d[\d.,\u00a0\u202f']*"
_AMOUNT = re.compile(rf"{_CURRENCY}\s?(?P<before>{_NUMBER})|(?P<after>{_NUMBER})\s?{_CURRENCY}")
_UNITS = re.compile(
    r"(?<![\d.,-])(?P<units>\d{1,7})\s?(?:x|×|units?|pieces?|pcs|件|个|個|点|Stück|Stk)(?![A-Za-z\d])",
    re.IGNORECASE,
)
# English and German months, short or long
_MONTHS = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?"
_DATE = re.compile(
    rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|(?:\d{{4}}\s?年\s?)?\d{{1,2}}\s?月\s?\d{{1,2}}\s?日"
    rf"|\b\d{{1,2}}\.?\s{_MONTHS}(?:\s\d{{4}})?|\b{_MONTHS}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?\b",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"\b(?=[A-Z0-9]*\d)[A-Z0-9]{10,34}\b")
_PROMISING = {
    "en": re.compile(
        r"\b(?:we will|we'll|will be)\b[^.\n]*\b(?:refund|ship|send|replace|submit)", re.IGNORECASE
    ),
    "de": re.compile(r"\bwir werden\b[^.\n]*\b(?:erstatten|versenden|schicken|ersetzen)", re.IGNORECASE),
    "zh": re.compile(r"我们(?:会|将)[^。\n]*(?:退款|补发|寄出|发出)"),
    "ja": re.compile(r"(?:返金|発送|お送り)(?:いた)?します"),
}
_LONGEST = 20_000

REASONS = {
    "amount_not_in_ledger": Text(
        en="An amount in the text is not in the ledger.", zh_CN="文中的金额与账目不符。"
    ),
    "units_not_in_ledger": Text(en="A number of units is not in the ledger.", zh_CN="文中的件数与账目不符。"),
    "date_not_in_ledger": Text(en="A date was promised nowhere.", zh_CN="文中的日期没有对应的承诺。"),
    "other_order": Text(en="The text names another order.", zh_CN="文中出现了其他订单号。"),
    "empty": Text(en="The message is empty.", zh_CN="消息为空。"),
    "invisible_characters": Text(
        en="The text has invisible control characters: type it again.",
        zh_CN="文中含有不可见的控制字符：请重新输入。",
    ),
    "too_long": Text(en="The message is far too long to send.", zh_CN="消息过长，无法发送。"),
}


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One objection: where (span of the text), how serious, and why in both interface languages."""

    rule_id: str
    severity: Literal["block", "warn"]
    span: tuple[int, int]
    why: Text
    params: dict[str, Any] = field(default_factory=dict)


def lint(
    text: str,
    *,
    case: Case,
    policy: Policy,
    locale: str,
    now: datetime,
    proactive: bool = False,
) -> tuple[LintFinding, ...]:
    """Every objection to a message about *case*, the blocking ones first.

    *proactive* marks a message that opens a thread instead of replying on the buyer's.
    """
    if not text.strip():
        return (LintFinding("empty", "block", (0, 0), REASONS["empty"]),)
    if len(text) > _LONGEST:
        return (LintFinding("too_long", "block", (0, len(text)), REASONS["too_long"]),)
    market = case.order.marketplace if case.order else case.marketplace or Marketplace.US
    known = _Known(case, policy, now)
    findings = [*known.findings(text), *_invisible(text)]
    masked = known.masked(text)
    for rule in policy.message_rules(market, now.date()):
        if rule.scope == "any" or (rule.scope == "proactive" and proactive):
            findings.extend(_rule_findings(rule, text, masked, case, locale_of(locale), proactive=proactive))
    return tuple(sorted(findings, key=lambda finding: (finding.severity != "block", finding.span)))


def _rule_findings(
    rule: MessageRuleRow, text: str, masked: str, case: Case, locale: str, *, proactive: bool
) -> Iterator[LintFinding]:
    def found(start: int, end: int) -> LintFinding:
        return LintFinding(rule.id, rule.kind, (start, end), rule.why, {"text": text[start:end]})

    if rule.pattern is not None:
        source = masked if rule.id == "phone_number" else text
        for match in _compiled(rule.pattern).finditer(source):
            yield found(*match.span())
    folded = text.casefold()
    for hint in rule.hints:
        at = folded.find(hint.casefold())
        if at >= 0:
            yield found(at, min(len(text), at + len(hint)))
    if rule.id == "emoji_or_gif":
        for at, char in enumerate(text):
            if unicodedata.category(char) == "So" and char not in "№®©™°":
                yield found(at, at + 1)
    elif rule.id == "missing_order_id":
        if case.order is not None and case.order.order_id not in text:
            yield found(0, 0)
    elif rule.id == "only_thanks":
        if proactive and not re.search(r"\d", text):
            yield found(0, len(text))
    elif rule.id == "wrong_language":
        if case.language in LOCALES and not _written_in(text, case.language):
            yield found(0, 0)
    elif rule.id == "promise_without_date":
        pattern = _PROMISING[locale]
        for match in pattern.finditer(text):
            sentence_end = min(
                (i for i in (text.find(c, match.end()) for c in ".。\n") if i >= 0), default=len(text)
            )
            if not _DATE.search(text, match.start(), sentence_end):
                yield found(*match.span())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_STOP_WORDS = {
    "en": {"the", "and", "your", "we", "for", "to", "of", "order", "you", "is"},
    "de": {"und", "die", "der", "wir", "sie", "ihre", "ihrer", "zur", "bestellung", "bitte", "das", "zu"},
}


def _written_in(text: str, language: str) -> bool:
    """A rough look at script and small words; a short text in Latin letters may be any Latin language."""
    kana = sum("\u3040" <= char <= "\u30ff" for char in text)
    han = sum("\u4e00" <= char <= "\u9fff" for char in text)
    if language == "ja":
        return kana > 5
    if language == "zh":
        return han > 5 and kana <= han // 5
    if kana + han > 20:
        return False
    seen = re.findall(r"[a-zäöüß]+", text.casefold())
    counts = {code: sum(word in stop for word in seen) for code, stop in _STOP_WORDS.items()}
    return counts.get(language, 0) >= max(counts.values())


def _invisible(text: str) -> Iterator[LintFinding]:
    for at, char in enumerate(text):
        if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in "\n\r\t":
            yield LintFinding("invisible_characters", "block", (at, at + 1), REASONS["invisible_characters"])
            return


class _Known:
    """Every number, date and order number that a message about the case may name."""

    def __init__(self, case: Case, policy: Policy, now: datetime) -> None:
        self.case = case
        self.currency = case.order.currency if case.order else ""
        market = policy.market(case.order.marketplace if case.order else case.marketplace or Marketplace.US)
        self.zone = market.tz
        self.amounts = {amount.quantize(Decimal("0.01")) for amount in _amounts(case)}
        self.units = set(_units(case))
        moments = [*_moments(case), *(now + timedelta(days=days) for days in (0, 1, 2))]
        self.days = {at.astimezone(self.zone).date() for at in moments}
        self.date_texts = {words(code).day(at, self.zone) for at in moments for code in LOCALES}

    def findings(self, text: str) -> Iterator[LintFinding]:
        clear = text
        for date_text in sorted(self.date_texts, key=len, reverse=True):
            clear = clear.replace(date_text, " " * len(date_text))
        for match in _AMOUNT.finditer(clear):
            amount = _decimal(match["before"] or match["after"])
            if amount is not None and amount not in self.amounts:
                yield self._finding("amount_not_in_ledger", match, amount, self.amounts)
        for match in _DATE.finditer(clear):
            if match.group() not in self._day_texts():
                yield LintFinding(
                    "date_not_in_ledger",
                    "block",
                    match.span(),
                    REASONS["date_not_in_ledger"],
                    {"text": match.group()},
                )
        for match in _UNITS.finditer(clear):
            units = int(match["units"])
            if units not in self.units:
                yield self._finding("units_not_in_ledger", match, units, self.units)
        own = self.case.order.order_id if self.case.order else None
        others = set(find_order_ids(text)) - {
            own,
            *(self.case.order.replacement_orders if self.case.order else ()),
        }
        for order_id in sorted(others):
            at = max(0, text.find(order_id))
            yield LintFinding(
                "other_order", "block", (at, at + len(order_id)), REASONS["other_order"], {"text": order_id}
            )

    def _day_texts(self) -> set[str]:
        return {f"{day:%Y-%m-%d}" for day in self.days}

    def _finding(
        self, code: str, match: re.Match[str], found: Decimal | int, known: Iterable[Decimal] | Iterable[int]
    ) -> LintFinding:
        near = min(known, key=lambda value: abs(value - found), default=None)
        params = {"found": str(found), "near": "" if near is None else str(near)}
        reason = REASONS[code]
        shown = f" ({match.group().strip()}" + (f"; ≈ {near})" if near is not None else ")")
        return LintFinding(
            code, "block", match.span(), Text(en=reason.en + shown, zh_CN=reason.zh_CN + shown), params
        )

    def masked(self, text: str) -> str:
        """The text with order numbers, tracking numbers, amounts and dates blanked out."""
        masked = text
        for order_id in find_order_ids(text):
            masked = masked.replace(order_id, " " * len(order_id))
        for pattern in (_AMOUNT, _DATE, _TRACKING):
            masked = pattern.sub(lambda match: " " * len(match.group()), masked)
        return masked


def _amounts(case: Case) -> Iterator[Decimal]:
    if case.order is None:
        return
    for line in case.order.lines:
        yield from (line.paid_total.amount, line.unit_price.amount)
    for remedy in case.remedies:
        yield from (remedy.refund_total.amount, remedy.value_total.amount)
    for known in case.promises:
        if known.promise.amount is not None:
            yield known.promise.amount.amount
    refunds = [remedy.refund_total for remedy in case.remedies if remedy.refund]
    yield total(refunds, case.order.currency).amount
    done = [remedy.refund_total for remedy in case.remedies if remedy.refund and case.is_executed(remedy)]
    yield total(done, case.order.currency).amount
    yield total([line.paid_total for line in case.order.lines], case.order.currency).amount


def _units(case: Case) -> Iterator[int]:
    for item in case.items:
        yield item.units
    for remedy in case.remedies:
        yield remedy.units
    yield sum(item.units for item in case.claims)
    for line in case.order.lines if case.order else ():
        yield from (line.units_ordered, line.units_shipped, line.units_ordered - line.units_shipped)
        claimed = sum(item.units for item in case.claims if item.line == line.line)
        yield from (claimed, line.units_ordered - claimed)
        # a title may say "20 pieces": what the product is called is not a statement about units
        yield from (int(number) for number in re.findall(r"\d{1,7}", line.title))


def _moments(case: Case) -> Iterator[datetime]:
    for known in case.promises:
        yield known.promise.due_at
    for follow_up in case.follow_ups:
        yield follow_up.due_at
    if case.received_at is not None:
        yield from (case.received_at, case.received_at + timedelta(days=1))
    if case.order is not None:
        yield case.order.placed_at


def _decimal(text: str) -> Decimal | None:
    """A number written in any of our languages: a last separator with one or two digits is decimal."""
    digits = re.sub(r"[\u00a0\u202f']", "", text).rstrip(".,")
    match = re.fullmatch(r"([\d.,]*?)(?:[.,](\d{1,2}))?", digits)
    if match is None or not re.search(r"\d", digits):
        return None
    whole = re.sub(r"[.,]", "", match[1])
    return Decimal(f"{whole or 0}.{match[2] or 0}").quantize(Decimal("0.01"))
