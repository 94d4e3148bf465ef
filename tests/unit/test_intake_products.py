"""Which order line a buyer means."""

import pytest

from playbook.intake import LineRef, read
from playbook.intake.lexicon import lexicon
from playbook.intake.products import Catalogue, WordLinker, find_skus, stem, title_words
from playbook.intake.text import fold


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("mugs", "mug"),
        ("boxes", "box"),
        ("berries", "berry"),
        ("glass", "glass"),
        ("glasses", "glass"),
        ("dishes", "dish"),
        ("bus", "bus"),
        ("gas", "gas"),
        ("child's", "child"),
    ],
)
def test_stems(word: str, plain: str) -> None:
    assert stem(word) == plain


def test_words_of_titles() -> None:
    assert title_words("SET OF 3 Cake Tins") == ("set", "3", "cake", "tin")
    assert title_words("保温杯 XL") == ("保温", "温杯", "xl")
    assert title_words("") == ()


def linker(*titles: str, languages: tuple[str, ...] = ("en",)) -> WordLinker:
    lines = [LineRef(number, f"S{number}", title, 1) for number, title in enumerate(titles, 1)]
    return WordLinker(Catalogue(lines), [lexicon(language) for language in languages])


def test_links_by_spelling_translation_and_compound() -> None:
    one = linker("RED CAKESTAND", "ORGANISER", "TEA POT", languages=("de",))
    assert one.link("cakestand") == {"cakestand": 1.0}
    assert one.link("teapot") == {"tea": 1.0, "pot": 1.0}
    assert one.link("organizer")["organiser"] > 0.8
    assert one.link("rote")["red"] > 0.9
    assert one.link("kuchen") == {"cakestand": pytest.approx(0.57)}
    assert set(one.link("teekanne")) == {"tea", "pot"}
    assert one.link("zebra") == {}
    assert one.link("und") == {}


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("vasen", "vase"),
        ("kännchen", "jug"),
        ("xyzvasen", None),
        ("kann", None),
        ("rot", "red"),
    ],
)
def test_german_words_in_any_form(word: str, meaning: str | None) -> None:
    found = lexicon("de").german.meaning(word)
    assert found == meaning if meaning is None else found is not None and meaning in found.split()


@pytest.mark.parametrize(
    ("word", "head", "before"),
    [
        ("glasvasen", "vase", ["glass"]),
        ("weihnachtskugeln", "bauble", ["christmas"]),
        ("wandspiegelrahmen", "frame", ["mirror"]),
        ("xyzvasen", "vase", []),
        ("kirschartikel", None, ["cherry"]),
        ("abcdefgh", None, []),
        ("rot", None, []),
    ],
)
def test_german_compounds(word: str, head: str | None, before: list[str]) -> None:
    tail, front = lexicon("de").german.parts(word)
    assert (head in tail[0].split()) if head is not None else tail == ()
    assert all(one in " ".join(front).split() for one in before)
    assert bool(front) == bool(before)


LINES = (
    LineRef(1, "AB-1200", "LAMP", 3),
    LineRef(2, "7", "SHORT SKU", 3),
    LineRef(3, "84991B", "FAN", 3, asin="B0INVENT01"),
    LineRef(4, "AB-1200", "LAMP AGAIN", 3),
    LineRef(5, "", "NO SKU", 3),
    LineRef(6, "X_9.9", "ODD SKU", 3),
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ab-1200 broken", [0]),
        ("AB-1200.", [0]),
        ("#84991b, b0invent01", [2, 2]),
        ("84991bは割れ", [2]),
        ("ab-1200/84991b", [0, 2]),
        ("7 lamps", []),
        ("xab-1200", []),
        ("x_9.9", [5]),
        ("y" * 500 + "-84991b", []),
    ],
)
def test_exact_numbers(text: str, lines: list[int]) -> None:
    assert [line for _, _, line in find_skus(fold(text).text, LINES)] == lines


def test_no_skus_no_search() -> None:
    assert find_skus("anything", [LineRef(1, "", "x", 1)]) == []


def claimed(message: str, *titles: str) -> list[int | None]:
    lines = [LineRef(number, f"KX-{number:03d}", title, 9) for number, title in enumerate(titles, 1)]
    return [item.line for item in read(message, lines).items]


@pytest.mark.parametrize(
    ("message", "titles", "lines"),
    [
        ("2 small jugs broken", ("MILK JUG LARGE", "MILK JUG SMALL"), [2]),
        ("3 tier stand broken, 1 pc", ("2 TIER STAND", "3 TIER STAND"), [2]),
        ("the set of 6 tins: 2 dented", ("SET OF 3 SPICE TINS", "SET OF 6 SPICE TINS"), [2]),
        ("2 clocks broken", ("CLOCK", "CLOCK RADIO WITH LAMP"), [1]),
        ("2 gold ones broken", ("RING GOLD", "BELL SILVER"), [1]),
        ("the rings: 1 gold one bent, 1 silver one bent", ("RING GOLD", "RING SILVER", "BELL GOLD"), [1, 2]),
        ("KX-002 lamp 2 broken", ("DESK LAMP", "DESK LAMP"), [2]),
        ("lamp KX-001: 2 broken", ("DESK LAMP", "FLOOR LAMP"), [1]),
        ("2 tea kettles broken, one more has a chip in the kettle", ("TEA KETTLE WHITE", "KETTLE LAMP"), [1]),
        ("jam sets, not the printed ones: 2 broken", ("JAM SET WITH JARS", "JAM SET PRINTED"), [None]),
        ("LATE NIGHT POSTER 2 torn", ("LATE NIGHT POSTER", "VASE"), [1]),
        ("2 elephants broken", ("VASE", "JUG"), []),
    ],
)
def test_which_line(message: str, titles: tuple[str, ...], lines: list[int | None]) -> None:
    assert claimed(message, *titles) == lines
