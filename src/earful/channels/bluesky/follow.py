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
from earful.channels.kit.newest import Batch, NewestFirst
from earful.channels.kit.poll import Page
from earful.model.message import IncomingMessage
from earful.model.time import Instant, instant

NOTIFICATIONS = "/xrpc/app.bsky.notification.listNotifications"
REASONS: dict[str, Any] = {"reasons": ["mention", "reply", "quote"], "limit": str(PAGE)}
Me = Callable[[], Awaitable[str]]


class Notifications:
    """Mentions, replies and quotes. The network's cursor leads to older ones."""

    def __init__(self, api: Api, me: Me, settings: BlueskySettings) -> None:
        self._api = api
        self._me = me
        self._server = settings.server

    def source(self, budget: Budget, began: Instant) -> NewestFirst:
        """What is new, by the time at which the network indexed it."""
        return NewestFirst(
            self._fetch, budget, began, name="bluesky:notifications", limit="requests", overlap=OVERLAP_MS,
            most_pages=MOST_PAGES, verified_by="app-password",
        )  # fmt: skip

    async def _fetch(self, _floor: int, token: str) -> Batch:
        params, me = REASONS | ({"cursor": token} if token else {}), await self._me()
        raw, answer = await self._api.ask(NOTIFICATIONS, limit="requests", params=params)
        there = members(answer, "notifications")
        times = [instant(at) for one in there if (at := moment(one.get("indexedAt"))) is not None]
        found = [one for one in (post(each, me, self._server) for each in there) if one is not None]
        return Batch(raw=raw, messages=found, orders=[int(one) for one in times], next=word(answer, "cursor"))

    async def walk(self, job: Job) -> Page:
        """A page of history; the place is the network's own cursor."""
        batch = await self._fetch(0, job.place)
        kept = [one for one in batch.messages if job.since is None or instant(one.occurred_at) >= job.since]
        cursor = batch.next if batch.orders and len(kept) == len(batch.messages) else ""
        delivery = RawDelivery(transport="poll", body=batch.raw, verified_by="app-password")
        return Page(delivery=delivery, messages=kept, cursor=cursor, more=bool(cursor))


def own_posts(api: Api, me: Me, settings: BlueskySettings, budget: Budget, began: Instant) -> NewestFirst:
    """What the account says, here and elsewhere: the newest hundred each time, for a key may be older than its post."""

    async def fetch(_floor: int, _token: str) -> Batch:
        did = await me()
        params = {"repo": did, "collection": POST, "limit": str(PAGE)}
        raw, answer = await api.ask("/xrpc/com.atproto.repo.listRecords", limit="requests", params=params)
        author = {"did": did, "handle": settings.handle}
        views = [
            one | {"author": author, "record": mapping(one, "value")} for one in members(answer, "records")
        ]
        found = [one for one in (post(view, did, settings.server) for view in views) if one is not None]
        return Batch(raw=raw, messages=found, orders=[int(instant(one.occurred_at)) for one in found])

    return NewestFirst(
        fetch, budget, began, name="bluesky:own", limit="requests", overlap=OVERLAP_MS, most_pages=1,
        verified_by="app-password",
    )  # fmt: skip


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
