"""Two whole cases by clicks only, from a pasted message to a closed plan, in both interface languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from playbook.i18n import translator
from tests.e2e.desk import Person, Server, Watch, new_person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ENGLISH = """Hello,
our order 203-7729145-0036884 arrived today. 3 of the dinner plates were smashed, everything else is fine.
Please send new ones, we open on Friday.
Kind regards"""

CHINESE = """你好，订单 503-2294608-7715534 收到了。2个 LAMP-WHT 不亮，3条 USBC2-BLK 少发了。其他都没问题，请尽快处理。"""


def agree_on_everything(person: Person, say: Callable[[str], str]) -> None:
    """Lock, confirm the proposal, take what the rules prefer, confirm the plan."""
    person.page.locator(".pb-btn-primary:visible:enabled").first.click()
    person.click(say("Confirm breakdown"))
    person.click(say("Take the preferred remedy for all"))
    person.click(say("Agree on these remedies"))
    person.click(say("Confirm the plan"))
    person.sees(say("What is next"))


def take_everything_back(person: Person, say: Callable[[str], str]) -> None:
    """Record that all goods of a return have arrived: before that, their refund is not ours to submit."""
    everything = person.page.get_by_role("button", name=say("Everything is here"), exact=True)
    if everything.count():
        person.click(say("Everything is here"))
        person.click(say("Record what came back"))
        everything.wait_for(state="detached")


def keep_every_promise(person: Person, say: Callable[[str], str]) -> None:
    """Record each promise as kept, with a reference."""
    kept = say("Done: promise kept")
    buttons = person.page.get_by_role("button", name=kept, exact=True)
    while buttons.count():
        left = buttons.count()
        row = buttons.first.locator("xpath=ancestor::*[contains(@class,'pb-row')][1]")
        row.locator("input").first.fill("REF-20261124-1")
        row.locator("input").first.press("Tab")
        buttons.first.click()
        person.page.wait_for_function(
            "([name, left]) => [...document.querySelectorAll('button')]"
            ".filter(b => b.textContent.trim() === name).length < left",
            arg=[kept, left],
        )


@pytest.mark.parametrize(("lang", "message"), [("en", ENGLISH), ("zh_CN", CHINESE)])
def test_from_message_to_closed_case(
    browser: Browser, server: Server, watch: Watch, lang: str, message: str
) -> None:
    say = translator(lang)
    person = new_person(browser, server, watch, lang)
    case_id = person.open_case(message)
    agree_on_everything(person, say)

    person.page.reload()
    person.sees(say("What is next"))
    assert case_id in person.page.locator(".pb-bar").inner_text()

    person.click(say("Sent on the buyer's thread"))
    person.sees(say("Promises"))
    take_everything_back(person, say)
    keep_every_promise(person, say)
    person.click(say("Pasted into Seller Central"))
    person.click(say("Sent on the buyer's thread"))
    person.click(say("Close the case"))
    person.sees(say("This case is closed."))

    person.page.goto(server.page("home", lang=lang))
    person.page.locator(".pb-table").first.wait_for()
    assert case_id not in person.page.locator("body").inner_text()
