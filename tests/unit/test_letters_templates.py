"""Every template in every language: complete, strict, and with outside text that stays text."""

import re
import shutil
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from playbook.domain.case import Case, KnownPromise
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.problems import Problem
from playbook.domain.promises import PromiseKind, PromiseState
from playbook.domain.remedies import SHAPES, RejectionReason, RemedyKind
from playbook.i18n import say
from playbook.i18n.words import LANGUAGES
from playbook.intake.lexicon import LANGUAGES as READ_LANGUAGES
from playbook.letters import (
    LOCALES,
    Letter,
    LetterContext,
    LetterError,
    LetterKind,
    LintFinding,
    breakdown_list,
    draft,
    letter_context,
    lint,
)
from playbook.letters import words as letter_words
from playbook.letters.checking import template_faults
from playbook.letters.render import NEEDS, _environment, environment, rendered
from playbook.letters.returns import returns_of
from playbook.letters.words import LONGEST_TITLE, plain_title, words
from playbook.settings import data_dir
from playbook.steps.commands import (
    CancelRefunds,
    ChangePromise,
    ClaimRow,
    CompleteFollowUp,
    ConfirmPlan,
    Counted,
    KeepPromise,
    ReceiveGoods,
    RequestEvidence,
)
from playbook.steps.options import Option, options
from tests.builders import (
    LEAD,
    NOW,
    ORDER_ID,
    a_claimed_case,
    a_line,
    a_message,
    a_planned_case,
    a_promise,
    a_remedy,
    a_setting,
    amounts,
    an_open_case,
    an_order,
    choose,
    claim,
    money,
    run,
    the_policy,
)

LEADS = a_setting(LEAD)
QUESTIONS = ("How many units of Desk lamp are affected?",)
ASKED = {
    "en": QUESTIONS[0],
    "zh": "Desk lamp 有几件？",
    "de": "Wie viele Stück von Desk lamp sind betroffen?",
    "ja": "Desk lamp は何点でしょうか。",
    "fr": "Combien d’unités de Desk lamp sont concernées\u00a0?",
    "es": "¿Cuántas unidades de Desk lamp están afectadas?",
    "it": "Quante unità di Desk lamp sono interessate?",
}


@cache
def cases() -> dict[str, Case]:
    """Cases that between them use every phrase of a letter."""
    order = an_order(
        a_line(1),
        a_line(2, units=3, paid="36.00"),
        a_line(3, units=4, paid="40.00"),
        a_line(4, units=2, paid="20.00", shipped=0, delivered_on=None),
    )
    rows = (
        claim(1),
        claim(2, ProblemType.WRONG_ITEM, 2),
        claim(2, ProblemType.QUALITY_FLAW, 3),
        claim(1, ProblemType.CHANGED_MIND, 4),
    )
    mixed = run(
        a_claimed_case(*rows, order=order, setting=LEADS),
        choose(RemedyKind.REPLACEMENT, "c1"),
        choose(RemedyKind.EXCHANGE, "c2"),
        choose(RemedyKind.REFUND_PARTIAL, "c3", share="20"),
        choose(RemedyKind.CANCEL_UNSHIPPED, "c4"),
        ConfirmPlan(),
        setting=LEADS,
    )
    amazon = run(
        a_claimed_case(order=an_order(a_line(channel=Channel.FBA))),
        choose(RemedyKind.REDIRECT_TO_AMAZON),
        ConfirmPlan(),
    )
    extra = run(
        a_claimed_case(claim(2, ProblemType.EXTRA_ITEM)),
        choose(RemedyKind.DECLINE),
        ConfirmPlan(),
        setting=LEADS,
    )
    done = run(
        mixed, *(KeepPromise(promise.promise, "1Z9994567890123456") for promise in mixed.open_promises)
    )
    return {
        "before the lock": an_open_case(),
        "claimed": a_claimed_case(claim(1), claim(2, ProblemType.DEFECT)),
        "mixed": mixed,
        "amazon": amazon,
        "amazon undecided": a_claimed_case(order=an_order(a_line(channel=Channel.FBA))),
        "extra": extra,
        "done": done,
        "changed": a_changed_case(),
        "late": a_late_case(),
        "asked": an_asked_case(),
        "told": run(done, a_message("update_news")),
    }


def a_late_case() -> Case:
    """A replacement had to leave yesterday; the buyer was not told that it leaves in two days."""
    before = a_setting(now=NOW - timedelta(days=3))
    case = a_planned_case(setting=before)
    (ship,) = case.open_promises
    return run(case, ChangePromise(ship.promise, NOW + timedelta(days=2), "no stock"))


def an_asked_case() -> Case:
    """A photo of three broken lamps was asked for two days ago, and questions with it."""
    before = a_setting(now=NOW - timedelta(days=2))
    case = a_claimed_case(claim(3, photo=False), setting=before)
    ask = RequestEvidence((case.claims[0].item,), Evidence.PHOTO)
    return run(case, ask, a_message("ask_details"), setting=before)


def a_changed_case() -> Case:
    """The date of a replacement was moved twice."""
    case = a_planned_case()
    for days in (2, 3):
        (ship,) = (p for p in case.open_promises if p.kind is PromiseKind.SHIP_GOODS)
        case = run(case, ChangePromise(ship.promise, NOW + timedelta(days=days), "no stock"))
    return case


def offers_of(case: Case) -> tuple[Option, ...]:
    return tuple(option for item in case.claims for option in options(case, item, a_setting()))


def drafted(
    kind: LetterKind, case: Case, locale: str = "en", questions: tuple[str, ...] = QUESTIONS
) -> Letter | Problem:
    offers = offers_of(case)
    return draft(kind, case, policy=the_policy(), now=NOW, locale=locale, questions=questions, offers=offers)


def letter(kind: LetterKind, case: Case, locale: str = "en", questions: tuple[str, ...] = QUESTIONS) -> str:
    found = drafted(kind, case, locale, questions)
    assert isinstance(found, Letter), found
    return found.text


def reason(kind: LetterKind, case: Case) -> str:
    """Why a letter makes no sense about a case."""
    found = drafted(kind, case)
    assert isinstance(found, Problem), found
    return found.code


def objections(text: str, case: Case, locale: str) -> tuple[LintFinding, ...]:
    """What the lint says about a letter as it was drafted."""
    offers = offers_of(case)
    return lint(text, case=case, policy=the_policy(), locale=locale, now=NOW, drafted=text, offers=offers)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("name", cases())
def test_every_template_renders_and_passes_the_lint(name: str, kind: LetterKind, locale: str):
    case = replace(cases()[name], language=locale)
    found = drafted(kind, case, locale, (ASKED[locale],))
    assert isinstance(found, Letter) == (name in FITTING[kind])
    if isinstance(found, Problem):
        for lang in ("en", "zh_CN"):
            assert not re.search(r"[{}]|_", say(found, lang))
        return
    text = found.text
    assert not re.search(r"[{}]|%\}|None|Undefined|\n\n\n| $", text)
    assert text.endswith("\n")
    assert text == text.strip() + "\n"
    assert objections(text, case, locale) == ()
    if case.order is not None:
        assert ORDER_ID in text
    if locale == "fr":
        assert not re.search(r" [:;?!»]|« ", text), "a line may break before such a sign"


def a_case_of(kind: RemedyKind, promised: PromiseKind, units: int) -> Case:
    """Some of four units, settled by a remedy of a kind; the date of what was promised has moved."""
    channel = Channel.FBA if kind is RemedyKind.REDIRECT_TO_AMAZON else Channel.FBM
    case = a_claimed_case(claim(units), order=an_order(a_line(units=4, paid="40.00", channel=channel)))
    value = amounts(item=f"{units * 10}.00")
    remedy = a_remedy(
        item=case.claims[0].item,
        kind=kind,
        units=units,
        value=value,
        refund=value if SHAPES[kind].paid != "nothing" else {},
    )
    first = a_promise("p1", kind=promised, units=units)
    moved = a_promise("p2", kind=promised, units=units, due_at=NOW + timedelta(days=8))
    known = (KnownPromise(first, PromiseState.SUPERSEDED), KnownPromise(moved, PromiseState.OPEN))
    return replace(case, remedies=(remedy,), promises=known)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("units", [1, 3])
def test_every_remedy_is_told_for_one_unit_and_for_many(units: int, kind: LetterKind, locale: str):
    goods = words(locale).units_of(units, "Desk lamp, colour 1")
    for remedy, promised in zip(RemedyKind, cycle(PromiseKind), strict=False):
        case = replace(a_case_of(remedy, promised, units), language=locale)
        found = drafted(kind, case, locale, (ASKED[locale],))
        if isinstance(found, Letter):
            assert objections(found.text, case, locale) == (), (remedy, promised)
            named = [line for line in found.text.splitlines() if "Desk lamp, " in line]
            listed = "1. Desk lamp, colour 1" if kind is LetterKind.CONFIRM_BREAKDOWN else f"- {goods}"
            assert all(line.startswith(listed) for line in named)


LOCKED = {
    *("claimed", "mixed", "amazon", "amazon undecided", "extra", "done", "changed", "late", "asked", "told")
}
FITTING = {
    LetterKind.FIRST_REPLY: {"before the lock", *LOCKED},
    LetterKind.ASK_DETAILS: {"before the lock", *LOCKED},
    LetterKind.EVIDENCE_REMINDER: {"asked"},
    LetterKind.CONFIRM_BREAKDOWN: LOCKED,
    LetterKind.OFFER: {"claimed", "asked"},
    LetterKind.SOLUTION: {"mixed", "extra", "done", "changed", "late", "told"},
    LetterKind.UPDATE: LOCKED,
    LetterKind.UPDATE_NEWS: {"done"},
    LetterKind.REFUND_SUBMITTED: {"done", "told"},
    LetterKind.SHIPPED: {"done", "told"},
    LetterKind.RETURN_INSTRUCTIONS: {"mixed", "done", "told"},
    LetterKind.REDIRECT: {"amazon", "amazon undecided"},
    LetterKind.DECLINE: set(),
    LetterKind.SUPERSEDED: {"changed"},
    LetterKind.APOLOGY: {"late"},
    LetterKind.CLOSING_SUMMARY: set(),
}
"""The cases that a letter has something to say about; the refunds of "done" are still pending."""


def test_every_kind_says_what_it_needs():
    assert NEEDS.keys() | {LetterKind.FIRST_REPLY, LetterKind.UPDATE} == set(LetterKind)
    context = {field.name for field in fields(LetterContext)}
    assert set(NEEDS.values()) <= context


def test_reasons_against_a_letter():
    case = cases()
    assert reason(LetterKind.UPDATE, case["before the lock"]) == "letter_needs_order"
    assert reason(LetterKind.SOLUTION, case["claimed"]) == "letter_needs_entries"
    assert reason(LetterKind.REFUND_SUBMITTED, case["mixed"]) == "letter_needs_refund_entries"
    assert reason(LetterKind.CLOSING_SUMMARY, case["mixed"]) == "promises_open"
    assert reason(LetterKind.CLOSING_SUMMARY, case["done"]) == "letter_refund_pending"
    overdue = a_planned_case(setting=a_setting(now=NOW - timedelta(days=3)))
    assert reason(LetterKind.APOLOGY, overdue) == "letter_needs_new_date"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_money_is_refunded_once_it_can_no_longer_be_cancelled(locale: str):
    case = replace(cases()["done"], language=locale)
    for minutes, fits in ((119, False), (121, True)):
        now = NOW + timedelta(minutes=minutes)
        found = draft(LetterKind.CLOSING_SUMMARY, case, policy=the_policy(), now=now)
        assert isinstance(found, Letter) == fits
    early = lint(found.text, case=case, policy=the_policy(), locale=locale, now=NOW)
    assert [one.rule_id for one in early] == (
        ["refunded_while_pending"] if locale not in {"zh", "ja"} else []
    )
    assert lint(found.text, case=case, policy=the_policy(), locale=locale, now=now) == ()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", [LetterKind.FIRST_REPLY, LetterKind.ASK_DETAILS])
def test_no_order_is_named_before_the_lock(kind: LetterKind, locale: str):
    text = letter(kind, cases()["before the lock"], locale, (ASKED[locale],))
    assert not re.search(r" [.,，。の]|  ", text)


def test_templates_and_kinds_are_the_same():
    for locale in LOCALES:
        files = {
            path.name.removesuffix(".txt.j2") for path in (data_dir() / "templates" / locale).glob("*.j2")
        }
        assert files == {kind.value for kind in LetterKind}


def test_there_are_letters_in_every_language_that_is_read():
    assert set(LOCALES) == set(READ_LANGUAGES) == set(LANGUAGES)


def test_a_name_that_no_letter_knows_is_an_error():
    with pytest.raises(UndefinedError):
        _environment().from_string("{{ amount_of_luck }}").render()


def test_locales_say_the_same_things():
    """The same facts stand in the letter of each language."""
    for kind in LetterKind:
        names = [
            set(
                re.findall(
                    r"\{\{ ?(\w+)|\b(?:in|if) (\w+) %",
                    (data_dir() / f"templates/{locale}/{kind.value}.txt.j2").read_text(),
                )
            )
            for locale in LOCALES
        ]
        assert all(found == names[0] for found in names), kind


def test_a_language_without_letters_is_answered_in_english():
    case = replace(cases()["claimed"], language="nl")
    found = draft(LetterKind.FIRST_REPLY, case, policy=the_policy(), now=NOW)
    assert isinstance(found, Letter)
    assert (found.locale, found.text[:6]) == ("en", "Hello,")


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [
        ("en", "- 1 x Desk lamp, colour 1: damaged on arrival", "- 2 x Desk lamp, colour 1: not working"),
        (
            "de",
            "- 1 x Desk lamp, colour 1: beschädigt angekommen",
            "- 2 x Desk lamp, colour 1: funktioniert nicht",
        ),
        ("zh", "- Desk lamp, colour 1（1 件）：到货破损", "- Desk lamp, colour 1（2 件）：无法正常使用"),
        ("ja", "- Desk lamp, colour 1（1点）：到着時の破損", "- Desk lamp, colour 1（2点）：動作不良"),
        (
            "fr",
            "- 1 x Desk lamp, colour 1\u00a0: dommage constaté à la livraison",
            "- 2 x Desk lamp, colour 1\u00a0: défaut de fonctionnement",
        ),
        (
            "es",
            "- 1 x Desk lamp, colour 1: daños en la entrega",
            "- 2 x Desk lamp, colour 1: fallo de funcionamiento",
        ),
        (
            "it",
            "- 1 x Desk lamp, colour 1: danni alla consegna",
            "- 2 x Desk lamp, colour 1: difetto di funzionamento",
        ),
    ],
)
def test_one_unit_and_many(locale: str, one: str, many: str):
    text = letter(LetterKind.FIRST_REPLY, cases()["claimed"], locale)
    assert one in text
    assert many in text


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en", "- 1 x Desk lamp, colour 1: replacement free of charge, leaves us by Tue 24 Nov 2026"),
        ("de", "- 1 x Desk lamp, colour 1: kostenloser Ersatz, Versand bis Dienstag, 24. November 2026"),
        ("zh", "- Desk lamp, colour 1（1 件）：免费补发，2026年11月24日（周二）前发出"),
        ("ja", "- Desk lamp, colour 1（1点）：無償で代替品を発送（2026年11月24日(火)までに発送）"),
        (
            "fr",
            (
                "- 1 x Desk lamp, colour 1\u00a0: remplacement gratuit "
                "(expédition au plus tard le mardi 24 novembre 2026)"
            ),
        ),
        (
            "es",
            (
                "- 1 x Desk lamp, colour 1: reemplazo gratuito"
                " (envío a más tardar el martes 24 de noviembre de 2026)"
            ),
        ),
        (
            "it",
            "- 1 x Desk lamp, colour 1: sostituzione gratuita (spedizione entro martedì 24 novembre 2026)",
        ),
    ],
)
def test_dates_have_a_weekday(locale: str, line: str):
    assert line in letter(LetterKind.SOLUTION, cases()["mixed"], locale).splitlines()


@pytest.mark.parametrize(
    ("locale", "amount"),
    [
        ("en", "£14.00"),
        ("de", "14,00 £"),
        ("zh", "£14.00"),
        ("ja", "£14.00"),
        ("fr", "14,00 £GB"),
        ("es", "14,00 GBP"),
        ("it", "14,00 £"),
    ],
)
def test_the_total_is_the_sum_of_the_refunds(locale: str, amount: str):
    case = cases()["mixed"]
    assert sum(remedy.refund_total.amount for remedy in case.remedies) == 14
    assert amount in letter(LetterKind.SOLUTION, case, locale).replace("\u00a0", " ")


@pytest.mark.parametrize("locale", LOCALES)
def test_extra_units_are_never_called_a_refund_of_nothing(locale: str):
    case = cases()["extra"]
    back = a_remedy("r9", item="c1", kind=RemedyKind.RETURN_REFUND, value={}, units=1)
    assert reason(LetterKind.DECLINE, case) == "letter_needs_declined_entries"
    for one in (case, replace(case, remedies=(back,))):
        for kind in LetterKind:
            found = drafted(kind, one, locale)
            assert isinstance(found, Problem) or not re.search(r"[£€]\s?0|0,00|: \.", found.text)
    assert words(locale).extra[RemedyKind.DECLINE] in letter(LetterKind.SOLUTION, case, locale)


def test_only_what_was_refunded_is_summed_as_refunded():
    case = cases()["mixed"]
    assert reason(LetterKind.REFUND_SUBMITTED, case) == "letter_needs_refund_entries"
    cancel = next(remedy for remedy in case.remedies if remedy.kind is RemedyKind.CANCEL_UNSHIPPED)
    own = [promise for promise in case.open_promises if promise.remedy == cancel.remedy]
    part = run(case, *(KeepPromise(promise.promise) for promise in own))
    assert letter_context(part, policy=the_policy(), now=NOW, locale="en").refunded_total == "£10.00"
    submitted = letter(LetterKind.REFUND_SUBMITTED, part)
    assert "Total: £10.00." in submitted
    assert submitted.count("\n- ") == 1
    later = NOW + timedelta(hours=3)
    closing = draft(LetterKind.CLOSING_SUMMARY, cases()["done"], policy=the_policy(), now=later)
    assert isinstance(closing, Letter)
    assert "Refunded in total: £14.00." in closing.text


def test_tracking_numbers_are_named_once():
    text = letter(LetterKind.SHIPPED, cases()["done"])
    assert text.count("1Z9994567890123456") == 1
    assert letter(LetterKind.UPDATE_NEWS, cases()["done"]).count("1Z9994567890123456") == 1
    ship = next(p for p in cases()["mixed"].open_promises if p.kind is PromiseKind.SHIP_GOODS)
    assert "Tracking number" not in letter(
        LetterKind.SHIPPED, run(cases()["mixed"], KeepPromise(ship.promise))
    )


def test_a_date_that_moved_twice_is_told_once_from_the_last():
    text = letter(LetterKind.SUPERSEDED, cases()["changed"])
    assert "leaves us by Thu 26 Nov 2026 instead of Wed 25 Nov 2026" in text
    assert text.count("instead of") == 1
    withdrawn = replace(cases()["changed"], promises=cases()["changed"].promises[:1])
    assert reason(LetterKind.SUPERSEDED, withdrawn) == "letter_needs_changes"


def test_amazons_lines_are_named_before_and_after_the_decision():
    for name in ("amazon", "amazon undecided"):
        assert "- 3 x Desk lamp, colour 1\n" in letter(LetterKind.REDIRECT, cases()[name])
    assert letter_context(cases()["mixed"], policy=the_policy(), now=NOW, locale="en").amazon_entries == ()


def test_the_answer_is_promised_for_the_next_task_or_tomorrow():
    case = cases()["mixed"]
    context = letter_context(case, policy=the_policy(), now=NOW, locale="en")
    first = min(task.due_at for task in case.open_follow_ups if task.due_at > NOW)
    assert context.answer_by == words("en").day(
        min(first, NOW + timedelta(days=1)), the_policy().market(case.order.marketplace).tz
    )
    idle = run(case, *(CompleteFollowUp(task.follow_up) for task in case.open_follow_ups if not task.promise))
    context = letter_context(replace(idle, follow_ups=()), policy=the_policy(), now=NOW, locale="en")
    assert (context.answer_by, context.update_by) == ("Tue 24 Nov 2026", "Wed 25 Nov 2026")


@pytest.mark.parametrize(
    "title",
    [
        "{{ 7 * 7 }} lamp",
        "{% for x in range(9) %}x{% endfor %}",
        "{{ ''.__class__ }}",
        "{units} {title} {0} {goods.__class__}",
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "lamp\r\n\r\nBcc: all\u2028\x00\u202e",
        "L" * 500,
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_titles_are_text(title: str, locale: str):
    order = an_order(a_line(1, title=title))
    text = letter(LetterKind.FIRST_REPLY, a_claimed_case(order=order), locale, (title,))
    assert plain_title(title) in text
    assert "49 lamp" not in text
    assert "<script>" not in text
    assert "\n\nBcc" not in text
    assert all(char == "\n" or char.isprintable() for char in text.replace("\u00a0", " "))


def test_questions_are_text():
    text = letter(LetterKind.ASK_DETAILS, cases()["claimed"], questions=("{{ 7 * 7 }} of <b>?", "{% raw %}?"))
    assert "- {{ 7 * 7 }} of (b)?\n- {% raw %}?\n" in text


def test_a_long_title_is_shortened():
    assert len(plain_title("L" * 500)) == LONGEST_TITLE
    assert plain_title("L" * 500).endswith("…")
    assert plain_title("L" * LONGEST_TITLE) == "L" * LONGEST_TITLE
    assert plain_title("a < b >\tc") == "a ( b ) c"


def test_words_that_lack_a_phrase_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "templates" / "en"
    folder.mkdir(parents=True)
    good = (data_dir() / "templates" / "en" / "words.yaml").read_text("utf-8")
    (folder / "words.yaml").write_text(good.replace("missing: missing, ", ""), "utf-8")
    monkeypatch.setattr(letter_words, "data_dir", lambda: tmp_path)
    with pytest.raises(LetterError, match=r"^templates/en/words.yaml:1: problems has no words for missing$"):
        words.__wrapped__("en")


def test_money_follows_the_buyers_language():
    shown = {locale: words(locale).money(money("1234.5", "EUR")) for locale in LOCALES}
    assert {locale: re.sub(r"\s", " ", text) for locale, text in shown.items()} == {
        "en": "€1,234.50",
        "zh": "€1,234.50",
        "de": "1.234,50 €",
        "ja": "€1,234.50",
        "fr": "1 234,50 €",
        "es": "1.234,50 €",
        "it": "1.234,50 €",
    }


@pytest.mark.parametrize(
    ("locale", "first", "second"),
    [
        ("en", "Tue 1 Dec 2026", "Wed 2 Dec 2026"),
        ("fr", "mardi 1er décembre 2026", "mercredi 2 décembre 2026"),
        ("es", "martes 1 de diciembre de 2026", "miércoles 2 de diciembre de 2026"),
        ("it", "martedì 1º dicembre 2026", "mercoledì 2 dicembre 2026"),
    ],
)
def test_the_first_of_a_month_is_written_as_its_language_does(locale: str, first: str, second: str):
    zone = the_policy().market(Marketplace.FR).tz
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # already the first in Paris
    assert [words(locale).day(late + timedelta(days=days), zone) for days in (0, 1)] == [first, second]


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en", "refund submitted by Tue 1 Dec 2026 instead of Tue 24 Nov 2026"),
        ("zh", "提交退款的时间由2026年11月24日（周二）改为2026年12月1日（周二）"),
        ("de", "Erstattung veranlasst bis Dienstag, 1. Dezember 2026 statt bis Dienstag, 24. November 2026"),
        ("ja", "返金手続きの予定を2026年11月24日(火)から2026年12月1日(火)に変更いたします"),
        (
            "fr",
            "émission du remboursement au plus tard le mardi 1er décembre 2026 au lieu du mardi 24 novembre 2026",
        ),
        (
            "es",
            (
                "tramitación del reembolso a más tardar el martes 1 de diciembre de 2026"
                " en lugar del martes 24 de noviembre de 2026"
            ),
        ),
        (
            "it",
            "emissione del rimborso entro martedì 1º dicembre 2026 anziché entro martedì 24 novembre 2026",
        ),
    ],
)
def test_a_moved_date_says_what_it_is_the_date_of(locale: str, line: str):
    case = a_case_of(RemedyKind.REFUND_FULL, PromiseKind.SUBMIT_REFUND, 2)
    assert line in letter(LetterKind.SUPERSEDED, case, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_refund_after_a_return_is_only_announced_where_one_was_agreed(locale: str):
    exchange, refund = (
        letter(LetterKind.RETURN_INSTRUCTIONS, a_case_of(kind, PromiseKind.SEND_LABEL, 2), locale)
        for kind in (RemedyKind.EXCHANGE, RemedyKind.RETURN_REFUND)
    )
    pays = re.compile("refund|退款|[Ee]rstattung|返金|rembours|reembols|rimbors")
    assert not pays.search(exchange)
    assert len(pays.findall(refund)) == 2


@pytest.mark.parametrize("locale", LOCALES)
def test_the_answer_does_not_promise_an_answer(locale: str):
    case = a_case_of(RemedyKind.DECLINE, PromiseKind.ANSWER, 1)
    told = f"- {words(locale).goods.format(units=1, title='Desk lamp, colour 1')}"
    (line,) = (
        line for line in letter(LetterKind.SOLUTION, case, locale).splitlines() if line.startswith(told)
    )
    assert line.endswith(words(locale).remedies[RemedyKind.DECLINE])


class TestBreakdownList:
    def test_one_line_per_row_in_the_order_of_lines(self):
        order = an_order(a_line(1), a_line(2, title="Mug <b>\n=1"))
        rows = (claim(1, ProblemType.MISSING, 2), ClaimRow(1), claim(2), ClaimRow(9, ProblemType.LATE, 1))
        assert breakdown_list(rows, order, "en") == (
            "SKU-1 – ? – ? (Desk lamp, colour 1)\n"
            "SKU-1 – 2 – Damaged in transit (Desk lamp, colour 1)\n"
            "SKU-2 – 1 – Missing units (Mug (b) =1)"
        )

    def test_it_speaks_chinese(self):
        assert (
            breakdown_list((claim(2),), an_order(), "zh_CN") == "SKU-1 – 2 – 运输损坏 (Desk lamp, colour 1)"
        )

    def test_confirmed_items_are_listed_alike(self):
        case = cases()["claimed"]
        assert breakdown_list(case.items, case.order, "en").count("\n") == 1


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A copy of the templates, to be spoilt."""
    return Path(shutil.copytree(data_dir() / "templates", tmp_path / "templates"))


def test_the_shipped_templates_have_no_fault():
    assert template_faults(data_dir() / "templates") == ()


@pytest.mark.parametrize(
    ("spoilt", "fault"),
    [
        ("Hello,\n\n{% for entry in entries %}{{ entry.text }}\n", "templates/en/offer.txt.j2:3: "),
        (
            "Hello,\n{{ amount_of_luck }}\n",
            "templates/en/offer.txt.j2:2: no letter knows the name 'amount_of_luck'",
        ),
        (
            "Hello\n{% for entry in entries %}\n{{ entry.price }}{% endfor %}",
            "templates/en/offer.txt.j2:3: 'dict object' has no attribute 'price'",
        ),
        ("{{ order_id | money }}", "templates/en/offer.txt.j2:1: No filter named 'money'."),
        ("Hi\n{{ 7 / bank_from }}", "templates/en/offer.txt.j2:2: division by zero"),
        ("{{ ''.__class__.__mro__ }}", "templates/en/offer.txt.j2:1: access to attribute '__class__'"),
        ("{% include '../../secret' %}", "templates/en/offer.txt.j2:1: "),
    ],
)
def test_a_template_that_cannot_be_used_is_named_with_its_line(templates: Path, spoilt: str, fault: str):
    (templates / "en" / "offer.txt.j2").write_text(spoilt, "utf-8")
    (found,) = template_faults(templates)
    assert str(found).startswith(fault)


def test_missing_templates_and_words_are_named(templates: Path):
    (templates / "en" / "offer.txt.j2").unlink()
    (templates / "de" / "offer.txt.j2").write_bytes(b"\xff\xfe")
    (templates / "fr" / "words.yaml").unlink()
    (templates / "it" / "words.yaml").write_text("goods: [\n", "utf-8")
    (templates / "ja" / "words.yaml").write_text("- a\n", "utf-8")
    for locale, old, new in (
        ("es", "\nnews:", "\nnewz:"),
        ("zh", "problems: {transit_damage:", "problems: {luck:"),
    ):
        path = templates / locale / "words.yaml"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    found = {str(fault).split(": ")[0] for fault in template_faults(templates)}
    assert {place.split(":")[0] for place in found} == {
        *("templates/en/offer.txt.j2", "templates/de/offer.txt.j2"),
        *(f"templates/{locale}/words.yaml" for locale in ("fr", "it", "ja", "es", "zh")),
    }


def test_a_letter_from_a_spoilt_template_says_where(templates: Path, monkeypatch):
    (templates / "en" / "update.txt.j2").write_text("Hello\n{{ nothing }}", "utf-8")
    (templates / "en" / "offer.txt.j2").write_text("Hello\n\n{% if %}", "utf-8")
    (templates / "en" / "first_reply.txt.j2").unlink()
    world = environment(templates)
    context = letter_context(cases()["claimed"], policy=the_policy(), now=NOW, locale="en")
    for kind, place in (
        (LetterKind.UPDATE, "templates/en/update.txt.j2:2: 'nothing' is undefined"),
        (LetterKind.OFFER, "templates/en/offer.txt.j2:3: "),
        (LetterKind.FIRST_REPLY, "templates/en/first_reply.txt.j2:1: the file is missing"),
    ):
        with pytest.raises(LetterError) as caught:
            rendered(world, kind, "en", context)
        assert str(caught.value).startswith(place)


def a_returned_case() -> Case:
    """Six lamps came back out of eight for 80.00: two good, one used, one too late, two opened for nothing."""
    before = a_setting(LEAD, now=NOW - timedelta(days=1))
    case = a_claimed_case(
        claim(8, ProblemType.CHANGED_MIND), order=an_order(a_line(units=8, paid="80.00")), setting=before
    )
    case = run(case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), setting=before)
    label = next(p for p in case.open_promises if p.kind is not PromiseKind.SUBMIT_REFUND)
    counted = (
        Counted("r1", 2, 1, RejectionReason.USED),
        Counted("r1", 0, 1, RejectionReason.LATE),
        Counted("r1", 0, 2, RejectionReason.OPENED, Decimal(100)),
    )
    return run(case, KeepPromise(label.promise), ReceiveGoods(counted), setting=before)


def with_refunds_submitted(case: Case, hours: float) -> Case:
    """Everything that has come back was refunded *hours* ago."""
    here = {remedy.remedy for remedy in case.remedies if remedy.received}
    paid = [p for p in case.open_promises if p.kind is PromiseKind.SUBMIT_REFUND and p.remedy in here]
    then = a_setting(LEAD, now=NOW - timedelta(hours=hours))
    return run(case, *(KeepPromise(promise.promise) for promise in paid), setting=then)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", LetterKind)
def test_what_is_kept_back_is_told_with_its_reason_and_passes_the_lint(kind: LetterKind, locale: str):
    spoken = words(locale)
    for known in (a_returned_case(), with_refunds_submitted(a_returned_case(), 1)):
        case = replace(known, language=locale)
        found = drafted(kind, case, locale, (ASKED[locale],))
        if isinstance(found, Problem):
            continue
        assert objections(found.text, case, locale) == (), found.text
        if kind not in {LetterKind.SOLUTION, LetterKind.REFUND_SUBMITTED}:
            continue
        for reason, amount in (("used", "5.00"), ("late", "2.00"), ("opened", "20.00")):
            line = next(
                line for line in found.text.splitlines() if spoken.rejections[RejectionReason(reason)] in line
            )
            assert spoken.money(money(amount)) in line


def test_nothing_is_said_to_be_kept_back_where_all_is_refunded():
    text = letter(LetterKind.SOLUTION, a_returned_case())
    assert "- 2 x Desk lamp, colour 1: came back, refund of £20.00, submitted by" in text
    assert (
        "- 1 x Desk lamp, colour 1: came back used (£5.00 kept back), refund of £5.00, submitted by" in text
    )
    assert (
        "- 2 x Desk lamp, colour 1: came back with the software seal broken (£20.00 kept back), so there is no refund\n"
        in text
    )
    assert "- 2 x Desk lamp, colour 1: return, then a refund of £20.00, submitted by" in text
    news = letter(LetterKind.UPDATE_NEWS, with_refunds_submitted(a_returned_case(), 1))
    assert "refund of £5.00 submitted, £5.00 kept back because the goods came back used" in news


def test_an_amount_that_was_not_kept_back_is_found():
    case = a_returned_case()
    text = letter(LetterKind.SOLUTION, case)
    wrong = text.replace("£5.00 kept back", "£6.00 kept back")
    assert wrong != text
    found = lint(wrong, case=case, policy=the_policy(), locale="en", now=NOW)
    assert [one.rule_id for one in found if one.severity == "block"] == ["amount_not_in_ledger"]


@pytest.mark.parametrize("locale", LOCALES)
def test_instructions_name_only_what_is_still_to_come_back(locale: str):
    text = letter(LetterKind.RETURN_INSTRUCTIONS, a_returned_case(), locale)
    spoken = words(locale)
    assert text.count(spoken.units_of(2, "Desk lamp, colour 1")) == 1
    assert spoken.returns["all"] in text
    assert spoken.returns["buyer"] in text


@pytest.mark.parametrize("locale", LOCALES)
def test_several_returns_are_explained_in_the_instructions(locale: str):
    """Forty-five plates do not fit one label; the goods of each parcel are listed, and why."""
    order = an_order(a_line(units=45, paid="450.00", sku="PLT26-GRN", title="Plate"))
    case = a_claimed_case(claim(45, ProblemType.CHANGED_MIND), order=order, setting=LEADS)
    case = replace(run(case, choose(RemedyKind.RETURN_REFUND), ConfirmPlan(), setting=LEADS), language=locale)
    advice = returns_of(case, policy=the_policy(), now=NOW)
    assert advice is not None
    count = len(advice.requests)
    assert count > 1
    text = letter(LetterKind.RETURN_INSTRUCTIONS, case, locale)
    spoken = words(locale)
    assert spoken.returns["many"].format(count=count) in text
    assert spoken.returns["label_limit"] in text
    for request in advice.requests:
        assert spoken.units_of(request.lines[0].units, "Plate") in text
    assert objections(text, case, locale) == (), text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_refund_that_was_cancelled_is_told_with_its_new_date(locale: str):
    before = a_setting(LEAD, now=NOW - timedelta(hours=1))
    case = run(a_claimed_case(setting=before), choose(RemedyKind.REFUND_FULL), ConfirmPlan(), setting=before)
    case = run(case, a_message("solution"), KeepPromise("p1"), a_message("refund_submitted"), setting=before)
    case = replace(run(case, CancelRefunds("wrong amount"), setting=LEADS), language=locale)
    text = letter(LetterKind.SUPERSEDED, case, locale)
    spoken = words(locale)
    (promise,) = case.open_promises
    told = spoken.recalled.format(
        goods=spoken.units_of(3, "Desk lamp, colour 1"),
        amount=spoken.money(money("30.00")),
        due=spoken.day(promise.due_at, the_policy().market(Marketplace.UK).tz),
    )
    assert f"- {told}\n" in text
    assert objections(text, case, locale) == (), text
    assert isinstance(drafted(LetterKind.REFUND_SUBMITTED, case, locale), Problem)
    again = run(case, a_message("superseded"), KeepPromise("p1"))
    assert isinstance(drafted(LetterKind.SUPERSEDED, again, locale), Problem)
