"""Lists whose newest come first: read page by page until what is known comes, with overlap, from a place in time.

The cursor is a number that only grows, not an item: an item may be deleted, and a list then never comes to it.
"""

import hashlib
from collections.abc import Awaitable, Callable

from msgspec import Struct

from earful.channels.contract import Job, RawDelivery
from earful.channels.kit.again import as_history
from earful.channels.kit.budget import Budget
from earful.channels.kit.poll import Page
from earful.model.message import IncomingMessage
from earful.model.time import Instant, instant

REMEMBERED = 1_000
"""Messages of earlier looks that are not handed in again."""


class Batch(Struct, frozen=True, kw_only=True):
    """One page of a list."""

    raw: bytes
    messages: list[IncomingMessage]
    """In the order of the list."""
    orders: list[int]
    """What orders the list (a time, a number that grows), of every item, also of those that are no messages."""
    next: str = ""
    """The network's token of the next, older page; empty when this is the last."""


Fetch = Callable[[int, str], Awaitable[Batch]]
"""A page: what is older than the first number need not be in it; the second is the token, empty for the first page."""


class NewestFirst:
    """One list as a `kit.poll.Source`."""

    def __init__(
        self, fetch: Fetch, budget: Budget, began: Instant, *, name: str, limit: str, overlap: int, most_pages: int,
        verified_by: str = "token",
    ) -> None:  # fmt: skip
        self.name = name
        self.limit = limit
        self._fetch = fetch
        self._budget = budget
        self._began = began
        self._overlap = overlap
        self._most_pages = most_pages
        self._verified_by = verified_by
        self._seen: list[tuple[str, str, str]] = []

    async def page(self, cursor: str | None) -> Page:
        """Everything since the cursor, the oldest first; of a first look what is there counts as history."""
        newest = int(cursor or 0)
        floor = max(newest - self._overlap, 0)
        raws: list[bytes] = []
        messages: list[IncomingMessage] = []
        token = ""
        for each in range(self._most_pages if cursor else 1):
            if each:
                self._budget.spend(self.limit)
            batch = await self._fetch(floor, token)
            raws.append(batch.raw)
            newest = max([newest, *batch.orders])
            messages += [one for one in batch.messages if wording(one) not in self._seen]
            token = batch.next
            if not token or not batch.orders or min(batch.orders) < floor:
                break
        self._seen = [*self._seen, *map(wording, messages)][-REMEMBERED:]
        messages.reverse()
        return Page(
            delivery=RawDelivery(
                transport="poll", body=b"\n".join(raws) if messages else b"", verified_by=self._verified_by
            ),
            messages=as_history(messages, self._began) if cursor is None else messages,
            cursor=str(newest),
        )


def history_page(batch: Batch, job: Job, *, verified_by: str = "token") -> Page:
    """A page of a list as a step of a job: it goes on as long as something of the time asked for was in it."""
    kept = [one for one in batch.messages if job.since is None or instant(one.occurred_at) >= job.since]
    cursor = batch.next if kept else ""
    delivery = RawDelivery(transport="poll", body=batch.raw, verified_by=verified_by)
    return Page(delivery=delivery, messages=kept, cursor=cursor, more=bool(cursor))


def wording(message: IncomingMessage) -> tuple[str, str, str]:
    """Names one wording of a message."""
    content = (
        message.revision
        or hashlib.blake2b(
            "\x1f".join((message.subject, message.text)).encode("utf-8", "surrogatepass"), digest_size=8
        ).hexdigest()
    )
    return message.native_id, message.change.value, content
