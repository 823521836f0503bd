"""Where networks fetch the files of replies that they do not take by themselves: by a signed address that ends.

It opens one file of one reply that goes out on one channel, to whoever has it, and tells nothing else: every other
address is answered alike.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Response, route
from litestar.params import FromPath

from earful.desk.attaching import rules, service
from earful.desk.media.service import Kept
from earful.model.time import MINUTE
from earful.web import ranges
from earful.web.access import PUBLIC, address_of
from earful.web.brakes import Brakes, TooFast
from earful.web.site import Ask, parts_of

PATH = "/f"
FILE, GUESS = "shared file", "guessed file"
RATES: Mapping[str, tuple[int, int]] = {FILE: (60, MINUTE), GUESS: (60, MINUTE)}
"""How many in how many milliseconds: of one file, and of one network address that has no link of ours."""
HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-store",
    "accept-ranges": "bytes",
}


@route(
    PATH + "/{link:str}",
    http_method=["GET", "HEAD"],
    opt=PUBLIC | {"visitor": True, "exclude_from_csrf": True},
    status_code=200,
    include_in_schema=False,
)
async def one_file(request: Ask, link: FromPath[str]) -> Response[bytes]:
    """A file of a reply, for its network."""
    parts, now = parts_of(request), parts_of(request).clock()
    brakes: Brakes = request.app.state.brakes
    found = rules.read_link(parts.vault.derive(service.LINKS), link)
    try:
        if found is None:
            brakes.spend(GUESS, address_of(request))
            return _nothing(404)
        brakes.spend(FILE, found.file_id)
    except TooFast as error:
        return _nothing(429, {"retry-after": str(error.seconds)})
    kept = await parts.store.read(lambda tx: service.shared(tx, found, now))
    content = await asyncio.to_thread(parts.files.read, kept.sha256) if kept is not None else None
    return _nothing(404) if kept is None or content is None else _sent(request, kept, content)


def _nothing(status: int, more: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(b"", status_code=status, media_type="text/plain", headers={**HEADERS, **(more or {})})


def _sent(request: Ask, kept: Kept, content: bytes) -> Response[bytes]:
    tag = f'"{kept.sha256[:32]}"'
    named = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
    told = {**HEADERS, "etag": tag, "content-disposition": named}
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", tag) != tag:
        wanted = ""
    try:
        part = ranges.asked_for(wanted, len(content))
    except ranges.UnsatisfiableError:
        return _nothing(416, {"content-range": f"bytes */{len(content)}"})
    if part is None or request.method == "HEAD":
        # What a HEAD is told is what a GET would get; Litestar leaves the content out.
        return Response(content, media_type=kept.mime, headers=told)
    told["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], status_code=206, media_type=kept.mime, headers=told)


HANDLERS: list[Any] = [one_file]
