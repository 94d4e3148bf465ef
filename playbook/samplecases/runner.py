"""Running sample cases as notebooks: Papermill in worker processes, each with one kernel that stays warm."""

import logging
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from difflib import get_close_matches
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

from playbook.settings import notebooks_dir

NOTEBOOK = "case.ipynb"
KERNEL_LOG = "kernels.log"
"""What kernels and workers write to their terminal goes into this file beside the executed notebooks."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one sample case came out. ``error`` is what stopped a run that is not a difference."""

    name: str
    differences: tuple[str, ...]
    error: str
    seconds: float
    notebook: Path

    @property
    def is_green(self) -> bool:
        return not self.differences and not self.error


class UnknownParameterError(ValueError):
    """A parameter that the notebook does not have: Papermill alone would only log it."""


def check_parameters(given: Sequence[str], notebook: Path | None = None) -> None:
    """Raise UnknownParameterError, with near names, unless the notebook declares every parameter."""
    import papermill

    declared = papermill.inspect_notebook(str(notebook or notebooks_dir() / NOTEBOOK))
    for name in given:
        if name not in declared:
            near = get_close_matches(name, declared, n=2)
            hint = f"; did you mean {' or '.join(near)}?" if near else f"; it has {', '.join(declared)}"
            raise UnknownParameterError(f"{NOTEBOOK} has no parameter {name!r}{hint}")


def run_all(names: Sequence[str], out: Path, *, cases: Path | None, jobs: int) -> Iterator[Result]:
    """Run the samples, each in a notebook of its own, and give results as they come."""
    check_parameters(["mode", "sample"])
    out.mkdir(parents=True, exist_ok=True)
    (out / KERNEL_LOG).open("ab").close()
    env = {"PLAYBOOK_CASES": str(cases.resolve()) if cases else ""}
    with ProcessPoolExecutor(
        max_workers=max(1, min(jobs, len(names))),
        mp_context=get_context("spawn"),
        initializer=_warm,
        initargs=(env, out / KERNEL_LOG),
    ) as pool:
        futures = {pool.submit(run_one, name, out / f"{name}.ipynb"): name for name in names}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenExecutor:
                name = futures[future]
                yield Result(name, (), "the process that ran it has ended", 0.0, out / f"{name}.ipynb")


def _warm(env: dict[str, str], log: Path) -> None:
    """Once per worker: its terminal, the environment of its kernel, and the imports that every run needs."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for terminal in (1, 2):
        os.dup2(file, terminal)
    os.close(file)
    os.environ.update(env)
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    warnings.simplefilter("ignore")
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    from playbook.samplecases.warmkernel import KERNEL

    KERNEL.start()
    Finalize(KERNEL, KERNEL.end, exitpriority=10)
    import papermill.execute  # noqa: F401 - slow, and done while the kernel starts


def run_one(name: str, path: Path) -> Result:
    """One sample through Papermill; the executed notebook stays at *path*."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    import playbook.samplecases.warmkernel  # noqa: F401 - registers the engine

    began = time.perf_counter()
    differences: tuple[str, ...] = ()
    error = ""
    try:
        papermill.execute_notebook(
            str(notebooks_dir() / NOTEBOOK),
            str(path),
            parameters={"mode": "check", "sample": name},
            progress_bar=False,
            log_output=False,
            store_widget_state=False,
            request_save_on_cell_execute=False,
            engine_name="warm",
        )
    except PapermillExecutionError as failed:
        if failed.ename == "CheckFailedError":
            differences = tuple(line[2:] for line in failed.evalue.splitlines() if line.startswith("- "))
        else:
            error = f"{failed.ename}: {failed.evalue}"
    except Exception as failed:  # noqa: BLE001 - one bad run never stops the rest
        error = f"{type(failed).__name__}: {failed}"
    return Result(name, differences, error, time.perf_counter() - began, path)
