"""One answer for an order on three channels: what we do, and what Amazon decides, in every language."""

import pytest

from playbook.domain.orders import Channel
from playbook.domain.remedies import RemedyKind
from playbook.letters import LetterKind, draft, lint
from playbook.letters.kinds import LOCALES
from playbook.steps.commands import Choice, ChooseRemedies, ConfirmPlan
from tests.builders import NOW, a_claimed_case, a_line, an_order, claim, run, the_policy

SHIPPED = (
    "shipped the following",
    "versandt",
    "envió",
    "expédition",
    "spedizione",
    "発送した",
    "由亚马逊发货",
)
"""Words that only goods of FBA deserve: those of SFP left from us."""


@pytest.mark.parametrize("locale", LOCALES)
def test_both_parts_are_told(locale: str) -> None:
    order = an_order(
        a_line(1, title="Red lamp"),
        a_line(2, title="Blue lamp", channel=Channel.FBA),
        a_line(3, title="Green lamp", channel=Channel.SFP),
    )
    case = a_claimed_case(claim(2), claim(3, line=2), claim(1, line=3), order=order)
    amazon = [Choice(item, RemedyKind.REDIRECT_TO_AMAZON) for item in ("c2", "c3")]
    case = run(case, ChooseRemedies((Choice("c1", RemedyKind.REFUND_FULL), *amazon)), ConfirmPlan())
    letter = draft(LetterKind.SOLUTION, case, policy=the_policy(), now=NOW, locale=locale)
    ours, _, amazons = letter.text.partition("Amazon" if locale != "zh" else "亚马逊")
    assert "Red lamp" in ours
    assert "Blue lamp" in amazons
    assert "Green lamp" in amazons
    assert "lamp" not in ours.replace("Red lamp", "")
    assert not any(word in letter.text for word in SHIPPED)
    blocking = [
        f
        for f in lint(letter.text, case=case, policy=the_policy(), locale=locale, now=NOW)
        if f.severity == "block"
    ]
    assert blocking == []
