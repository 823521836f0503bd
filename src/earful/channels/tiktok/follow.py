"""Asking TikTok: comments that were told of, and those below the newest videos that were missed."""

from collections.abc import Callable
from typing import Any

import msgspec

from earful.channels.contract import Job
from earful.channels.kit.again import as_history
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import mapping, members, number, word
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.channels.tiktok.limits import COMMENTS_AT_ONCE, READ_AGAIN_MS, REQUESTS, VIDEOS_AT_ONCE
from earful.channels.tiktok.parse import comment
from earful.channels.tiktok.settings import TikTokSettings
from earful.model.message import IncomingMessage
from earful.model.time import Instant

VIDEOS, LIST, REPLIES = "/business/video/list/", "/business/comment/list/", "/business/comment/reply/list/"
OVERLAP_MS = 900_000
FIELDS = '["item_id","create_time","comments"]'


class Comments:
    """The comments of one account."""

    def __init__(
        self, api: Api, settings: TikTokSettings, budget: Budget, now: Callable[[], Instant]
    ) -> None:
        self._api = api
        self._settings = settings
        self._budget = budget
        self._now = now
        self._read: dict[str, tuple[int, int]] = {}
        """Video -> its number of comments when it was read, and when that was."""

    def source(self, began: Instant) -> NewestFirst:
        """What is new below the newest videos, page after page of videos."""
        pages = -(-self._settings.videos // VIDEOS_AT_ONCE)
        return NewestFirst(
            self._changed, self._budget, began, name="tiktok:comments", limit=REQUESTS, overlap=OVERLAP_MS,
            most_pages=pages,
        )  # fmt: skip

    async def _changed(self, floor: int, token: str) -> Batch:
        raws, messages, videos = [], [], await self._videos(token)
        read: dict[str, tuple[int, int]] = {}
        now = self._now()
        for video in members(videos, "videos"):
            video_id, count = word(video, "item_id"), number(video, "comments") or 0
            known = self._read.get(video_id)
            if not video_id or (known and known[0] == count and now - known[1] < READ_AGAIN_MS):
                continue
            if count or known:
                self._budget.spend(REQUESTS)
                raw, found, _ = await self._below(video_id)
                raws.append(raw)
                messages += found
            read[video_id] = (count, now)
        self._read |= read
        messages.sort(key=lambda one: one.occurred_at, reverse=True)
        if floor:
            # Below a video that is looked at for the first time there is what was said long ago.
            messages = as_history(messages, Instant(floor))
        # Old videos have new comments: it is the number of videos that ends a look, not the time of a comment.
        return Batch(raw=b"\n".join(raws), messages=messages, orders=[int(now)], next=_next(videos))

    async def _videos(self, token: str) -> dict[str, Any]:
        params = {"fields": FIELDS, "max_count": str(VIDEOS_AT_ONCE)} | ({"cursor": token} if token else {})
        return (await self._ask(VIDEOS, params))[1]

    async def _below(self, video: str, cursor: str = "") -> tuple[bytes, list[IncomingMessage], str]:
        """The newest comments below a video with their replies, and where the older ones are."""
        params = {
            "video_id": video, "status": "ALL", "include_replies": "true", "sort_field": "create_time",
            "sort_order": "desc", "max_count": str(COMMENTS_AT_ONCE),
        } | ({"cursor": cursor} if cursor else {})  # fmt: skip
        raw, data = await self._ask(LIST, params)
        return raw, list(_messages(data, video)), _next(data)

    async def walk(self, job: Job) -> Page:
        """A page of history, video after video. The place: where the videos go on, how many of them, and a comment."""
        page, number_, cursor = [*job.place.split(" "), "", ""][:3]
        videos = await self._videos(page)
        there = [word(one, "item_id") for one in members(videos, "videos") if word(one, "item_id")]
        at = int(number_ or 0)
        if at >= len(there):
            return history_page(Batch(raw=b"", messages=[], orders=[]), job)
        self._budget.spend(REQUESTS)
        raw, messages, older = await self._below(there[at], cursor)
        found = history_page(Batch(raw=raw, messages=messages, orders=[], next=older), job)
        if found.more:
            place = f"{page} {at} {found.cursor}"
        elif at + 1 < len(there):
            place = f"{page} {at + 1} "
        else:
            place = f"{_next(videos)} 0 " if _next(videos) else ""
        return msgspec.structs.replace(found, cursor=place, more=bool(place))

    async def fetch(self, what: str) -> tuple[bytes, list[IncomingMessage]]:
        """A comment that an event told of; nothing when it is not there any more."""
        kind, _, names = what.partition(":")
        video, *above, comment_id = names.split("/")
        if kind == "reply" and above:
            raw, found = await self.replies(video, above[0])
        else:
            raw, data = await self._ask(LIST, {"video_id": video, "comment_ids": f'["{comment_id}"]'})
            found = list(_messages(data, video))
        return raw, [one for one in found if one.native_id == comment_id]

    async def replies(self, video: str, top: str) -> tuple[bytes, list[IncomingMessage]]:
        """The newest replies below a comment. Raises as `Api.ask`."""
        params = {
            "video_id": video, "comment_id": top, "status": "ALL", "sort_field": "create_time", "sort_order": "desc",
            "max_count": str(COMMENTS_AT_ONCE),
        }  # fmt: skip
        raw, data = await self._ask(REPLIES, params)
        return raw, list(_messages(data, video, top))

    async def _ask(self, path: str, params: dict[str, str]) -> tuple[bytes, dict[str, Any]]:
        params = {"business_id": self._settings.business_id} | params
        raw, answer = await self._api.ask(path, limit=REQUESTS, params=params)
        return raw, mapping(answer, "data")


def _messages(data: dict[str, Any], video: str, top: str = "") -> list[IncomingMessage]:
    found = []
    for one in members(data, "comments"):
        above = {"video_id": video} | ({"parent_comment_id": top} if top else {})
        found.append(comment(above | one))
        inner = {"video_id": video, "parent_comment_id": word(one, "comment_id")}
        found += [comment(inner | each) for each in members(one, "reply_list")]
    return [one for one in found if one is not None]


def _next(data: dict[str, Any]) -> str:
    return word(data, "cursor") if data.get("has_more") is True else ""
