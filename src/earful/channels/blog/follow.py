"""Following comments: what is new, what was changed, and what is not there any more.

Neither WordPress nor isso tells of a delete, and WordPress of no edit: what was there is remembered in the cursor.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from earful.channels.blog.limits import REMEMBERED, REQUESTS
from earful.channels.contract import Job, RawDelivery, Reply, Sent
from earful.channels.kit.again import as_history, gone
from earful.channels.kit.newest import wording
from earful.channels.kit.poll import Page
from earful.model.message import Change, IncomingMessage
from earful.model.time import Instant, moment


class Found(Struct, frozen=True, kw_only=True):
    """What a blog answered."""

    raw: list[bytes]
    messages: list[IncomingMessage]
    whole: bool = False
    """Everything that is there is in it: what is not is gone."""


class System(Protocol):
    """What keeps the comments of a blog."""

    namespace: str

    async def newest(self, known: Collection[str]) -> Found:
        """The newest comments, back to one that is known. Raises as `Api.call`."""
        ...

    async def again(self, ids: Sequence[str]) -> Found:
        """Those of some comments that are still there. Raises as `Api.call`."""
        ...

    def followed(self, native_id: str) -> bool:
        """Whether a comment that was found once would be found now if it were there."""
        ...

    async def walk(self, job: Job) -> Page:
        """A page of history."""
        ...

    async def send(self, reply: Reply, text: str) -> Sent:
        """Say something below a comment; see `Connector.send`."""
        ...

    async def find(self, reply: Reply, text: str) -> Sent | None:
        """Look whether it was said; see `Connector.find`. Raises also as `Api.call`."""
        ...

    async def wrong(self) -> str:
        """What an admin must do; empty when all is well. Raises as `Api.call`."""
        ...


class Remembered(Struct, frozen=True):
    """The cursor."""

    looked: int
    """When all that is remembered was last looked at."""
    seen: dict[str, str] = {}
    """Native id to wording, oldest first."""


class Comments:
    """The comments of one blog, as a `kit.poll.Source`."""

    name = "blog:comments"
    limit = REQUESTS

    def __init__(self, system: System, now: Callable[[], Instant], again_seconds: float) -> None:
        self._system = system
        self._now = now
        self._began = now()
        self._again_ms = again_seconds * 1000

    async def page(self, cursor: str | None) -> Page:
        """What is new, changed and gone since the cursor; all of a first look is history."""
        before = msgspec.json.decode(cursor, type=Remembered) if cursor else None
        known = before.seen if before else {}
        now = self._now()
        found = await self._system.newest(known)
        raw, there, looked = list(found.raw), {one.native_id: one for one in found.messages}, found.whole
        due = before is not None and now - before.looked >= self._again_ms
        missing = [one for one in known if one not in there and self._system.followed(one)]
        if due and not looked:
            again = await self._system.again(missing)
            raw += again.raw
            there |= {one.native_id: one for one in again.messages}
            looked = True
        messages, seen = changes(list(there.values()), known, now)
        for one in missing:
            if one not in there and looked:
                messages.append(gone(self._system.namespace, one, now))
            elif one not in there:
                seen[one] = known[one]
        if before is None:
            messages = as_history(messages, self._began)
        kept = Remembered(
            looked=now if looked or before is None else before.looked, seen=_newest(seen, known)
        )
        delivery = RawDelivery(
            transport="poll", body=b"\n".join(raw) if messages else b"", verified_by="token"
        )
        return Page(delivery=delivery, messages=messages, cursor=msgspec.json.encode(kept).decode())


def changes(
    there: Sequence[IncomingMessage], known: dict[str, str], now: Instant
) -> tuple[list[IncomingMessage], dict[str, str]]:
    """What is new or worded otherwise than known, oldest first, and the wordings of the newest."""
    messages, seen = [], {}
    for one in sorted(there, key=lambda each: each.occurred_at)[-REMEMBERED:]:
        seen[one.native_id] = words = wording(one)[2]
        before = known.get(one.native_id)
        if before is None:
            messages.append(one)
        elif before != words:
            at = one.edited_at or moment(now)
            messages.append(msgspec.structs.replace(one, change=Change.EDIT, edited_at=at))
    return messages, seen


def _newest(seen: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """The newest of them: in the order in which they came to be known."""
    ordered = {one: seen[one] for one in known if one in seen}
    ordered |= {one: words for one, words in seen.items() if one not in ordered}
    return dict(list(ordered.items())[-REMEMBERED:])
