"""Bringing in by asking: notifications, own posts, the chat log, and a look at what may be gone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from earful.channels.bluesky.limits import CHAT as PROXY
from earful.channels.bluesky.limits import MOST_PAGES, OVERLAP_MS, PAGE
from earful.channels.bluesky.parse import AT, chat_message, gone, post
from earful.channels.bluesky.records import POST, parts_of
from earful.channels.bluesky.settings import BlueskySettings
from earful.channels.contract import Job, Known, RawDelivery
from earful.channels.kit.again import as_history
from earful.channels.kit.api import Api, ApiRefused
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import mapping, members, moment, word
from earful.channels.kit.poll import Page
from earful.model.message import IncomingMessage
from earful.model.time import Instant, instant

NOTIFICATIONS = "/xrpc/app.bsky.notification.listNotifications"
REASONS: dict[str, Any] = {"reasons": ["mention", "reply", "quote"], "limit": str(PAGE)}
REMEMBERED = 1_000
Me = Callable[[], Awaitable[str]]


class Notifications:
    """The newest come first and the network's cursor leads to older ones: pages are read until what is known comes."""

    name = "bluesky:notifications"
    limit = "requests"

    def __init__(self, api: Api, me: Me, settings: BlueskySettings, budget: Budget, began: Instant) -> None:
        self._api = api
        self._me = me
        self._server = settings.server
        self._budget = budget
        self._began = began
        self._seen: list[str] = []

    async def page(self, cursor: str | None) -> Page:
        """Everything indexed since the cursor, and once more what is as old as the overlap."""
        params, me = dict(REASONS), await self._me()
        floor = int(cursor or 0) - OVERLAP_MS
        newest = int(cursor or 0)
        raws: list[bytes] = []
        messages: list[IncomingMessage] = []
        for each in range(MOST_PAGES if cursor else 1):
            if each:
                self._budget.spend(self.limit)
            raw, answer = await self._api.ask(NOTIFICATIONS, limit=self.limit, params=params)
            raws.append(raw)
            there = members(answer, "notifications")
            times = [instant(at) for one in there if (at := moment(one.get("indexedAt"))) is not None]
            newest = max([newest, *times])
            found = (post(one, me, self._server) for one in there)
            messages += [one for one in found if one is not None and one.native_id not in self._seen]
            if not word(answer, "cursor") or not times or min(times) < floor:
                break
            params["cursor"] = word(answer, "cursor")
        self._seen = [*self._seen, *(one.native_id for one in messages)][-REMEMBERED:]
        messages.reverse()
        return Page(
            delivery=RawDelivery(transport="poll", body=b"\n".join(raws), verified_by="app-password"),
            messages=as_history(messages, self._began) if cursor is None else messages,
            cursor=str(newest),
        )

    async def walk(self, job: Job) -> Page:
        """A page of history; the place is the network's own cursor."""
        params = REASONS | ({"cursor": job.place} if job.place else {})
        me = await self._me()
        raw, answer = await self._api.ask(NOTIFICATIONS, limit=self.limit, params=params)
        there = members(answer, "notifications")
        found = [one for one in (post(each, me, self._server) for each in there) if one is not None]
        kept = [one for one in found if job.since is None or instant(one.occurred_at) >= job.since]
        cursor = word(answer, "cursor") if there and len(kept) == len(found) else ""
        delivery = RawDelivery(transport="poll", body=raw, verified_by="app-password")
        return Page(delivery=delivery, messages=kept, cursor=cursor, more=bool(cursor))


class OwnPosts:
    """What the account says, here and elsewhere. Keys of records sort by time."""

    name = "bluesky:own"
    limit = "requests"

    def __init__(self, api: Api, me: Me, settings: BlueskySettings, began: Instant) -> None:
        self._api = api
        self._me = me
        self._settings = settings
        self._began = began
        self._seen: list[str] = []

    async def page(self, cursor: str | None) -> Page:
        """The newest records. A reply of ours has the key of when it was written, so a page is read whole each time."""
        me = await self._me()
        params = {"repo": me, "collection": POST, "limit": str(PAGE)}
        raw, answer = await self._api.ask(
            "/xrpc/com.atproto.repo.listRecords", limit=self.limit, params=params
        )
        author = {"did": me, "handle": self._settings.handle}
        views = [
            one | {"author": author, "record": mapping(one, "value")} for one in members(answer, "records")
        ]
        found = [one for one in (post(view, me, self._settings.server) for view in views) if one is not None]
        messages = [one for one in reversed(found) if one.native_id not in self._seen]
        self._seen = [*self._seen, *(one.native_id for one in messages)][-REMEMBERED:]
        return Page(
            delivery=RawDelivery(transport="poll", body=raw if messages else b"", verified_by="app-password"),
            messages=as_history(messages, self._began) if cursor is None else messages,
            cursor="began",
        )


class ChatLog:
    """Everything that happened in all conversations, from a cursor that the network gives."""

    name = "bluesky:chat"
    limit = "requests"

    def __init__(self, api: Api, me: Me, began: Instant, now: Callable[[], Instant]) -> None:
        self._api = api
        self._me = me
        self._began = began
        self._now = now

    async def page(self, cursor: str | None) -> Page:
        """The next entries of the log."""
        params = {"cursor": cursor} if cursor else {}
        me = await self._me()
        path = "/xrpc/chat.bsky.convo.getLog"
        raw, answer = await self._api.ask(path, limit=self.limit, params=params, headers=PROXY)
        logs = members(answer, "logs")
        people = {word(one, "did"): one for log in logs for one in members(log, "relatedProfiles")}
        found = [chat_message(one, people, me, self._now()) for one in logs]
        messages = [one for one in found if one is not None]
        after = word(answer, "cursor")
        return Page(
            delivery=RawDelivery(transport="poll", body=raw, verified_by="app-password"),
            messages=as_history(messages, self._began) if cursor is None else messages,
            cursor=after,
            more=bool(logs) and bool(after) and after != cursor,
        )


class Lookup:
    """Whether posts are still there."""

    def __init__(self, api: Api, now: Callable[[], Instant]) -> None:
        self._api = api
        self._now = now

    async def look(self, known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
        """What is gone: not in the network's index, and not in its author's repository either."""
        uris = [one.native_id for one in known if one.namespace == AT]
        if not uris:
            return b"", []
        raw, answer = await self._api.ask(
            "/xrpc/app.bsky.feed.getPosts", limit="requests", params={"uris": uris}
        )
        there = {word(one, "uri") for one in members(answer, "posts")}
        lost = [uri for uri in uris if uri not in there]
        return raw, [gone(uri, AT, self._now()) for uri in lost if not await self.exists(uri)]

    async def exists(self, uri: str) -> bool:
        """Ask for the record itself: the index hides posts for other reasons too."""
        return await self.record(uri) is not None

    async def record(self, uri: str) -> dict[str, Any] | None:
        """A record; None when it is not there. Raises what `Api.ask` raises."""
        repo, collection, key = parts_of(uri)
        params = {"repo": repo, "collection": collection, "rkey": key}
        try:
            _, answer = await self._api.ask(
                "/xrpc/com.atproto.repo.getRecord", limit="requests", params=params
            )
        except ApiRefused as refused:
            if refused.status in (400, 404) and "RecordNotFound" in str(refused):
                return None
            raise
        return answer
