"""Personal data masked out of a message: e-mails, telephones, names, addresses, signatures.

What remains may be shown to a reader that is not the seller. Masking is generous: a masked word too
many costs little. Order numbers and product words stay.
"""

import re
from collections.abc import Iterable, Sequence

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"']{1,500}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w-])(?:\+|00|\()?[0-9](?:[ ()/.\u2010-\u2015-]{0,2}[0-9]){7,14}(?![\w-])",
)
_PHONE_WORD = re.compile(
    r"(?:tel(?:efon|ephone)?|phone|mobile?|handy|fax|call me on|电话|手机|電話|携帯)[^\w\n]{0,4}"
    r"([+(0-9][0-9 ()/.\u2010-\u2015-]{4,20}[0-9])",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{2,4}")
_ORDER = re.compile(r"[0-9]{3}[-\u2010-\u2015 ]?[0-9]{7}[-\u2010-\u2015 ]?[0-9]{7}")
_NAMES = (
    re.compile(
        r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Monsieur|Madame|Signora?|Se\u00f1ora?)\.?[ \t]{1,2}"
        r"(?!und\b)((?:[A-Z]\.[ \t]{0,2}){0,3}[A-Z\u00c0-\u00de][\w'-]{1,30}"
        r"(?:[ \t][A-Z\u00c0-\u00de][\w'-]{1,30})?)"
    ),
    re.compile(
        r"\b(?:[Mm]y name is|[Ii]ch hei\u00dfe|[Mm]ein Name ist|[Tt]his is|[Hh]ier ist)[ \t]{1,2}"
        r"((?:[A-Z\u00c0-\u00de][\w'-]{1,30}[ \t]?){1,3})"
    ),
    re.compile(r"(?:我叫|我的名字是|收件人[:：]|联系人[:：])\s?([\u4e00-\u9fff]{2,4})"),
    re.compile(r"の\s?([\u4e00-\u9fff]{1,4})(?:です|でございます|と申します)(?=[。、\n])"),
)
_ADDRESSES = (
    re.compile(
        r"\b[0-9]{1,5}[a-zA-Z]?,?[ \t](?:[A-Z][\w'-]{1,30}[ \t]){1,4}"
        r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Row|Drive|Dr|Way|Court|Close|Square|Place|Terrace|Boulevard|Blvd|Crescent|Gardens)\b\.?"
    ),
    re.compile(
        r"\b[A-Z\u00c0-\u00de][\w-]{1,30}(?:stra\u00dfe|strasse|str\.|gasse|weg|platz|allee|stieg|ring|damm|ufer)"
        r"[ \t][0-9]{1,4}[a-z]?\b(?:,?[ \t][0-9]{4,5}[ \t][A-Z\u00c0-\u00de][\w-]{1,30})?"
    ),
    re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?[ \t]?[0-9][A-Z]{2}\b"),
    re.compile(
        r"[\u4e00-\u9fff]{2,4}[省市][\u4e00-\u9fff]{1,9}[市区县]"
        r"[\u4e00-\u9fff0-9]{1,20}[路街道弄巷号村镇][0-9\u4e00-\u9fff-]{0,12}"
    ),
    re.compile(r"〒\s?[0-9]{3}-?[0-9]{4}[^\n]{0,60}"),
)
_FEWEST_DIGITS = 8


def personal_spans(message: str) -> list[tuple[int, int, str]]:
    """Spans of *message* with personal data and the word that stands for each, maybe overlapping."""
    orders = [match.span() for match in _ORDER.finditer(message)]
    found = [(*match.span(), "[e-mail]") for match in _EMAIL.finditer(message)] if "@" in message else []
    found += [(*match.span(), "[link]") for match in _URL.finditer(message)]
    found += [(*match.span(1), "[phone]") for match in _PHONE_WORD.finditer(message)]
    found += [
        (*match.span(), "[phone]")
        for match in _PHONE.finditer(message)
        if match[0][0] in "+0("
        and not _DATE.fullmatch(match[0])
        and sum(map(str.isdigit, match[0])) >= _FEWEST_DIGITS
    ]
    found = [item for item in found if not any(item[0] < end and start < item[1] for start, end in orders)]
    for pattern in _NAMES:
        found += [(*match.span(1), "[name]") for match in pattern.finditer(message)]
    for pattern in _ADDRESSES:
        found += [(*match.span(), "[address]") for match in pattern.finditer(message)]
    return found


def mask(message: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """*message* with each span replaced by its word; where spans overlap the earlier, longer one wins."""
    pieces: list[str] = []
    at = 0
    for start, end, word in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= at:
            pieces += (message[at:start], word)
            at = end
        elif end > at:
            at = end
    return "".join((*pieces, message[at:]))


def redact(message: str, signature: Sequence[tuple[int, int]] = ()) -> str:
    """*message* without personal data; *signature* holds spans that are masked whole."""
    signed = [(start, end, "[signature]") for start, end in signature if message[start:end].strip()]
    return mask(message, [*personal_spans(message), *signed])
