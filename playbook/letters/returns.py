"""The explanation of the return requests in the buyer's language, to paste into the reply."""

from datetime import datetime

from playbook.domain.case import Case
from playbook.letters.words import Words, locale_of, words
from playbook.policy import Policy
from playbook.steps.commands import Actor
from playbook.steps.decision import Setting
from playbook.steps.returns import ReturnAdvice, ReturnRequest, advise_returns


def returns_of(case: Case, *, policy: Policy, now: datetime) -> ReturnAdvice | None:
    """The return requests for everything that still comes back; None when nothing does."""
    if not any(remedy.awaited for remedy in case.remedies):
        return None
    return advise_returns(case, Setting(policy, now, _NOBODY))


_NOBODY = Actor("")
"""Who comes back with what depends on nobody's authority."""


def returns_told(case: Case, advice: ReturnAdvice, *, policy: Policy, now: datetime, locale: str) -> str:
    """The same for a letter that has named the goods: a single request does not list them again."""
    spoken = words(locale)
    (first, *others) = advice.requests
    if others or first.way != "request":
        return returns_explanation(case, advice, policy=policy, now=now, locale=locale)
    return "\n".join([spoken.returns["all"], *_terms(first, spoken, policy, case, now)]) + "\n"


def returns_explanation(
    case: Case, advice: ReturnAdvice, *, policy: Policy, now: datetime, locale: str | None = None
) -> str:
    """Which returns the buyer opens with which goods, until when, who pays, and why several.

    Rules that the buyer cannot change, and codes of any kind, are not in it.
    """
    spoken = words(locale_of(locale or case.language))
    phrases = spoken.returns
    ours = [request for request in advice.requests if request.way == "request"]
    parts = []
    if ours:
        parts.append(phrases["one"] if len(ours) == 1 else phrases["many"].format(count=len(ours)))
    for number, request in enumerate(ours, start=1):
        head = [phrases["request"].format(number=number)] if len(ours) > 1 else []
        parts.append(
            "\n".join([*head, *_goods(request, spoken), *_terms(request, spoken, policy, case, now)])
        )
    parts += [
        "\n".join([phrases[request.way], *_goods(request, spoken)])
        for request in advice.requests
        if request.way != "request"
    ]
    reasons = [phrases[rule] for rule in advice.rules if rule in phrases]
    if len(ours) > 1 and reasons:
        parts.append(phrases["why"].format(reasons=_SEPARATORS.get(spoken.locale, "; ").join(reasons)))
    return "\n\n".join(parts) + "\n"


_SEPARATORS = {"zh": "；", "ja": "、"}


def _goods(request: ReturnRequest, spoken: Words) -> list[str]:
    return [f"- {spoken.units_of(line.units, line.title)}" for line in request.lines]


def _terms(request: ReturnRequest, spoken: Words, policy: Policy, case: Case, now: datetime) -> list[str]:
    terms = [spoken.returns[request.pays]]
    if request.told_by is not None and request.told_by > now and case.order is not None:
        tz = policy.market(case.order.marketplace).tz
        terms.append(spoken.returns["until"].format(date=spoken.day(request.told_by, tz)))
    return terms
