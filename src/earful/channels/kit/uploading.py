"""Files handed over before the reply that names them: whatever happens meanwhile, nothing was said yet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx2

from earful.channels.contract import Reply, ReplyFile, SendPostponed, SendRefused, SendUnknown
from earful.channels.kit.loose import object_in, word

UPLOAD_SECONDS = 50.0
"""All files of a reply together; what takes longer is tried again later. The outbox gives up a send after more."""
KILOBYTE, MEGABYTE = 1_000, 1_000_000
PICTURES = ("image/jpeg", "image/png")
OFFICE = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
OPEN_DOCUMENTS = (
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
)
DOCUMENTS = ("application/pdf", "text/plain", *OFFICE, *OPEN_DOCUMENTS)
ANY = (*PICTURES, "image/gif", "image/webp", *DOCUMENTS)
"""Everything that a colleague can put to a reply."""

T = TypeVar("T")


async def handed_over(reply: Reply, hand_over: Callable[[ReplyFile], Awaitable[T]]) -> list[T]:
    """Every file of a reply handed over, in order: what the network named them.

    Raises SendRefused when the network does not take one, and SendPostponed for everything else: a file whose fate is
    not known says nothing to anybody, so it is handed over again.
    """
    found: list[T] = []
    async with _in_time():
        for file in reply.files:
            try:
                found.append(await hand_over(file))
            except SendUnknown as fault:
                raise SendPostponed(_words(file, str(fault))) from None
            except SendRefused as fault:
                raise SendRefused(f"{file.name} was not taken: {fault}") from None
    return found


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            yield
    except TimeoutError:
        raise SendPostponed(
            f"The files were not handed over within {UPLOAD_SECONDS:.0f} seconds; nothing was sent, it is tried again."
        ) from None


def _words(file: ReplyFile, why: str) -> str:
    why = why.replace("The reply may be out.", "").strip().rstrip(".")
    return f"{file.name} could not be handed over ({why}); nothing was sent, it is tried again."


def named_in(response: httpx2.Response, *path: str) -> str:
    """The id in the answer to a file. Raises SendUnknown when there is none."""
    found = word(object_in(response.content), *path)
    if not found:
        raise SendUnknown("the answer does not name it")
    return found
