"""Bringing in by asking: threads of the channel, what is held for review, replies, and a look at what changed."""

from collections.abc import Callable, Sequence
from typing import Any

from earful.channels.contract import Job, Known
from earful.channels.kit.again import gone
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import mapping, members, moment, number, word
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.channels.youtube.limits import MOST_PAGES, OVERLAP_MS, PAGE, QUOTA, READ_COST
from earful.channels.youtube.parse import YOUTUBE, comment, thread
from earful.channels.youtube.settings import YouTubeSettings
from earful.model.message import Change, IncomingMessage
from earful.model.time import Instant, instant

THREADS, COMMENTS = "/youtube/v3/commentThreads", "/youtube/v3/comments"
WATCHED = 2_000
"""Threads whose number of replies is remembered."""


class Comments:
    """The comments of one channel."""

    def __init__(
        self, api: Api, settings: YouTubeSettings, budget: Budget, now: Callable[[], Instant]
    ) -> None:
        self._api = api
        self._me = settings.channel_id
        self._budget = budget
        self._now = now
        self._replies: dict[str, int] = {}

    def sources(self, began: Instant) -> list[NewestFirst]:
        """What is published, and what YouTube holds back until somebody looked at it."""

        async def published(_floor: int, token: str) -> Batch:
            return await self._threads(token, {})

        async def held(_floor: int, token: str) -> Batch:
            return await self._threads(token, {"moderationStatus": "heldForReview"})

        return [
            NewestFirst(
                fetch, self._budget, began, name=f"youtube:{name}", limit=QUOTA, overlap=OVERLAP_MS,
                most_pages=MOST_PAGES,
            )
            for name, fetch in (("published", published), ("held", held))
        ]  # fmt: skip

    async def _threads(self, token: str, more: dict[str, str]) -> Batch:
        params = {
            "part": "snippet,replies", "allThreadsRelatedToChannelId": self._me, "order": "time",
            "maxResults": str(PAGE), "textFormat": "plainText",
        } | more | ({"pageToken": token} if token else {})  # fmt: skip
        raw, answer = await self._api.ask(THREADS, limit=QUOTA, params=params)
        raws, messages, orders = [raw], [], []
        for one in members(answer, "items"):
            found = thread(one, self._me)
            at = moment(mapping(one, "snippet", "topLevelComment", "snippet").get("publishedAt"))
            if at is not None:
                orders.append(int(instant(at)))
            more_raw, replies = await self._unseen(one)
            raws += more_raw
            messages += [*replies, *found]
        return Batch(
            raw=b"\n".join(raws), messages=messages, orders=orders, next=word(answer, "nextPageToken")
        )

    async def _unseen(self, one: dict[str, Any]) -> tuple[list[bytes], list[IncomingMessage]]:
        """The replies of a thread that did not come with it, when their number changed."""
        top, total = word(one, "id"), number(one, "snippet", "totalReplyCount") or 0
        known, carried = self._replies.get(top), len(members(one, "replies", "comments"))
        if total <= carried or known == total:
            return [], []
        self._budget.spend(QUOTA, READ_COST)
        raw, found = await self.replies(top)
        self._replies[top] = total
        while len(self._replies) > WATCHED:
            del self._replies[next(iter(self._replies))]
        return [raw], found

    async def replies(self, top: str) -> tuple[bytes, list[IncomingMessage]]:
        """The replies below a comment, a page of them."""
        params = {"part": "snippet", "parentId": top, "maxResults": str(PAGE), "textFormat": "plainText"}
        raw, answer = await self._api.ask(COMMENTS, limit=QUOTA, params=params)
        found = (comment(one, self._me) for one in members(answer, "items"))
        return raw, [one for one in found if one is not None]

    async def walk(self, job: Job) -> Page:
        """A page of history."""
        batch = await self._threads(job.place, {})
        return history_page(batch, job)

    async def look(self, known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
        """What was edited or taken back."""
        ids = [one.native_id for one in known if one.namespace == YOUTUBE]
        if not ids:
            return b"", []
        params = {"part": "snippet", "id": ",".join(ids), "textFormat": "plainText"}
        raw, answer = await self._api.ask(COMMENTS, limit=QUOTA, params=params)
        there = {word(one, "id") for one in members(answer, "items")}
        found = (comment(one, self._me) for one in members(answer, "items"))
        edited = [one for one in found if one is not None and one.change is Change.EDIT]
        return raw, edited + [gone(YOUTUBE, one, self._now()) for one in ids if one not in there]
