"""How fast stored cases are read: ten claim items and 53 events each, from their JSON to the folded case.

Columns: the figure of this program, then its ratio to the named baseline of the same run, then the limit.
The baseline *in two passes* is how it was done before: each event through ``json.loads`` with exact decimals
and a second validation in Python, a copy to add its chain, and a fold by ``dataclasses.replace``. Times are
processor time of one core; of several rounds the fastest counts, because other programs only ever add to it.
The last lines read the same cases from an SQLite file. Exit code 1 when a limit is exceeded.
"""

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.domain import folding
from playbook.domain.case import Case
from playbook.domain.claims import ProblemType
from playbook.domain.events import Event, canonical_json, event_from_json
from playbook.domain.events import _event_in_detail as event_in_detail
from playbook.domain.folding import apply, fold
from playbook.domain.ids import CaseId
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.steps import Command, Refused, Setting, decide
from playbook.steps.commands import Choice, ChooseRemedies, ConfirmPlan, KeepPromise, OpenCase
from playbook.store import open_store
from tests.builders import (
    CASE_ID,
    MANAGER,
    NOW,
    a_case,
    a_line,
    a_message,
    a_setting,
    an_order,
    broken_down,
    claim,
    later,
    lock,
    stamped,
)
from tests.measured.limits import Report

LIMIT_MS = 1.0
"""Reading and folding a stored case of ten claim items."""
CHAIN = "f" * 64
LINES = 12
KINDS = {
    ProblemType.TRANSIT_DAMAGE: RemedyKind.REPLACEMENT,
    ProblemType.CHANGED_MIND: RemedyKind.RETURN_REFUND,
    ProblemType.MISSING: RemedyKind.RESEND_MISSING,
}


def settled_case() -> tuple[Case, list[Event]]:
    """A case of ten claims on an order of twelve lines: agreed, planned, answered, all but the refunds kept."""
    case, log = a_case(), []

    def do(setting: Setting, *commands: Command) -> None:
        nonlocal case
        for command in commands:
            decision = decide(case, command, setting)
            assert not isinstance(decision, Refused), decision
            events = stamped(case, decision, setting)
            case = apply(case, events)
            log.extend(events)

    setting = a_setting(MANAGER)
    problems = list(KINDS)
    rows = [claim(3, problems[line % len(problems)], line) for line in range(1, 11)]
    order = an_order(*[a_line(line, units=20) for line in range(1, LINES + 1)])
    do(setting, OpenCase(received_at=NOW - timedelta(hours=2)), lock(order), broken_down(*rows))
    choices = tuple(Choice(item.item, KINDS[item.problem]) for item in case.claims)
    do(setting, ChooseRemedies(choices), ConfirmPlan(), a_message())
    for promise in case.open_promises:
        if promise.kind is not PromiseKind.SUBMIT_REFUND:
            do(later(setting, hours=3), KeepPromise(promise.promise, "1Z999"))
    do(later(setting, hours=4), a_message("update"))
    return case, log


def in_two_passes(texts: Sequence[str]) -> tuple[Event, ...]:
    """Parsing as it was: decimals and types in one pass each, then a copy with the chain."""
    return tuple(event_in_detail(text).model_copy(update={"chain": CHAIN}) for text in texts)


def folded_with_dataclasses(events: Sequence[Event]) -> Case:
    """The fold as it was: every change builds all fields of the case anew."""
    fast = folding.replace
    folding.replace = dataclasses.replace  # type: ignore[assignment]
    try:
        return fold(CASE_ID, events)
    finally:
        folding.replace = fast


def best_ms(work: Callable[[], object], rounds: int, times: int = 20) -> float:
    """Milliseconds of processor time of one call, in the fastest round of *times* calls."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - began) * 1000 / times)
    return min(found)


def from_sqlite(events: Sequence[Event], cases: int, rounds: int) -> float:
    """Milliseconds to read and fold one of *cases* cases that lie in an SQLite file."""
    with tempfile.TemporaryDirectory() as name, open_store(f"sqlite:///{Path(name) / 'log.db'}") as store:
        ids = [CaseId(f"2026-{number:04}") for number in range(1, cases + 1)]
        for case_id in ids:
            own = [event.model_copy(update={"case_id": case_id}) for event in events]
            with store.write(case_id) as tx:
                tx.append(case_id, own, 0)

        def read() -> None:
            with store.snapshot() as view:
                for case_id in ids:
                    assert fold(case_id, view.events(case_id)).version == len(events)

        return best_ms(read, rounds, 1) / cases


def main() -> int:
    """Print the comparisons; 1 when any is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/bench_fold.py --rounds 20",
    )
    parser.add_argument("--rounds", type=int, default=20, help="how many rounds, of which the fastest counts")
    rounds = parser.parse_args().rounds
    report = Report()
    case, events = settled_case()
    texts = [canonical_json(event) for event in events]
    read = in_two_passes(texts)

    def in_one_pass() -> tuple[Event, ...]:
        return tuple(event_from_json(text, CHAIN) for text in texts)

    report.must("both ways read the same events", in_one_pass() == read)
    report.must("both ways fold the same case", fold(CASE_ID, read) == folded_with_dataclasses(read) == case)
    parsing, parsing_before = best_ms(in_one_pass, rounds), best_ms(lambda: in_two_passes(texts), rounds)
    folds, folds_before = (
        best_ms(lambda: fold(CASE_ID, read), rounds),
        best_ms(lambda: folded_with_dataclasses(read), rounds),
    )
    claims, size = len(case.claims), sum(map(len, texts)) / 1024
    report.say(f"one case: {claims} claim items, {len(events)} events, {size:.0f} KiB of JSON")
    report.say(f"events parsed: {len(events) / parsing * 1000:.0f} a second, {parsing:.2f} ms a case")
    report.say(
        f"  in two passes: {len(events) / parsing_before * 1000:.0f} a second, {parsing_before:.2f} ms"
    )
    report.say(f"cases folded: {1000 / folds:.0f} a second, {folds:.2f} ms a case")
    report.say(f"  with dataclasses.replace: {1000 / folds_before:.0f} a second, {folds_before:.2f} ms")
    before = ("in two passes", parsing_before + folds_before)
    report.at_most("parsing and folding a case", parsing + folds, LIMIT_MS, "ms", before)
    report.say(f"with reading it from SQLite: {from_sqlite(events, 100, max(2, rounds // 5)):.2f} ms a case")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
