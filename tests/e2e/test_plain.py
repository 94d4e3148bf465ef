"""The notebooks without our server: plain Voilà with a cold kernel, and JupyterLab."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from playbook.settings import notebooks_dir
from tests.e2e.desk import free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FORM = ".pb textarea"
"""What the case page shows when no case was asked for: the form for a new one."""


@contextmanager
def running(home: Path, program: str, *given: str, port: int, ready: str) -> Iterator[str]:
    """A program that serves on *port*, until it answers at the path *ready* and to the end of the block."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PLAYBOOK_", "COV_"))}
    command = [str(Path(sys.executable).parent / program), *given, f"--port={port}", "--no-browser"]
    with (
        home.with_suffix(".log").open("w") as log,
        subprocess.Popen(
            command,
            env={**kept, "PLAYBOOK_HOME": str(home), "PLAYBOOK_LANG": "en"},
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                with (
                    suppress(OSError),
                    urllib.request.urlopen(f"http://localhost:{port}{ready}", timeout=10),
                ):
                    break
                time.sleep(0.3)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def test_plain_voila(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    case = str(notebooks_dir() / "case.ipynb")
    with running(tmp_path / "home", "voila", case, port=port, ready="/voila/static/voila.js") as url:
        page = browser.new_page()
        page.goto(url)
        page.locator(FORM).wait_for(timeout=60_000)
        page.context.close()


def test_jupyter_lab(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    case = str(notebooks_dir() / "case.ipynb")
    open_to_us = ("--allow-root", "--ServerApp.token=", "--ServerApp.password=")
    with running(tmp_path / "home", "jupyter-lab", case, *open_to_us, port=port, ready="/api") as url:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/lab/tree/case.ipynb")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
        page.get_by_text("| Idle").first.wait_for(timeout=60_000)
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.locator(FORM).wait_for(timeout=60_000)
        page.context.close()
