"""Running sample cases as notebooks: Papermill in worker processes that stay warm between cases."""

import logging
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from difflib import get_close_matches
from multiprocessing import get_context
from pathlib import Path

from playbook.settings import notebooks_dir

NOTEBOOK = "case.ipynb"


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
    parameters = {"mode": "check", "sample": ""}
    check_parameters(list(parameters))
    out.mkdir(parents=True, exist_ok=True)
    env = {"PLAYBOOK_CASES": str(cases) if cases else ""}
    with ProcessPoolExecutor(
        max_workers=max(1, min(jobs, len(names))),
        mp_context=get_context("spawn"),
        initializer=_warm,
        initargs=(env,),
    ) as pool:
        futures = [pool.submit(_run, name, out / f"{name}.ipynb") for name in names]
        for future in as_completed(futures):
            yield future.result()


def _warm(env: dict[str, str]) -> None:
    """Once per worker: the environment of the kernels, and the imports that every run needs."""
    os.environ.update(env)
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    warnings.simplefilter("ignore")
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    import papermill.execute  # noqa: F401 - the slow part of every first run


def _run(name: str, path: Path) -> Result:
    """One sample through Papermill; the executed notebook stays at *path*."""
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

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
            config=Config({"KernelManager": {"transport": "ipc" if os.name == "posix" else "tcp"}}),
        )
    except PapermillExecutionError as failed:
        if failed.ename == "CheckFailedError":
            differences = tuple(line[2:] for line in failed.evalue.splitlines() if line.startswith("- "))
        else:
            error = f"{failed.ename}: {failed.evalue}"
    except Exception as failed:  # noqa: BLE001 - one bad run never stops the rest
        error = f"{type(failed).__name__}: {failed}"
    return Result(name, differences, error, time.perf_counter() - began, path)
