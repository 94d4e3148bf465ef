"""Speed of pages against a bare Voilà page in the same run.

Page request: the whole answer to ``GET case.ipynb`` from a filled pool, against a notebook with one
button on a cold kernel. First usable widget: Chromium from the start of the navigation until a button
can be clicked, against the same one-button notebook, preheated as well. No page may ask the internet.
Exit code 1 when a limit is exceeded.
"""

import argparse
import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.desk import LAUNCH, free_port, serving
from tests.measured.limits import Report, spread

REQUEST_MS = 20.0
WIDGET_RATIO = 1.4
KERNEL_ID = re.compile(r'"kernelId": ?"([0-9a-f-]{36})"')
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"
"""The bare page asks a foreign host for scripts: let that fail at once instead of waiting for it."""

OUR_BUTTON = ".pb-steps button:not([disabled])"
BARE_BUTTON = ".jupyter-button"

SEEN = """selector => {
  const look = () => {
    const found = document.querySelector(selector);
    if (found && found.getClientRects().length && !found.disabled) window.seen = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""
"""Notes the milliseconds since the navigation began when the selector is first on the screen."""


def request(url: str) -> tuple[float, float, str]:
    """One page request: milliseconds until its first bytes and until its last, and its text."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", f"{parts.path}?{parts.query}")
    reply = connection.getresponse()
    body = reply.read(1000)
    first = (time.perf_counter() - began) * 1000
    body += reply.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    if reply.status != 200:
        raise RuntimeError(f"{url} answered {reply.status}")
    return first, took, body.decode("utf-8")


def give_back(url: str, text: str) -> None:
    """Let the server end the kernel of a page that no browser shows, as a closed page does."""
    kernel = KERNEL_ID.search(text)
    if kernel is None:
        raise RuntimeError("the page names no kernel")
    parts = urlsplit(url)
    token = "5f" * 16
    shut = urllib.request.Request(
        f"{parts.scheme}://{parts.netloc}/voila/api/shutdown/{kernel.group(1)}",
        method="POST",
        headers={"Cookie": f"_xsrf={token}", "X-XSRFToken": token},
    )
    urllib.request.urlopen(shut, timeout=60).close()


class Bare:
    """A folder with a one-button notebook, served by plain Voilà."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://localhost:{port}/voila/render/bare.ipynb"
        self.runs = folder / "runs"
        self.used = 0

    def wait_warm(self) -> None:
        """Wait until a kernel that no page has taken yet has run the notebook."""
        self.used += 1
        deadline = time.monotonic() + 60
        while len(self.runs.read_text("utf-8") if self.runs.exists() else "") < self.used:
            if time.monotonic() > deadline:
                raise RuntimeError("plain Voilà did not fill its pool")
            time.sleep(0.1)
        time.sleep(1)


@contextmanager
def bare_voila(folder: Path, *, preheat: bool) -> Iterator[Bare]:
    """Plain Voilà with one notebook of one button, in a process of its own."""
    folder.mkdir()
    bare = Bare(folder, free_port())
    button = (
        f"import ipywidgets\nopen({str(bare.runs)!r}, 'a').write('1')\nipywidgets.Button(description='Bare')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(button)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "bare.ipynb")
    port = urlsplit(bare.url).port
    given = ["--no-browser", f"--port={port}", f"--preheat_kernel={preheat}", "--Voila.log_level=ERROR"]
    voila = Path(sys.executable).parent / "voila"
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([voila, folder, *given], stdout=log, stderr=log) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                with (
                    suppress(OSError),
                    urllib.request.urlopen(f"http://localhost:{port}/voila/static/voila.js"),
                ):
                    break
                time.sleep(0.1)
            yield bare
        finally:
            process.terminate()


def first_widget(window: BrowserContext, url: str, selector: str) -> float:
    """Milliseconds from the start of the navigation until *selector* can be clicked."""
    page = window.new_page()
    page.add_init_script(f"({SEEN})({selector!r})")
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.seen", timeout=60_000)
    took: float = page.evaluate("() => window.seen")
    page.wait_for_timeout(500)
    page.close()
    return took


def main() -> int:
    """Print the comparisons; 1 when any is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python tests/measured/bench_pages.py --runs 5",
    )
    parser.add_argument("--runs", type=int, default=10, help="requests and page openings of each kind")
    runs = parser.parse_args().runs
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder / "home") as server:
            url = server.page("case", case="2026-0001", lang="en")
            ours: list[float] = []
            firsts: list[float] = []
            for _ in range(runs):
                server.wait_warm()
                first, took, text = request(url)
                firsts.append(first)
                ours.append(took)
                give_back(url, text)
            cold: list[float] = []
            with bare_voila(folder / "cold", preheat=False) as bare:
                for _ in range(runs):
                    _, took, text = request(bare.url)
                    cold.append(took)
                    give_back(bare.url, text)
            report.say(f"first bytes, the browser loads scripts from then on: {spread(firsts)}")
            report.say(f"page request, case page from a filled pool: {spread(ours)}")
            report.say(f"page request, bare one-button page on a cold kernel: {spread(cold)}")
            baseline = ("a cold bare Voilà page", statistics.median(cold))
            report.at_most("page request", statistics.median(ours), REQUEST_MS, "ms", baseline)

            with bare_voila(folder / "warm", preheat=True) as bare, sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=LAUNCH["executable_path"], args=[*LAUNCH["args"], OFFLINE]
                )
                times: dict[str, list[float]] = {"ours": [], "bare": []}
                again: dict[str, list[float]] = {"ours": [], "bare": []}
                for _ in range(runs):
                    window = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
                    for where in (times, again):
                        server.wait_warm()
                        bare.wait_warm()
                        where["ours"].append(first_widget(window, url, OUR_BUTTON))
                        where["bare"].append(first_widget(window, bare.url, BARE_BUTTON))
                    window.close()
                browser.close()
            for when, where in (("in a fresh window", times), ("with scripts in the browser's cache", again)):
                report.say(f"first usable widget {when}, case page: {spread(where['ours'])}")
                report.say(f"first usable widget {when}, bare preheated page: {spread(where['bare'])}")
                report.ratio_at_most(
                    f"first usable widget {when}",
                    statistics.median(where["ours"]),
                    WIDGET_RATIO,
                    "ms",
                    ("a bare preheated Voilà page", statistics.median(where["bare"])),
                )
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
