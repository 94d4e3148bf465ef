"""A Voilà page seen from its kernel: what was asked for, and when its widgets begin to speak.

A preheated kernel runs the notebook before anybody has asked for it. So the notebook shows empty places
at once, Voilà sends the finished page without waiting for the kernel, and the places are filled while the
browser loads its scripts.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from ipykernel.kernelapp import IPKernelApp

Fill = Callable[[dict[str, str] | None], None]

PATIENCE_SECONDS = 20.0
"""How long a browser that is already there may wait for its page's query string to arrive."""


class PageRequest:
    """The request of this kernel's page, which in a preheated kernel is still to come.

    Make it before the page's first widget. The browser asks for the state of all widgets once, when it
    has loaded its scripts, and cannot place messages that come before: until then widgets of a preheated
    kernel are silent, and the answer holds whatever they have become.
    """

    def __init__(self) -> None:
        self.preheated = os.environ.get("VOILA_PREHEAT") == "True" and "QUERY_STRING" not in os.environ
        self._fill: Fill | None = None
        self._known = threading.Event()
        self._filled = threading.Event()
        self._browser_listens = False
        if IPKernelApp.initialized():
            self._meet_the_browser()

    def when_known(self, fill: Fill) -> None:
        """Call *fill* with the query parameters (empty outside Voilà): now, or when a page is asked for.

        *fill* must not raise, and changes the children of widgets that are already displayed. It is given
        None when a browser is there and its query string has not come.
        """
        self._fill = fill
        if not self.preheated:
            self._fill_once()
            return
        loop = IPKernelApp.instance().kernel.io_loop

        def listen() -> None:
            from voila.utils import wait_for_request

            while "QUERY_STRING" not in os.environ:
                with suppress(Exception):  # a busy server may not answer, or drop the connection: ask again
                    wait_for_request()
                time.sleep(0.2)
            self._known.set()
            loop.add_callback(self._fill_once)

        threading.Thread(target=listen, name="query string", daemon=True).start()

    def _wait_until_filled(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._known.wait(PATIENCE_SECONDS)
            self._fill_once()
        else:
            self._filled.wait(PATIENCE_SECONDS)

    def _fill_once(self) -> None:
        if self._fill is not None and not self._filled.is_set():
            unheard = self.preheated and not self._known.is_set()
            self._fill(None if unheard else dict(parse_qsl(os.environ.get("QUERY_STRING", ""))))
            self._filled.set()

    def _meet_the_browser(self) -> None:
        import comm
        import ipywidgets  # noqa: F401 - registers its own channel: ours has to come after it
        from ipykernel.comm.comm import BaseComm

        comm.get_comm_manager().register_target("jupyter.widget.control", self._browser_came)
        if not self.preheated:
            return
        kernel = IPKernelApp.instance().kernel

        class Comm(BaseComm):
            def publish_msg(comm, *args: Any, **kwargs: Any) -> None:  # noqa: N805
                comm.kernel = kernel  # widgets look for it before they speak
                if self._browser_listens:
                    super().publish_msg(*args, **kwargs)  # type: ignore[no-untyped-call]

        comm.create_comm = Comm

    def _browser_came(self, control: Any, message: dict[str, Any]) -> None:
        """The browser opens the channel on which it will ask for all states: have them ready."""
        from ipywidgets import Widget

        _keep_every_message()
        if self.preheated:
            self._wait_until_filled()
        self._browser_listens = True
        Widget.handle_control_comm_opened(control, message)


def _keep_every_message() -> None:
    """Let messages wait for a slow server instead of dropping them, on the connections that there are now.

    ZeroMQ drops what a publisher says while a thousand messages are waiting; a table of forty lines takes
    more, and a browser that misses one leaves the page empty.
    """
    publisher = IPKernelApp.instance().iopub_thread
    publisher.schedule(lambda: publisher.socket.set_hwm(0))
