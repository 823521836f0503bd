"""A reply on Threads, which takes two steps: make a container, then publish it.

Only the second step shows anything to anybody, and a container can be published once. So the container's id is kept in
the store before it is published: after a crash or a lost answer the container itself tells whether it is out, and
another try publishes the same one.
"""

import zlib

import msgspec
from msgspec import Struct

from earful.channels.contract import Inlet, RawDelivery, Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.channels.threads.limits import CAPABILITIES
from earful.model.message import PRIVATE

PLACES = 256
"""Containers of so many replies are remembered; each lives for a day."""


class Container(Struct):
    """https://developers.facebook.com/docs/threads/troubleshooting#publishing-does-not-return-a-media-id"""

    id: str = ""
    status: str = ""
    """`IN_PROGRESS`, `FINISHED`, `PUBLISHED`, `ERROR` or `EXPIRED`."""
    error_message: str | None = ""


container = msgspec.json.Decoder(Container)


def compose(reply: Reply) -> dict[str, str]:
    """The fields of a container. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience in PRIVATE or reply.audience is not reply.to.visibility:
        raise SendRefused(f"Threads is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {length} characters long, Threads allows 500; nothing was sent.")
    return {"media_type": "TEXT", "text": text, "reply_to_id": reply.to.native_id}


class Containers:
    """Which reply has which container: kept with the channel's cursors, where a crash cannot lose it."""

    def __init__(self) -> None:
        self.inlet: Inlet | None = None
        self._held: dict[str, str] = {}

    async def keep(self, client_id: str, container_id: str) -> None:
        """Returns after commit."""
        self._held[_place(client_id)] = f"{client_id} {container_id}"
        if self.inlet is not None:
            nothing = RawDelivery(transport="api", body=b"")
            await self.inlet.accept(nothing, [], cursors={_place(client_id): f"{client_id} {container_id}"})

    async def of(self, client_id: str) -> str:
        """The container of a reply; empty when none was kept, or another reply has taken its place."""
        kept = self._held.get(_place(client_id), "")
        if not kept and self.inlet is not None:
            kept = await self.inlet.cursor(_place(client_id)) or ""
        whose, _, container_id = kept.rpartition(" ")
        return container_id if whose == client_id else ""


def _place(client_id: str) -> str:
    return f"container {zlib.crc32(client_id.encode()) % PLACES}"
