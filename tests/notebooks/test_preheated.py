"""A preheated kernel: its page is finished before anybody asks, and filled before the browser gets its state."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application

from playbook.serve import Query
from playbook.settings import notebooks_dir
from tests.builders import NOW

QUERY = "case=2026-0001&lang=en"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq")


class Desk:
    """The part of Voilà's server that tells a preheated kernel what its page was asked for."""

    def __init__(self) -> None:
        self.port = 0
        self.loop: IOLoop | None = None
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.started.wait(10)

    def _run(self) -> None:
        async def serve() -> None:
            server = HTTPServer(Application([(r"/voila/query/(.*)", Query)]))
            (socket,) = bind_sockets(0, "127.0.0.1")
            self.port = socket.getsockname()[1]
            server.add_sockets([socket])
            self.loop = IOLoop.current()
            self.over = asyncio.Event()
            self.started.set()
            await self.over.wait()
            server.stop()

        asyncio.run(serve())

    def ask(self, kernel_id: str, query: str) -> None:
        """A page of that kernel is asked for."""
        assert self.loop is not None
        message = {"kernel_id": kernel_id, "payload": {"QUERY_STRING": query}}
        self.loop.add_callback(Query.send_updates, message)

    def drop(self, kernel_id: str) -> None:
        """The connection of that kernel breaks."""
        assert self.loop is not None
        deadline = time.monotonic() + 20
        while kernel_id not in Query._waiters and time.monotonic() < deadline:
            time.sleep(0.05)
        self.loop.add_callback(Query._waiters[kernel_id].close, 1011)

    def stop(self) -> None:
        """End the server."""
        assert self.loop is not None
        self.loop.add_callback(self.over.set)
        self.thread.join(10)


class Listener(Query):
    """A kernel's connection without a network."""

    def __init__(self, kernel_id: str) -> None:
        self.kernel_id = kernel_id


class Kernel:
    """A kernel that has run case.ipynb as Voilà's pool runs it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.early: list[str] = []
        cells = nbformat.read(notebooks_dir() / "case.ipynb", as_version=4).cells
        for cell in cells:
            if cell.cell_type == "code":
                self.wait_idle(client.execute(cell.source, store_history=False))

    def messages(self, seconds: float) -> Iterator[dict[str, Any]]:
        """What the kernel publishes, until it is silent for that long."""
        while True:
            try:
                yield self.client.get_iopub_msg(timeout=seconds)
            except Empty:
                return

    def wait_idle(self, request: str) -> None:
        """Wait for the end of a request."""
        for message in self.messages(60):
            assert message["msg_type"] != "error", message["content"]
            ended = message["content"].get("execution_state") == "idle"
            if ended and message["parent_header"].get("msg_id") == request:
                return

    def ask_for_states(self) -> None:
        """What the browser does when it has loaded its scripts."""
        opening = {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}
        asking = {"comm_id": "control", "data": {"method": "request_states"}}
        for kind, content, metadata in (
            ("comm_open", opening, {"version": "1.0.0"}),
            ("comm_msg", asking, {}),
        ):
            message = self.client.session.msg(kind, content, metadata=metadata)
            self.client.shell_channel.send(message)

    def states(self) -> str:
        """The answer to the browser, as text; anything said to it before is noted."""
        for message in self.messages(30):
            if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == "control":
                return repr(message["content"]["data"]["states"])
            if message["msg_type"].startswith("comm_"):
                self.early.append(message["msg_type"])
        raise AssertionError("the kernel did not answer")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A server, and an environment as the pool gives it to its kernels."""
    for name in ("PLAYBOOK_DATABASE", "PLAYBOOK_AGENT", "PLAYBOOK_LANG", "QUERY_STRING"):
        monkeypatch.delenv(name, raising=False)
    Query._cache.clear()
    server = Desk()
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLAYBOOK_AS_OF", NOW.isoformat())
    monkeypatch.setenv("PLAYBOOK_ENCODER", "off")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.setenv("VOILA_APP_PORT", str(server.port))
    monkeypatch.setenv("VOILA_KERNEL_ID", "warm")
    yield server
    server.stop()


@pytest.fixture
def kernel(desk: Desk) -> Iterator[Kernel]:
    """A warm kernel that nobody has asked for a page."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_page_is_filled_before_the_browser_gets_its_state(desk: Desk, kernel: Kernel) -> None:
    desk.ask("warm", QUERY)
    kernel.early += [message["msg_type"] for message in kernel.messages(3)]
    kernel.ask_for_states()
    assert "There is no case" in kernel.states()
    assert kernel.early == []


def test_a_browser_that_is_faster_than_the_query_string_waits_for_it(desk: Desk, kernel: Kernel) -> None:
    kernel.ask_for_states()
    later = threading.Timer(1, desk.ask, ("warm", QUERY))
    later.start()
    assert "There is no case" in kernel.states()
    later.join()
    assert kernel.early == []


def test_a_kernel_that_did_not_hear_asks_again(desk: Desk, kernel: Kernel) -> None:
    desk.drop("warm")
    later = threading.Timer(2, desk.ask, ("warm", QUERY))
    later.start()
    kernel.ask_for_states()
    assert "There is no case" in kernel.states()
    later.join()


def test_a_kernel_that_left_does_not_take_another_one_along() -> None:
    first, again, other = (Listener(name) for name in ("a", "a", "b"))
    for listener in (first, again, other):
        listener.open(listener.kernel_id)
    first.on_close()
    assert Query._waiters == {"a": again, "b": other}
    again.on_close()
    other.on_close()
    assert Query._waiters == {}


def test_a_slow_reader_misses_no_message(kernel: Kernel, desk: Desk) -> None:
    desk.ask("warm", QUERY)
    kernel.ask_for_states()
    kernel.states()
    kernel.client.execute("import ipywidgets\nmany = [ipywidgets.Label(str(n)) for n in range(3000)]")
    time.sleep(6)  # nobody reads meanwhile
    opened = 0
    with suppress(Empty):
        while True:
            opened += kernel.client.get_iopub_msg(timeout=5)["msg_type"] == "comm_open"
    assert opened == 9000  # a label, its layout and its style
