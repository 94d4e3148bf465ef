"""What is wrong with a message before it goes out: the rules of the platform and of the house."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from playbook.domain.case import Case
from playbook.domain.events import OwnWords
from playbook.domain.ids import find_order_ids
from playbook.domain.promises import PromiseKind
from playbook.letters.altered import altered_figures
from playbook.letters.figures import figures, folded, has_date
from playbook.letters.findings import REASONS, LintFinding
from playbook.letters.kinds import LOCALES
from playbook.letters.ledgercheck import Known, is_one_of, without_order_ids
from playbook.letters.render import REFUNDING, SHIPPING
from playbook.letters.words import locale_of, words
from playbook.policy import MessageRuleRow, Policy
from playbook.steps.options import Option

_PROMISING = {
    "en": re.compile(
        r"\b(?:we will|we'll|will be)\b(?:[^.\n]|(?<=\d)\.)*\b(?:refund|ship|send|replace|submit)",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:wir werden|werden wir)\b(?:[^.\n]|(?<=\d)\.)*"
        r"\b(?:erstatten|(?:ver|zu|nach)?(?:senden|schicken)|(?:nach)?liefern|ersetzen)\b"
        r"|\bwir\s(?:erstatten|(?:ver)?senden|(?:ver)?schicken|liefern|ersetzen)\b"
        r"|\b(?:erstatten|(?:ver)?senden|(?:ver)?schicken|liefern|ersetzen)\swir\b"
        r"|\b(?:wird|werden)\b(?:[^.\n]|(?<=\d)\.)*"
        r"\b(?:erstattet|versandt|(?:ver|zu|nach)?(?:gesendet|geschickt|sendet|schickt)|(?:nach)?geliefert|ersetzt)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"我们(?:会|将)[^。\n]*(?:退款|补发|寄出|发出)"),
    "ja": re.compile(r"(?:返金|発送|お送り)(?:いた)?します"),
    "fr": re.compile(
        r"\bnous\s(?:(?:vous|l|les?|la)\s)*(?:rembourserons|expédierons|enverrons|remplacerons|émettrons)\b"
        r"|\b(?:allons|sera|seront|serez)\b(?:[^.\n]|(?<=\d)\.)*\b(?:rembours|expédi|envoy|remplac|émettre|émis)",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:reembolsaremos|enviaremos|reemplazaremos|repondremos|tramitaremos)\b"
        r"|\b(?:vamos\sa|será|serán|se\sle)\b(?:[^.\n]|(?<=\d)\.)*\b(?:reembols|envia|enviará|reemplaza|repone|tramita)",
        re.IGNORECASE,
    ),
    "it": re.compile(
        r"\b(?:rimborseremo|spediremo|invieremo|sostituiremo|emetteremo)\b"
        r"|\b(?:provvederemo\sa|sarà|saranno|verrà|verranno)\b(?:[^.\n]|(?<=\d)\.)*"
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


_SENTENCE = 200
"""Characters; further back nobody looks for the beginning of a sentence."""


_SENTENCE_END = re.compile(r"(?<!\d)[.!?](?!\s*\d)|[。！？\n]")


_LIST_ANNOUNCED = re.compile(r"(?<=\n)[^\n]*(?:[:：]|次の[^\n]{0,200}。)[ \t]*\n[ \t]*\n(?!\s*[-•*])")
"""A line that announces a list (not the greeting in the first line) with none below it."""


_LONGEST = 20_000


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
    known = Known(case, policy, now, words(language), offers)
    altered = tuple(altered_figures(text, drafted, language)) if drafted else ()
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
    masked, plain = known.masked(text), _plain(text)
    for rule in policy.message_rules(known.market, now.date()):
        if rule.scope == "any" or (rule.scope == "proactive" and proactive):
            findings.extend(_rule_findings(rule, text, masked, plain, known, language))
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


def _unknown_promises(text: str, locale: str, known: Known) -> Iterator[LintFinding]:
    """Promises of the text that no open promise of the case stands behind, in kind and date."""
    plain = folded(text)
    for start, end in _promising(plain, locale):
        sentence = plain[start:end]
        if _LABEL.search(plain, _sentence_start(plain, start), end):
            kinds = frozenset({PromiseKind.SEND_LABEL})
        elif _REFUND_VERB.search(sentence):
            kinds = REFUNDING
        else:
            kinds = SHIPPING
        held = [promise for promise in known.case.open_promises if promise.kind in kinds]
        days = frozenset(promise.due_at.astimezone(known.zone).date() for promise in held)
        dates = [figure for figure in figures(sentence) if figure.kind == "date"]
        if not held or any(not is_one_of(figure.days, days) for figure in dates):
            words_of_it = text[start:end]
            yield LintFinding(
                "promise_not_in_ledger", "block", (start, end), REASONS["promise_not_in_ledger"], words_of_it
            )


def _promising(text: str, locale: str) -> Iterator[tuple[int, int]]:
    """Where a `folded` text promises something: from the promise to the end of its sentence."""
    for match in _PROMISING[locale].finditer(text):
        end = _SENTENCE_END.search(text, match.end())
        yield match.start(), end.start() if end else len(text.rstrip())


def _sentence_start(text: str, at: int) -> int:
    """Where the sentence around a position begins: what and when may stand before the verb."""
    begin = max(text.rfind("\n", 0, at) + 1, at - _SENTENCE)
    return max((end.end() for end in _SENTENCE_END.finditer(text, begin, at)), default=begin)


def _rule_findings(
    rule: MessageRuleRow, text: str, masked: str, plain: str, known: Known, locale: str
) -> Iterator[LintFinding]:
    for start, end in _hits(rule, text, masked, plain, known, locale):
        words_of_it = text[start:end]
        fix = _fix(rule.id, words_of_it, known)
        yield LintFinding(rule.id, rule.kind, (start, end), rule.why, words_of_it, fix)


def _hits(
    rule: MessageRuleRow, text: str, masked: str, plain: str, known: Known, locale: str
) -> Iterator[tuple[int, int]]:
    """Where a rule is broken. A rule about the message as a whole points at its beginning."""
    case = known.case
    if rule.pattern is not None:
        for match in _compiled(rule.pattern).finditer(masked if rule.id == "phone_number" else text):
            yield match.span()
    is_about = rule.id != "refunded_while_pending" or known.no_refund_is_final
    if is_about and _names_any(plain, rule.hints):
        for match in _any_of(rule.hints).finditer(plain):
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
            if not re.search(r"\d", without_order_ids(text, case)):
                yield 0, len(text)
        case "older_than_30_days":
            if known.is_over_for_unasked:
                yield 0, 0
        case "wrong_language":
            if case.language in LOCALES and not _written_in(_without_titles(text, case), case.language):
                yield 0, 0
        case "promise_without_date":
            read = folded(text)
            yield from (
                (at, end)
                for at, end in _promising(read, locale)
                if not has_date(read[_sentence_start(read, at) : end])
            )


_LEFT_OUT = frozenset({"external_link", "email_address", "phone_number", "emoji_or_gif", "tracking_pixel"})
"""Rules whose words can simply be left out."""


_HTTP = re.compile(r"^http://", re.IGNORECASE)


def _fix(rule_id: str, found: str, known: Known) -> str | None:
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


def _plain(text: str) -> str:
    """*text* with odd spaces and the curly apostrophe as plain ones; every position stays the same."""
    return folded(text).replace("’", "'")


def _names_any(plain: str, hints: tuple[str, ...]) -> bool:
    """Whether one of the words is there at all: most messages have none, and that is quickly seen."""
    low = plain.lower()
    return any(hint in low for hint in _lowered(hints))


@cache
def _lowered(hints: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_plain(hint).lower() for hint in hints)


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
