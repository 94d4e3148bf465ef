"""How long a review takes: run ``python -m tests.measured.bench_review [--cases 100000]``.

Generated cases (seeded; about ten claim items each) lie in a fresh SQLite database and are reviewed end to end
by two processes: read, folded, checked, scored, written. Printed are seconds, cases a second, the memory of
all processes together, and the time for a case against that of a tenth of the cases in the same run.
The comparison with a loop of Papermill runs is bench_review_loop.py.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import psutil

from playbook.review.results import Asked
from playbook.review.run import Run, run
from playbook.settings import Settings
from tests.measured.limits import Report
from tests.reviewcases import AGENTS, LEADS, good_cases
from tests.reviewstore import write_cases

MOST_SECONDS, MOST_MEMORY, MOST_GROWTH = 120.0, 2000.0, 1.3
AS_OF = datetime(2027, 3, 1, tzinfo=UTC)
ASKED = Asked(date(2026, 1, 1), date(2026, 12, 31), AS_OF)


class Memory(threading.Thread):
    """The most memory that this process and its children had together, in MB, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self.over = False

    def run(self) -> None:
        here = psutil.Process()
        while not self.over:
            found = 0
            for process in [here, *here.children(recursive=True)]:
                try:
                    found += process.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, found / 1e6)
            time.sleep(0.1)


def settings_of(folder: Path) -> Settings:
    staff = ",".join([*(f"{name}:agent" for name in AGENTS), *(f"{name}:lead" for name in LEADS)])
    return Settings.from_env({"PLAYBOOK_HOME": str(folder), "PLAYBOOK_STAFF": staff})


def measured(url: str, folder: Path, jobs: int) -> tuple[Run, float, float]:
    memory = Memory()
    memory.start()
    began = time.perf_counter()
    done = run(
        ASKED, settings_of(folder), out=folder / f"out-{os.urandom(4).hex()}", database_url=url, jobs=jobs
    )
    seconds = time.perf_counter() - began
    memory.over = True
    return done, seconds, memory.most


def main() -> int:
    """Print the figures; 1 when a limit was exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    report = Report()
    report.say(f"load of the machine: {os.getloadavg()[0]:.1f}")
    each: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        few, many = arguments.cases // 10, arguments.cases
        for cases in (few, many):
            url = f"sqlite:///{folder / f'{cases}.db'}"
            began = time.perf_counter()
            events = write_cases(url, good_cases(cases))
            report.say(f"{cases} cases, {events} events, generated in {time.perf_counter() - began:.0f} s")
            done, seconds, memory = measured(url, folder, arguments.jobs)
            each[cases] = seconds / cases
            now = done.results.now
            report.say(f"  {now.cases} reviewed, {cases / seconds:.0f} a second, {now.findings} findings")
    a_tenth = ("a tenth of the cases", each[few] * 1000)
    tenfold = ("ten times a tenth of the cases", each[few] * many)
    what = f"review of {many} cases, {arguments.jobs} processes"
    report.at_most(what, each[many] * many, MOST_SECONDS, "s", tenfold)
    report.at_most("memory of all processes", memory, MOST_MEMORY, "MB", ("the allowed", MOST_MEMORY))
    report.ratio_at_most("time for a case", each[many] * 1000, MOST_GROWTH, "ms", a_tenth)
    report.must("every case reviewed and none blamed", now.cases == many and not now.findings)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
