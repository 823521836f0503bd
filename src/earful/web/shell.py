"""The parts of the web application that need no database: static files, headers, the error page."""

from typing import Any

from litestar import Response, get
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import Message, Scope

from earful.web.assets import Assets
from earful.web.render import Renderer
from earful.web.security import PAGE_CACHE, SECURITY_HEADERS, STATIC_CACHE


def static_route(assets: Assets) -> HTTPRouteHandler:
    """`GET /static/{version}/{path}`. An older version gets today's file, but no promise that it stays."""

    @get("/static/{version:str}/{path:path}", include_in_schema=False, name="static", opt={"public": True})
    async def serve(version: FromPath[str], path: FromPath[str]) -> Response[bytes]:
        found = assets.read(path.lstrip("/"))
        if found is None:
            return Response(b"", status_code=404, media_type="text/plain")
        body, kind = found
        cache = STATIC_CACHE if version == assets.version else "no-cache"
        return Response(body, media_type=kind, headers={"cache-control": cache})

    return serve


async def secure(message: Message, scope: Scope) -> None:  # noqa: ARG001  the hook's signature
    """A `before_send` hook: security headers on every answer, and no cache unless the answer names one.

    A header that the answer has empty is left out: the answer knows why.
    """
    if message["type"] != "http.response.start":
        return
    headers = list(message["headers"])
    present = {name.lower() for name, _ in headers}
    wanted = {**SECURITY_HEADERS, "cache-control": PAGE_CACHE}
    headers += [(n.encode(), v.encode()) for n, v in wanted.items() if n.encode() not in present]
    message["headers"] = [(name, value) for name, value in headers if value]


def error_response(
    renderer: Renderer, error: Exception, *, now: int, partial: bool, **context: Any
) -> Response[str]:
    """The error page; for a request by htmx (`partial`) only its words, which the page shows as a toast."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) and status != 500 else ""
    name = "partials/error_words.html" if partial else "error.html"
    page = renderer.render(name, now=now, status=status, detail=detail, **context)
    return Response(page, status_code=status, media_type="text/html; charset=utf-8")
