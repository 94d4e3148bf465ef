"""Pictures of every step in both languages: `python tests/e2e/screens.py docs/screens` makes them anew."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.i18n import translator
from playbook.settings import data_dir
from tests.e2e.desk import LAUNCH, Person, Server, Watch, new_person, serving
from tests.e2e.test_whole_cases import CHINESE

AS_OF = "2026-11-20T09:30:00Z"
SAMPLE = yaml.safe_load((data_dir() / "cases" / "damaged-and-wrong-colour.yaml").read_text("utf-8"))
MESSAGES = {"en": str(SAMPLE["message"]), "zh_CN": CHINESE}
"""Interface language -> the message that is worked through."""


def shoot(person: Person, path: Path) -> None:
    """The page as it stands, once it has settled."""
    person.page.wait_for_timeout(900)
    person.page.screenshot(path=path)


def walk(browser: Browser, server: Server, lang: str, out: Path) -> None:
    """Every step of one case."""
    say = translator(lang)
    suffix = "en" if lang == "en" else "zh"
    person = new_person(browser, server, Watch(), lang)
    person.page.goto(server.page("home", lang=lang))
    person.page.locator(".pb-table").first.wait_for()
    shoot(person, out / f"home-{suffix}.png")
    person.open_case(MESSAGES[lang])
    shoot(person, out / f"lock-{suffix}.png")
    person.page.locator(".pb-btn-primary:visible:enabled").first.click()
    person.sees(say("What is wrong, unit by unit"))
    shoot(person, out / f"breakdown-{suffix}.png")
    for accept in person.page.get_by_role("button", name=say("Right"), exact=True).all():
        accept.click()
        person.page.wait_for_timeout(300)
    if not person.page.get_by_role("button", name=say("Confirm breakdown"), exact=True).is_enabled():
        person.click(say("Rest is fine"))
    person.click(say("Confirm breakdown"))
    person.click(say("Take the preferred remedy for all"))
    person.page.locator(".pb-chosen").first.wait_for()
    person.page.mouse.wheel(0, -5000)
    shoot(person, out / f"remedy-{suffix}.png")
    person.click(say("Agree on these remedies"))
    person.click(say("Confirm the plan"))
    person.sees(say("What is next"))
    shoot(person, out / f"follow-up-{suffix}.png")
    person.page.locator("textarea:visible").first.scroll_into_view_if_needed()
    shoot(person, out / f"letter-{suffix}.png")
    person.page.context.close()


def causes(browser: Browser, server: Server, lang: str, out: Path) -> None:
    """The causes hidden in the invented rows of the page."""
    say = translator(lang)
    person = new_person(browser, server, Watch(), lang)
    person.page.goto(server.page("insights", lang=lang))
    person.page.get_by_text(say("Show sample data")).click()
    person.page.locator(".pb-insights svg").first.wait_for()
    person.page.locator(".pb-signal").first.wait_for()
    shoot(person, out / f"causes-{'en' if lang == 'en' else 'zh'}.png")
    person.page.context.close()


def report(browser: Browser, server: Server, lang: str, out: Path) -> None:
    """The report of a review of the sample cases, as it lies in a folder."""
    place = out / ".review"
    period = ("--from", "2026-11-01", "--to", "2026-11-30", "--samples", "--lang", lang, "--out", str(place))
    environment = {**os.environ, "PLAYBOOK_HOME": str(server.home)}
    subprocess.run(["playbook", "review", *period], check=False, capture_output=True, env=environment)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((place / "report.html").resolve().as_uri())
    page.screenshot(path=out / f"review-{'en' if lang == 'en' else 'zh'}.png")
    page.close()
    shutil.rmtree(place)


def dark_and_wide(browser: Browser, server: Server, out: Path) -> None:
    """The breakdown of a forty-line order in the dark, on a wide screen."""
    person = new_person(browser, server, Watch(), color_scheme="dark")
    person.page.set_viewport_size({"width": 1920, "height": 1080})
    person.open_case(MESSAGES["en"])
    person.page.locator(".pb-btn-primary:visible:enabled").first.click()
    person.sees("What is wrong, unit by unit")
    shoot(person, out / "breakdown-dark.png")


def main() -> None:
    """Make all pictures."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        with serving(Path(place) / "home", as_of=AS_OF) as server:
            for lang in MESSAGES:
                walk(browser, server, lang, out)
                server.wait_warm()
                causes(browser, server, lang, out)
                report(browser, server, lang, out)
                server.wait_warm()
            dark_and_wide(browser, server, out)
        browser.close()


if __name__ == "__main__":
    main()
