"""Files that visitors send up and fetch again."""

import asyncio
from typing import Any
from urllib.parse import unquote

from litestar import Response, get, post
from litestar.params import FromPath

from earful.channels.kit.media import LARGEST_UPLOAD, MediaRefused
from earful.channels.kit.media import known as known_media
from earful.desk.chat import service
from earful.desk.chat.asking import VISITOR, chat_of, key_of, said, slow_down, visitor_of
from earful.desk.media import pages as media_pages
from earful.desk.media import service as media
from earful.intake.rules import clean
from earful.model.message import Attachment
from earful.store.tx import Tx
from earful.web.access import address_of
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


@post(
    "/chat/{channel:str}/files",
    opt=VISITOR,
    status_code=200,
    include_in_schema=False,
)
async def upload(request: Ask, channel: FromPath[str]) -> Response[bytes]:
    """Send a file up, to be said with a message: the body is the file, `x-file-name` its name."""
    chat, key = await chat_of(request, channel), key_of(request)
    parts, now = parts_of(request), parts_of(request).clock()
    if not chat.settings.attachments:
        raise ProblemError(403, "Files cannot be sent in this chat.")
    await slow_down(request, chat, "upload", address_of(request))
    await slow_down(request, chat, "file", service.digest(key))
    stranger, full = await parts.store.read(
        lambda tx: (
            service.known(tx, chat.channel.id, key, now) is None,
            media.is_full(tx, parts.settings.media_megabytes),
        )
    )
    if stranger:
        await slow_down(request, chat, "new", address_of(request))
    if full:
        raise ProblemError(
            503, "No more files can be kept here now; it was not sent. Write to us without it."
        )
    raw = await request.body()
    if len(raw) > LARGEST_UPLOAD:
        raise ProblemError(413, "The file is larger than 8 MB; it was not sent.")
    try:
        found = await asyncio.to_thread(known_media, raw)
        media.check_upload(found)
        digest = await asyncio.to_thread(parts.files.put, raw)
        name = unquote(request.headers.get("x-file-name", ""))[:300]

        def verb(tx: Tx) -> Attachment:
            visitor = service.meet(tx, chat.channel.id, key, now)
            service.may_write(visitor)
            return media.upload(tx, chat.channel.id, visitor.id, clean(name), found, digest, now)

        made = await parts.store.write(verb)
    except (MediaRefused, media.TooManyError) as error:
        raise ProblemError(422, str(error)) from error
    except service.RefusedError as error:
        raise ProblemError(403, str(error)) from error
    except OSError as error:
        raise ProblemError(503, "The file could not be kept now; try again later.") from error
    return said(service.File(id=made.native_id, name=made.name, mime=made.mime, size=made.size or 0))


@get("/chat/{channel:str}/files/{media_id:str}", opt=VISITOR, include_in_schema=False)
async def one_file(request: Ask, channel: FromPath[str], media_id: FromPath[str]) -> Response[bytes]:
    """A file of the visitor's own chat."""
    chat = await chat_of(request, channel)
    visitor = await visitor_of(request, chat)
    parts = parts_of(request)

    def read(tx: Tx) -> media.Kept | None:
        kept = media.served(tx, media_id)
        return kept if kept is not None and service.may_see(tx, visitor, kept) else None

    kept = await parts.store.read(read)
    content = parts.files.read(kept.sha256) if kept is not None else None
    if kept is None or content is None:
        raise ProblemError(404, "This file is not kept any more.")
    return media_pages.sent(kept, content)


HANDLERS: list[Any] = [upload, one_file]
