"""Bringing in by asking: the reviews of each location, newest change first, and whether they are still there."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from earful.channels.contract import Job, Known
from earful.channels.google_reviews.limits import MOST_PAGES, OVERLAP_MS, PAGE, REQUESTS
from earful.channels.google_reviews.parse import GOOGLE, order, review
from earful.channels.google_reviews.settings import GoogleReviewsSettings
from earful.channels.kit.again import gone
from earful.channels.kit.api import Api, ApiRefused
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import members, word
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.model.message import Change, Direction, IncomingMessage
from earful.model.time import Instant

NOT_THERE = 404


class Reviews:
    """The reviews of some places."""

    def __init__(self, api: Api, settings: GoogleReviewsSettings, now: Callable[[], Instant]) -> None:
        self._api = api
        self._settings = settings
        self._now = now

    def sources(self, budget: Budget, began: Instant) -> list[NewestFirst]:
        """One list for each location."""
        return [
            NewestFirst(
                self._reader(location), budget, began, name=f"google:{location}", limit=REQUESTS, overlap=OVERLAP_MS,
                most_pages=MOST_PAGES,
            )
            for location in self._settings.locations
        ]  # fmt: skip

    def _reader(self, location: str) -> Callable[[int, str], Awaitable[Batch]]:
        async def fetch(_floor: int, token: str) -> Batch:
            return await self._page(location, token)

        return fetch

    async def _page(self, location: str, token: str) -> Batch:
        params = {"pageSize": str(PAGE), "orderBy": "updateTime desc"}
        if token:
            params["pageToken"] = token
        path = self.path(f"locations/{location}/reviews")
        raw, answer = await self._api.ask(path, limit=REQUESTS, params=params)
        reviews = members(answer, "reviews")
        return Batch(
            raw=raw,
            messages=[said for one in reviews for said in review(one, location)],
            orders=[at for at in map(order, reviews) if at],
            next=word(answer, "nextPageToken"),
        )

    def path(self, below: str) -> str:
        """Something below the account."""
        return f"/v4/accounts/{self._settings.account_id}/{below}"

    async def walk(self, job: Job) -> Page:
        """A page of history, one location after the other. The place: which of the locations, and a token."""
        at, _, token = job.place.partition(" ")
        number = int(at or 0)
        if number >= len(self._settings.locations):
            return history_page(Batch(raw=b"", messages=[], orders=[]), job)
        page = history_page(await self._page(self._settings.locations[number], token), job)
        if page.more:
            return msgspec.structs.replace(page, cursor=f"{number} {page.cursor}")
        more = number + 1 < len(self._settings.locations)
        return msgspec.structs.replace(page, cursor=f"{number + 1} " if more else "", more=more)

    async def look(self, known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
        """What was deleted, changed or answered elsewhere. Google has no call for several at once."""
        raws, found = [], []
        for one in known:
            location, _, review_id = one.native_id.partition("/")
            if one.namespace != GOOGLE or not review_id:
                continue
            try:
                raw, answer = await self.get(location, review_id)
            except ApiRefused as refused:
                if refused.status != NOT_THERE:
                    raise
                found.append(gone(GOOGLE, one.native_id, self._now()))
                continue
            raws.append(raw)
            found += [
                said
                for said in review(answer, location)
                if said.change is Change.EDIT or said.direction is Direction.OUTBOUND
            ]
        return b"\n".join(raws), found

    async def fetch(self, what: str) -> tuple[bytes, list[IncomingMessage]]:
        """A review that a push told of (`review:LOCATION/ID`); nothing when it is not there any more."""
        location, _, review_id = what.partition(":")[2].partition("/")
        try:
            raw, answer = await self.get(location, review_id)
        except ApiRefused as refused:
            if refused.status != NOT_THERE:
                raise
            return b"", []
        return raw, review(answer, location)

    async def get(self, location: str, review_id: str) -> tuple[bytes, dict[str, object]]:
        """One review. Raises as `Api.ask`."""
        return await self._api.ask(self.path(f"locations/{location}/reviews/{review_id}"), limit=REQUESTS)
