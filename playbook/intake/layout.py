"""Which parts of a message are the buyer's own words: quoted mails and signatures are set aside."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playbook.intake.text import tokens

_QUOTED_TO_END = (
    re.compile(
        r"\s*[-_]{2,}\s*(?:original message|forwarded message|urspr\u00fcngliche nachricht"
        r"|原始邮件|原邮件|元のメッセージ)"
    ),
    re.compile(
        r"\s*(?:on|am|le|el|il) .{5,150}"
        r"(?:wrote|schrieb|a \u00e9crit|escribi\u00f3|ha scritto)[^:]{0,60}:\s*$"
    ),
    re.compile(r".{0,120}(?:写道|さんは書きました|のメール)\s*:\s*$"),
)
_HEADER = re.compile(r"\s*(?:from|von|发件人|差出人)\s*:\s*\S")
_HEADER_NEXT = re.compile(
    r"\s*(?:sent|date|to|subject|gesendet|datum|an|betreff|发送时间|日期|收件人|主题|送信日時|宛先|件名)\s*:"
)
_LONGEST_HEADER = 300
_SIGNATURE_LINES = 9
_SIGNATURE_WIDTH = 110
_CLOSING_EXTRA_WORDS = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Spans of the folded text, in order: what to read, what was set aside."""

    body: tuple[tuple[int, int], ...]
    quoted: tuple[tuple[int, int], ...]
    signature: tuple[tuple[int, int], ...]


def _lines(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n"):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def _starts_quote(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if len(line) > _LONGEST_HEADER:
        return False
    if any(pattern.match(line) for pattern in _QUOTED_TO_END):
        return True
    following = (text for text in lines[index + 1 : index + 4] if len(text) <= _LONGEST_HEADER)
    return bool(_HEADER.match(line)) and any(_HEADER_NEXT.match(text) for text in following)


def _is_closing(line: str, closings: frozenset[tuple[str, ...]]) -> bool:
    if len(line) > _SIGNATURE_WIDTH:
        return False
    words = [token.text for token in tokens(line) if token.text.isalnum() or "'" in token.text]
    for size in range(min(len(words), 16), 0, -1):
        if tuple(words[:size]) in closings:
            return len(words) - size <= _CLOSING_EXTRA_WORDS
    return False


def _signature_from(
    lines: Sequence[str],
    last: int,
    closings: frozenset[tuple[str, ...]],
    claims: Callable[[int], bool],
) -> int:
    """The line after which the signature stands, or *last* when there is none."""
    left = sum(1 for line in lines[:last] if line.strip())
    for index in range(last):
        left -= 1 if lines[index].strip() else 0
        if left > _SIGNATURE_LINES * 2:
            continue
        if lines[index].strip() == "--":
            return index
        if not _is_closing(lines[index], closings):
            continue
        after = [line for line in range(index + 1, last) if lines[line].strip()]
        short = all(len(lines[line]) <= _SIGNATURE_WIDTH for line in after)
        if len(after) <= _SIGNATURE_LINES and short and not any(claims(line) for line in after):
            return index
    return last


def lay_out(
    text: str,
    closings: frozenset[tuple[str, ...]],
    claims: Callable[[int, int], bool],
) -> Layout:
    """Split folded *text*. ``claims(start, end)`` says whether a problem is named in that span.

    When everything is quoted, as in a bare forward, the quoted part is the body.
    """
    spans = _lines(text)
    lines = [text[start:end] for start, end in spans]
    last = next((index for index in range(len(lines)) if _starts_quote(lines, index)), len(lines))
    first_signed = _signature_from(lines, last, closings, lambda line: claims(*spans[line]))
    body: list[tuple[int, int]] = []
    quoted: list[tuple[int, int]] = []
    signature: list[tuple[int, int]] = []
    for index, span in enumerate(spans):
        if index >= last or lines[index].lstrip().startswith(">"):
            quoted.append(span)
        elif index > first_signed and not re.match(r"\s*p\.?\s?s\b", lines[index]):
            signature.append(span)
        else:
            body.append(span)
    if not any(text[start:end].strip() for start, end in body):
        body, quoted = quoted, []
    return Layout(tuple(body), tuple(quoted), tuple(signature))
