"""The comments of an isso server: the pages that an admin names, each read whole."""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from earful.channels.blog.follow import Found
from earful.channels.blog.limits import ISSO_WAITS_SECONDS, REQUESTS
from earful.channels.blog.parse import Signing, comment_id, isso, tree
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.contract import Job, RawDelivery, Reply, SendRefused, SendUnknown, Sent
from earful.channels.kit.api import Api
from earful.channels.kit.budget import Budget
from earful.channels.kit.html import to_text
from earful.channels.kit.http import retry_after
from earful.channels.kit.loose import mapping, moment, word
from earful.channels.kit.oauth import FixedToken
from earful.channels.kit.poll import Page
from earful.channels.kit.tools import Tools
from earful.model.message import IncomingMessage
from earful.model.time import instant


class Isso:
    """One server. See `System`."""

    def __init__(self, tools: Tools, settings: BlogSettings, secrets: BlogSecrets, budget: Budget) -> None:
        self._settings = settings
        self._budget = budget
        split = urlsplit(settings.url)
        self.namespace = f"isso:{split.netloc}{split.path.rstrip('/')}"[:1_000]
        self._signing = Signing(secrets.password, settings.site or settings.url)
        # It has no accounts: the password never leaves us.
        self._api = Api(
            tools, settings.url, FixedToken(secrets.password), budget, explain=_words, prove=lambda _: {},
            meaning=_meaning,
            wait=lambda response, now: ISSO_WAITS_SECONDS if _limited(response) else retry_after(response.headers, now),
        )  # fmt: skip

    async def newest(self, known: Collection[str]) -> Found:
        """Everything on all pages."""
        raws: list[bytes] = []
        messages: list[IncomingMessage] = []
        for number, page in enumerate(self._settings.pages):
            if number:
                self._budget.spend(REQUESTS)
            raw, found = await self._page(page)
            raws.append(raw)
            messages += found
        return Found(raw=raws, messages=messages, whole=True)

    async def _page(self, page: str) -> tuple[bytes, list[IncomingMessage]]:
        raw, answer = await self._api.ask("/", limit=REQUESTS, params={"uri": page, "plain": "1"})
        read = (self._read(one, page) for one in tree(answer))
        return raw, [one for one in read if one is not None]

    def _read(self, one: dict[str, Any], page: str) -> IncomingMessage | None:
        return isso(one, self.namespace, page, self._settings.site, self._signing)

    async def again(self, ids: Sequence[str]) -> Found:
        """Never needed: `newest` has everything."""
        return await self.newest(ids)

    def followed(self, native_id: str) -> bool:
        """A page that was taken out of the settings is not looked at any more; its comments are still there."""
        return native_id.partition("#isso-")[0] in self._settings.pages

    async def walk(self, job: Job) -> Page:
        """One page of the blog after the other. The place: which of them."""
        at = int(job.place or 0)
        pages = self._settings.pages
        if at >= len(pages):
            return Page(delivery=RawDelivery(transport="poll", body=b""), messages=[], cursor="")
        raw, found = await self._page(pages[at])
        more = at + 1 < len(pages)
        return Page(
            delivery=RawDelivery(transport="poll", body=raw),
            messages=[one for one in found if job.since is None or instant(one.occurred_at) >= job.since],
            cursor=str(at + 1) if more else "",
            more=more,
        )

    async def send(self, reply: Reply, text: str) -> Sent:
        """Comment below a comment, under our name and signed."""
        page, number = self._place(reply)
        body = {
            "text": text, "author": self._settings.name, "parent": number,
            "website": self._signing.website(page, reply.client_id, text),
        }  # fmt: skip
        answer = await self._api.send("POST", "/new", limit=REQUESTS, params={"uri": page}, json=body)
        try:
            told = mapping(msgspec.json.decode(answer.content))
        except msgspec.MsgspecError:
            told = {}
        native_id, at = word(told, "id"), moment(told.get("created"))
        if not native_id or at is None:
            raise SendUnknown("The answer of isso could not be read. The reply may be out.")
        return Sent(
            native_id=comment_id(page, native_id),
            namespace=self.namespace,
            occurred_at=at,
            permalink=f"{self._settings.site.rstrip('/')}{page}#isso-{native_id}"
            if self._settings.site
            else "",
        )

    def _place(self, reply: Reply) -> tuple[str, int]:
        page, _, number = reply.to.native_id.partition("#isso-")
        if not page or not (number.isascii() and number.isdecimal() and len(number) < 16):
            raise SendRefused("This is no comment at isso; nothing was sent.")
        return page, int(number)

    async def find(self, reply: Reply, text: str) -> Sent | None:
        """Look on the page for the comment that has the reply's own mark."""
        page, _ = self._place(reply)
        for one in (await self._page(page))[1]:
            if one.client_id == reply.client_id:
                return Sent(
                    native_id=one.native_id,
                    namespace=self.namespace,
                    occurred_at=one.occurred_at,
                    permalink=one.permalink,
                )
        _, about = await self._api.ask("/info", limit=REQUESTS)
        if about.get("moderation") is True:
            raise SendUnknown(
                "isso shows comments only once they are approved, so the reply may wait there. Look into its "
                "moderation before you send it again."
            )
        return None

    async def wrong(self) -> str:
        """Whether it is there, and there are pages to follow."""
        if not self._settings.pages:
            return "Name the pages to follow in the settings, as isso knows them: /first-post/."
        for page in self._settings.pages:
            await self._page(page)
        return ""


def _limited(response: httpx2.Response) -> bool:
    return response.status_code == httpx2.codes.FORBIDDEN and b"ratelimit exceeded" in response.content


def _meaning(response: httpx2.Response) -> int:
    return httpx2.codes.TOO_MANY_REQUESTS if _limited(response) else response.status_code


def _words(response: httpx2.Response) -> str:
    said = " ".join(to_text(response.text, links=False).split())
    return f"isso says: {said[:300]}" if said else ""
