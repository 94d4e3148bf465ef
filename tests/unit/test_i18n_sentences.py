"""Problems as sentences: every code has one, and facts are shown as people read them."""

import ast
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest

import playbook
from playbook.domain.claims import ProblemType
from playbook.domain.money import Money
from playbook.domain.problems import problem
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.i18n import LANGUAGES, say, show, show_named, words
from playbook.i18n.improvements import IMPROVEMENTS
from playbook.i18n.leaving import LEAVING
from playbook.i18n.orders import EVIDENCE, IMPORTS, QUESTIONS, STORE
from playbook.i18n.sentences import SENTENCES
from playbook.policy.base import Text

ALL = {**SENTENCES, **IMPORTS, **STORE, **QUESTIONS, **LEAVING, **IMPROVEMENTS}
REFUSING = {"problem", "refused", "ImportRefused", "RowRefused", "StoreError"}
"""What makes a problem from a code."""


def _placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)(?::[^}]*)?\}", sentence))


def used_codes() -> dict[str, str]:
    """Every code that the package writes down as a text, with its file."""
    codes = {}
    for path in Path(playbook.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *_]) if (
                    name in REFUSING
                ):
                    codes[code] = path.name
    return codes


def test_every_code_in_the_package_has_a_sentence():
    codes = used_codes()
    assert len(codes) > 80
    assert {code: file for code, file in codes.items() if code not in ALL} == {}


def test_codes_of_different_places_do_not_collide():
    assert len(ALL) == len(SENTENCES) + len(IMPORTS) + len(STORE) + len(QUESTIONS) + len(LEAVING) + len(
        IMPROVEMENTS
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", sorted(ALL))
def test_a_sentence_shows_every_fact(code: str, lang: str):
    names = _placeholders(ALL[code])
    sentence = say(problem(code, **{name: f"<{name}>" for name in names}), lang)
    assert all(f"<{name}>" in sentence for name in names)
    assert _placeholders(sentence) == set()
    assert (lang == "zh_CN") == bool(re.search(r"[\u4e00-\u9fff]", sentence)) or code in {
        "row_wrong",
        "import_map_wrong",
    }


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", sorted(ALL))
def test_a_missing_fact_shows_its_name_instead_of_failing(code: str, lang: str):
    assert _placeholders(say(problem(code), lang)) == _placeholders(ALL[code])


def test_a_number_brings_its_noun():
    one, many = (problem("due_too_far", due_at="Friday", days=days) for days in (1, 30))
    assert say(one, "en") == "Friday is more than 1 day ahead: check the date."
    assert say(many, "en") == "Friday is more than 30 days ahead: check the date."


def test_an_unknown_code_is_shown_with_its_facts():
    assert say(problem("never_heard_of", units=3), "zh_CN") == "never_heard_of(units=3)"


def test_facts_are_text_and_never_placeholders():
    assert say(problem("hand_over_to_self", name="{name} {0}"), "en").startswith("{name} {0} already")


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (ProblemType.TRANSIT_DAMAGE, "Damaged in transit", "运输损坏"),
        (RemedyKind.REFUND_PARTIAL, "Partial refund, buyer keeps it", "部分退款，买家留用商品"),
        (Money.of("1234.5", "EUR"), "€1,234.50", "€1,234.50"),
        (Money.of("980", "JPY"), "¥980", "JP¥980"),
        (Money.of("12", "USD"), "$12.00", "US$12.00"),
        (datetime(2026, 11, 23, 20, 30, tzinfo=UTC), "2026-11-24 04:30", "2026-11-24 04:30"),
        (date(2026, 11, 23), "2026-11-23", "2026-11-23"),
        (Text(en="in words", zh_CN="用文字"), "in words", "用文字"),
        (None, "–", "–"),
        (Decimal("12.5"), "12.5", "12.5"),
        ((), "", ""),
        ((ProblemType.MISSING, None, 3), "Missing units, 3", "少发商品、3"),
        (
            (problem("nothing_chosen"), problem("not_locked")),
            "Choose a remedy for at least one line. No order is locked yet: lock the order first.",
            "请至少为一个订单行选择解决方案。尚未锁定订单，请先锁定订单。",
        ),
        (
            (PromiseKind.SUBMIT_REFUND, problem("count_units", units=2), Money.of("5", "GBP")),
            "Submit the refund, units: 2, £5.00",
            "提交退款、2 件、£5.00",
        ),
    ],
)
def test_facts_in_both_languages(value: object, english: str, chinese: str):
    assert show(value, "en") == english
    assert show(value, "zh_CN") == chinese


def test_a_member_without_a_word_shows_its_value():
    class Other(StrEnum):
        ONE = "one"

    assert show(Other.ONE, "zh_CN") == "one"


@pytest.mark.parametrize(
    ("name", "code", "chinese"),
    [
        ("role", "lead", "主管"),
        ("column", "units_ordered", "订购件数"),
        ("fact", "email", "邮箱地址相符"),
        ("flag", "waiting_for_evidence", "等待凭证"),
        ("outcome", "solved", "已解决"),
        ("role", "somebody new", "somebody new"),
        ("units", "agent", "agent"),
    ],
)
def test_codes_inside_sentences_are_words(name: str, code: str, chinese: str):
    assert show_named(name, code, "zh_CN") == chinese


@pytest.mark.parametrize(
    "vocabulary",
    [
        words.STAGES,
        words.PROBLEMS,
        words.REMEDIES,
        words.PROMISES,
        words.STANDINGS,
        words.FOLLOW_UPS,
        words.EVIDENCE,
        words.PARTIES,
        words.EARLIER,
    ],
)
def test_every_member_has_a_word(vocabulary: dict[StrEnum, str]):
    kind = type(next(iter(vocabulary)))
    assert set(vocabulary) == set(kind)
    assert [words.word(member) for member in kind] == list(vocabulary.values())


def test_evidence_for_an_order_has_words():
    assert {"order_id_given", "buyer", "email", "name", "postcode"} <= EVIDENCE.keys()
