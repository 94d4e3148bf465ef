"""Speed of ``playbook check`` of all samples against one ``papermill`` command per sample, in one run.

The command is measured on a few samples and scaled to all of them. Exit code 1 when the limit is exceeded.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playbook.samplecases.loading import sample_names
from tests.measured.limits import Report, spread

ROOT = Path(__file__).resolve().parents[2]
FASTER = 3.0


def seconds(*command: str | Path, home: Path) -> float:
    """How long a command takes. Differences found (exit code 1) do not change that; anything else is an error."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PLAYBOOK_")}
    began = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        env={**env, "PLAYBOOK_HOME": str(home)},
        cwd=home.parent,
        check=False,
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - began
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
    if done.returncode:
        print(f"note: {' '.join(map(str, command[:2]))} found differences:\n{done.stdout[-1500:]}")
    return took


def main() -> int:
    """Print the comparison; 1 when it is over the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/bench_check.py --measured 3",
    )
    parser.add_argument("--measured", type=int, default=3, help="samples to run by the papermill command")
    measured = parser.parse_args().measured
    report = Report()
    names = sample_names()
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = seconds(programs / "playbook", "check", "--out", folder / "out", home=folder / "home")
        chosen = names[:: max(1, len(names) // measured)][:measured]
        each = [
            seconds(
                programs / "papermill",
                ROOT / "notebooks" / "case.ipynb",
                folder / f"{sample}.ipynb",
                *("-p", "mode", "check"),
                *("-p", "sample", sample),
                home=folder / "home",
            )
            for sample in chosen
        ]
    report.say(f"playbook check, {len(names)} samples, {os.cpu_count()} jobs: {ours:.1f} s")
    report.say(f"papermill command, one sample ({', '.join(chosen)}): {spread(each, 's')}")
    whole = sum(each) / len(each) * len(names)
    report.say(f"papermill command for {len(names)} samples, scaled from {len(each)}: {whole:.1f} s")
    report.faster_by("all samples", ours, FASTER, "s", ("one papermill command per sample", whole))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
