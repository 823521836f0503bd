"""Asking LinkedIn: notifications that were missed, comments that came without their words, and the subscription."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from earful.channels.contract import Job
from earful.channels.hooks import Part
from earful.channels.kit.api import Api, ApiRefused, as_object
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import members, word
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.channels.linkedin.limits import KEPT_DAYS, MOST_PAGES, OVERLAP_MS, PAGE, REQUESTS
from earful.channels.linkedin.parse import ACTIONS, EVENTS, comment, notification, order
from earful.channels.linkedin.settings import LinkedInSettings
from earful.model.message import IncomingMessage, Network
from earful.model.time import DAY, Instant

NOT_THERE = 404


class Notifications:
    """What happened to one page."""

    def __init__(
        self, api: Api, settings: LinkedInSettings, budget: Budget, now: Callable[[], Instant]
    ) -> None:
        self._api = api
        self._settings = settings
        self._budget = budget
        self._now = now
        self._page_urn = f"urn:li:organization:{settings.organization_id}"

    def source(self, began: Instant) -> NewestFirst:
        """The list of the last 60 days."""
        return NewestFirst(
            self._since, self._budget, began, name="linkedin:notifications", limit=REQUESTS, overlap=OVERLAP_MS,
            most_pages=MOST_PAGES,
        )  # fmt: skip

    async def _since(self, floor: int, token: str) -> Batch:
        """A page of it. Its commas and brackets are Rest.li's own and stay as they are."""
        now, start = self._now(), int(token or 0)
        since = max(floor, now - KEPT_DAYS * DAY)
        path = (
            f"/rest/organizationalEntityNotifications?q=criteria&actions=List({','.join(ACTIONS)})"
            f"&organizationalEntity={quote(self._page_urn, safe='')}&timeRange=(start:{since},end:{now})"
            f"&start={start}&count={PAGE}"
        )
        raw, answer = await self._api.ask(path, limit=REQUESTS)
        found = members(answer, "elements")
        part = Part(network=Network.LINKEDIN, account=self._settings.organization_id)
        raws = [raw]
        for one in found:
            notification(one, part, now)
        for what in part.wanted:
            self._budget.spend(REQUESTS)
            body, messages = await self.fetch(what)
            raws.append(body)
            part.messages.extend(messages)
        return Batch(
            raw=b"\n".join(raws),
            messages=part.messages,
            orders=[at for at in map(order, found) if at],
            next=str(start + PAGE) if len(found) == PAGE else "",
        )

    async def walk(self, job: Job) -> Page:
        """A page of history: LinkedIn has 60 days."""
        return history_page(await self._since(int(job.since or 0), job.place), job)

    async def fetch(self, what: str) -> tuple[bytes, list[IncomingMessage]]:
        """A comment that came without its words; nothing when it is not there any more."""
        post, _, number = what.removeprefix("comment:").rpartition("/")
        path = f"/rest/socialActions/{quote(post, safe='')}/comments/{quote(number, safe='')}"
        try:
            raw, answer = await self._api.ask(path, limit=REQUESTS)
        except ApiRefused as refused:
            if refused.status != NOT_THERE:
                raise
            return b"", []
        found = comment(answer, post, self._settings.organization_id, self._now())
        return raw, [] if found is None else [found]

    async def subscribe(self, hook_url: str) -> None:
        """See that LinkedIn pushes to us; it forgets that when the person loses their role or takes consent back."""
        self._budget.spend(REQUESTS, 2)
        _, me = await self._api.ask("/v2/me", limit=REQUESTS)
        keys = {
            "developerApplication": f"urn:li:developerApplication:{self._settings.app_id}",
            "user": f"urn:li:person:{word(me, 'id')}",
            "entity": self._page_urn,
            "eventType": EVENTS,
        }
        named = ",".join(f"{name}:{quote(value, safe='')}" for name, value in keys.items())
        path = f"/rest/eventSubscriptions/({named})"
        there: dict[str, Any] = {}
        try:
            there = as_object(await self._api.call("GET", path, limit=REQUESTS))
        except ApiRefused as refused:
            if refused.status != NOT_THERE:
                raise
        if word(there, "webhook") != hook_url:
            self._budget.spend(REQUESTS)
            await self._api.call("PUT", path, limit=REQUESTS, json={"webhook": hook_url})
