"""Whatever figure of a letter is changed, the lint finds it, unless the agent answers for it."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.money import Money
from playbook.letters import LOCALES, Letter, LetterKind, draft, fixed, lint
from playbook.letters.figures import figures, folded
from playbook.letters.ledgercheck import with_weekday
from playbook.letters.words import words
from tests.builders import NOW, a_claimed_case, a_line, an_order, the_policy
from tests.samplecases import Snapshot, snapshots

pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.xdist_group("letters about samples")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """The copy of the sample orders is kept here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@cache
def letters(place: int, locale: str) -> tuple[str, ...]:
    """The texts of every letter that a snapshot allows to a buyer of that language."""
    drafted = (snapshots()[place].letter(kind, locale) for kind in LetterKind)
    return tuple(letter.text for letter in drafted if isinstance(letter, Letter))


def a_letter(data: st.DataObject) -> tuple[Snapshot, str, str]:
    """Any letter about any sample in any language."""
    place = data.draw(st.integers(0, len(snapshots()) - 1))
    locale = data.draw(st.sampled_from(LOCALES))
    return snapshots()[place], locale, data.draw(st.sampled_from(letters(place, locale)))


NUMBER = re.compile(r"\d+")


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_another_number_anywhere_is_found(data: st.DataObject):
    snapshot, locale, text = a_letter(data)
    number = data.draw(st.sampled_from(list(NUMBER.finditer(text))))
    other = data.draw(st.integers(0, 10 ** len(number[0]) - 1).map(str).filter(lambda one: one != number[0]))
    edited = text[: number.start()] + other + text[number.end() :]
    found = snapshot.lint(edited, locale, text)
    blocking = [one for one in found if one.severity == "block"]
    span = (number.start(), number.start() + len(other))
    assert any(one.span[0] < span[1] and span[0] < one.span[1] for one in blocking), (edited, found)
    own = [one.mark for one in blocking if one.can_be_own]
    left = lint(
        edited,
        case=replace(snapshot.case, language=locale),
        policy=the_policy(),
        locale=locale,
        now=snapshot.now,
        drafted=text,
        offers=snapshot.offers,
        own=own,
    )
    assert not [one for one in left if one.severity == "block" and one.can_be_own]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_another_date_or_amount_is_found(data: st.DataObject):
    snapshot, locale, text = a_letter(data)
    here = [one for one in figures(folded(text)) if one.kind in {"date", "amount"}]
    if not here:
        return
    figure = data.draw(st.sampled_from(here))
    spoken = words(locale)
    if figure.kind == "date":
        days = st.integers(-400, 400).map(lambda days: snapshot.now + timedelta(days=days))
        wanted = days.map(lambda at: spoken.day(at, ZoneInfo("UTC")))
    else:
        currency = snapshot.case.order.currency
        cents = st.integers(1, 10**7).map(lambda cents: Money.rounded(Decimal(cents) / 100, currency))
        wanted = cents.map(spoken.money)
    start, end = with_weekday(folded(text), figure.span, spoken)[0] if figure.kind == "date" else figure.span
    other = data.draw(wanted.filter(lambda one: one != text[start:end]))
    edited = text[:start] + other + text[end:]
    found = snapshot.lint(edited, locale, text)
    span = (start, start + len(other))
    near = [one for one in found if one.span[0] < span[1] and span[0] < one.span[1]]
    assert [one for one in near if one.severity == "block"], (edited, found)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_altered_numbers_are_put_right_by_their_fixes(data: st.DataObject):
    snapshot, locale, text = a_letter(data)
    numbers = list(NUMBER.finditer(text))
    number = data.draw(st.sampled_from(numbers))
    other = str((int(number[0]) + data.draw(st.integers(1, 9))) % 10 ** len(number[0]) or 1)
    edited = text[: number.start()] + other + text[number.end() :]
    altered = [one for one in snapshot.lint(edited, locale, text) if one.rule_id == "altered_figure"]
    for finding in reversed(altered):
        edited = fixed(edited, finding)
    assert edited == text or not altered


HOSTILE = st.text(
    alphabet="{}%#<>|_'\".()[]=+-@ \n\r\t\u2028\u202e\x00\ud800abcXYZ019{{}}{%%}", min_size=1, max_size=80
)


@settings(max_examples=150, deadline=None)
@given(
    title=HOSTILE,
    sku=HOSTILE.filter(lambda text: text.strip()),
    kind=st.sampled_from(LetterKind),
    locale=st.sampled_from(LOCALES),
)
def test_a_hostile_title_stays_one_line_of_text(title: str, sku: str, kind: LetterKind, locale: str):
    plain = draft_of("Desk lamp", "SKU-1", kind, locale)
    hostile = draft_of(title, sku, kind, locale)
    assert (plain is None) == (hostile is None)
    if plain is not None and hostile is not None:
        assert len(hostile.splitlines()) == len(plain.splitlines())
        assert "<" not in hostile
        assert all(char == "\n" or char.isprintable() or char in "\u00a0\u202f" for char in hostile)


def draft_of(title: str, sku: str, kind: LetterKind, locale: str) -> str | None:
    case = a_claimed_case(order=an_order(a_line(title=title, sku=sku)))
    found = draft(kind, case, policy=the_policy(), now=NOW, locale=locale, questions=(title,))
    return found.text if isinstance(found, Letter) else None
