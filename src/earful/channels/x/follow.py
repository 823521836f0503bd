"""Bringing in by asking: mentions, own posts and direct messages, from a cursor, with overlap."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from earful.channels.contract import Job, Known, RawDelivery
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import members, word
from earful.channels.kit.newest import Batch, NewestFirst
from earful.channels.kit.poll import Page
from earful.channels.x.limits import MOST_PAGES, OVERLAP_MS, PAGE
from earful.channels.x.parse import POSTS, direct_message, gone, id_number, post, users_of
from earful.channels.x.settings import XSettings
from earful.model.message import IncomingMessage
from earful.model.time import Instant, rfc3339

FIELDS = {
    "post.fields": "attachments,conversation_id,created_at,entities,lang,note_post,public_metrics",
    "expansions": "author_id,referenced_posts,edit_history_post_ids",
    "user.fields": "name,profile_image_url,public_metrics,username",
}
DM_FIELDS = {
    "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,text",
    "expansions": "sender_id,participant_ids",
    "user.fields": "name,profile_image_url,public_metrics,username",
    "event_types": "MessageCreate",
}
Read = Callable[[dict[str, Any]], list[IncomingMessage]]


def listings(api: Api, settings: XSettings, budget: Budget, began: Instant) -> list[NewestFirst]:
    """What is asked for, whichever way messages come: what was missed is found here."""
    me = settings.user_id

    def listing(
        name: str, path: str, fields: dict[str, str], limit: str, read: Read, *, since: bool = True
    ) -> NewestFirst:
        async def fetch(floor: int, token: str) -> Batch:
            params = fields | {"max_results": str(PAGE)}
            if since and floor > 0:
                params["since_id"] = str(floor)
            if token:
                params["pagination_token"] = token
            raw, answer = await api.ask(path, limit=limit, params=params)
            orders = [id_number(word(one, "id")) for one in members(answer, "data")]
            return Batch(
                raw=raw, messages=read(answer), orders=orders, next=word(answer, "meta", "next_token")
            )

        return NewestFirst(
            fetch,
            budget,
            began,
            name=f"x:{name}",
            limit=limit,
            overlap=OVERLAP_MS << 22,
            most_pages=MOST_PAGES,
        )

    def posts(answer: dict[str, Any]) -> list[IncomingMessage]:
        return posts_in(answer, me)

    found = [
        listing("mentions", f"/2/users/{me}/mentions", FIELDS, "mentions read", posts),
        listing("tweets", f"/2/users/{me}/tweets", FIELDS, "own posts read", posts),
    ]
    if settings.direct:
        read, limit = (lambda answer: dms_in(answer, me)), "direct messages read"
        found.append(listing("direct", "/2/dm_events", DM_FIELDS, limit, read, since=False))
    return found


class Lookup:
    """Posts by id: those that came without their author, and those that may be gone."""

    def __init__(self, api: Api, settings: XSettings, now: Callable[[], Instant]) -> None:
        self._api = api
        self._me = settings.user_id
        self._now = now

    async def fetch(self, what: str) -> tuple[bytes, list[IncomingMessage]]:
        """A post that is wanted, as `post:<id>` or `quote:<id>`."""
        kind, _, post_id = what.partition(":")
        raw, answer = await self._ask([post_id])
        found = posts_in(answer, self._me)
        if kind == "quote":
            found = [msgspec.structs.replace(one, context=one.context | {"summoned": True}) for one in found]
        return raw, found

    async def look(self, known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
        """What was edited or taken back. Only what X itself calls not found is gone."""
        ids = [one.native_id for one in known if one.namespace == POSTS and one.native_id.isdecimal()]
        if not ids:
            return b"", []
        raw, answer = await self._ask(ids)
        edited = [one for one in posts_in(answer, self._me) if one.edited_at is not None]
        missing = {
            word(one, "resource_id") or word(one, "value")
            for one in members(answer, "errors")
            if word(one, "type").endswith("/resource-not-found")
        }
        return raw, edited + [gone(one, self._now()) for one in ids if one in missing]

    async def _ask(self, ids: list[str]) -> tuple[bytes, dict[str, Any]]:
        params = FIELDS | {"ids": ",".join(ids)}
        return await self._api.ask("/2/tweets", limit="posts looked at", params=params)


class History:
    """What is older than the channel: mentions as far back as X has them."""

    def __init__(self, api: Api, settings: XSettings) -> None:
        self._api = api
        self._me = settings.user_id

    async def walk(self, job: Job) -> Page:
        """One page, the newest first; the place is X's own token of the next."""
        params = FIELDS | {"max_results": str(PAGE)}
        if job.place:
            params["pagination_token"] = job.place
        if job.since is not None:
            params["start_time"] = rfc3339(job.since)
        raw, answer = await self._api.ask(
            f"/2/users/{self._me}/mentions", limit="mentions read", params=params
        )
        token = word(answer, "meta", "next_token")
        delivery = RawDelivery(transport="poll", body=raw, verified_by="token")
        return Page(delivery=delivery, messages=posts_in(answer, self._me), cursor=token, more=bool(token))


def posts_in(answer: dict[str, Any], me: str) -> list[IncomingMessage]:
    """The posts of a page, in its order."""
    users = users_of(answer.get("includes") or {})
    found = (post(one, users, me) for one in members(answer, "data"))
    return [one for one in found if one is not None]


def dms_in(answer: dict[str, Any], me: str) -> list[IncomingMessage]:
    """The direct messages of a page, in its order."""
    users = users_of(answer.get("includes") or {})
    found = (direct_message(one, users, me) for one in members(answer, "data"))
    return [one for one in found if one is not None]
