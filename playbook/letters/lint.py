"""What is wrong with a message before it goes out: platform rules, and numbers that no ledger knows."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from playbook.domain.case import Case
from playbook.domain.events import OwnWords
from playbook.domain.ids import find_order_ids
from playbook.domain.money import Money, total
from playbook.domain.orders import amounts_total
from playbook.domain.promises import PromiseKind
from playbook.letters.figures import Day, Figure, blank, figures, folded, has_date
from playbook.letters.kinds import LOCALES
from playbook.letters.render import REFUNDING, SHIPPING
from playbook.letters.words import Words, bank_days, locale_of, plain_title, words
from playbook.policy import MessageRuleRow, Policy
from playbook.policy.base import Text
from playbook.steps.options import Option
from playbook.steps.refunds import RefundState, refund_state
from playbook.steps.schedule import market_of

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
_REFUND_VERB = re.compile(
    r"refund|submit|erstatt|rembours|émettr|émis|reembols|tramit|rimbors|emess|emett|emettere|退款|返金",
    re.IGNORECASE,
)
_LABEL = re.compile(r"label|etikett|étiquette|etiqueta|etichetta|标签|ラベル", re.IGNORECASE)
"""What tells a promised refund or return label from promised goods."""
_SKU_LIKE = re.compile(
    r"(?<![\w/-])(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+(?![\w-])|(?<!\w)B0[A-Z0-9]{8}(?!\w)"
)
_LIKE_A_KNOWN_ONE = 0.75
"""From this similarity on (difflib), a code without digits is taken for a misspelt SKU of the order."""
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
    "altered_figure": Text(
        en="This is not what the ledger says here; it was changed after the letter was drafted.",
        zh_CN="此处与账目不一致：消息起草后被改动过。",
    ),
    "weekday_wrong": Text(en="This day of the week does not belong to the date.", zh_CN="星期与日期不一致。"),
    "sku_not_in_order": Text(
        en="This SKU or ASIN is not on the order.", zh_CN="订单中没有这个 SKU 或 ASIN。"
    ),
    "promise_not_in_ledger": Text(
        en="This promises something that the ledger does not hold: promise it there first, or leave it out.",
        zh_CN="此处的承诺未登记：请先登记承诺，或删去这句话。",
    ),
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


OWN = frozenset(
    {
        "amount_not_in_ledger",
        "units_not_in_ledger",
        "number_not_in_ledger",
        "date_not_in_ledger",
        "weekday_wrong",
        "altered_figure",
        "sku_not_in_order",
        "other_order",
        "promise_not_in_ledger",
    }
)
"""Findings against the ledger: the agent may answer for what is written."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One objection: where (span of the text), how serious, why in both languages, and the words.

    ``fix`` is what the words should be replaced with, where that is known (empty: left out). ``own`` says
    that the agent has checked the words and answers for them, so that they no longer block.
    """

    rule_id: str
    severity: Literal["block", "warn"]
    span: tuple[int, int]
    why: Text
    text: str = ""
    fix: str | None = None
    own: bool = False

    @property
    def can_be_own(self) -> bool:
        """Whether the agent may answer for the words."""
        return self.rule_id in OWN

    @property
    def mark(self) -> OwnWords:
        """What is recorded when the agent answers for the words: a figure as written, no other words."""
        return OwnWords(rule=self.rule_id, words=_mark_of(self))


def _mark_of(finding: LintFinding) -> str:
    return "" if finding.rule_id == "promise_not_in_ledger" else finding.text.strip()[:_LONGEST_SHOWN]


def lint(
    text: str,
    *,
    case: Case,
    policy: Policy,
    locale: str,
    now: datetime,
    proactive: bool = False,
    drafted: str = "",
    offers: Sequence[Option] = (),
    own: Collection[OwnWords] = (),
) -> tuple[LintFinding, ...]:
    """Every objection to a message about *case*, the blocking ones first.

    *proactive* marks a message that opens a thread instead of replying on the buyer's. *drafted* is the
    letter as the ledger gives it now: where the text has the same line with other figures, those are
    altered. The amounts of *offers* may be named. *own* are the words that the agent answers for.
    """
    if not text.strip():
        return (LintFinding("empty", "block", (0, 0), REASONS["empty"]),)
    if len(text) > _LONGEST:
        return (LintFinding("too_long", "block", (0, len(text)), REASONS["too_long"]),)
    language = locale_of(locale)
    known = _Known(case, policy, now, words(language), offers)
    altered = tuple(_altered(text, drafted, known.spoken)) if drafted else ()
    findings = [
        *altered,
        *(
            one
            for one in known.findings(text)
            if not any(_overlap(one.span, other.span) for other in altered)
        ),
        *_unknown_promises(text, language, known),
        *_invisible(text),
    ]
    for match in _LIST_ANNOUNCED.finditer(text):
        span = (match.start(), match.start() + len(match[0].rstrip()))
        findings.append(LintFinding("nothing_listed", "warn", span, REASONS["nothing_listed"]))
    if case.language not in LOCALES:
        findings.append(LintFinding("no_letters", "warn", (0, 0), REASONS["no_letters"]))
    masked = known.masked(text)
    for rule in policy.message_rules(known.market, now.date()):
        if rule.scope == "any" or (rule.scope == "proactive" and proactive):
            findings.extend(_rule_findings(rule, text, masked, known, language))
    marked = frozenset(own)
    judged = (
        replace(one, own=True, severity="warn") if one.can_be_own and one.mark in marked else one
        for one in findings
    )
    return tuple(
        dict.fromkeys(sorted(judged, key=lambda finding: (finding.severity != "block", finding.span)))
    )


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def fixed(text: str, finding: LintFinding) -> str:
    """*text* with the words of a finding replaced by its fix; unchanged without one."""
    if finding.fix is None:
        return text
    start, end = finding.span
    return text[:start] + finding.fix + text[end:]


# ---- against the letter as the ledger gives it -------------------------------------------------------


def _altered(text: str, drafted: str, spoken: Words) -> Iterator[LintFinding]:
    """Figures that differ from the drafted letter on a line that is otherwise the same."""
    variable = _variable(spoken.locale)
    truths: dict[str, list[list[str]]] = {}
    for _, line in _lines(drafted):
        truths.setdefault(variable.sub("#", line), []).append(variable.findall(line))
    written: dict[str, list[tuple[int, list[re.Match[str]]]]] = {}
    for start, line in _lines(text):
        pattern = variable.sub("#", line)
        if pattern in truths:
            written.setdefault(pattern, []).append((start, list(variable.finditer(line))))
    for pattern, lines in written.items():
        for start, matches, truth in _paired(lines, truths[pattern]):
            for match, true in zip(matches, truth, strict=True):
                if match[0] != true:
                    span = (start + match.start(), start + match.end())
                    why = _shown("altered_figure", match[0], true)
                    yield LintFinding("altered_figure", "block", span, why, match[0], true)


def _paired(
    lines: list[tuple[int, list[re.Match[str]]]], truths: list[list[str]]
) -> Iterator[tuple[int, list[re.Match[str]], list[str]]]:
    """Written lines, each with the true one it should be: the same, else in order, else the nearest."""
    said = [[match[0] for match in matches] for _, matches in lines]
    if sorted(said) == sorted(truths):
        return
    if len(lines) == len(truths):
        yield from ((start, matches, truth) for (start, matches), truth in zip(lines, truths, strict=True))
        return
    for (start, matches), figures_here in zip(lines, said, strict=True):
        if figures_here not in truths:
            away = [sum(a != b for a, b in zip(truth, figures_here, strict=True)) for truth in truths]
            yield start, matches, truths[away.index(min(away))]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line.rstrip()
        start += len(line)


@cache
def _variable(locale: str) -> re.Pattern[str]:
    """What may change in a line without another meaning of its words: numbers, months, days of the week."""
    spoken = words(locale)
    names = sorted({*spoken.months(), *spoken.weekdays()}, key=len, reverse=True)
    latin = "|".join(re.escape(name) for name in names if name.isascii() or name[0] < "\u3000")
    return re.compile(
        rf"\d+(?:[.,'\u00a0\u202f]\d+)*|(?<![^\W\d_])(?:{latin})(?![^\W\d_])"
        r"|(?<=[(（])[月火水木金土日](?=[)）])|(?<=周)[一二三四五六日]",
        re.IGNORECASE,
    )


def _shown(code: str, found: str, known: str) -> Text:
    """The reason with what is written, and what is known instead."""
    shown = f" ({found.strip()[:_LONGEST_SHOWN]}" + (f"; ≈ {known})" if known else ")")
    return Text(en=REASONS[code].en + shown, zh_CN=REASONS[code].zh_CN + shown)


# ---- promises ----------------------------------------------------------------------------------------


def _unknown_promises(text: str, locale: str, known: "_Known") -> Iterator[LintFinding]:
    """Promises of the text that no open promise of the case stands behind, in kind and date."""
    plain = folded(text)
    for start, end in _promising(plain, locale):
        sentence = plain[start:end]
        if _LABEL.search(sentence):
            kinds = frozenset({PromiseKind.SEND_LABEL})
        elif _REFUND_VERB.search(sentence):
            kinds = REFUNDING
        else:
            kinds = SHIPPING
        held = [promise for promise in known.case.open_promises if promise.kind in kinds]
        days = frozenset(promise.due_at.astimezone(known.zone).date() for promise in held)
        dates = [figure for figure in figures(sentence) if figure.kind == "date"]
        if not held or any(not _is_one_of(figure.days, days) for figure in dates):
            words_of_it = text[start:end]
            yield LintFinding(
                "promise_not_in_ledger", "block", (start, end), REASONS["promise_not_in_ledger"], words_of_it
            )


def _is_one_of(found: Iterable[Day], known: Collection[date]) -> bool:
    """Whether one of the readings of a date is one of the known days."""
    return any(
        (month, day) == (one.month, one.day) and year in {None, one.year}
        for year, month, day in found
        for one in known
    )


def _promising(text: str, locale: str) -> Iterator[tuple[int, int]]:
    """Where a `folded` text promises something: from the promise to the end of its sentence."""
    for match in _PROMISING[locale].finditer(text):
        end = _SENTENCE_END.search(text, match.end())
        yield match.start(), end.start() if end else len(text.rstrip())


# ---- the rules for messages --------------------------------------------------------------------------


def _rule_findings(
    rule: MessageRuleRow, text: str, masked: str, known: "_Known", locale: str
) -> Iterator[LintFinding]:
    for start, end in _hits(rule, text, masked, known, locale):
        words_of_it = text[start:end]
        fix = _fix(rule.id, words_of_it, known)
        yield LintFinding(rule.id, rule.kind, (start, end), rule.why, words_of_it, fix)


def _hits(
    rule: MessageRuleRow, text: str, masked: str, known: "_Known", locale: str
) -> Iterator[tuple[int, int]]:
    """Where a rule is broken. A rule about the message as a whole points at its beginning."""
    case = known.case
    if rule.pattern is not None:
        for match in _compiled(rule.pattern).finditer(masked if rule.id == "phone_number" else text):
            yield match.span()
    if rule.hints and (rule.id != "refunded_while_pending" or known.no_refund_is_final):
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
        case "older_than_30_days":
            if known.is_over_for_unasked:
                yield 0, 0
        case "wrong_language":
            if case.language in LOCALES and not _written_in(_without_titles(text, case), case.language):
                yield 0, 0
        case "promise_without_date":
            plain = folded(text)
            yield from ((at, end) for at, end in _promising(plain, locale) if not has_date(plain[at:end]))


_LEFT_OUT = frozenset({"external_link", "email_address", "phone_number", "emoji_or_gif", "tracking_pixel"})
"""Rules whose words can simply be left out."""
_HTTP = re.compile(r"^http://", re.IGNORECASE)


def _fix(rule_id: str, found: str, known: "_Known") -> str | None:
    """What the words that break a rule should be replaced with, where that is known."""
    match rule_id:
        case "insecure_link":
            return _HTTP.sub("https://", found)
        case "line_breaks":
            return "\n\n"
        case "promise_without_date":
            kinds = REFUNDING if _REFUND_VERB.search(found) else SHIPPING
            due = max((p.due_at for p in known.case.open_promises if p.kind in kinds), default=None)
            return (
                None
                if due is None
                else found + known.spoken.until.format(due=known.spoken.day(due, known.zone))
            )
        case _:
            return "" if rule_id in _LEFT_OUT else None


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
            why = REASONS["invisible_characters"]
            yield LintFinding("invisible_characters", "block", (at, at + 1), why, fix="")
            return


class _Known:
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
        self.shares = {remedy.share for remedy in case.remedies} | {Decimal(100)}
        bank = policy.deadline("bank_posting", market=self.market, channel=None, on=now.date())
        counts = (len(case.claims), len(case.remedies), len(case.order.lines) if case.order else 0)
        self.numbers = {Decimal(number) for number in (*bank_days(bank), *counts)}
        self.zone = policy.market(self.market).tz
        moments = [*_moments(case), *(now + timedelta(days=days) for days in (0, 1, 2))]
        self.days = {at.astimezone(self.zone).date() for at in moments} | set(_delivery_days(case))
        self.no_refund_is_final = _no_refund_is_final(case, policy, now)
        self.is_over_for_unasked = _is_over_for_unasked(case, policy, now)

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
                fix = str(self.order.order_id) if self.order else None
                yield LintFinding("other_order", "block", (start, end), REASONS["other_order"], order_id, fix)
        for name in self._names():
            clear = clear.replace(name, " " * len(name))
        for match in _SKU_LIKE.finditer(clear):
            near = self._sku_meant(match[0])
            if near is not None:
                clear = blank(clear, *match.span())
                why = _shown("sku_not_in_order", match[0], near)
                yield LintFinding("sku_not_in_order", "block", match.span(), why, match[0], near or None)
        for figure in figures(clear):
            wrong = self._objection(figure, clear)
            if wrong is not None:
                code, near, span, fix = wrong
                is_asked = figure.kind in {"units", "number"} and _is_question(text, figure.span)
                severity: Literal["block", "warn"] = "warn" if is_asked else "block"
                why = _shown(code, figure.text, near)
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
        span, weekday = _with_weekday(text, figure.span, self.spoken)
        meant = [day for day in self.days if _is_one_of(figure.days, (day,))]
        if meant and weekday in {None, *(day.weekday() for day in meant)}:
            return None
        near = meant[0] if meant else _nearest_day(figure.days, self.days)
        fix = (
            None if near is None else self.spoken.day(datetime.combine(near, time(12), self.zone), self.zone)
        )
        return "weekday_wrong" if meant else "date_not_in_ledger", "", span, fix

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


def _with_weekday(text: str, span: tuple[int, int], spoken: Words) -> tuple[tuple[int, int], int | None]:
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
        if known.settled_at is not None:
            yield known.settled_at
    yield from case.awaited.values()
    for message in case.messages:
        yield message.at
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
