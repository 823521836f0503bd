"""A small real HTTP server for feeds: ETags, 304, and any status on request."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FeedServer:
    """Serves one document; tests change `document`, `status` and `headers` between looks."""

    def __init__(self) -> None:
        self.document = b""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.served: list[int] = []
        """Statuses answered so far, in order."""
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feeds.answer(self)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Nothing: the test output is for failures."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/feed"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Serve the document, or 304 to whom has it already."""
        document, status, headers = self.document, self.status, dict(self.headers)
        etag = '"' + hashlib.sha256(document).hexdigest()[:16] + '"'
        if status == 200 and request.headers.get("if-none-match") == etag:
            status, document = 304, b""
        self.served.append(status)
        request.send_response(status)
        for name, value in {"ETag": etag, "Content-Type": "application/xml", **headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(document)))
        request.end_headers()
        request.wfile.write(document)

    def stop(self) -> None:
        """End the server."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)
