"""What Twilio has in its list: whatever it could not deliver to us, what other programs sent, and history."""

from collections.abc import Callable
from typing import Any

from earful.channels.contract import Job, RawDelivery
from earful.channels.kit.loose import members, number, word
from earful.channels.kit.newest import Batch, NewestFirst
from earful.channels.kit.poll import Page
from earful.channels.sms.limits import MOST_PAGES, OVERLAP_MS, PAGE
from earful.channels.sms.parse import listed, media, order
from earful.channels.sms.settings import SmsSettings
from earful.channels.twilio.rest import CALLS, Rest
from earful.model.message import Attachment, IncomingMessage
from earful.model.time import Instant, instant, rfc3339

MESSAGES = "Messages"
REMEMBERED = 500


class Messages:
    """The messages to and from one number."""

    def __init__(self, rest: Rest, settings: SmsSettings) -> None:
        self._rest = rest
        self._our = settings.number
        self._base = settings.api
        self._files: dict[str, list[Attachment]] = {}

    def sources(self, began: Instant) -> list[NewestFirst]:
        """What came, and what went out."""
        return [
            NewestFirst(
                self._reader(end), self._rest.budget, began, name=f"sms:{end.lower()}", limit=CALLS,
                overlap=OVERLAP_MS, most_pages=MOST_PAGES,
            )
            for end in ("To", "From")
        ]  # fmt: skip

    def _reader(self, end: str) -> Callable[[int, str], Any]:
        async def fetch(floor: int, token: str) -> Batch:
            since = {"DateSent>": rfc3339(floor)} if floor else {}
            return await self.page({end: self._our, "PageSize": str(PAGE)} | since, token)

        return fetch

    async def page(self, params: dict[str, str], token: str) -> Batch:
        """One page of the list."""
        found = await self._rest.listed(MESSAGES, params, token)
        items = members(found.answer, "messages")
        messages: list[IncomingMessage] = []
        for one in items:
            files = await self._media(one) if number(one, "num_media") else []
            message = listed(one, self._our, files)
            if message is not None:
                messages.append(message)
        orders = [at for at in map(order, items) if at]
        return Batch(raw=found.raw, messages=messages, orders=orders, next=found.next)

    async def _media(self, raw: dict[str, Any]) -> list[Attachment]:
        """The files of a message, asked for once."""
        sid = word(raw, "sid")
        if sid not in self._files:
            told = await self._rest.listed(f"{MESSAGES}/{sid}/Media", {})
            found = (media(one, self._base) for one in members(told.answer, "media_list"))
            self._files[sid] = [one for one in found if one is not None]
            while len(self._files) > REMEMBERED:
                del self._files[next(iter(self._files))]
        return self._files[sid]

    async def walk(self, job: Job) -> Page:
        """A page of history: of what came, then of what went out."""
        end, _, token = job.place.partition(" ")
        end = end or "To"
        since = {"DateSent>": rfc3339(job.since)} if job.since is not None else {}
        batch = await self.page({end: self._our, "PageSize": str(PAGE)} | since, token)
        kept = [one for one in batch.messages if job.since is None or instant(one.occurred_at) >= job.since]
        place = f"{end} {batch.next}" if batch.next else ("From " if end == "To" else "")
        delivery = RawDelivery(transport="poll", body=batch.raw, verified_by="token")
        return Page(delivery=delivery, messages=kept, cursor=place, more=bool(place))
