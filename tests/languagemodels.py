"""A language model as the second reader meets it: a local server that behaves as each test needs it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playbook.intake.second import Endpoint


@dataclass
class Model:
    """A server whose ``behave`` answers each request; it remembers what it was asked."""

    url: str = ""
    behave: Callable[[BaseHTTPRequestHandler], None] = lambda handler: None
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def at(self, key: str = "") -> Endpoint:
        return Endpoint(self.url, "small", key)

    def answers(self, *items: dict[str, Any]) -> None:
        self.says(json.dumps({"items": items}))

    def says(self, content: Any) -> None:
        self.sends(200, json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}))

    def sends(self, status: int, body: str, **headers: str) -> None:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body.encode())))
            handler.end_headers()
            handler.wfile.write(body.encode())

        self.behave = behave


@contextmanager
def served_model() -> Iterator[Model]:
    """A model that listens to the end of the block."""
    served = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append((self.path, headers, body))
            try:
                served.behave(self)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Nothing: the test output is not a log."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """Nothing: a client that has gone is part of these tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield served
        served.over.set()
        server.shutdown()
        thread.join()
