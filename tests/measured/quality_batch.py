"""Batch review and causes, everything that is measured of them in one command: about half an hour when quiet.

    python tests/measured/quality_batch.py

Runs, one after another: the review of 100,000 generated cases against that of a tenth of them; the same cases by a
loop of Papermill runs; planted faults among 10,000 good cases; the causes on third-party data, noise and drift.
Each prints its own lines; exit code 1 when any of them misses what is asked of it.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = (
    ("bench_review.py",),
    ("bench_review_loop.py", "--seconds", "900"),
    ("quality_review.py",),
    ("quality_insights.py",),
)


def main() -> int:
    """Run every part; the worst exit code."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    worst = 0
    for script, *options in PARTS:
        print(f"== {script} {' '.join(options)}", flush=True)
        done = subprocess.run([sys.executable, str(HERE / script), *options], env=environment, check=False)
        worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
