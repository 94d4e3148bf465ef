"""The explanation of the return requests in the buyer's language, to paste into the reply."""

from datetime import datetime

from playbook.domain.case import Case
from playbook.letters.words import Words, locale_of, words
from playbook.policy import Policy
from playbook.steps.returns import ReturnAdvice, ReturnRequest


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
