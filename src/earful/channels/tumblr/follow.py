"""Bringing in by asking: what happens to the blog, and what it posts itself."""

from typing import Any

from earful.channels.contract import Job
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import mapping, members
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.channels.tumblr.limits import MOST_PAGES, OVERLAP_MS, PAGE, REQUESTS, TYPES
from earful.channels.tumblr.parse import before, notification, order, own_post
from earful.channels.tumblr.settings import TumblrSettings
from earful.model.time import Instant


class Activity:
    """The lists of one blog."""

    def __init__(self, api: Api, settings: TumblrSettings) -> None:
        self._api = api
        self.path = f"/v2/blog/{settings.blog}"

    def sources(self, budget: Budget, began: Instant) -> list[NewestFirst]:
        """Both of them."""
        return [
            NewestFirst(
                fetch, budget, began, name=f"tumblr:{name}", limit=REQUESTS, overlap=OVERLAP_MS, most_pages=MOST_PAGES
            )
            for name, fetch in (("notifications", self._notifications), ("posts", self._posts))
        ]  # fmt: skip

    async def _notifications(self, _floor: int, token: str) -> Batch:
        params = {f"types[{number}]": kind for number, kind in enumerate(TYPES)} | {"rollups": "false"}
        raw, answer = await self._ask(
            f"{self.path}/notifications", params | ({"before": token} if token else {})
        )
        found = members(answer, "notifications")
        messages = (notification(one) for one in found)
        return Batch(
            raw=raw,
            messages=[one for one in messages if one is not None],
            orders=[at for at in map(order, found) if at],
            next=before(answer),
        )

    async def _posts(self, _floor: int, token: str) -> Batch:
        raw, found = await self.posts(token)
        messages = (own_post(one) for one in found)
        oldest = min((at for at in map(order, found) if at), default=0)
        return Batch(
            raw=raw,
            messages=[one for one in messages if one is not None],
            orders=[at for at in map(order, found) if at],
            next=str(oldest // 1000 + 1) if len(found) == PAGE else "",
        )

    async def posts(self, before_seconds: str = "") -> tuple[bytes, list[dict[str, Any]]]:
        """The newest posts of the blog. Raises as `Api.ask`."""
        params = {"npf": "true", "reblog_info": "true", "limit": str(PAGE)}
        raw, answer = await self._ask(
            f"{self.path}/posts", params | ({"before": before_seconds} if before_seconds else {})
        )
        return raw, members(answer, "posts")

    async def _ask(self, path: str, params: dict[str, str]) -> tuple[bytes, dict[str, Any]]:
        raw, answer = await self._api.ask(path, limit=REQUESTS, params=params)
        return raw, mapping(answer, "response")

    async def walk(self, job: Job) -> Page:
        """A page of history of what happened to the blog."""
        return history_page(await self._notifications(0, job.place), job)
