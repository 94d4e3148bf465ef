"""What must never happen in a real browser: lost work, running foreign markup, tracebacks, foreign hosts."""

import re
import sqlite3
import urllib.parse
import urllib.request
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.desk import Person, Server, Watch, new_person, serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ORDER = "114-3920518-6604217"
HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'><b>bold</b> "
    "<svg onload=window.pwned=3> [[x](javascript:window.pwned=4) \u202eorder\u202c "
    f"{ORDER} 2 lanterns broken {{{{ 7*7 }}}} =HYPERLINK(1)"
)


def locked(person: Person, message: str) -> str:
    case_id = person.open_case(message)
    person.click(f"Lock {ORDER}")
    person.sees("What is wrong, unit by unit")
    return case_id


def test_markup_in_a_message_is_only_text(browser: Browser, server: Server, watch: Watch) -> None:
    person = new_person(browser, server, watch)
    case_id = locked(person, HOSTILE)
    shown = person.page.locator(".pb-msg").first.inner_text()
    assert "<script>window.pwned=1</script>" in shown
    assert "{{ 7*7 }}" in shown
    assert person.page.locator(".pb-msg b, .pb-msg img, .pb-msg script, .pb-msg svg").count() == 0
    person.page.goto(server.page("home", lang="en"))
    person.page.get_by_role("link", name=case_id).first.wait_for()
    assert person.page.evaluate("window.pwned") is None


def test_markup_in_product_titles_is_only_text(browser: Browser, watch: Watch, tmp_path_factory) -> None:
    place = tmp_path_factory.mktemp("hostile")
    title = "<img src=x onerror=window.pwned=1><script>window.pwned=2</script>Lamp"
    (place / "shop.csv").write_text(
        "Invoice,Date,Code,Name,Qty,Price,City\n"
        f'A-77001,2026-11-02 10:00,"<i>LMP</i>","{title}",4,4.25,"<u>Ulm</u>"\n',
        "utf-8",
    )
    (place / "map.yaml").write_text(
        "order_id: Invoice\nplaced_at: {column: Date, timezone: Europe/Berlin}\nsku: Code\ntitle: Name\n"
        "units: Qty\nunit_price: Price\ncity: City\ncurrency: {const: EUR}\nchannel: {const: FBM}\n"
        "marketplace: {const: DE}\n",
        "utf-8",
    )
    with serving(place / "home", imports=(place / "shop.csv", place / "map.yaml")) as server:
        person = new_person(browser, server, watch)
        person.open_case("Hello, order A-77001: 2 lamps are broken, the rest is fine")
        person.page.get_by_label("Order number, or a part of it").fill("A-77001")
        person.page.locator(".pb-row.pb-hit:visible").first.wait_for()
        assert person.page.evaluate("window.pwned") is None
        person.page.locator(".pb-btn-primary:visible:enabled").first.click()
        person.sees("What is wrong, unit by unit")
        assert title in person.page.locator(".pb-rows").inner_text()
        assert person.page.locator(".pb-rows img, .pb-rows script, .pb-rows i:not(.c0,.c1,.c2)").count() == 0
        assert person.page.evaluate("window.pwned") is None
        watch.leave()


def test_two_windows_on_one_case_end_in_a_notice(browser: Browser, server: Server, watch: Watch) -> None:
    first = new_person(browser, server, watch)
    case_id = locked(first, f"Order {ORDER}: 1 glass lantern arrived broken, everything else is fine.")
    second = new_person(browser, server, watch)
    second.page.goto(server.page("case", case=case_id, lang="en", agent="wang"))
    second.click("Confirm breakdown")
    second.sees("What this comes to")
    first.page.get_by_label("Problem of LANT-M").first.select_option(label="Cosmetic flaw")
    first.click("Confirm breakdown")
    first.sees("A colleague changed this case meanwhile.")
    first.sees("wang: Breakdown confirmed")
    assert first.page.get_by_label("Problem of LANT-M").first.input_value() == "Cosmetic flaw"


def test_row_and_quote_point_at_each_other(browser: Browser, server: Server, watch: Watch) -> None:
    person = new_person(browser, server, watch)
    locked(person, f"Order {ORDER}: 2 glass lanterns arrived broken.")
    person.page.locator("mark[data-from]:visible", has_text="lanterns").first.wait_for()
    person.page.locator(".pb-rows [data-from]:visible").first.wait_for()
    person.page.mouse.move(1, 1)  # a pointer that rests on a row points at its quote too
    person.page.get_by_label("Units of LANT-M").first.focus()
    here = person.page.locator("mark.pb-here:visible")
    here.first.wait_for()
    assert "lanterns" in here.first.inner_text()
    person.page.get_by_label("Units of NOTE5-BLK").first.focus()
    assert here.count() == 0
    person.page.locator("mark:visible", has_text="lanterns").first.click()
    focused = person.page.evaluate("document.activeElement.labels[0].textContent")
    assert focused == "Problem of LANT-M"


def kernel_of(page: Page) -> str:
    """The kernel behind a page."""
    found = page.evaluate("document.getElementById('jupyter-config-data').textContent")
    match = re.search(r'"kernelId":\s*"([0-9a-f-]{36})"', found)
    assert match is not None
    return match.group(1)


def test_a_killed_kernel_loses_nothing(browser: Browser, server: Server, watch: Watch) -> None:
    person = new_person(browser, server, watch)
    locked(person, f"Order {ORDER}: 1 lantern arrived broken.")
    person.page.get_by_label("Units of NOTE5-BLK").first.press_sequentially("3")
    person.page.keyboard.press("Tab")
    person.page.get_by_label("Problem of NOTE5-BLK").first.select_option(label="Does not work")
    person.page.wait_for_timeout(2000)  # what was edited is saved two seconds later at the latest
    cookies = {cookie["name"]: cookie["value"] for cookie in person.page.context.cookies()}
    body = urllib.parse.urlencode({"_xsrf": cookies["_xsrf"]}).encode()
    request = urllib.request.Request(
        f"{server.url}/voila/api/shutdown/{kernel_of(person.page)}",
        data=body,
        headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.status == 204
    watch.errors.clear()
    person.page.reload()
    person.sees("What is wrong, unit by unit")
    assert person.page.get_by_label("Units of NOTE5-BLK").first.input_value() == "3"
    assert person.page.get_by_label("Problem of NOTE5-BLK").first.input_value() == "Does not work"
    watch.errors.clear()


@pytest.mark.parametrize(
    "query",
    [
        "case=2026-9999",
        "case=../../etc/passwd",
        "case=%3Cscript%3Ewindow.pwned%3D1%3C/script%3E",
        "sample=no-such-sample",
        "case=%00%ff&lang=%22%3E",
        "agent=nobody&lang=klingon&case=" + "9" * 5000,
    ],
)
def test_an_unknown_case_is_a_sentence(browser: Browser, server: Server, watch: Watch, query: str) -> None:
    person = new_person(browser, server, watch)
    person.page.goto(f"{server.url}/voila/render/case.ipynb?{query}")
    person.page.locator("[role=alert]:visible").first.wait_for()
    text = person.page.locator("body").inner_text()
    assert "Traceback" not in text
    assert person.page.evaluate("window.pwned") is None


def test_a_newer_database_is_a_sentence(browser: Browser, server: Server, watch: Watch) -> None:
    with closing(sqlite3.connect(server.home / "playbook.db")) as database:
        version = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        try:
            database.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
            database.commit()
            for notebook in ("home", "case"):
                person = new_person(browser, server, watch)
                person.page.goto(server.page(notebook, lang="en"))
                person.sees("This did not work.")
                assert "Traceback" not in person.page.locator("body").inner_text()
                assert "newer" in person.page.locator("[role=alert]:visible").inner_text()
        finally:
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))
            database.commit()
    server.wait_warm()


@pytest.mark.parametrize(
    "path", ["/voila/render/nothing.ipynb", "/voila/files/home.ipynb", "/voila/tree", "/x"]
)
def test_nothing_else_is_served(browser: Browser, server: Server, watch: Watch, path: str) -> None:
    person = new_person(browser, server, watch)
    reply = person.page.goto(f"{server.url}{path}")
    assert reply is not None
    assert reply.status in {403, 404}
    assert "Traceback" not in person.page.locator("body").inner_text()
    watch.errors.clear()  # the browser logs the 404 itself


def test_the_keyboard_is_enough(browser: Browser, server: Server, watch: Watch) -> None:
    person = new_person(browser, server, watch)
    locked(person, f"Order {ORDER}: 1 glass lantern arrived broken, everything else is fine.")
    units = person.page.get_by_label("Units of LANT-M").first
    before = units.input_value()
    units.focus()
    person.page.keyboard.type("7")
    person.page.keyboard.press("Escape")
    assert units.input_value() == before
    person.page.keyboard.press("Control+a")
    person.page.keyboard.type("2")
    person.page.keyboard.press("Enter")
    person.page.get_by_role("button", name="Undo", exact=True).wait_for()
    person.page.wait_for_function(
        "!([...document.querySelectorAll('button')].find(b=>b.textContent==='Undo').disabled)"
    )
    outline = person.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
