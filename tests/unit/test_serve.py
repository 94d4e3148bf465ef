"""The server around the pages: languages, routes, configuration, health; no kernel is started."""

import json
import os
import socket
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from playbook.serve import PAGES, POOL, Health, Page, Server, Start, configuration, interface_language
from playbook.settings import Settings, notebooks_dir


@pytest.mark.parametrize(
    ("accept", "preferred", "language"),
    [
        ("en-GB,en;q=0.9", None, "en"),
        ("zh-TW", None, "zh_CN"),
        ("de-DE, fr;q=0.8, EN;q=0.5, zh;q=0.3", None, "en"),
        ("de-DE", None, "zh_CN"),
        ("", None, "zh_CN"),
        (";;,,q=1", None, "zh_CN"),
        ("en", "zh_CN", "zh_CN"),
    ],
)
def test_the_language_of_the_reader(accept: str, preferred: str | None, language: str) -> None:
    assert interface_language(accept, preferred) == language


class Connection(HTTPConnection):
    """Keeps what a handler sends."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.context = SimpleNamespace(protocol="http", remote_ip="127.0.0.1", address_family=socket.AF_INET)

    def set_close_callback(self, callback: Any) -> None:
        """Nobody hangs up."""

    def write_headers(self, start_line: Any, headers: HTTPHeaders, chunk: bytes | None = None) -> Any:
        self.status, self.headers, self.body = start_line.code, dict(headers), chunk or b""

    def finish(self) -> None:
        """All was said."""


def asked(
    path: str, accept: str = "en", **settings: Any
) -> tuple[Application, HTTPServerRequest, Connection]:
    connection = Connection()
    request = HTTPServerRequest(
        start_line=RequestStartLine("GET", path, "HTTP/1.1"),
        headers=HTTPHeaders({"Accept-Language": accept, "Host": "localhost"}),
        connection=connection,
    )
    return Application(**settings), request, connection


def test_the_start_leads_to_the_front_page() -> None:
    app, request, sent = asked("/", "zh-CN")
    handler = Start(app, request, language=None)
    handler._transforms = []
    handler.get()
    assert (sent.status, sent.headers["Location"]) == (302, "/voila/render/home.ipynb?lang=zh_CN")


def test_health_counts_warm_kernels() -> None:
    for warm, ready in ((0, False), (3, True)):
        app, request, sent = asked("/healthz")
        handler = Health(app, request, app=SimpleNamespace(warm_kernels=lambda n=warm: n, wanted_kernels=3))
        handler._transforms = []
        handler.get()
        handler.finish()
        assert json.loads(sent.body) == {"ok": True, "warm": warm, "ready": ready}


def a_page(path: str, accept: str = "en") -> tuple[Page, Connection]:
    app, request, sent = asked(path, accept, playbook_language=None)
    handler = Page.__new__(Page)
    handler.initialize = lambda **_: None  # type: ignore[method-assign] - Voilà's needs its whole server
    Page.__init__(handler, app, request)
    handler._transforms = []
    return handler, sent


async def _get(path: str, notebook: str | None, accept: str = "en") -> Connection:
    handler, sent = a_page(path, accept)
    await handler.get(notebook)
    return sent


def get(path: str, notebook: str | None, accept: str = "en") -> Connection:
    import asyncio

    return asyncio.run(_get(path, notebook, accept))


def test_a_page_without_language_is_asked_for_again_with_one() -> None:
    sent = get("/voila/render/case.ipynb?case=2026-0001&x=%3Cb%3E", "case.ipynb", "zh")
    assert sent.status == 302
    assert sent.headers["Location"] == "/voila/render/case.ipynb?case=2026-0001&x=%3Cb%3E&lang=zh_CN"


@pytest.mark.parametrize("notebook", ["../secret.ipynb", "voila.json", "training/x.ipynb", "CASE.ipynb"])
def test_only_our_pages_are_pages(notebook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "write_error", lambda self, code, **_: self.finish(str(code)))
    assert get("/voila/render/x", notebook).status == 404


class TestTheServer:
    def server(self, home: Path, **config: Any) -> Server:
        server = Server(config=configuration("localhost", 8866, preheat=False))
        server.playbook_settings = Settings.from_env({"PLAYBOOK_HOME": str(home), "PLAYBOOK_LANG": "en"})
        return server

    def test_routes_are_ours_and_nothing_that_shows_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        theirs = [
            (r"/", TornadoVoilaTreeHandler, {}),
            (r"/voila/tree(.*)", TornadoVoilaTreeHandler, {}),
            (r"/voila/render/(.*)", TornadoVoilaHandler, {"config": 1}),
            (r"/voila/files/(.*)", object, {}),
            (r"/api/contents(.*)", object, {}),
            (r"/api/kernels", object, {}),
        ]
        monkeypatch.setattr(Voila, "init_handlers", lambda _self: theirs)
        server = self.server(tmp_path)
        handlers = server.init_handlers()
        assert [(handler[0], handler[1]) for handler in handlers] == [
            (r"/", Start),
            (r"/healthz", Health),
            (r"/voila/render/(.*)", Page),
            (r"/api/kernels", object),
        ]
        assert handlers[0][2] == {"language": "en"}
        monkeypatch.setattr(Voila, "init_settings", lambda _self: {"base_url": "/"})
        assert server.init_settings() == {
            "base_url": "/",
            "playbook_language": "en",
            "compress_response": True,
        }

    def test_a_server_that_has_no_pool_yet_has_no_warm_kernels(self, tmp_path: Path) -> None:
        server = self.server(tmp_path)
        server.kernel_manager = SimpleNamespace()
        assert server.warm_kernels() == 0


def test_what_voila_is_told() -> None:
    config = configuration("0.0.0.0", 9000, preheat=True)
    assert (config.Voila.ip, config.Voila.port, config.Voila.port_retries) == ("0.0.0.0", 9000, 0)
    assert config.Voila.root_dir == str(notebooks_dir())
    assert config.VoilaConfiguration.show_tracebacks is False
    assert config.VoilaConfiguration.strip_sources is True
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.TagRemovePreprocessor.remove_cell_tags == {"checks"}
    pools = config.VoilaKernelManager.kernel_pools_config
    assert {page: pools[page]["pool_size"] for page in POOL} == POOL
    assert pools["default"]["pool_size"] == 0
    assert set(PAGES) - set(POOL) == {"review.ipynb"}
    assert set(POOL) < set(PAGES)
    assert all((notebooks_dir() / page).is_file() for page in PAGES)


@pytest.mark.skipif(os.name != "posix", reason="sockets with a path exist on POSIX only")
@pytest.mark.parametrize(("length", "transport"), [(20, "ipc"), (120, "tcp")])
def test_a_long_temporary_folder_falls_back_to_ports(
    monkeypatch: pytest.MonkeyPatch, length: int, transport: str
) -> None:
    """A socket's path may have 107 bytes: kernels whose path would be longer are reached by ports."""
    monkeypatch.setattr(tempfile, "tempdir", "/" + "t" * length)
    assert configuration("localhost", 8866, preheat=False).KernelManager.transport == transport
