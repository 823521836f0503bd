"""A file as it comes up: how large, of which kind, and whether there is room for it."""

import asyncio

from litestar.datastructures import UploadFile

from earful.channels.kit.http import MEGABYTE
from earful.channels.kit.media import LARGEST, MediaRefused
from earful.channels.kit.media import known as known_media
from earful.desk.attaching import service
from earful.desk.attaching.rules import File
from earful.desk.media import service as media
from earful.intake.rules import clean
from earful.parts import Parts
from earful.store.audit import Who
from earful.store.tx import Tx
from earful.web.problems import ProblemError

BODY = LARGEST + MEGABYTE
"""Largest request with files in bytes, whatever the setting says."""


async def keep(parts: Parts, who: Who, case_id: str, upload: UploadFile) -> File:
    """Put what came up to somebody's draft. Raises ProblemError with words for whoever sent it."""
    name, most = clean(upload.filename)[:300], parts.settings.reply_file_megabytes
    if await parts.store.read(lambda tx: media.is_full(tx, parts.settings.media_megabytes)):
        raise ProblemError(503, f"No more files can be kept here now; {name} was not added.")
    content = await upload.read(most * MEGABYTE + 1)
    if len(content) > most * MEGABYTE:
        raise ProblemError(413, f"{name} is larger than {most} MB; it was not added.")
    try:
        found = await asyncio.to_thread(known_media, content)
        media.check_upload(found)
        digest = await asyncio.to_thread(parts.files.put, content)

        def verb(tx: Tx) -> File:
            return service.add(tx, who, case_id, name, found, digest, parts.clock())

        return await parts.store.write(verb)
    except MediaRefused as error:
        raise ProblemError(422, f"{name} was not added: {error}") from error
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error
    except OSError as error:
        raise ProblemError(503, f"{name} could not be kept now; try again later.") from error
