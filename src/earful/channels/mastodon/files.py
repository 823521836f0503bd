"""Pictures of a reply, handed to the server before the status that shows them."""

import asyncio
from typing import Any

import httpx2
from msgspec import structs

from earful.channels.contract import Files, Reply, ReplyFile, SendPostponed, SendRefused, SendUnknown
from earful.channels.kit.http import ResponseTooLarge, fetch
from earful.channels.kit.loose import mapping, number, words
from earful.channels.kit.sending import send_request
from earful.channels.kit.uploading import handed_over, named_in
from earful.channels.mastodon.api import Api, ApiRefused
from earful.channels.mastodon.limits import FILES, MEDIA_LOOK_SECONDS, MEDIA_LOOKS
from earful.model.time import Instant

PROCESSING = 206


def taken(configuration: dict[str, Any]) -> Files:
    """What a server takes, as its `configuration` says; what it does not say is as Mastodon comes."""
    told = mapping(configuration, "media_attachments")
    types = set(words(told, "supported_mime_types"))
    most = number(configuration, "statuses", "max_media_attachments")
    size = number(told, "image_size_limit")
    alt = number(told, "description_limit")
    largest = {
        mime: min(usual, size or usual)
        for mime, usual in FILES.largest.items()
        if mime in (types or FILES.largest)
    }
    return structs.replace(FILES, largest=largest, most=most or FILES.most, alt=alt or FILES.alt)


async def upload(api: Api, reply: Reply, *, now: Instant) -> list[str]:
    """The ids of a reply's pictures at the server, ready to be shown. Raises SendRefused and SendPostponed."""

    async def one(file: ReplyFile) -> str:
        response = await send_request(
            api.http, "POST", "/api/v2/media", now=now, explain=lambda response: str(ApiRefused(response)),
            files={"file": (file.name, file.content, file.mime)},
            data={"description": file.alt} if file.alt else None,
        )  # fmt: skip
        media_id = named_in(response, "id")
        if response.status_code == 202:
            await _until_ready(api, media_id)
        return media_id

    return await handed_over(reply, one)


async def _until_ready(api: Api, media_id: str) -> None:
    """GET /api/v1/media/:id says 206 while the server works on it. Raises SendPostponed, SendRefused, SendUnknown."""
    for _ in range(MEDIA_LOOKS):
        await asyncio.sleep(MEDIA_LOOK_SECONDS)
        try:
            response = await fetch(api.http, "GET", f"/api/v1/media/{media_id}")
        except (httpx2.HTTPError, ResponseTooLarge) as fault:
            raise SendUnknown(f"the server did not answer ({type(fault).__name__})") from None
        if response.status_code == 422:
            raise SendRefused(f"{ApiRefused(response)}; nothing was sent.")
        if response.status_code == 200:
            return
        if response.status_code != PROCESSING:
            raise SendUnknown(str(ApiRefused(response)))
    raise SendPostponed("The server still works on a picture; nothing was sent, it is tried again.")
