"""The Chinese catalogue: complete, nothing left over, placeholders kept, written as Chinese is written."""

import re
import string
import unicodedata

import pytest

from playbook.i18n import LANGUAGES, catalog, translator
from playbook.i18n.catalog import msgids
from playbook.i18n.orders import EVIDENCE, IMPORTS, STORE
from playbook.i18n.sentences import SENTENCES

MESSAGES = {str(message.id): str(message.string) for message in catalog.read() if message.id}
WANTED = {message for message, _file in msgids()}

LATIN_ONLY = {"SKU", "{reason}", "{file}: {reason}", "{what}: {fact}"}
"""Msgids whose translation needs no Chinese character."""


def fields(text: str) -> list[str]:
    """The placeholders of a format string. Raises ValueError when it is not one."""
    return sorted(
        name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None
    )


def test_every_msgid_is_translated():
    assert sorted(WANTED - {message for message, text in MESSAGES.items() if text.strip()}) == []


def test_no_translation_is_left_over():
    assert sorted(MESSAGES.keys() - WANTED) == []


def test_msgids_inside_f_strings_and_on_objects_are_found():
    assert {
        "remedy taken back",
        "Earlier lines",
        "Lock the order to see what happened on it before.",
    } <= WANTED


def test_the_sentences_of_codes_are_msgids():
    assert {*SENTENCES.values(), *IMPORTS.values(), *STORE.values(), *EVIDENCE.values()} <= WANTED


def test_placeholders_survive():
    wrong = {message: text for message, text in MESSAGES.items() if fields(text) != fields(message)}
    assert wrong == {}


def _is_chinese(text: str) -> bool:
    """Has Chinese characters, full-width punctuation, and no space beside it."""
    plain = re.sub(r"pip install '[^']*'|--map MAP\.yaml|sqlite:\S+|postgresql:\S+", "x", text)
    plain = re.sub(r"\{[^}]*\}", "x", plain)
    return (
        re.search(r"[\u4e00-\u9fff]", plain) is not None
        and re.search(r"[,;:?!()]|\.(?=\s|$)|[\u4e00-\u9fff]\.", plain) is None
        and re.search(r"\s[，。；：！？）]|[，。；：！？（]\s", plain) is None
        and text == text.strip()
    )


def test_translations_are_chinese_with_chinese_punctuation():
    wrong = {m: text for m, text in MESSAGES.items() if m not in LATIN_ONLY and not _is_chinese(text)}
    assert wrong == {}


@pytest.mark.parametrize("text", ["Lock", "锁定,", "锁定 。", "锁定(一)", " 锁定", "锁定.", "锁定: {name}"])
def test_what_is_not_written_as_chinese_is_seen(text: str):
    assert not _is_chinese(text)


@pytest.mark.parametrize(("english", "chinese"), [((".",), "。}"), ((":", ": "), "："), (("?",), "？。")])
def test_sentences_end_alike(english: tuple[str, ...], chinese: str):
    wrong = {
        message: text
        for message, text in MESSAGES.items()
        if message.endswith(english) and not text.endswith(tuple(chinese))
    }
    assert wrong == {}


def test_every_button_and_title_has_words_beside_its_icon():
    texts = {*MESSAGES, *MESSAGES.values()}
    assert [text for text in texts if not any(unicodedata.category(char)[0] == "L" for char in text)] == []


def test_translating_falls_back_to_english():
    assert translator("zh_CN")("Lock this order") == "锁定此订单"
    assert translator("en")("Lock this order") == "Lock this order"
    assert translator("zh_CN")("a sentence that nobody wrote") == "a sentence that nobody wrote"
    assert translator("fr")("Lock this order") == "Lock this order"
    assert LANGUAGES == ("en", "zh_CN")


class TestUpdate:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path, monkeypatch):
        """A small package and an empty catalogue."""
        (tmp_path / "page.py").write_text(
            "_('One')\nself._('Two {units}')\nf\"{_('Three')}\"\nN_('Four' ' parts')\n_(name)\nother('Five')\n",
            "utf-8",
        )
        monkeypatch.setattr(catalog, "PACKAGE", tmp_path)
        monkeypatch.setattr(catalog, "PATH", tmp_path / "zh_CN.po")

    def test_new_msgids_are_added_once(self):
        assert catalog.update() == (4, 0)
        assert catalog.update() == (0, 0)
        assert {str(m.id) for m in catalog.read() if m.id} == {"One", "Two {units}", "Three", "Four parts"}

    def test_unused_ones_are_dropped_and_translations_kept(self, tmp_path):
        catalog.update()
        path = tmp_path / "zh_CN.po"
        path.write_text(
            path.read_text("utf-8").replace('msgid "One"\nmsgstr ""', 'msgid "One"\nmsgstr "一"'), "utf-8"
        )
        (tmp_path / "page.py").write_text("_('One')\n_('Six')\n", "utf-8")
        assert catalog.update() == (1, 3)
        assert {str(m.id): m.string for m in catalog.read() if m.id} == {"One": "一", "Six": ""}
