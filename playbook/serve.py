"""Our Voilà server: our pages and nothing else, from a pool of warm kernels, without any foreign host."""

import asyncio
import logging
import os
import tempfile
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tornado.web import RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from playbook.settings import Settings, notebooks_dir
from playbook.sockets import fits

PAGES = ("home.ipynb", "case.ipynb", "insights.ipynb", "review.ipynb")
"""The notebooks that are served; nothing else in the folder is."""

SHARE = Path(__file__).with_name("widgets") / "share"
IDLE_SECONDS = 3600
"""A page that nobody looked at for that long gives its kernel back; its work is in the store."""

POOL = {"home.ipynb": 1, "case.ipynb": 2, "insights.ipynb": 1}
"""Warm kernels per page: what an idle server costs is their memory. The review starts one when asked for."""

EVERYWHERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 - names, not a binding
"""Addresses that answer on the loopback interface too."""

PATIENCE_SECONDS = 120
"""How long the start waits for warm kernels before it says that they are slow."""


def interface_language(accept: str, preferred: str | None) -> str:
    """The interface language: the setting, else the first of the browser's that we speak, else Chinese."""
    if preferred:
        return preferred
    for part in accept.split(","):
        code = part.split(";")[0].strip().lower()
        if code.startswith("zh"):
            return "zh_CN"
        if code.startswith("en"):
            return "en"
    return "zh_CN"


class Start(RequestHandler):
    """``/`` leads to the home page in the reader's language."""

    def initialize(self, language: str | None) -> None:
        """*language* is the setting, None to follow the browser."""
        self.language = language

    def get(self) -> None:
        """Redirect."""
        lang = interface_language(self.request.headers.get("Accept-Language", ""), self.language)
        self.redirect(f"/voila/render/home.ipynb?{urlencode({'lang': lang})}")


class Health(RequestHandler):
    """``/healthz`` says that the server answers, and how many kernels are warm."""

    def initialize(self, app: "Server") -> None:
        """*app* is the running server."""
        self.app = app

    def get(self) -> None:
        """A small JSON object; ``ready`` once every page has a warm kernel waiting."""
        warm = self.app.warm_kernels()
        self.write({"ok": True, "warm": warm, "ready": warm >= self.app.wanted_kernels})


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """A notebook as a page; a page asked for without a language is asked for again with one."""

    async def get(self, path: str | None = None) -> None:
        """The page, or the redirect that adds ``lang``."""
        if path is not None and path not in PAGES:
            self.send_error(404)
            return
        if not self.get_argument("lang", ""):
            asked = {key: self.get_argument(key) for key in self.request.arguments}
            accept = self.request.headers.get("Accept-Language", "")
            asked["lang"] = interface_language(accept, self.settings["playbook_language"])
            self.redirect(f"{self.request.path}?{urlencode(asked)}")
            return
        self.xsrf_token  # noqa: B018 - reading it sets the cookie with which a closed page gives its kernel back
        async for part in self.get_generator(path):
            self.write(part)
            await self.flush()


class Query(RequestInfoSocketHandler):  # type: ignore[misc]
    """Where a warm kernel hears what its page was asked for, also when it has to ask again.

    Voilà's own handler forgets the wrong kernel when one that has connected twice leaves, and what it says to
    a connection that has just broken is lost.
    """

    def open(self, kernel_id: str) -> None:
        """The kernel listens; what it was told before is told again."""
        self.kernel_id = kernel_id
        super().open(kernel_id)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Tell the kernel, and remember it for the case that it does not hear."""
        self._cache[self.kernel_id] = message
        return super().write_message(message, binary)

    def on_close(self) -> None:
        """The kernel has heard, or is gone."""
        if self._waiters.get(self.kernel_id) is self:
            del self._waiters[self.kernel_id]


class Server(Voila):  # type: ignore[misc]
    """Voilà with our pages. Set ``playbook_settings`` before it starts."""

    playbook_settings: Settings
    wanted_kernels = 0

    def init_handlers(self) -> list[Any]:
        """Ours in front; Voilà's file, tree and contents pages are left out."""
        handlers: list[Any] = [
            (r"/", Start, {"language": self.playbook_settings.language}),
            (r"/healthz", Health, {"app": self}),
        ]
        for handler in super().init_handlers():
            pattern, kind = str(handler[0]), handler[1]
            if kind is TornadoVoilaHandler:
                handlers.append((pattern, Page, *handler[2:]))
            elif kind is RequestInfoSocketHandler:
                handlers.append((pattern, Query, *handler[2:]))
            elif (
                kind is not TornadoVoilaTreeHandler
                and "/files/" not in pattern
                and "/contents" not in pattern
            ):
                handlers.append(handler)
        return handlers

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, ours, and compression of what is sent."""
        settings: dict[str, Any] = super().init_settings()
        return {**settings, "playbook_language": self.playbook_settings.language, "compress_response": True}

    def warm_kernels(self) -> int:
        """How many preheated kernels have rendered their page and wait for its query string."""
        pools: dict[str, list[asyncio.Task[Any]]] = getattr(self.kernel_manager, "_pools", {})
        done = [task for pool in pools.values() for task in pool if task.done() and not task.cancelled()]
        started = [task.result() for task in done if task.exception() is None]
        rendered = {content["kernel_id"] for content in started if content["task"].done()}
        return len(rendered & RequestInfoSocketHandler._waiters.keys())  # noqa: SLF001 - Voilà has no other sign


def configuration(host: str, port: int, *, preheat: bool) -> Config:
    """Everything that Voilà has to be told."""
    config = Config()
    config.Voila.ip = host
    config.Voila.port = port
    config.Voila.port_retries = 0
    config.Voila.open_browser = False
    config.Voila.root_dir = str(notebooks_dir())
    config.VoilaConfiguration.template = "playbook"
    config.VoilaConfiguration.preheat_kernel = preheat
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.TagRemovePreprocessor.remove_cell_tags = {"checks"}
    config.KernelManager.transport = _transport()
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = 60
    config.VoilaKernelManager.kernel_pools_config = {
        "default": {"pool_size": 0, "kernel_env_variables": {}},
        **{page: {"pool_size": size, "kernel_env_variables": {}} for page, size in POOL.items()},
    }
    config.VoilaKernelManager.fill_delay = 0.5
    return config


def _transport() -> str:
    """How kernels are reached: sockets, or ports where the sockets' paths would be too long."""
    socket_path = Path(tempfile.gettempdir()) / "voila_00000000" / f"kernel-{'0' * 36}-ipc-0"
    return "ipc" if fits(socket_path) else "tcp"


def serve(
    settings: Settings,
    *,
    host: str = "localhost",
    port: int = 8866,
    open_browser: bool = True,
    preheat: bool = True,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the desk until it is stopped. The port has to be free: on a taken one Voilà ends the program."""
    started = time.perf_counter()
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH")]))
    os.environ["PLAYBOOK_HOME"] = str(settings.home)
    if host not in EVERYWHERE:
        os.environ["VOILA_APP_IP"] = host  # where warm kernels ask for their page's query string
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    server = Server(config=configuration(host, port, preheat=preheat))
    server.playbook_settings = settings
    server.log_level = logging.ERROR
    server.wanted_kernels = sum(POOL.values()) if preheat else 0
    server.initialize([])
    url = f"http://{'localhost' if host in {'127.0.0.1', '::1'} else host}:{port}"

    async def report() -> None:
        while server.warm_kernels() < server.wanted_kernels:
            if time.perf_counter() - started > PATIENCE_SECONDS:
                announce("warning   kernels are slow to start: pages will open, the first ones slowly")
                break
            await asyncio.sleep(0.1)
        announce(f"ready     {server.warm_kernels()} warm kernels, {time.perf_counter() - started:.1f} s")
        announce(f"open      {url}    (stop with Ctrl+C)")
        if open_browser:
            webbrowser.open(url)

    import tornado.ioloop

    tornado.ioloop.IOLoop.current().add_callback(report)
    announce(f"server    listening on {url}")
    server.start()
