"""P5, P7: messages: warnings that were overruled, figures the agent answers for, language, the words kept."""

import hashlib

from playbook.domain.events import MessageApproved
from playbook.letters.kinds import LetterKind
from playbook.letters.words import locale_of
from playbook.review.checks.history import Found, History

_KINDS = frozenset(kind.value for kind in LetterKind)


def letters(history: History) -> Found:
    """What is wrong with each message that was sent."""
    wanted = locale_of(history.case.language)
    seen: dict[str, int] = {}
    told = history.setting.told
    for step in history.of(MessageApproved):
        body = step.body
        if body.kind not in _KINDS:
            yield history.found("message_kind_unknown", step.event, letter=body.kind)
        if body.warnings:
            yield history.found(
                "message_warned", step.event, rules=", ".join(body.warnings), letter=body.kind
            )
        if body.own:
            yield history.found(
                "message_own_words", step.event, rules=", ".join(sorted({one.rule for one in body.own}))
            )
        if locale_of(body.language) != wanted:
            yield history.found(
                "message_language", step.event, language=body.language, buyer_language=history.case.language
            )
        if body.digest in seen:
            yield history.found("message_repeated", step.event, first=seen[body.digest])
        seen.setdefault(body.digest, step.event.seq)
        text = told(body.message_ref) if told is not None and body.message_ref else None
        if text is not None and _digest(text) != body.digest:
            yield history.found("message_altered", step.event, letter=body.kind)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
