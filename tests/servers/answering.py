"""Small HTTP servers on loopback: one that answers as it is told, and one that passes everything on and listens."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from earful.channels.hooks import Answer

_OWN = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "date", "server"})
"""Headers that say how an answer was carried: each connection has its own."""


class Answering:
    """Answers every request by `answer`, on a port of loopback."""

    def __init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                found = server.answer(
                    self.command, self.path, dict(self.headers.items()), self.rfile.read(length)
                )
                self.send_response(found.status)
                headers = found.headers if isinstance(found, Passed) else {"content-type": found.media_type}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)

            do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815  # the names are the library's

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What is said to a request."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)


class Passed(Answer, frozen=True, kw_only=True):
    """An answer of somebody else, with all of its headers."""

    headers: dict[str, str]


class Passing(Answering):
    """Passes every request on to `there` and its answer back; a subclass may look at both, and change them."""

    def __init__(self, there: str) -> None:
        self.there = there.rstrip("/")
        self._client = httpx2.Client(trust_env=False, timeout=30)
        super().__init__()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Passed:
        """What `there` says."""
        kept = {name: value for name, value in headers.items() if name.lower() not in {"host", *_OWN}}
        told = self._client.request(method, f"{self.there}{path}", headers=kept, content=body)
        given = {name: value for name, value in told.headers.items() if name.lower() not in _OWN}
        return Passed(status=told.status_code, body=told.content, headers=given)

    def stop(self) -> None:
        """End it."""
        super().stop()
        self._client.close()
