"""A 40-line case with five problem types on three channels, from the opened remedy page to the recorded answer.

The desk is served, the order locked and its breakdown confirmed; then a person opens the page in Chromium, in
both languages: takes the preferred remedies, agrees, confirms the plan and records the answer as sent. Clicks
are counted, pictures of every page are kept. Exit code 1 when it takes more than twelve clicks, or when the
page shows an error.
"""

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.orders import Channel, Order
from playbook.i18n import translator
from playbook.policy import load_policy
from playbook.steps import Actor
from playbook.steps.commands import ConfirmBreakdown, LockOrder
from playbook.store import open_store
from tests.builders import NOW, NUMBER_IN_TEXT, a_line, an_order, broken_down, claim
from tests.desks import Clock, carried_out, opened
from tests.e2e.desk import LAUNCH, Person, Server, Watch, new_person, serving

MOST_CLICKS = 12
LINES = 40
PROBLEMS = (
    ProblemType.TRANSIT_DAMAGE,
    ProblemType.WRONG_VARIANT,
    ProblemType.MISSING,
    ProblemType.QUALITY_FLAW,
    ProblemType.DEFECT,
)
CHANNELS = {7: Channel.FBA, 8: Channel.FBA, 15: Channel.SFP, 16: Channel.SFP}
MESSAGE = (
    "Order {order_id}: several of the desk lamps are broken, some came in the wrong colour, some are missing,"
    " some have scratches and some do not work. Photos are attached, the rest is fine."
)


def the_order(number: int) -> Order:
    """Forty lines, most shipped by us, some by Amazon, some under Prime."""
    lines = (
        a_line(n, units=6, paid="30.00", sku=f"LAMP-{n:02}", channel=CHANNELS.get(n, Channel.FBM))
        for n in range(1, LINES + 1)
    )
    return an_order(*lines, order_id=f"204-55128{number:02}-7719305")


def a_case_to_decide(home: Path, number: int) -> str:
    """A case whose breakdown claims five problem types on twenty lines."""
    with open_store(f"sqlite:///{home / 'playbook.db'}") as store:
        desk = Desk(store, load_policy(), Actor("lin"), Clock(NOW - timedelta(minutes=1)))
        order = the_order(number)
        store.put_orders([order], "walk")
        case = opened(desk, MESSAGE.format(order_id=order.order_id))
        rows = [claim(1 + n % 3, PROBLEMS[n % 5], line=n) for n in range(1, LINES // 2 + 1)]
        breakdown = broken_down(*rows)
        assert isinstance(breakdown, ConfirmBreakdown)
        case = carried_out(desk, case, LockOrder(order, "certain", (NUMBER_IN_TEXT,)), breakdown)
        return str(case.case_id)


def walk(browser: Browser, server: Server, lang: str, case_id: str, pictures: Path) -> tuple[int, list[str]]:
    """Clicks to the recorded answer, and everything that went wrong on the page."""
    say, watch = translator(lang), Watch()
    person = new_person(browser, server, watch, lang)
    person.page.set_viewport_size({"width": 1280, "height": 3000})
    person.page.goto(server.page("case", case=case_id, lang=lang))
    person.sees(say("Whole plans, side by side"))
    shoot(person, pictures / f"remedy-1-opened-{lang}.png")
    clicks = 0
    for name, sign, picture in (
        ("Take the preferred remedy for all", say("It costs us"), "2-drafted"),
        ("Agree on these remedies", say("The plan"), "3-plan"),
        ("Confirm the plan", say("What is next"), "4-confirmed"),
        ("Sent on the buyer's thread", say("Journal"), "5-answered"),
    ):
        person.click(say(name))
        clicks += 1
        person.sees(sign)
        shoot(person, pictures / f"remedy-{picture}-{lang}.png")
    errors = [*watch.errors, *watch.foreign]
    watch.leave()
    return clicks, errors


def shoot(person: Person, path: Path) -> None:
    """The whole page, once it has settled."""
    person.page.wait_for_timeout(1200)
    person.page.screenshot(path=path, full_page=True)


def answered(home: Path, case_id: str) -> bool:
    """Whether the log says that an answer was sent and every unit has a remedy."""
    with open_store(f"sqlite:///{home / 'playbook.db'}") as store:
        case = Desk(store, load_policy(), Actor("lin"), Clock()).case(case_id)
        return case is not None and bool(case.messages) and not case.undecided_units()


def main() -> int:
    """Print clicks and errors per language; 1 when there are too many."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/walk_remedy.py --pictures pictures",
    )
    parser.add_argument("--pictures", type=Path, help="folder for the pictures; a temporary one by default")
    given = parser.parse_args()
    pictures = given.pictures or Path(tempfile.mkdtemp(prefix="walk-remedy-"))
    pictures.mkdir(parents=True, exist_ok=True)
    worst = 0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        home = Path(name) / "home"
        browser = playwright.chromium.launch(**LAUNCH)  # type: ignore[arg-type]
        with serving(home, as_of=NOW.isoformat()) as server:
            for number, lang in enumerate(("en", "zh_CN"), start=10):
                case_id = a_case_to_decide(home, number)
                server.wait_warm()
                clicks, errors = walk(browser, server, lang, case_id, pictures)
                done = answered(home, case_id)
                worst = max(worst, 0 if done and clicks <= MOST_CLICKS and not errors else 1)
                print(f"{lang:<6} {clicks} clicks, answered: {done}, errors: {errors or 'none'}", flush=True)
        browser.close()
    print(f"pictures in {pictures}")
    return worst


if __name__ == "__main__":
    sys.exit(main())
