"""Findings as sentences, in both languages, with their numbers."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from playbook.domain.money import Money
from playbook.i18n import Counted, show, translator
from playbook.i18n.checks import CHECKS, CLASHES, COMPONENTS, EVENTS, MISFITS, PERSONAL
from playbook.i18n.words import EVIDENCE, LANGUAGES, LETTERS, PROMISES, REMEDIES, ROLES
from playbook.policy import Policy
from playbook.review.findings import Finding, Param

_WORDS: dict[str, Mapping[str, str]] = {
    "kind": {kind.value: msgid for kind, msgid in REMEDIES.items()},
    "promise": {kind.value: msgid for kind, msgid in PROMISES.items()},
    "evidence": {piece.value: msgid for piece, msgid in EVIDENCE.items()},
    "letter": LETTERS,
    "role": ROLES,
    "clash": CLASHES,
    "why": MISFITS,
    "component": COMPONENTS,
    "type": EVENTS,
    "language": LANGUAGES,
    "buyer_language": LANGUAGES,
    "what": {
        **EVENTS,
        **PERSONAL,
        **{kind.value: msgid for kind, msgid in REMEDIES.items()},
        **{kind.value: msgid for kind, msgid in PROMISES.items()},
    },
}
_MONEY = frozenset({"amount", "most_paid", "limit", "paid"})


class _Facts(dict[str, str]):
    """Facts by name; one that an old finding lacks shows its name, so that a sentence never fails."""

    def __missing__(self, key: str) -> str:
        return Counted(f"{{{key}}}")


def sentence(finding: Finding, lang: str, policy: Policy) -> str:
    """What a finding says in *lang*; *policy* names the deadlines. Plain text, never markup."""
    _ = translator(lang)
    facts = {name: Counted(_fact(name, value, lang, _, policy)) for name, value in finding.params.items()}
    msgid = CHECKS.get(finding.check)
    return finding.check if msgid is None else _(msgid).format_map(_Facts(facts))


def _fact(name: str, value: Param, lang: str, _: Callable[[str], str], policy: Policy) -> str:
    if not isinstance(value, str):
        return show(value, lang)
    if name == "deadline":
        row = policy.deadline_row(value)
        return value if row is None else row.name.of(lang)
    msgid = _WORDS.get(name, {}).get(value)
    if msgid is not None:
        return _(msgid)
    if name.endswith("_at"):
        return show(datetime.fromisoformat(value), lang)
    if name == "on":
        return show(date.fromisoformat(value), lang)
    amount, _space, currency = value.partition(" ")
    if name in _MONEY and currency:
        return show(Money(Decimal(amount), currency), lang)
    return value
