"""What is wrong with a message before it goes out: platform rules, and numbers that no ledger knows."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

from playbook.domain.case import Case
from playbook.domain.ids import Marketplace, find_order_ids
from playbook.domain.money import total
from playbook.domain.orders import amounts_total
from playbook.letters.figures import Day, Figure, blank, figures, folded, has_date
from playbook.letters.kinds import LOCALES
from playbook.letters.words import bank_days, locale_of, plain_title
from playbook.policy import MessageRuleRow, Policy
from playbook.policy.base import Text

_PROMISING = {
    "en": re.compile(
        r"\b(?:we will|we'll|will be)\b[^.\n]*\b(?:refund|ship|send|replace|submit)", re.IGNORECASE
    ),
    "de": re.compile(r"\bwir werden\b[^.\n]*\b(?:erstatten|versenden|schicken|ersetzen)", re.IGNORECASE),
    "zh": re.compile(r"我们(?:会|将)[^。\n]*(?:退款|补发|寄出|发出)"),
    "ja": re.compile(r"(?:返金|発送|お送り)(?:いた)?します"),
    "fr": re.compile(
        r"\bnous\s(?:(?:vous|l|les?|la)\s)*(?:rembourserons|expédierons|enverrons|remplacerons|émettrons)\b"
        r"|\b(?:allons|sera|seront|serez)\b[^.\n]*\b(?:rembours|expédi|envoy|remplac|émettre|émis)",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:reembolsaremos|enviaremos|reemplazaremos|repondremos|tramitaremos)\b"
        r"|\b(?:vamos\sa|será|serán|se\sle)\b[^.\n]*\b(?:reembols|envia|enviará|reemplaza|repone|tramita)",
        re.IGNORECASE,
    ),
    "it": re.compile(
        r"\b(?:rimborseremo|spediremo|invieremo|sostituiremo|emetteremo)\b"
        r"|\b(?:provvederemo\sa|sarà|saranno|verrà|verranno)\b[^.\n]*"
        r"\b(?:rimbors|spedi|invia|sostitui|emess|emettere)",
        re.IGNORECASE,
    ),
}
_SENTENCE_END = re.compile(r"(?<!\d)[.!?](?!\s*\d)|[。！？\n]")
_QUESTION = re.compile(r"[?？]|か。?\s*$")
_NAMED_NUMBER = re.compile(
    r"(?:tracking|order|RMA|return|reference|Sendungs|Bestell|Rück|Retouren|运单|物流|快递|订单|退货"
    r"|追跡|問い合わせ|伝票|注文|返品|suivi|commande|retour|référence|seguimiento|pedido|devolución"
    r"|referencia|tracciamento|spedizione|ordine|reso|riferimento)[^\d\n]{0,25}(?P<number>\d{8,40})(?!\d)",
    re.IGNORECASE,
)
"""A long number behind a word that says what it is: not a phone number."""
_PARCEL_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{10,34}(?![A-Za-z0-9])")
_LIST_ANNOUNCED = re.compile(r"(?<=\n)[^\n]*(?:[:：]|次の[^\n]{0,200}。)[ \t]*\n[ \t]*\n(?!\s*[-•*])")
"""A line that announces a list (not the greeting in the first line) with none below it."""
_LONGEST = 20_000
_LONGEST_SHOWN = 40

REASONS = {
    "amount_not_in_ledger": Text(
        en="An amount in the text is not in the ledger.", zh_CN="文中的金额与账目不符。"
    ),
    "units_not_in_ledger": Text(en="A number of units is not in the ledger.", zh_CN="文中的件数与账目不符。"),
    "number_not_in_ledger": Text(
        en="This number is nowhere in the case: look at it again.",
        zh_CN="此售后单中没有这个数字，请再核对。",
    ),
    "date_not_in_ledger": Text(en="A date was promised nowhere.", zh_CN="文中的日期没有对应的承诺。"),
    "other_order": Text(en="The text names another order.", zh_CN="文中出现了其他订单号。"),
    "empty": Text(en="The message is empty.", zh_CN="消息为空。"),
    "invisible_characters": Text(
        en="The text has invisible control characters: type it again.",
        zh_CN="文中含有不可见的控制字符：请重新输入。",
    ),
    "nothing_listed": Text(
        en="A list is announced, but nothing is in it: this message does not fit the case as it is now.",
        zh_CN="文中要列出内容，但列表为空：这封消息与售后单的现状不符。",
    ),
    "no_letters": Text(
        en="There are no letters in this buyer's language: say that we answer in English, or translate it.",
        zh_CN="没有该买家语言的消息模板：请在文中说明以英文答复，或另行翻译。",
    ),
    "too_long": Text(en="The message is far too long to send.", zh_CN="消息过长，无法发送。"),
}


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One objection: where (span of the text), how serious, why in both languages, and the words."""

    rule_id: str
    severity: Literal["block", "warn"]
    span: tuple[int, int]
    why: Text
    text: str = ""


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
    known = _Known(case, policy, now)
    findings = [*known.findings(text), *_invisible(text)]
    for match in _LIST_ANNOUNCED.finditer(text):
        span = (match.start(), match.start() + len(match[0].rstrip()))
        findings.append(LintFinding("nothing_listed", "warn", span, REASONS["nothing_listed"]))
    if case.language not in LOCALES:
        findings.append(LintFinding("no_letters", "warn", (0, 0), REASONS["no_letters"]))
    masked = known.masked(text)
    for rule in policy.message_rules(known.market, now.date()):
        if rule.scope == "any" or (rule.scope == "proactive" and proactive):
            findings.extend(_rule_findings(rule, text, masked, case, locale_of(locale)))
    return tuple(
        dict.fromkeys(sorted(findings, key=lambda finding: (finding.severity != "block", finding.span)))
    )


def _rule_findings(
    rule: MessageRuleRow, text: str, masked: str, case: Case, locale: str
) -> Iterator[LintFinding]:
    for start, end in _hits(rule, text, masked, case, locale):
        yield LintFinding(rule.id, rule.kind, (start, end), rule.why, text[start:end])


def _hits(rule: MessageRuleRow, text: str, masked: str, case: Case, locale: str) -> Iterator[tuple[int, int]]:
    """Where a rule is broken. A rule about the message as a whole points at its beginning."""
    if rule.pattern is not None:
        for match in _compiled(rule.pattern).finditer(masked if rule.id == "phone_number" else text):
            yield match.span()
    if rule.hints:
        for match in _any_of(rule.hints).finditer(_plain(text)):
            yield match.span()
    match rule.id:
        case "emoji_or_gif":
            for at, char in enumerate(text):
                if unicodedata.category(char) == "So" and char not in "№®©™°":
                    yield at, at + 1
        case "missing_order_id":
            if case.order is not None and case.order.order_id not in find_order_ids(text):
                yield from () if case.order.order_id in text else ((0, 0),)
        case "only_thanks":
            if not re.search(r"\d", _without_order_ids(text, case)):
                yield 0, len(text)
        case "wrong_language":
            if case.language in LOCALES and not _written_in(_without_titles(text, case), case.language):
                yield 0, 0
        case "promise_without_date":
            yield from _undated_promises(folded(text), locale)


def _undated_promises(text: str, locale: str) -> Iterator[tuple[int, int]]:
    for match in _PROMISING[locale].finditer(text):
        end = _SENTENCE_END.search(text, match.end())
        if not has_date(text[match.start() : end.start() if end else len(text)]):
            yield match.span()


def _without_titles(text: str, case: Case) -> str:
    """The text without the products' names, which are in the language of the marketplace."""
    for line in case.order.lines if case.order else ():
        text = text.replace(line.title, " ") if line.title.strip() else text
    return text


def _without_order_ids(text: str, case: Case) -> str:
    """The text with every order number blanked out, however its dashes are written."""
    for start, end, _order_id in _order_ids(text):
        text = blank(text, start, end)
    return text if case.order is None else text.replace(case.order.order_id, " " * len(case.order.order_id))


def _order_ids(text: str) -> Iterator[tuple[int, int, str]]:
    """Every order number with its span."""
    plain = folded(text)
    for order_id in find_order_ids(plain):
        groups = r"\D?".join(order_id.split("-"))
        for match in re.finditer(rf"(?<!\d){groups}(?!\d)", plain):
            yield *match.span(), order_id


def _plain(text: str) -> str:
    """*text* with odd spaces and the curly apostrophe as plain ones; every position stays the same."""
    return folded(text).replace("’", "'")


@cache
def _any_of(hints: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all the words; of those that begin at the same place the longest is found."""
    longest_first = sorted(map(_plain, hints), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_STOP_WORDS = {
    "en": {"the", "and", "your", "we", "for", "to", "of", "order", "you", "is"},
    "de": {"und", "die", "der", "wir", "sie", "ihre", "ihrer", "zur", "bestellung", "bitte", "das", "zu"},
    "fr": {"le", "les", "des", "et", "nous", "vous", "votre", "pour", "commande", "avec", "est", "au", "sur"},
    "es": {"el", "los", "las", "y", "su", "para", "pedido", "hemos", "con", "del", "por", "usted", "al"},
    "it": {"il", "gli", "di", "e", "suo", "sua", "per", "ordine", "abbiamo", "con", "è", "che", "sono"},
}


def _written_in(text: str, language: str) -> bool:
    """A rough look at script and small words; a short text in Latin letters may be any Latin language."""
    kana = sum("\u3040" <= char <= "\u30ff" for char in text)
    han = sum("\u4e00" <= char <= "\u9fff" for char in text)
    if language == "ja":
        return kana > 5
    if language == "zh":
        return han > 5 and kana <= han // 5
    seen = re.findall(r"[^\W\d_]+", re.sub(r"[\u3040-\u30ff\u4e00-\u9fff]", " ", text.casefold()))
    if kana + han > len(seen):
        return False
    counts = {code: sum(word in stop for word in seen) for code, stop in _STOP_WORDS.items()}
    return counts.get(language, 0) >= max(counts.values())


def _invisible(text: str) -> Iterator[LintFinding]:
    for at, char in enumerate(text):
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in "\n\r\t":
            yield LintFinding("invisible_characters", "block", (at, at + 1), REASONS["invisible_characters"])
            return


class _Known:
    """Every number, date and order number that a message about the case may name."""

    def __init__(self, case: Case, policy: Policy, now: datetime) -> None:
        self.case = case
        self.order = case.order
        self.market = case.order.marketplace if case.order else case.marketplace or Marketplace.US
        self.amounts = set(_amounts(case))
        self.units = {Decimal(units) for units in _units(case)}
        self.shares = {remedy.share for remedy in case.remedies} | {Decimal(100)}
        bank = policy.deadline("bank_posting", market=self.market, channel=None, on=now.date())
        counts = (len(case.claims), len(case.remedies), len(case.order.lines) if case.order else 0)
        self.numbers = {Decimal(number) for number in (*bank_days(bank), *counts)}
        zone = policy.market(self.market).tz
        moments = [*_moments(case), *(now + timedelta(days=days) for days in (0, 1, 2))]
        self.days = {at.astimezone(zone).date() for at in moments} | set(_delivery_days(case))

    def findings(self, text: str) -> Iterator[LintFinding]:
        """What contradicts the ledgers; inside a question the buyer's numbers are only quoted."""
        clear = folded(text)
        own = (
            {self.order.order_id, *self.order.replacement_orders, self.order.replaces}
            if self.order
            else set()
        )
        for start, end, order_id in _order_ids(text):
            clear = blank(clear, start, end)
            if order_id not in own:
                yield LintFinding("other_order", "block", (start, end), REASONS["other_order"], order_id)
        for name in self._names():
            clear = clear.replace(name, " " * len(name))
        for figure in figures(clear):
            wrong = self._objection(figure)
            if wrong is not None:
                code, near = wrong
                is_asked = figure.kind in {"units", "number"} and _is_question(text, figure.span)
                severity: Literal["block", "warn"] = (
                    "warn" if is_asked or code == "number_not_in_ledger" else "block"
                )
                shown = f" ({figure.text.strip()[:_LONGEST_SHOWN]}" + (f"; ≈ {near})" if near else ")")
                why = Text(en=REASONS[code].en + shown, zh_CN=REASONS[code].zh_CN + shown)
                yield LintFinding(code, severity, figure.span, why, figure.text)

    def _objection(self, figure: Figure) -> tuple[str, str] | None:
        """The code of what is wrong with a figure and the known value that is nearest; None if nothing."""
        match figure.kind:
            case "amount":
                currency = self.order.currency if self.order else ""
                if figure.number in self.amounts and currency in figure.currencies:
                    return None
                return "amount_not_in_ledger", _nearest(figure.number, self.amounts)
            case "date":
                return None if self._is_known_day(figure.days) else ("date_not_in_ledger", "")
            case "units":
                known = figure.number in self.units
                return None if known else ("units_not_in_ledger", _nearest(figure.number, self.units))
            case "share":
                return None if figure.number in self.shares else ("number_not_in_ledger", "")
            case "number":
                known = figure.number in self.units | self.numbers | self.amounts
                return None if known else ("number_not_in_ledger", "")

    def _is_known_day(self, days: Iterable[Day]) -> bool:
        return any(
            (month, day) == (known.month, known.day) and year in {None, known.year}
            for year, month, day in days
            for known in self.days
        )

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
        masked = folded(text)
        for start, end, _order_id in _order_ids(text):
            masked = blank(masked, start, end)
        for name in self._names():
            masked = masked.replace(name, " " * len(name))
        for figure in figures(masked):
            if figure.kind in {"amount", "date"}:
                masked = blank(masked, *figure.span)
        for match in _PARCEL_CODE.finditer(masked):
            masked = blank(masked, *match.span())
        for match in _NAMED_NUMBER.finditer(masked):
            masked = blank(masked, *match.span("number"))
        return masked


def _nearest(found: Decimal, known: Iterable[Decimal]) -> str:
    near = min(known, key=lambda value: abs(value - found), default=None)
    return "" if near is None else f"{near:f}"


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
        yield from (remedy.refund_total.amount, remedy.value_total.amount)
    for known in case.promises:
        if known.promise.amount is not None:
            yield known.promise.amount.amount
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


def _delivery_days(case: Case) -> Iterator[date]:
    if case.order is not None:
        days = (case.order.latest_delivery_on, *(line.delivered_on for line in case.order.lines))
        yield from (day for day in days if day is not None)
