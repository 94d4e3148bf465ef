"""Planted faults among good cases: run ``python tests/measured/quality_review.py``.

Of 10,000 generated cases (tests/reviewcases.py) as many as there are kinds of faults (tests/reviewfaults.py)
are spoiled, one kind each, at places that a seed draws. Every case is reviewed. A fault counts as found
when its check found it; as a false alarm counts every finding in a good case, and every finding in a
spoiled one that neither is of its check nor follows from the fault whatever one does. The second table is
speed: generating, reading and checking by themselves, in CPU time of this process.
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.review.checks import read_log, review_case
from tests.reviewcases import good_case, good_cases
from tests.reviewfaults import FAULTS, Spoiled, a_review_setting

KINDS = 40
"""Kinds of faults that have to be planted at least."""


def planted(cases: int, seed: int) -> dict[int, tuple[str, Spoiled]]:
    """One case for each kind of fault, at drawn places: number -> (name of the fault, the spoiled case)."""
    chance = random.Random(seed)
    found: dict[int, tuple[str, Spoiled]] = {}
    for fault in FAULTS:
        while True:
            number = chance.randrange(1, cases + 1)
            spoiled = None if number in found else fault.planted(good_case(number, seed))
            if spoiled is not None:
                found[number] = (fault.name, spoiled)
                break
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print both tables; 1 when a fault was missed or a good case blamed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    setting = a_review_setting()
    spoiled_cases = planted(options.cases, options.seed)
    by_name = {fault.name: fault for fault in FAULTS}
    missed: list[str] = []
    false = Counter[str]()
    spent = Counter[str]()
    events = items = 0
    started = time.process_time()
    for number, case in enumerate(good_cases(options.cases, options.seed), start=1):
        generated = time.process_time()
        spent["generate"] += generated - started
        if number in spoiled_cases:
            name, spoiled = spoiled_cases[number]
            fault = by_name[name]
            found = {finding.check for finding in spoiled.review(setting).findings}
            if fault.check not in found:
                missed.append(name)
            false.update(found - {fault.check} - fault.also)
        else:
            log = read_log(case.rows)
            read = time.process_time()
            review = review_case(case.case_id, log.events, setting, log.damage)
            spent["read"] += read - generated
            spent["check"] += time.process_time() - read
            false.update(finding.check for finding in review.findings)
            false.update(f"damage {damage.kind}" for damage in review.damage)
            events += len(log.events)
            items += len(review.case.claims) if review.case is not None else 0
        started = time.process_time()
    good = options.cases - len(spoiled_cases)
    print(f"kinds of faults planted: {len(FAULTS)} (at least {KINDS}) among {options.cases:,} cases")
    print(f"found by the right check: {len(FAULTS) - len(missed)}; missed: {missed or 'none'}")
    print(f"false alarms: {sum(false.values())} {dict(false) or ''}")
    print(f"a good case: {events / good:.1f} events, {items / good:.1f} claim items")
    for what in ("generate", "read", "check"):
        print(f"{what:>9}: {spent[what] / good * 1000:.2f} ms a case")
    return 1 if missed or false or len(FAULTS) < KINDS else 0


if __name__ == "__main__":
    sys.exit(main())
