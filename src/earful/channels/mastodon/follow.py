"""Bringing in what concerns an account: by stream at once, by paging for certain."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import msgspec
import structlog
from msgspec import structs

from earful.channels.contract import Inlet, RawDelivery
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.stopping import Stopped, pause, unless
from earful.channels.kit.stream import StreamRefused, open_stream
from earful.channels.mastodon.api import (
    Api,
    ApiRefused,
    Context,
    Instance,
    Notification,
    Status,
)
from earful.channels.mastodon.events import ANSWERABLE, from_root, status_in
from earful.channels.mastodon.limits import ANCESTORS_KEPT, HISTORY_PAGES, PAGE
from earful.channels.mastodon.parse import deletion, parse_status, unreadable
from earful.channels.mastodon.send import id_order
from earful.channels.mastodon.settings import MastodonSettings
from earful.model.message import Direction, IncomingMessage

log = structlog.get_logger(__name__)

NOTIFICATIONS = "mastodon:notifications"
OWN = "mastodon:own"
NO_STREAM = (200, 403, 404)
"""A server, a token or a proxy that has no stream for us: what is asked for comes all the same."""


class Follow:
    """One run of `receive`: `user` and `direct` are sessions that end when their stream breaks.

    Cursors move with pages only, never with stream events: an event that was lost would be jumped over. So a
    reconnect reads a little twice, which is harmless.
    """

    def __init__(
        self,
        api: Api,
        settings: MastodonSettings,
        *,
        inlet: Inlet,
        stop: asyncio.Event,
        now: Callable[[], datetime],
        client_id_of: Callable[[str], Awaitable[str]],
        pace: float = 1.0,
    ) -> None:
        self._api = api
        self._settings = settings
        self._inlet = inlet
        self._stop = stop
        self._now = now
        self._client_id_of = client_id_of
        self._look_seconds = settings.look_again_seconds * pace
        self._me = ""
        self._ancestors: dict[str, list[str]] = {}
        self._recent: dict[str, datetime | None] = {}

    async def user(self, backoff: Backoff) -> None:
        """Notifications, our own posts, edits and deletes."""
        self._me = (await unless(self._stop, self._api.me())).id
        instance = await unless(self._stop, self._api.instance())
        for path in ("user", "user/notification"):
            try:
                await self._stream(instance, path, self._catch_up, backoff)
                return
            except StreamRefused as refused:
                # A token may be good for one of the two only, and some servers have neither.
                if refused.status not in NO_STREAM:
                    raise
        await self._poll(backoff)

    async def direct(self, backoff: Backoff) -> None:
        """Direct messages as conversations: the only way by which their edits arrive."""
        self._me = self._me or (await unless(self._stop, self._api.me())).id
        instance = await unless(self._stop, self._api.instance())
        try:
            await self._stream(instance, "direct", self._nothing, backoff)
        except StreamRefused as refused:
            if refused.status not in NO_STREAM:
                raise
            await self._stop.wait()

    async def _nothing(self) -> None:
        """Direct messages are notifications too, and those are caught up with elsewhere."""

    async def _stream(
        self, instance: Instance, path: str, fill: Callable[[], Awaitable[None]], backoff: Backoff
    ) -> None:
        url = f"{instance.streaming}/api/v1/streaming/{path}"
        async with open_stream(
            self._api.http, url, heartbeat_seconds=self._settings.heartbeat_seconds
        ) as events:
            # Now the stream holds what is new, so nothing falls between the page and the stream.
            await fill()
            await self._inlet.alive()
            backoff.reset()
            await self._read(events, fill)

    async def _read(
        self, events: AsyncIterator[httpx2.ServerSentEvent], fill: Callable[[], Awaitable[None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        look_again = loop.time() + self._look_seconds
        coming = asyncio.ensure_future(anext(events))
        try:
            while True:
                left = max(0.0, look_again - loop.time())
                await _first(coming, self._stop, left)
                if self._stop.is_set():
                    raise Stopped
                if coming.done():
                    try:
                        event = coming.result()
                    except StopAsyncIteration:
                        return
                    await self._take(event)
                    coming = asyncio.ensure_future(anext(events))
                if loop.time() >= look_again:
                    await fill()
                    await self._inlet.alive()
                    look_again = loop.time() + self._look_seconds
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _poll(self, backoff: Backoff) -> None:
        """For servers without streaming."""
        while True:
            await self._catch_up()
            await self._inlet.alive()
            backoff.reset()
            if await pause(self._stop, self._look_seconds):
                raise Stopped

    async def _take(self, event: httpx2.ServerSentEvent) -> None:
        """Hand in one event of a stream."""
        raw = event.data.encode()
        if event.event == "delete":
            gone = event.data.strip().strip('"')
            if gone:
                await self._give("stream", raw, [deletion(gone, server=self._api.server, at=self._now())])
            return
        status = status_in(event.event, raw, self._me)
        if status is not None:
            await self._give("stream", raw, [await self._message(status)])

    async def _catch_up(self) -> None:
        """Everything since the cursors, then another look at what is recent."""
        await self._fill_notifications()
        await self._fill_own()
        await self._look_again()

    async def _fill_notifications(self) -> None:
        cursor = await self._inlet.cursor(NOTIFICATIONS)
        if cursor is None:
            await self._first_time()
            return
        while True:
            page = await self._api.notifications(min_id=cursor)
            for each in sorted(page, key=lambda n: id_order(n.id)):
                cursor = each.id
                await self._keep(each, backfill=False)
                self._check_stop()
            if len(page) < PAGE:
                return

    async def _first_time(self) -> None:
        """Remember where we begin; fetch history when it was asked for. The cursor moves at the end."""
        newest = await self._api.notifications(limit=1)
        past: list[Notification] = []
        floor = self._now() - timedelta(days=self._settings.history_days)
        params: dict[str, str] = {}
        for _ in range(HISTORY_PAGES if self._settings.history_days else 0):
            page = await self._api.notifications(**params)
            past += [each for each in page if each.created_at >= floor]
            if len(page) < PAGE or page[-1].created_at < floor:
                break
            params = {"max_id": page[-1].id}
        for each in reversed(past):
            if each.status is not None:
                message = await self._message(each.status, backfill=True)
                await self._give("poll", msgspec.json.encode(each), [message])
                self._check_stop()
        await self._give("poll", b"", [], {NOTIFICATIONS: newest[0].id if newest else "0"})

    async def _keep(self, notification: Notification, *, backfill: bool) -> None:
        messages = []
        if notification.status is not None and notification.type in ANSWERABLE:
            messages = [await self._message(notification.status, backfill=backfill)]
        elif notification.unreadable:
            messages = [unreadable(notification, server=self._api.server)]
        raw = notification.unreadable.encode() or msgspec.json.encode(notification)
        await self._give("poll", raw, messages, {NOTIFICATIONS: notification.id})

    async def _fill_own(self) -> None:
        """What we posted elsewhere, in the app or on the web: colleagues' answers belong to the case."""
        cursor = await self._inlet.cursor(OWN)
        if cursor is None:
            newest = await self._api.statuses_of(self._me, limit=1)
            await self._give("poll", b"", [], {OWN: newest[0].id if newest else "0"})
            return
        while True:
            page = await self._api.statuses_of(self._me, min_id=cursor)
            for each in sorted(page, key=lambda s: id_order(s.id)):
                cursor = each.id
                await self._give(
                    "poll", msgspec.json.encode(each), [await self._message(each)], {OWN: each.id}
                )
                self._check_stop()
            if len(page) < PAGE:
                return

    async def _look_again(self) -> None:
        """Edits and deletes of recent mentions: servers tell them only to followers of the author."""
        page = await self._api.notifications()
        now_there = {n.status.id: n.status for n in page if n.status is not None and n.type in ANSWERABLE}
        for status in now_there.values():
            if status.edited_at and self._recent.get(status.id) != status.edited_at:
                await self._give("poll", msgspec.json.encode(status), [await self._message(status)])
        oldest = min(map(id_order, now_there), default=(0, "")) if len(page) == PAGE else (0, "")
        for status_id in self._recent.keys() - now_there.keys():
            # Below the page it only slid off; within it, the server's word makes it a delete.
            if id_order(status_id) > oldest and not await self._api.exists(status_id):
                gone = deletion(status_id, server=self._api.server, at=self._now())
                await self._give("poll", b"", [gone])
        self._recent = {status.id: status.edited_at for status in now_there.values()}

    async def _message(self, status: Status, *, backfill: bool = False) -> IncomingMessage:
        above = await self._above(status) if status.in_reply_to_id else []
        message = parse_status(
            status, server=self._api.server, me=self._me, ancestors=above, backfill=backfill
        )
        if message.direction is Direction.OUTBOUND:
            return structs.replace(message, client_id=await self._client_id_of(status.id))
        self._recent.setdefault(status.id, status.edited_at)
        return message

    async def _above(self, status: Status) -> list[str]:
        """Ids above a reply, root first; empty when the server does not tell, for then the parent must do."""
        parent = status.in_reply_to_id or ""
        if parent not in self._ancestors:
            try:
                context = await self._api.get(f"/api/v1/statuses/{status.id}/context", Context)
            except (ApiRefused, httpx2.HTTPError, msgspec.MsgspecError) as fault:
                log.info("thread not told", status=status.id, fault=type(fault).__name__)
                return []
            self._ancestors[parent] = from_root(context.ancestors)
            while len(self._ancestors) > ANCESTORS_KEPT:
                del self._ancestors[next(iter(self._ancestors))]
        return self._ancestors[parent]

    async def _give(
        self,
        transport: str,
        raw: bytes,
        messages: list[IncomingMessage],
        cursors: dict[str, str] | None = None,
    ) -> None:
        delivery = RawDelivery(transport=transport, body=raw, verified_by="token")
        await self._inlet.accept(delivery, messages, cursors=cursors)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped


async def _first(coming: "asyncio.Future[Any]", stop: asyncio.Event, seconds: float) -> None:
    end = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({coming, end}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        end.cancel()
        await asyncio.gather(end, return_exceptions=True)
