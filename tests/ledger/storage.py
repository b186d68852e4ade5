"""An S3 server on loopback, over HTTP as the real one, that can lose its answers or go away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "ledgers"


class Quiet(WSGIRequestHandler):
    """Serve without a line of log a request."""

    def log(self, *_arguments: Any) -> None:
        """Keep still."""


class Storage:
    """Count and forward requests; `lose` answers that many writes with 500 after they were done."""

    def __init__(self) -> None:
        self._inner = DomainDispatcherApplication(create_backend_app)
        self.reset()

    def reset(self) -> None:
        """Lose nothing any more, and count from none."""
        self.lose = 0
        self.writes = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._inner(
            environ, start if not self._loses(environ) else lambda *_more, **_named: None
        )
        if not self._losing:
            return answer
        b"".join(answer)
        start("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]

    def _loses(self, environ: dict[str, Any]) -> bool:
        writes = environ["REQUEST_METHOD"] == "PUT"
        self.writes += writes
        self._losing = writes and self.lose > 0
        self.lose -= self._losing
        return self._losing


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
