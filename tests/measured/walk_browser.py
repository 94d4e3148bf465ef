"""Twenty labelled messages from paste to confirmed breakdown in Chromium: clicks, and a picture of each table.

Reads ``../shared/data`` (not part of this repository). The orders of the messages are imported as a table,
each message is pasted on the front page, and a person who believes the page goes on: locks the order (or
types its number and says that it was checked in Seller Central where the page asks for more), says that all
proposals are right, that the rest is fine where that is left, and confirms. The clicks count where the
proposals are what the label says; elsewhere the page would have to be corrected first.
Exit code 1 when a message that was read right took more than six clicks.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.desk import LAUNCH, Person, Server, Watch, new_person, serving
from tests.measured.walk_messages import DATA, rows_of_case, write_table

MOST_CLICKS = 6
AS_OF = "2026-11-24T09:00:00Z"


@dataclass
class Clicker:
    """A person whose clicks are counted."""

    person: Person
    clicks: int = 0

    def click(self, name: str) -> bool:
        """Click a button if it is there and can be clicked; whether it was."""
        button = self.person.page.get_by_role("button", name=name, exact=True).locator("visible=true").first
        if not button.count() or not button.is_enabled():
            return False
        button.click()
        self.clicks += 1
        self.person.page.wait_for_timeout(400)
        return True


def proposed(person: Person) -> set[tuple[str, str, str]]:
    """The rows of the table that claim something: (SKU, units, problem)."""
    rows = set()
    for select in person.page.locator(".pb-rows select:visible").all():
        sku = select.evaluate("x => x.labels[0].textContent").removeprefix("Problem of ")
        grid = select.locator("xpath=ancestor::*[contains(@class,'pb-grid')][1]")
        units = grid.locator("input[type=text]").first.input_value()
        problem = select.evaluate("x => x.selectedOptions[0].textContent").replace("\xa0", " ")
        if problem != "Fine" and (units or problem != "not mentioned"):
            rows.add((sku, units, problem))
    return rows


def walk(
    browser: Browser, server: Server, case: dict[str, Any], pictures: Path | None
) -> tuple[bool, int, int]:
    """Whether the table said what the label says, clicks to the confirmed breakdown (0: not reached), errors."""
    from playbook.domain.claims import ProblemType
    from playbook.i18n.words import PROBLEMS

    watch = Watch()
    person = new_person(browser, server, watch)
    doer = Clicker(person)
    person.open_case(case["message"])
    doer.clicks += 1
    number = case["order_id"]
    if not doer.click(f"Lock {number}"):
        field = person.page.get_by_label("Order number, or a part of it")
        field.fill(number)
        field.press("Tab")
        person.page.wait_for_timeout(1500)
        if not doer.click(f"Lock {number}"):
            doer.click("Pick")
            fact = person.page.get_by_label("Second fact")
            if fact.count():
                fact.first.select_option(label="Checked in Seller Central")
                doer.clicks += 1
                person.page.wait_for_timeout(400)
            doer.click(f"Lock {number}")
    person.sees("What is wrong, unit by unit")
    person.page.wait_for_timeout(600)
    only = person.page.get_by_label("Only lines with a problem")
    if only.count() and only.first.is_visible() and not only.first.is_checked():
        only.first.check()
        person.page.wait_for_timeout(400)
    rows = proposed(person)
    if pictures is not None:
        person.page.screenshot(path=pictures / f"{case['case_id']}.png", full_page=True)
    gold = {
        (str(item["sku"]), str(item["qty"]), PROBLEMS[ProblemType(item["type"])])
        for item in case["gold"]["items"]
        if item["type"] != "no_issue"
    }
    if not doer.click("All proposals are right"):
        doer.click("Right")
    if not doer.click("Confirm breakdown"):
        doer.click("Rest is fine")
        person.page.wait_for_timeout(600)
        if not doer.click("Confirm breakdown"):
            doer.clicks = 0
    watch.leave()
    return rows == gold, doer.clicks, len(watch.errors) + len(watch.foreign)


def main() -> int:
    """Print the table; 1 when a message that was read right took too many clicks."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/walk_browser.py --pictures pictures",
    )
    parser.add_argument("--count", type=int, default=20, help="messages to walk through")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each table")
    given = parser.parse_args()
    if not DATA.is_dir():
        sys.stderr.write(f"no measuring data at {DATA}\n")
        return 3
    with (DATA / "buyer_messages" / "cases.jsonl").open(encoding="utf-8") as file:
        known = [json.loads(line) for number, line in enumerate(file) if number % 4 != 3]
    cases = known[:: max(1, len(known) // given.count)][: given.count]
    if given.pictures is not None:
        given.pictures.mkdir(parents=True, exist_ok=True)
    too_many = 0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        table, mapping = write_table(folder, [row for case in cases for row in rows_of_case(case)])
        browser = playwright.chromium.launch(**LAUNCH)  # type: ignore[arg-type]
        with serving(folder / "home", imports=(table, mapping), as_of=AS_OF) as server:
            print(f"{'case':<20}{'lang':<6}{'read':<8}{'clicks':>7}{'errors':>8}")
            for case in cases:
                server.wait_warm()
                right, clicks, errors = walk(browser, server, case, given.pictures)
                too_many += right and not 0 < clicks <= MOST_CLICKS
                read = "right" if right else "partly"
                print(
                    f"{case['case_id']:<20}{case['language']:<6}{read:<8}{clicks or 'open':>7}{errors:>8}",
                    flush=True,
                )
        browser.close()
    print(f"{too_many} messages that were read right took more than {MOST_CLICKS} clicks")
    return 1 if too_many else 0


if __name__ == "__main__":
    sys.exit(main())
