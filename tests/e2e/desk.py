"""A real desk in a real browser: the server started as a user starts it, Chromium driven by Playwright."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from tests.conftest import CHROMIUM

LAUNCH = {
    "executable_path": CHROMIUM,
    "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
LOCAL = re.compile(r"^(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|^(data|blob):")


@dataclass
class Server:
    """A desk that is served, and the folder with its data."""

    url: str
    home: Path
    log: Path

    def wait_warm(self, process: "subprocess.Popen[bytes] | None" = None, seconds: float = 240) -> None:
        """Wait until the pool is full: a page opened then answers at once."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (process is None or process.poll() is None):
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as reply:
                if b'"ready": true' in reply.read():
                    return
            time.sleep(0.2)
        pytest.fail("the desk did not get ready:\n" + self.log.read_text("utf-8"))

    def page(self, notebook: str, **query: str) -> str:
        """The address of a page."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        return f"{self.url}/voila/render/{notebook}.ipynb?{asked}"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(home: Path, imports: tuple[Path, Path] | None = None, as_of: str = "") -> Iterator[Server]:
    """`playbook serve` in a process of its own, until its kernels are warm and to the end of the block.

    *imports* are a table of orders and its mapping, imported before; *as_of* freezes the desk's clock.
    """
    port = free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PLAYBOOK_", "COV_"))}
    env = {**kept, "PLAYBOOK_HOME": str(home), **({"PLAYBOOK_AS_OF": as_of} if as_of else {})}
    playbook = Path(sys.executable).parent / "playbook"
    if imports is not None:
        table, mapping = imports
        given = ["orders", "import", table, "--format", "table", "--map", mapping]
        subprocess.run([playbook, *given], env=env, cwd=home.parent, check=True, capture_output=True)
    log = home.with_suffix(".log")
    with (
        log.open("w", encoding="utf-8") as lines,
        subprocess.Popen(
            [playbook, "serve", "--no-browser", "--port", str(port)],
            env=env,
            stdout=lines,
            stderr=subprocess.STDOUT,
            cwd=home.parent,
        ) as process,
    ):
        server = Server(f"http://localhost:{port}", home, log)
        try:
            server.wait_warm(process)
            yield server
        finally:
            process.terminate()


@dataclass
class Watch:
    """What must not happen on any page: console errors, script errors, requests that leave the machine."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Listen to a page and block everything that is not local."""
        self.pages.append(page)

        def console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.errors.append(message.text)

        def route(asked: Route) -> None:
            if LOCAL.match(asked.request.url):
                asked.continue_()
            else:
                self.foreign.append(asked.request.url)
                asked.abort()

        page.on("console", console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/*", route)

    def leave(self) -> None:
        """Leave all pages as a person does, so that their kernels (250 MB each) are given back."""
        for page in self.pages:
            if not page.is_closed():
                page.goto("about:blank")
                page.context.close()
        self.pages.clear()


@dataclass
class Person:
    """Somebody at the desk: a browser page with the words of one language."""

    page: Page
    server: Server
    lang: str

    def __post_init__(self) -> None:
        self.page.set_default_timeout(30_000)

    def click(self, name: str, nth: int = 0) -> None:
        """Click the button with exactly that name, once it can be clicked."""
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").nth(nth).click()

    def sees(self, text: str) -> None:
        """Wait until a text is on the page."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def open_case(self, message: str) -> str:
        """Paste a message on the front page; the case id of the page that opens."""
        self.page.goto(f"{self.server.url}/voila/render/home.ipynb?lang={self.lang}")
        self.page.locator("textarea").first.fill(message)
        self.page.locator(".pb-btn-primary:visible").first.click()
        self.page.wait_for_url("**/case.ipynb?*")
        self.page.locator(".pb-steps").wait_for()
        found = re.search(r"case=([\d-]+)", self.page.url)
        assert found is not None
        return found.group(1)


def new_person(browser: Browser, server: Server, watch: Watch, lang: str = "en", **context: Any) -> Person:
    """A fresh browser window on the desk."""
    locale = "zh-CN" if lang == "zh_CN" else "en-US"
    window: BrowserContext = browser.new_context(
        locale=locale, viewport={"width": 1280, "height": 900}, **context
    )
    page = window.new_page()
    watch.attach(page)
    return Person(page, server, lang)
