"""Files of messages for colleagues, from our own address: shown where they can do no harm, else saved."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from earful.desk.media import rules, service
from earful.desk.media.service import Kept
from earful.desk.users.rules import Permission
from earful.web.access import needs
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; style-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=86400, immutable",
}
"""Nothing in a file can run, whatever it turns out to be."""


def sent(kept: Kept, content: bytes) -> Response[bytes]:
    """A file as an answer."""
    shows = rules.is_image(kept.mime)
    name = quote(kept.name, safe="")
    told = {"content-disposition": f"{'inline' if shows else 'attachment'}; filename*=UTF-8''{name}"}
    kind = kept.mime if shows else "application/octet-stream"
    return Response(content, media_type=kind, headers={**HEADERS, **told})


@get("/media/{media_id:str}", guards=READ, include_in_schema=False)
async def one_file(request: Ask, media_id: FromPath[str]) -> Response[bytes]:
    """A file of a message."""
    parts = parts_of(request)
    kept = await parts.store.read(lambda tx: service.served(tx, media_id))
    content = parts.files.read(kept.sha256) if kept is not None else None
    if kept is None or content is None:
        raise ProblemError(404, "This file is not kept any more.")
    return sent(kept, content)


HANDLERS: list[Any] = [one_file]
