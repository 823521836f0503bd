"""Every post of the network, by Jetstream: what names us without a mention, and what is deleted, as it happens."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from earful.channels.bluesky.limits import LOOK_DAYS, LOOK_MOST
from earful.channels.bluesky.parse import AT, gone, post
from earful.channels.bluesky.records import POST
from earful.channels.bluesky.settings import BlueskySettings
from earful.channels.bluesky.watch import Commit, Watch, frame_of, is_post, record_of
from earful.channels.contract import Inlet, RawDelivery, SendPostponed
from earful.channels.kit.api import FAULTS, Api
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.loose import moment, word
from earful.channels.kit.socket import open_socket
from earful.model.message import IncomingMessage
from earful.model.time import DAY, SECOND, Instant, instant
from earful.model.time import moment as moment_of

CURSOR = "bluesky:firehose"
PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
SUBPROTOCOL = "xrpc.v1.json"
HEARTBEAT_SECONDS = 40
OVERLAP_MS = 5_000
"""A stream is joined again so much before it broke: an event twice is one, an event missed is none."""
NOTE_SECONDS = 10
PROFILES = 500


class Firehose:
    """One connection at a time. The cursor is the network's time up to which everything was seen."""

    def __init__(
        self, api: Api, settings: BlueskySettings, did: str, now: Callable[[], Instant], *, allow_private: bool
    ) -> None:  # fmt: skip
        self._api = api
        self._settings = settings
        self._did = did
        self._now = now
        self._allow_private = allow_private
        self._watch = Watch(settings.watch, did)
        self._known: set[str] = set()
        self._people: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._noted_at = 0

    async def run(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        """Read until it breaks. Raises StreamRefused, or httpx2.HTTPError when it breaks or falls silent."""
        since = Instant(self._now() - LOOK_DAYS * DAY)
        self._known = {one.native_id for one in await inlet.recent(since, LOOK_MOST) if one.namespace == AT}
        came = await inlet.cursor(CURSOR)
        query = [("kinds", "commit"), ("collections", POST)]
        if came is not None:
            query.append(("cursor", str((int(came) - OVERLAP_MS) * 1_000)))
        url = f"{self._settings.jetstream.rstrip('/')}{PATH}?{urlencode(query)}"
        async with open_socket(
            url,
            allow_private=self._allow_private,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            subprotocol=SUBPROTOCOL,
        ) as frames:
            await inlet.alive()
            backoff.reset()
            async for frame in frames:
                if stop.is_set():
                    return
                if self._watch.may_concern(frame):
                    await self._take(inlet, frame)
                elif self._now() - self._noted_at >= NOTE_SECONDS * SECOND:
                    await self._stand(inlet, frame)

    async def _take(self, inlet: Inlet, frame: bytes) -> None:
        try:
            told = frame_of(frame)
        except msgspec.MsgspecError as fault:
            await inlet.trouble(f"Jetstream brought something that cannot be read: {fault}. It goes on.")
            return
        commit = told.payload
        if commit.type.endswith("#info"):
            if commit.name == "OutdatedCursor" and (came := await inlet.cursor(CURSOR)) is not None:
                await self._missed(inlet, came)
            return
        message = await self._message(commit)
        at = moment(commit.time)
        if message is not None and at is not None:
            cursors = {CURSOR: str(int(instant(at)))}
            await inlet.accept(self._delivery(frame), [message], cursors=cursors)
            self._noted_at = self._now()

    async def _message(self, commit: Commit) -> IncomingMessage | None:
        if not is_post(commit):
            return None
        uri = commit.uri
        if commit.operation == "delete":
            return gone(uri, AT, self._now()) if uri in self._known else None
        try:
            record = record_of(commit.record)
        except msgspec.MsgspecError:
            return None
        why = self._watch.why(record, commit.did)
        if not why:
            return None
        view = {
            "uri": uri, "cid": commit.cid, "author": await self._author(commit.did), "record": record,
            "indexedAt": commit.time, "reason": why,
        }  # fmt: skip
        self._known.add(uri)
        return post(view, self._did, self._settings.server)

    async def _author(self, did: str) -> dict[str, Any]:
        """Their name and handle, as far as the network tells them now."""
        if did not in self._people:
            try:
                _, found = await self._api.ask(
                    "/xrpc/app.bsky.actor.getProfile", limit="requests", params={"actor": did}
                )
            except (*FAULTS, SendPostponed):
                return {"did": did}
            self._people[did] = found if word(found, "did") == did else {"did": did}
            if len(self._people) > PROFILES:
                self._people.popitem(last=False)
        return self._people[did]

    async def _stand(self, inlet: Inlet, frame: bytes) -> None:
        """Nothing of this concerned us; the cursor moves all the same."""
        self._noted_at = self._now()
        try:
            at = moment(frame_of(frame).payload.time)
        except msgspec.MsgspecError:
            return
        if at is not None:
            await inlet.accept(self._delivery(b""), [], cursors={CURSOR: str(int(instant(at)))})

    async def _missed(self, inlet: Inlet, came: str) -> None:
        since: datetime = moment_of(Instant(int(came)))
        await inlet.gap(
            Instant(int(came)),
            f"Earful was away for longer than Jetstream keeps posts, since {since:%Y-%m-%d %H:%M} UTC: posts that name "
            "the brand without mentioning it may be missing. Mentions and replies are fetched all the same.",
        )

    @staticmethod
    def _delivery(raw: bytes) -> RawDelivery:
        return RawDelivery(transport="stream", body=raw, verified_by="tls")
