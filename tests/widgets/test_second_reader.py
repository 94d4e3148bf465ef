"""The second reader on the breakdown page: beside the offline proposal, never in the agent's way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from queue import Empty, Queue

import pytest

from playbook.desk import Desk
from playbook.domain.ids import OrderId
from playbook.steps.commands import WithdrawLock
from playbook.viewmodels import secondreader
from playbook.widgets import breakdown
from tests.builders import a_line, an_order, lock
from tests.desks import carried_out, opened
from tests.languagemodels import Model, served_model
from tests.widgets.conftest import Window

MESSAGE = "3 of the red mugs are broken and 2 of the vases are missing."
MUGS = {"sku": "KX-1", "units": 3, "issue": "transit_damage", "quote": "3 of the red mugs are broken"}
VASES = {"sku": "KX-3", "units": 2, "issue": "missing", "quote": "2 of the vases are missing"}
OTHER_ID = OrderId("204-5512873-7719399")
READING = "A second reader is reading the message too…"
TAKEN = "Two readers have read the message: where they differ, it is asked below."


class Page:
    """A window on the breakdown, and the work that waits for the thread that draws it."""

    def __init__(self, window: Window, waiting: "Queue[Callable[[], None]]") -> None:
        self.window = window
        self.waiting = waiting

    def heard(self) -> None:
        """The answer of the second reader arrives."""
        self.waiting.get(timeout=20)()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with served_model() as served:
        monkeypatch.setenv("PLAYBOOK_LLM_URL", served.url)
        monkeypatch.setenv("PLAYBOOK_LLM_MODEL", "small")
        yield served


@pytest.fixture
def open_page(desk: Desk, windows: Callable[..., Window], model: Model, monkeypatch: pytest.MonkeyPatch):
    waiting: Queue[Callable[[], None]] = Queue()
    monkeypatch.setattr(breakdown, "soon", waiting.put)

    def opens(**asked: str) -> Page:
        lines = (
            a_line(1, units=12, sku="KX-1", title="RED CERAMIC MUG"),
            a_line(2, units=12, sku="KX-2", title="BLUE CERAMIC MUG"),
            a_line(3, units=4, sku="KX-3", title="GLASS VASE LARGE"),
        )
        order = an_order(*lines)
        desk.store.put_orders([order], "test")
        case = carried_out(desk, opened(desk, MESSAGE), lock(order))
        return Page(windows(case_id=case.case_id, **asked), waiting)

    return opens


def test_agreement_is_said(open_page: Callable[..., Page], model: Model) -> None:
    model.answers(MUGS, VASES)
    page = open_page()
    page.window.sees(READING)
    page.heard()
    page.window.sees(TAKEN)
    assert READING not in page.window.text
    assert page.window.field("Units of KX-1").value == "3"


def test_disagreement_is_asked(open_page: Callable[..., Page], model: Model) -> None:
    model.answers(MUGS, {**VASES, "units": 4})
    page = open_page()
    before = page.window.text
    page.heard()
    page.window.sees(TAKEN)
    assert "GLASS VASE LARGE" in page.window.text.split("To ask the buyer")[1]
    assert "GLASS VASE LARGE" not in before.split("To ask the buyer")[1]


def test_what_the_agent_typed_meanwhile_stays(open_page: Callable[..., Page], model: Model) -> None:
    model.answers(MUGS, {**VASES, "units": 4})
    page = open_page()
    page.window.set("Units of KX-3", "1")
    page.heard()
    page.window.sees("The second reader has finished. “Propose again” takes in what it found.")
    assert page.window.field("Units of KX-3").value == "1"
    page.window.click("Propose again")
    assert page.window.field("Units of KX-3").value == "2"


def test_another_order_meanwhile_is_not_touched(
    open_page: Callable[..., Page], model: Model, desk: Desk
) -> None:
    mugs = a_line(1, units=6, sku="KX-1", title="RED CERAMIC MUG")
    vases = a_line(2, units=4, sku="KX-3", title="GLASS VASE LARGE")
    other = an_order(mugs, vases, order_id=OTHER_ID)
    desk.store.put_orders([other], "test")
    model.answers(MUGS, VASES)
    page = open_page()
    answer_for_the_first = page.waiting.get(timeout=20)
    carried_out(desk, page.window.case, WithdrawLock("the other one"), lock(other))
    page.window.page.work.refresh()
    answer_for_the_first()
    page.window.sees(READING)
    page.heard()
    page.window.sees(TAKEN)
    assert page.window.field("Units of KX-1").value == "3"
    assert len(model.asked) == 2


def test_trouble_is_a_sentence_and_the_page_works_on(open_page: Callable[..., Page], model: Model) -> None:
    model.sends(500, "out of order")
    page = open_page(lang="zh_CN")
    page.heard()
    page.window.sees("无法连接第二阅读器：以下只是离线阅读的结果。")


def test_a_bug_in_the_second_reader_leaves_nobody_waiting(
    open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(secondreader, "read_twice", broken)
    page = open_page()
    page.heard()
    page.window.sees("The second reader stopped because of an error in this program")
    assert READING not in page.window.text
    assert page.window.field("Units of KX-1").value == "3"


def test_the_page_does_not_wait(open_page: Callable[..., Page], model: Model) -> None:
    over = threading.Event()

    def behave(handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)
        handler.send_error(503)

    model.behave = behave
    began = time.monotonic()
    page = open_page()
    page.window.sees(READING)
    assert page.window.field("Units of KX-1").value == "3"
    assert time.monotonic() - began < 8
    over.set()
    page.heard()
    assert "this is the offline reading alone" in page.window.text


def test_nothing_is_asked_once_a_person_has_confirmed_or_edited(
    open_page: Callable[..., Page], model: Model, windows: Callable[..., Window]
) -> None:
    model.answers(MUGS, VASES)
    page = open_page()
    page.heard()
    page.window.set("Units of KX-3", "1")
    again = windows(case_id=page.window.case.case_id)
    assert READING not in again.text
    with pytest.raises(Empty):
        page.waiting.get(timeout=0.5)
    assert len(model.asked) == 1
    assert json.loads(json.dumps(model.asked[0][2]))["model"] == "small"
