"""Which language a message is in: one that is read, or none of them."""

import pytest

from playbook.intake import read
from playbook.intake.language import UNDETERMINED, _unread, detect
from playbook.intake.lexicon import LANGUAGES, lexicon
from playbook.intake.text import fold, tokens
from playbook.samplecases.loading import load_sample, sample_names

READ = {
    "en": "Three of the lamps arrived broken and two mugs are missing.",
    "de": "Drei der Lampen sind kaputt angekommen und zwei Tassen fehlen.",
    "fr": "Trois des lampes sont arrivées cassées et il manque deux tasses.",
    "es": "Tres de las lámparas llegaron rotas y faltan dos tazas.",
    "it": "Tre delle lampade sono arrivate rotte e mancano due tazze.",
    "zh": "三盏灯碎了，还少了两个杯子。",
    "ja": "ランプが三つ割れていて、マグカップが二つ足りません。",
}
NOT_READ = {
    "nl": "Goedemorgen, van onze bestelling zijn 3 lampen kapot aangekomen en er ontbreken twee mokken.",
    "pl": "Dzień dobry, w zamówieniu brakuje 2 sztuk lampek, a 3 są uszkodzone. Proszę o zwrot pieniędzy.",
    "sv": "Hej, vi fick beställningen i dag men 3 lampor är trasiga och två muggar saknas.",
    "da": "Hej, vi har modtaget vores ordre, men der mangler 2 lamper og tre er defekte.",
    "nb": "Hei, vi har mottatt bestillingen, men det mangler to lamper og tre er ødelagte.",
    "fi": "Hei, saimme tilauksen mutta kolme lamppua on rikki ja kaksi puuttuu.",
    "pt": "Olá, recebemos a encomenda mas 3 das lâmpadas chegaram partidas e faltam duas.",
    "tr": "Merhaba, siparişimiz geldi ama 3 adet lamba kırık ve 2 tane eksik.",
    "cs": "Dobrý den, objednávka dorazila, ale 3 lampy jsou rozbité a dvě chybí.",
    "hu": "Tisztelt eladó, a csomag megérkezett, de három lámpa törött és kettő hiányzik.",
    "ro": "Bună ziua, am primit comanda dar 3 lămpi sunt sparte și lipsesc două.",
    "vi": "Xin chào, chúng tôi đã nhận được hàng nhưng thiếu hai cái và ba cái bị vỡ.",
    "ru": "Здравствуйте, в заказе не хватает двух ламп, три разбиты.",
    "el": "Καλημέρα, τρεις λάμπες έφτασαν σπασμένες.",
    "ko": "안녕하세요, 주문한 램프 중 3개가 깨져서 도착했습니다.",
    "ar": "مرحبا، وصل الطلب لكن ثلاثة مصابيح مكسورة",
    "th": "สวัสดีครับ โคมไฟสามอันแตก",
}


def language_of(message: str) -> str:
    return detect(tokens(fold(message).text))


@pytest.mark.parametrize("language", READ)
def test_a_language_that_is_read(language: str) -> None:
    assert language_of(READ[language]) == language
    assert READ.keys() == set(LANGUAGES)


@pytest.mark.parametrize("language", NOT_READ)
def test_a_language_that_is_not_read(language: str) -> None:
    assert language_of(NOT_READ[language]) == UNDETERMINED
    assert read(NOT_READ[language]).language == UNDETERMINED
    assert _unread().keys() <= NOT_READ.keys()


@pytest.mark.parametrize(
    "message", ["", "114-3920518-6604217", "ok", "2 lamps broken", "SKU-1 x 3", "Merci Jan de Vries", "Ola!"]
)
def test_without_enough_words_it_is_one_that_is_read(message: str) -> None:
    assert language_of(message) in LANGUAGES


def test_foreign_names_and_addresses_do_not_decide() -> None:
    for name in ("Van der Berg en Zonen, Het Spui 3", "Żółw i Syn sp. z o.o.", "Олег Петров"):
        assert language_of(f"{READ['en']} Kind regards, {name}") == "en"
        assert language_of(f"{READ['de']} Viele Grüße, {name}") == "de"


def test_no_sample_but_the_portuguese_one_is_taken_for_a_language_that_is_not_read() -> None:
    unread = {n for n in sample_names() if language_of(load_sample(n).message) == UNDETERMINED}
    assert unread == {"brazil-no-letters"}


def test_every_language_has_words_that_no_read_language_has() -> None:
    known = frozenset().union(*(lexicon(code).vocabulary for code in LANGUAGES))
    for language, words in _unread().items():
        assert len(words - known) >= 10, language
