"""The comments of a WordPress, by its REST API and the application password of an editor."""

import base64
import html
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from earful.channels.blog.follow import Found
from earful.channels.blog.limits import MOST_PAGES, PAGE, REQUESTS
from earful.channels.blog.parse import APPROVED, listed, wordpress
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.contract import Job, Reply, SendRefused, SendUnknown, Sent
from earful.channels.kit.api import Api, ApiRefused, as_object
from earful.channels.kit.budget import Budget
from earful.channels.kit.html import to_text
from earful.channels.kit.loose import mapping, number, word
from earful.channels.kit.newest import Batch, history_page
from earful.channels.kit.oauth import FixedToken
from earful.channels.kit.poll import Page
from earful.channels.kit.tools import Tools
from earful.model.message import Direction, IncomingMessage
from earful.model.time import instant

COMMENTS = "/wp/v2/comments"
ME = "/wp/v2/users/me"
# Only who may moderate is shown the words as written, the addresses, and what waits for approval.
EDITOR = {"context": "edit", "status": "all"}
_ROUTE = "?rest_route="


class WordPress:
    """One blog. See `System`."""

    def __init__(self, tools: Tools, settings: BlogSettings, secrets: BlogSecrets, budget: Budget) -> None:
        base, self._by_query, _ = settings.url.partition(_ROUTE)
        base = base.rstrip("/")
        self._index = "" if base.endswith(".php") else "/"
        split = urlsplit(base)
        self.namespace = f"wordpress:{split.netloc}{split.path}"[:1_000]
        self._budget = budget
        password = f"{settings.name}:{secrets.password}".encode()
        self._api = Api(
            tools, base, FixedToken(base64.b64encode(password).decode()), budget, explain=_words,
            prove=lambda token: {"authorization": f"Basic {token}"}, meaning=_meaning,
        )  # fmt: skip
        self._us = ""

    def _at(self, path: str, params: dict[str, str] | None = None) -> tuple[str, dict[str, str]]:
        """Where a route is: below /wp-json, or named in the query of a blog without pretty links."""
        if self._by_query:
            return self._index, {"rest_route": path} | (params or {})
        return f"/wp-json{path}", params or {}

    async def _get(self, path: str, params: dict[str, str] | None = None) -> bytes:
        address, query = self._at(path, params)
        return await self._api.call("GET", address, limit=REQUESTS, params=query)

    async def _who(self) -> str:
        """The number of our user, asked for once."""
        if not self._us:
            self._budget.spend(REQUESTS)
            self._us = word(as_object(await self._get(ME)), "id")
        return self._us

    async def _list(self, params: dict[str, str]) -> tuple[bytes, list[dict[str, Any]]]:
        raw = await self._get(COMMENTS, EDITOR | {"per_page": str(PAGE)} | params)
        return raw, listed(raw)

    def _read(self, items: Sequence[dict[str, Any]]) -> list[IncomingMessage]:
        found = (wordpress(one, self.namespace, self._us) for one in items)
        return [one for one in found if one is not None]

    async def newest(self, known: Collection[str]) -> Found:
        """See `System.newest`; of a first look one page."""
        await self._who()
        raws: list[bytes] = []
        messages: list[IncomingMessage] = []
        for each in range(1, MOST_PAGES + 1):
            if each > 1:
                self._budget.spend(REQUESTS)
            raw, items = await self._list({"orderby": "id", "order": "desc", "page": str(each)})
            raws.append(raw)
            messages += self._read(items)
            # WordPress leaves out what the user may not read after it counted: only an empty page is the end.
            if not items or not known or any(word(one, "id") in known for one in items):
                break
        return Found(raw=raws, messages=messages)

    async def again(self, ids: Sequence[str]) -> Found:
        """See `System.again`."""
        raws, messages = [], []
        for start in range(0, len(ids), PAGE):
            self._budget.spend(REQUESTS)
            raw, items = await self._list({"include": ",".join(ids[start : start + PAGE])})
            raws.append(raw)
            messages += self._read(items)
        return Found(raw=raws, messages=messages)

    def followed(self, native_id: str) -> bool:
        """All comments are."""
        return True

    async def walk(self, job: Job) -> Page:
        """A page of the list, newest first. The place is its number."""
        await self._who()
        at = int(job.place or 1)
        raw, items = await self._list({"orderby": "id", "order": "desc", "page": str(at)})
        messages = self._read(items)
        more = str(at + 1) if items else ""
        batch = Batch(
            raw=raw, messages=messages, orders=[instant(one.occurred_at) for one in messages], next=more
        )
        return history_page(batch, job)

    async def send(self, reply: Reply, text: str) -> Sent:
        """Comment below a comment, unless that waits for approval itself."""
        path, params = self._at(f"{COMMENTS}/{reply.to.native_id}", {"context": "edit"})
        parent = await self._api.before_sending(path, limit=REQUESTS, params=params)
        if word(parent, "status") != APPROVED:
            raise SendRefused(
                "This comment is not shown on the blog: it waits for approval, is spam or in the trash. Approve it in "
                "WordPress and send again; nothing was sent."
            )
        body = {
            "post": number(parent, "post") or 0, "parent": number(parent, "id") or 0,
            "content": html.escape(text, quote=False), "status": APPROVED,
        }  # fmt: skip
        path, params = self._at(COMMENTS)
        answer = await self._api.send("POST", path, limit=REQUESTS, params=params, json=body)
        if answer.status_code == httpx2.codes.CONFLICT:
            found = await self.find(reply, text)
            if found is None:
                raise SendRefused(f"{_words(answer)}; nothing was sent.")
            return found
        try:
            said = wordpress(mapping(msgspec.json.decode(answer.content)), self.namespace, "")
        except msgspec.MsgspecError:
            said = None
        if said is None:
            raise SendUnknown("The answer of WordPress could not be read. The reply may be out.")
        return _sent(said)

    async def find(self, reply: Reply, text: str) -> Sent | None:
        """Look among our comments below the same comment for one with the same words."""
        us = await self._who()
        _, items = await self._list({"parent": reply.to.native_id, "author": us})
        for said in self._read(items):
            same = said.text.split() == text.split() and said.direction is Direction.OUTBOUND
            if same and said.parent_id == reply.to.native_id:
                return _sent(said)
        return None

    async def wrong(self) -> str:
        """Try the password, and whether its user may moderate."""
        await self._who()
        try:
            await self._list({"per_page": "1"})
        except ApiRefused as refused:
            if refused.status != httpx2.codes.FORBIDDEN:
                raise
            return (
                f"The user may not moderate comments ({refused}). Earful needs that to see what waits and to answer. "
                "Make the user an editor, or take another."
            )
        return ""


def _sent(said: IncomingMessage) -> Sent:
    return Sent(
        native_id=said.native_id,
        namespace=said.namespace,
        occurred_at=said.occurred_at,
        permalink=said.permalink,
    )


def _meaning(response: httpx2.Response) -> int:
    """A double is refused because it is there already: that is looked for, and no failure."""
    if response.status_code == httpx2.codes.CONFLICT and b"comment_duplicate" in response.content:
        return httpx2.codes.OK
    return response.status_code


def _words(response: httpx2.Response) -> str:
    try:
        told = mapping(msgspec.json.decode(response.content))
    except msgspec.MsgspecError:
        return ""
    said = to_text(word(told, "message"), links=False)
    return f"WordPress says: {said[:300]}" if said else ""
