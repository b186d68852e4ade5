"""An S3 server on loopback, over HTTP as the real one, that can lose its answers or go away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "ledgers"
CLOUD = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}
"""What a CI job has in its environment, but for the address of the server."""


class Quiet(WSGIRequestHandler):
    """Serve without a line of log a request."""

    def log(self, *_arguments: Any) -> None:
        """Keep still."""


class Storage:
    """Count and forward requests; `lose` answers that many writes with 500 after they were done, `lose_first` each swap once."""

    def __init__(self) -> None:
        self._inner = DomainDispatcherApplication(create_backend_app)
        self._mutex = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Lose nothing any more, tell nobody, and count from none."""
        self.on_write: Callable[[str, str], None] = lambda _what, _side: None
        """Told of each write, `before` and `after` it is done."""
        self.lose = 0
        self.lose_first = False
        self._lost: set[tuple[str, str]] = set()
        self.writes = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        writes, what = (
            environ["REQUEST_METHOD"] in {"PUT", "DELETE"},
            f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
        )
        if writes:
            self.on_write(what, "before")
        answer = self._answer(environ, start)
        if writes:
            self.on_write(what, "after")
        return answer

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if not self._loses(environ):
            answer: Iterable[bytes] = self._inner(environ, start)
            return answer
        b"".join(self._inner(environ, lambda *_more, **_named: None))
        start("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]

    def _loses(self, environ: dict[str, Any]) -> bool:
        """Tell whether the answer to a request is lost; requests come from several threads."""
        if environ["REQUEST_METHOD"] != "PUT":
            return False
        with self._mutex:
            self.writes += 1
            swap = (environ["PATH_INFO"], environ.get("HTTP_IF_MATCH", ""))
            lost = self.lose > 0 or (self.lose_first and swap not in self._lost)
            self._lost.add(swap)
            self.lose -= self.lose > 0
            return lost


@contextmanager
def serve_storage() -> Iterator[tuple[str, Storage]]:
    """Yield the address of the server, which has one bucket, and what steers it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    storage = Storage()
    server = make_server("127.0.0.1", 0, storage, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    httpx.put(f"{url}/{BUCKET}").raise_for_status()
    try:
        yield url, storage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
