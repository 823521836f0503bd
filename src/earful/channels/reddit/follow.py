"""Bringing in by asking: the inbox, chosen subreddits, our own comments, and what was edited or taken back."""

from collections.abc import Awaitable, Callable, Sequence

from earful.channels.contract import Job, Known
from earful.channels.kit.again import gone
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import word
from earful.channels.kit.newest import Batch, NewestFirst, history_page
from earful.channels.kit.poll import Page
from earful.channels.reddit.limits import MOST_PAGES, OVERLAP_MS, PAGE, REQUESTS
from earful.channels.reddit.parse import REDDIT, children, order, thing
from earful.channels.reddit.settings import RedditSettings
from earful.model.message import Change, IncomingMessage
from earful.model.time import Instant

Clock = Callable[[], Instant]
INBOX = "/message/inbox"


def paths(settings: RedditSettings) -> dict[str, str]:
    """The listings that are looked at, by the name of their cursor."""
    found = {"inbox": INBOX, "sent": "/message/sent", "own": f"/user/{settings.username}/comments"}
    for one in settings.subreddits:
        found[f"comments:{one.lower()}"] = f"/r/{one}/comments"
        found[f"posts:{one.lower()}"] = f"/r/{one}/new"
    return found


class Listings:
    """Lists of things, the newest first. No anchor (`before`) is used: a deleted one brings nothing for ever."""

    def __init__(self, api: Api, settings: RedditSettings, now: Clock) -> None:
        self._api = api
        self._settings = settings
        self._now = now

    def sources(self, budget: Budget, began: Instant) -> list[NewestFirst]:
        """All of them."""
        return [
            NewestFirst(
                self._reader(path), budget, began, name=f"reddit:{name}", limit=REQUESTS, overlap=OVERLAP_MS,
                most_pages=MOST_PAGES,
            )
            for name, path in paths(self._settings).items()
        ]  # fmt: skip

    def _reader(self, path: str) -> Callable[[int, str], Awaitable[Batch]]:
        async def fetch(_floor: int, token: str) -> Batch:
            return await self.page(path, token)

        return fetch

    async def page(self, path: str, token: str) -> Batch:
        """One page of a list."""
        params = {"limit": str(PAGE), "raw_json": "1"} | ({"after": token} if token else {})
        raw, answer = await self._api.ask(path, limit=REQUESTS, params=params)
        things = children(answer)
        found = (thing(one, self._settings.username, self._now()) for one in things)
        return Batch(
            raw=raw,
            messages=[one for one in found if one is not None and one.change is not Change.DELETE],
            orders=[at for at in map(order, things) if at],
            next=word(answer, "data", "after"),
        )

    async def walk(self, job: Job) -> Page:
        """A page of history of the inbox; Reddit keeps a thousand."""
        batch = await self.page(INBOX, job.place)
        return history_page(batch, job)

    async def look(self, known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
        """What was edited or taken back, of comments and posts."""
        names = [
            one.native_id
            for one in known
            if one.namespace == REDDIT and one.native_id.startswith(("t1_", "t3_"))
        ]
        if not names:
            return b"", []
        params = {"id": ",".join(names), "raw_json": "1"}
        raw, answer = await self._api.ask("/api/info", limit=REQUESTS, params=params)
        now = self._now()
        found = [thing(one, self._settings.username, now) for one in children(answer)]
        there = {one.native_id for one in found if one is not None}
        changed = [one for one in found if one is not None and one.change is not Change.CREATE]
        return raw, changed + [gone(REDDIT, name, now) for name in names if name not in there]
