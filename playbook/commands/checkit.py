"""`playbook check`: the sample cases through Papermill, with a table at the end."""

import os
import sys
from concurrent.futures import BrokenExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from playbook.commands.database import CANNOT_RUN, FINDINGS, WRONG_USAGE, read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playbook.samplecases.runner import Result


@click.command(epilog="Example: playbook check abc-list mixed-channels --jobs 2")
@click.argument("samples", nargs=-1, metavar="[SAMPLE]...")
@click.option("--data", type=click.Path(path_type=Path), help="A data folder with cases/ of its own.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the executed notebooks go.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default="cores")
def check(samples: tuple[str, ...], data: Path | None, out: Path | None, jobs: int) -> None:
    """Run SAMPLEs (all by default) and compare them with what is expected.

    Exit code 0: all as expected. 1: differences. 2: unknown sample or parameter. 3: could not run.
    """
    from playbook.samplecases.loading import SampleError, load_sample, sample_names
    from playbook.samplecases.runner import Result, UnknownParameterError, run_all

    cases = data / "cases" if data else None
    if cases is not None and not cases.is_dir():
        click.echo(f"there is no folder {cases}", err=True)
        sys.exit(WRONG_USAGE)
    names = tuple(dict.fromkeys(samples)) or sample_names(cases)
    if not names:
        click.echo("there are no sample cases to run", err=True)
        sys.exit(WRONG_USAGE)
    try:
        loaded = [load_sample(name, cases) for name in names]
    except SampleError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_USAGE)
    folder = out or read_settings().home / "checks" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    results: list[Result] = []
    try:
        runs = run_all(names, folder, cases=cases, jobs=jobs)
        with click.progressbar(runs, length=len(names), label="sample cases", file=sys.stderr) as progress:
            results.extend(progress)
    except UnknownParameterError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_USAGE)
    except (OSError, BrokenExecutor) as error:
        click.echo(f"could not run: {error}", err=True)
        sys.exit(CANNOT_RUN)
    unreviewed = {sample.name for sample in loaded if not sample.reviewed}
    click.echo(report(sorted(results, key=lambda result: result.name), unreviewed))
    click.echo(f"notebooks: {folder}")
    if any(result.error for result in results):
        sys.exit(CANNOT_RUN)
    sys.exit(0 if all(result.is_green for result in results) else FINDINGS)


def report(results: "Sequence[Result]", unreviewed: set[str]) -> str:
    """The table at the end, and every difference below it."""
    width = max(len(result.name) for result in results)
    lines = [f"{'sample':<{width}}  result       seconds"]
    for result in results:
        word = (
            "stopped"
            if result.error
            else ("as expected" if result.is_green else f"{len(result.differences)} differ")
        )
        note = "  (not reviewed)" if result.name in unreviewed else ""
        lines.append(f"{result.name:<{width}}  {word:<11}  {result.seconds:7.1f}{note}")
    for result in results:
        if not result.is_green:
            lines.append(f"\n{result.name}:")
            lines.extend(f"  - {difference}" for difference in result.differences)
            lines.extend([f"  {result.error}"] if result.error else [])
    green = sum(result.is_green for result in results)
    lines.append(f"\n{green} of {len(results)} as expected")
    return "\n".join(lines)
