"""Speed of the pure decision path on one 40-line case, without notebook, store or widgets.

Read the message, propose and confirm the breakdown, all options of every claim, agree on the preferred
remedies, confirm the plan, compute the schedule. The baseline of the same run is the least that fuzzy
reading and one snapshot would cost: ``rapidfuzz.process.cdist`` of every clause with every title, and a
deep copy of the order. Also what a page and its messages take: all options of a claim on each of the forty
lines, the schedule, and every kind of letter; and what it takes to look through each of these letters. Also the start: the library with everything warm against ``import pandas``, in
processes of their own; a page kernel may not load pandas. Exit code 1 when a limit is exceeded.
"""

import argparse
import copy
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rapidfuzz import fuzz, process

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.ids import OrderId
from playbook.domain.orders import Order
from playbook.domain.problems import Problem
from playbook.intake import read
from playbook.letters import LetterKind, draft, lint
from playbook.orderbook import load_samples
from playbook.samplecases.loading import load_sample
from playbook.steps.breakdown import rest_is_fine
from playbook.steps.commands import Choice, ChooseRemedies, ClaimRow, ConfirmBreakdown, ConfirmPlan
from playbook.steps.options import options
from playbook.steps.schedule import schedule
from playbook.store import open_store
from playbook.viewmodels.case import line_refs
from tests.builders import LEAD, NOW, a_locked_case, a_setting, broken_down, claim, run
from tests.measured.limits import Report, p95, spread

LIMIT_MS = 30.0
MESSAGES_LIMIT_MS = 50.0
LINT_LIMIT_MS = 20.0
SAMPLE = "damaged-and-wrong-colour"
ORDER = OrderId("202-9961038-7743125")
SETTING = a_setting(LEAD)
PROBLEMS = (
    *(ProblemType.TRANSIT_DAMAGE, ProblemType.WRONG_VARIANT, ProblemType.MISSING),
    *(ProblemType.QUALITY_FLAW, ProblemType.DEFECT),
)

OURS = """
import sys, time
began = time.perf_counter()
import playbook.notebook
playbook.notebook.warm_up()
print((time.perf_counter() - began) * 1000, "pandas" in sys.modules)
"""
PANDAS = """
import time
began = time.perf_counter()
import pandas
print((time.perf_counter() - began) * 1000, True)
"""


def the_order(folder: Path) -> Order:
    """The sample order with forty lines, as the order book holds it."""
    with open_store(f"sqlite:///{folder / 'book.db'}") as store:
        load_samples(store, at=NOW)
        order = store.order(ORDER)
    assert order is not None
    assert len(order.lines) == 40
    return order


def decided(locked: Case, message: str) -> Case:
    """The whole path, from the message to the planned case with its schedule."""
    reading = read(message, line_refs(locked))
    spoken = [ClaimRow(item.line, item.issue, item.units) for item in reading.items if item.line is not None]
    rows = rest_is_fine(locked, spoken, SETTING.elsewhere)
    claimed = run(locked, ConfirmBreakdown(tuple(rows)), setting=SETTING)
    choices = []
    for item in claimed.claims:
        offered = options(claimed, item, SETTING)
        allowed = next(option for option in offered if option.outcome == "allowed")
        choices.append(Choice(item.item, allowed.kind))
    planned = run(claimed, ChooseRemedies(tuple(choices)), ConfirmPlan(), setting=SETTING)
    assert schedule(planned, SETTING)
    return planned


def heavy(locked: Case) -> tuple[Case, Case]:
    """A case with a claim on every line, five problem types in turn: before the choice, and planned."""
    assert locked.order is not None
    rows = [claim(1, PROBLEMS[line.line % len(PROBLEMS)], line.line) for line in locked.order.lines]
    claimed = run(locked, broken_down(*rows), setting=SETTING)
    choices = tuple(
        Choice(item.item, next(o.kind for o in options(claimed, item, SETTING) if o.preferred))
        for item in claimed.claims
    )
    return claimed, run(claimed, ChooseRemedies(choices), ConfirmPlan(), setting=SETTING)


def told(claimed: Case, planned: Case) -> int:
    """All options, the schedule and every letter of a case; how many options there were."""
    setting = a_setting(LEAD)
    offered = sum(len(options(claimed, item, setting)) for item in claimed.claims)
    assert schedule(planned, setting)
    for kind in LetterKind:
        draft(kind, planned, policy=setting.policy, now=NOW, locale="en")
    return offered


def written(planned: Case) -> list[tuple[str, str]]:
    """Every letter that the case gives, in four languages, each with its language."""
    drafts = [
        (draft(kind, planned, policy=SETTING.policy, now=NOW, locale=locale), locale)
        for kind in LetterKind
        for locale in ("en", "de", "fr", "zh")
    ]
    return [(letter.text, locale) for letter, locale in drafts if not isinstance(letter, Problem)]


def looked_through(text: str, locale: str, planned: Case) -> object:
    """What the lint minds about a letter as it was drafted."""
    return lint(text, case=planned, policy=SETTING.policy, locale=locale, now=NOW, drafted=text)


def times_ms(work: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of each call."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times


def start_ms(program: str, home: Path, runs: int) -> tuple[float, bool]:
    """Median milliseconds that *program* measures in fresh processes, and whether pandas got loaded."""
    times = []
    pandas = False
    for _ in range(runs + 1):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PLAYBOOK_HOME": str(home)},
            check=True,
            capture_output=True,
            text=True,
        )
        took, loaded = done.stdout.split()
        times.append(float(took))
        pandas |= loaded == "True"
    return statistics.median(times[1:]), pandas  # the first one makes the home


def main() -> int:
    """Print the comparisons; 1 when any is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/bench_decision.py --runs 50",
    )
    parser.add_argument("--runs", type=int, default=50, help="how often the path is taken")
    runs = parser.parse_args().runs
    report = Report()
    message = load_sample(SAMPLE).message
    with tempfile.TemporaryDirectory() as name:
        order = the_order(Path(name))
        locked = a_locked_case(order, setting=SETTING)
        case = decided(locked, message)
        claims = sum(item.problem is not ProblemType.NO_ISSUE for item in case.items)
        assert claims == 3, "the sample has three claims"
        assert all(case.undecided_units() == 0 for _ in case.claims)
        clauses = [clause for clause in re.split(r"[.,:]", message) if clause.strip()]
        titles = [line.title for line in order.lines]

        def baseline() -> None:
            process.cdist(clauses, titles, scorer=fuzz.WRatio, workers=1)
            copy.deepcopy(order)

        ours = times_ms(lambda: decided(locked, message), runs)
        base = times_ms(baseline, runs)
        report.say(f"decision path, {len(order.lines)} lines, {claims} claims: {spread(ours)}")
        report.say(
            f"cdist of {len(clauses)} clauses x {len(titles)} titles, deepcopy of the order: {spread(base)}"
        )
        report.at_most("decision path, p95", p95(ours), LIMIT_MS, "ms", ("cdist and deepcopy", p95(base)))

        claimed, planned = heavy(locked)
        offered = told(claimed, planned)
        telling = times_ms(lambda: told(claimed, planned), runs)
        report.say(f"{offered} options of {len(claimed.claims)} claims, schedule, {len(LetterKind)} letters")
        report.at_most(
            "options, schedule and letters, p95",
            p95(telling),
            MESSAGES_LIMIT_MS,
            "ms",
            ("cdist and deepcopy", p95(base)),
        )

        texts = written(planned)
        looks = [
            ms
            for text, locale in texts
            for ms in times_ms(
                lambda text=text, locale=locale: looked_through(text, locale, planned), max(2, runs // 10)
            )
        ]
        report.say(
            f"{len(texts)} letters looked through, up to {max(len(text) for text, _ in texts)} characters"
        )
        report.at_most(
            "one letter looked through, p95",
            p95(looks),
            LINT_LIMIT_MS,
            "ms",
            ("cdist and deepcopy", p95(base)),
        )

        start, loaded = start_ms(OURS, Path(name) / "home", 5)
        pandas, _ = start_ms(PANDAS, Path(name) / "home", 5)
        report.say(
            f"start, library and warm_up: {start:.0f} ms, {start / pandas:.2f} x import pandas ({pandas:.0f} ms)"
        )
        report.must("a page kernel loads no pandas", not loaded)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
