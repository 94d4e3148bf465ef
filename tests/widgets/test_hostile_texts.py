"""Whatever a buyer, a report or a colleague writes stays text: every piece of HTML on every page is parsed."""

import base64
from collections.abc import Callable, Iterable
from html.parser import HTMLParser

import ipywidgets as w
import pytest
from ipywidgets.widgets.widget import _instances

from playbook.desk import Desk
from playbook.domain.remedies import RemedyKind
from playbook.steps.commands import AddNote, WithdrawLock
from playbook.widgets import html as h
from playbook.widgets import printing
from playbook.widgets.side import marked
from playbook.widgets.theme import _COPY
from tests.builders import ORDER_ID, a_line, an_order, broken_down, choose, claim, lock
from tests.desks import carried_out, opened
from tests.widgets.conftest import Front, Window

ELEMENTS = frozenset(
    [
        "a",
        "b",
        "br",
        "button",
        "details",
        "div",
        "h2",
        "i",
        "img",
        "li",
        "mark",
        "ol",
        "p",
        "span",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "time",
        "tr",
        "ul",
    ]
)
ATTRIBUTES = frozenset(
    [
        "class",
        "role",
        "title",
        "href",
        "style",
        "type",
        "datetime",
        "download",
        "data-from",
        "data-to",
        "data-copy",
        "data-copied",
        "data-href",
        "src",
        "alt",
    ]
)
HANDLERS = frozenset({("onclick", _COPY), ("onerror", h._GO), ("onerror", h._INTO_VIEW)})
SHEET = "data:text/html;base64,"
LINKS = (
    "?",
    "home.ipynb?",
    "case.ipynb?",
    "review.ipynb?",
    "insights.ipynb?",
    "data:text/calendar;base64,",
    "data:text/csv;base64,",
    "data:text/tab-separated-values;base64,",
    SHEET,
)
"""Where links lead; a sheet to print is parsed as strictly as the page it is on."""

ON_PAPER = frozenset(["html", "head", "meta", "title", "style", "body", "h1", "section", "blockquote"])

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</div></td></table><iframe src=//evil.example>",
    "<style>*{display:none}</style>",
    "&lt;b&gt; {{ 7*7 }} ${7*7}",
    "\x00\x07\x1b[31m",
    "\u202egnp.exe \u2066 \u200f",
    "lone \ud800 surrogate",
)
HOSTILE = " ".join(ATTACKS)


class Faults(HTMLParser):
    """What a piece of HTML holds that our pages never make."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.found.append(f"<{tag}>")
        if SHEET in str(attrs) and "download" not in {name for name, _value in attrs}:
            self.found.append("a sheet that would be opened instead of saved")
        for name, value in attrs:
            if name == "href" and str(value).startswith(SHEET):
                self.found += sheet_faults(base64.b64decode(str(value).removeprefix(SHEET)).decode("utf-8"))
            ours = name in ATTRIBUTES or (name, value) in HANDLERS
            if not ours:
                self.found.append(f"{tag} {name}={value!r}")
            if name == "href" and not str(value).startswith(LINKS):
                self.found.append(f"{tag} href={value!r}")
            if name == "src" and value != "data:,":
                self.found.append(f"{tag} src={value!r}")
            self.codes(str(value))

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_decl(self, decl: str) -> None:
        self.found.append(decl)

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.codes(data)

    def codes(self, text: str) -> None:
        """Control, direction and lone surrogate codes must not come through either."""
        bad = {c for c in text if (ord(c) < 32 and c not in "\t\n\r") or c in "\x7f\u202e\u2066\u200f"}
        bad |= {c for c in text if 0xD800 <= ord(c) <= 0xDFFF}
        self.found.extend(f"code {ord(c):#x}" for c in sorted(bad))


class SheetFaults(Faults):
    """The same for a sheet to print, which is a file of its own."""

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        known = list(attrs)
        if tag == "meta":
            self.metas.append(dict(known))
        elif tag not in ON_PAPER:
            super().handle_starttag(tag, known)
        elif set(dict(known)) - {"lang", "class"}:
            self.found.append(f"{tag} {known}")

    def __init__(self) -> None:
        super().__init__()
        self.metas: list[dict[str, str | None]] = []

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            super().handle_decl(decl)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            if data != printing._CSS:
                self.found.append("a style of its own")
        else:
            super().handle_data(data)


def sheet_faults(html: str) -> list[str]:
    parser = SheetFaults()
    parser.feed(html)
    parser.close()
    if not any("default-src 'none'" in str(meta.get("content")) for meta in parser.metas):
        parser.found.append("a sheet that may load or run something")
    return parser.found


def faults(html: str) -> list[str]:
    parser = Faults()
    parser.feed(html)
    parser.close()
    return parser.found


def all_faults() -> list[str]:
    """The faults of every piece of HTML that any page of the test made, shown or not."""
    pieces = [x.value for x in _instances.values() if isinstance(x, w.HTML)]
    assert len(pieces) > 5
    return [fault for piece in pieces for fault in faults(piece)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_parser_sees_what_is_not_escaped(attack: str) -> None:
    """The check itself: an attack that nobody escaped is a fault, and escaped it is none."""
    assert faults(h.tag("td", h.text(attack), title=attack)) == []
    if "<" in attack and "&lt;" not in attack:
        assert faults(attack)


def test_a_sheet_to_print_that_holds_code_is_seen() -> None:
    sheet = "<!doctype html><html><head><style>p{}</style></head><body onload=go()><script>1</script>"
    assert len(sheet_faults(sheet)) == 4
    inside = base64.b64encode(sheet.encode()).decode("ascii")
    assert len(faults(f"<a href='{SHEET}{inside}'>sheet</a>")) == 5


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_whole_case_of_hostile_texts(
    desk: Desk, windows: Callable[..., Window], front: Callable[..., Front], lang: str
) -> None:
    title = HOSTILE.replace("\ud800", "").replace("\x00", "")
    order = an_order(
        a_line(1, title=title, sku="<b>SKU</b>"),
        a_line(2, title=f"\u202e{title}"),
        po_number="<i>PO</i>",
    )
    desk.store.put_orders([order], "test")
    case = opened(desk, f"Order {ORDER_ID} {HOSTILE.replace(chr(0xD800), '')} 3 broken")
    window = windows(case_id=case.case_id, lang=lang)
    assert all_faults() == []
    case = carried_out(desk, case, lock(order), AddNote(HOSTILE.replace("\ud800", "")))
    case = carried_out(desk, case, WithdrawLock(title), lock(order))
    window.page.work.refresh()
    window.page.work.step = window.page.work.case.stage
    assert all_faults() == []
    case = carried_out(desk, case, broken_down(claim(3), claim(2, line=2)))
    windows(case_id=case.case_id, lang=lang)
    case = carried_out(desk, case, choose(RemedyKind.REFUND_FULL), choose(RemedyKind.REFUND_FULL, "c2"))
    last = windows(case_id=case.case_id, lang=lang)
    view = last.page.views["follow_up"].view
    view.letter._draft()
    view.letter.text.value = HOSTILE
    last.page.work.tell(HOSTILE)
    page = front(lang)
    page.set("Search" if lang == "en" else page.view._("Search"), HOSTILE)
    assert all_faults() == []
    assert any("&lt;script&gt;" in piece for piece in last.html)


def test_a_hostile_address_is_only_text(windows: Callable[..., Window]) -> None:
    window = windows(case_id='<img src=x onerror="alert(1)">')
    window.sees("<img src=x onerror=")
    assert [fault for piece in window.html for fault in faults(piece)] == []
    assert windows(sample="../../etc/passwd").text.count("../../etc/passwd") == 1


def test_marks_in_a_hostile_message_stay_in_place() -> None:
    from playbook.intake import Mark

    message = "<b>3 lamps</b> broken"
    shown = marked(
        message, [Mark(3, 10, "item", True), Mark(5, 12, "item", False), Mark(15, 99, "fine", True)]
    )
    assert shown == '&lt;b&gt;<mark data-from="3" data-to="10">3 lamps</mark>&lt;/b&gt; broken'
