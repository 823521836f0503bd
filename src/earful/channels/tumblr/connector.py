"""A Tumblr blog as a channel: everything is asked for, answers are reblogs."""

import asyncio
from urllib.parse import quote

import httpx2
import msgspec

from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    SendPostponed,
    SendRefused,
    SendUnknown,
    Sent,
)
from earful.channels.kit.api import FAULTS, Api, ApiRefused, tokens_of
from earful.channels.kit.asking import Asking, asked
from earful.channels.kit.http import retry_after
from earful.channels.kit.loose import mapping, members, object_in, word
from earful.channels.kit.oauth import GrantRefused
from earful.channels.kit.running import broke
from earful.channels.kit.sending import afford_reply
from earful.channels.kit.tools import Tools
from earful.channels.tumblr.follow import Activity
from earful.channels.tumblr.limits import CAPABILITIES, POSTS, REQUESTS, SCOPES, heed, limits
from earful.channels.tumblr.parse import TUMBLR, added, own_post, post_id, reblogged
from earful.channels.tumblr.send import compose
from earful.channels.tumblr.settings import TumblrSecrets, TumblrSettings
from earful.model.message import Network
from earful.model.time import Instant, moment

WINDOWS = ("x-ratelimit-perhour", "x-ratelimit-perday")


class TumblrConnector:
    """One blog. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.TUMBLR
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: TumblrSettings, secrets: TumblrSecrets, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._budget = tools.budgets.of(f"tumblr {settings.client_id}", limits(settings.requests_a_day))
        self._api = Api(
            tools, settings.api, tokens_of(tools, secrets.access_token), self._budget, explain=_words, wait=_wait,
            heed=heed,
        )  # fmt: skip
        self._activity = Activity(self._api, settings)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Ask for everything, until `stop`."""
        asking = Asking(
            sources=self._activity.sources(self._budget, self._tools.now()), poll_seconds=self._settings.poll_seconds,
            limit=REQUESTS, walk=self._activity.walk,
        )  # fmt: skip
        await asyncio.gather(*asked(inlet, stop, self._tools, self._budget, self._explain, asking))

    async def send(self, reply: Reply) -> Sent:
        """Reblog what is answered, with words; see `Connector.send`."""
        composed = compose(reply)
        await afford_reply(self._budget, POSTS)
        await afford_reply(self._budget, REQUESTS, 2)
        path = f"/v2/blog/{quote(composed.blog, safe='')}/posts/{composed.post}"
        params = {"post_format": "npf"}
        post = mapping(await self._api.before_sending(path, limit=REQUESTS, params=params), "response")
        uuid, key = word(post, "tumblelog_uuid") or word(post, "blog", "uuid"), word(post, "reblog_key")
        if not uuid or not key:
            raise SendRefused("Tumblr does not let this post be reblogged; nothing was sent.")
        answer = await self._api.send(
            "POST", f"{self._activity.path}/posts", limit=REQUESTS, json=composed.body(uuid, key)
        )
        try:
            native_id = post_id(mapping(msgspec.json.decode(answer.content), "response"))
        except msgspec.MsgspecError:
            native_id = ""
        if not native_id:
            raise SendUnknown("The answer of the network could not be read. The reply may be out.")
        link = f"https://www.tumblr.com/{self._settings.blog}/{native_id}"
        return Sent(
            native_id=native_id, namespace=TUMBLR, occurred_at=moment(self._tools.now()), permalink=link
        )

    async def find(self, reply: Reply) -> Sent | None:
        """Look among the newest posts of the blog for a reblog of the same post with the same words."""
        composed = compose(reply)
        self._budget.spend(REQUESTS)
        try:
            _, there = await self._activity.posts()
        except (*FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"Tumblr could not be asked for the reply: {self._explain(fault)}") from None
        for one in there:
            found = own_post(one)
            same = reblogged(one) == composed.post and added(one).split() == composed.text.split()
            if found is not None and same:
                return Sent(
                    native_id=found.native_id,
                    namespace=TUMBLR,
                    occurred_at=found.occurred_at,
                    permalink=found.permalink,
                )
        return None

    async def check(self) -> list[str]:
        """Try the token, and whose blogs it is for."""
        try:
            _, answer = await self._api.ask("/v2/user/info", limit=REQUESTS)
        except FAULTS as fault:
            return [self._explain(fault)]
        names = [word(one, "name") for one in members(answer, "response", "user", "blogs")]
        if self._settings.blog.casefold() not in (name.casefold() for name in names):
            return [
                f"The token is for {', '.join(names) or 'no blog'}, not for {self._settings.blog}. Put the right blog "
                "into the settings, or connect the right account."
            ]
        return []

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, GrantRefused):
            return f"{fault} What was said waits there. Connect the account again."
        if isinstance(fault, ApiRefused) and fault.status in (401, 403):
            return f"Tumblr refuses: {fault}. See that the consent has the scopes {', '.join(SCOPES)}."
        return broke("Tumblr", fault, "What was said waits there; Earful keeps trying.")


def _words(response: httpx2.Response) -> str:
    told = object_in(response.content)
    first = next(iter(members(told, "errors")), {})
    text = word(first, "detail") or word(first, "title") or word(told, "meta", "msg")
    return f"Tumblr says: {text[:300]}" if text else ""


def _wait(response: httpx2.Response, now: Instant) -> float | None:
    """Tumblr counts by the hour and by the day; the one that is used up says when it opens."""
    headers = response.headers
    for name in WINDOWS:
        reset = headers.get(f"{name}-reset", "")
        if headers.get(f"{name}-remaining", "") == "0" and reset.isdecimal() and len(reset) < 7:
            return float(reset)
    return retry_after(headers, now)
