"""The review against a plain loop: run ``python -m tests.measured.bench_review_loop [--cases 500] [--loop N]``.

The same generated cases, one of each kind of planted fault among them, are reviewed twice: by one run of the
review, and by one Papermill run for each case, as a loop over a notebook would do it. The loop ends after
``--loop`` cases or ``--seconds``, whichever comes first; when that is before the last case, its time is scaled
to all of them and the output says so. The findings of every case that the loop has done must be the same.
"""

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import nbformat
import papermill

from playbook.review.results import Asked
from playbook.review.run import run
from tests.measured.bench_review import settings_of
from tests.measured.limits import Report
from tests.reviewcases import GoodCase, good_case
from tests.reviewfaults import FAULTS
from tests.reviewstore import write_cases

FASTER = 50.0
ASKED = Asked(date(2026, 1, 1), date(2026, 12, 31), datetime(2027, 3, 1, tzinfo=UTC))

Found = tuple[str, int, str, str]
"""Case, event, check, who."""

PARAMETERS = 'case_id = ""\nurl = ""\nstaff = {}'
REVIEW = """import json
from datetime import UTC, date, datetime
from playbook.review.reader import Chunk, review_chunk
from playbook.review.results import Asked
asked = Asked(date(2026, 1, 1), date(2026, 12, 31), datetime(2027, 3, 1, tzinfo=UTC))
part = review_chunk(Chunk(url, (case_id,), asked, staff, {}))
print(json.dumps([(line.case_id, line.seq, line.check, line.actor) for line in part.findings]))"""


def cases_with_faults(count: int, seed: int) -> Iterator[GoodCase]:
    """Good cases, and one case of each kind of fault at a place that the seed draws."""
    chance = random.Random(seed)
    spoiled: dict[int, GoodCase] = {}
    for fault in FAULTS:
        for number in chance.sample(range(1, count + 1), count):
            if number in spoiled:
                continue
            case = good_case(number, seed)
            planted = fault.planted(case)
            if planted is not None:
                spoiled[number] = replace(case, rows=planted.stored_rows())
                break
    for number in range(1, count + 1):
        yield spoiled.get(number) or good_case(number, seed)


def a_notebook(place: Path) -> Path:
    """A notebook that reviews one case and prints what it found."""
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [parameters, nbformat.v4.new_code_cell(REVIEW)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), place)
    return place


def looped(
    notebook: Path, cases: Sequence[str], url: str, staff: dict[str, str], seconds: float
) -> tuple[dict[str, list[Found]], float]:
    """What a loop over the cases found, case by case, and how long it took; it ends when *seconds* are over."""
    found: dict[str, list[Found]] = {}
    began = time.perf_counter()
    for case_id in cases:
        if time.perf_counter() - began > seconds:
            break
        given = {"case_id": case_id, "url": url, "staff": staff}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = papermill.execute_notebook(
                notebook,
                notebook.with_name(f"{case_id}.ipynb"),
                given,
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],
            )
        said = "".join(output["text"] for output in done.cells[-1].outputs if output.get("name") == "stdout")
        found[case_id] = [tuple(line) for line in json.loads(said)]
    return found, time.perf_counter() - began


def main() -> int:
    """Print the comparison; 1 when the review is not fast enough or finds something else."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--loop", type=int, default=0, help="so many cases by the loop; all by default")
    parser.add_argument("--seconds", type=float, default=3600, help="the longest that the loop may take")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    report = Report()
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'cases.db'}"
        cases = list(cases_with_faults(given.cases, given.seed))
        write_cases(url, cases)
        settings = settings_of(folder)
        began = time.perf_counter()
        done = run(ASKED, settings, out=folder / "out", database_url=url, jobs=given.jobs)
        ours = time.perf_counter() - began
        at_once: dict[str, list[Found]] = {}
        with (done.folder / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                one = (row["case"], int(row["event"]), row["check"], row["who"])
                at_once.setdefault(row["case"], []).append(one)
        chosen = random.Random(given.seed).sample([case.case_id for case in cases], given.loop or len(cases))
        staff = dict(settings.staff)
        by_loop, took = looped(a_notebook(folder / "one.ipynb"), chosen, url, staff, given.seconds)
    each = took / len(by_loop)
    scaled = "" if len(by_loop) == len(cases) else f", scaled from {len(by_loop)} cases in {took:.0f} s"
    report.say(f"load of the machine: {os.getloadavg()[0]:.1f}")
    report.faster_by(
        f"review of {len(cases)} cases with {given.jobs} processes",
        ours,
        FASTER,
        "s",
        (f"a loop of Papermill runs{scaled}", each * len(cases)),
    )
    findings = sum(map(len, by_loop.values()))
    report.must(
        f"the same findings in the {len(by_loop)} cases of the loop ({findings} findings)",
        findings > 0 and all(at_once.get(case_id, []) == lines for case_id, lines in by_loop.items()),
    )
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
