"""A simulated Tumblr API v2: customers mention the blog in posts, and reply to its posts or reblog them."""

import re
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.tumblr.limits import TYPES
from earful.channels.tumblr.parse import reply_id
from earful.model.message import Network
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Account, Said

TOKEN, CLIENT = "playground-token", "consumer-key"
_SECONDS = re.compile(r"[0-9]{1,10}")
_LISTED: Shape = {
    **{f"types[{number}]": TYPES for number in range(len(TYPES))}, "before": _SECONDS, "rollups": ("true", "false"),
}  # fmt: skip
_POSTS: Shape = {
    "npf": ("true",), "reblog_info": ("true", "false"), "limit": re.compile(r"[1-9]|1[0-9]|20"), "before": _SECONDS,
    "offset": re.compile(r"[0-9]+"), "notes_info": ("true", "false"), "tag": str, "id": str,
}  # fmt: skip
_MENTION: Shape = {"type!": ("mention",), "start!": int, "end!": int, "blog!": {"uuid!": str, "name": str}}
_POST: Shape = {
    "content!": [{"type!": ("text",), "text!": str, "formatting": [_MENTION]}],
    "state": ("published", "draft", "queue"),
    "parent_tumblelog_uuid!": str, "parent_post_id!": re.compile(r"[0-9]+"), "reblog_key!": str, "tags": str,
}  # fmt: skip
PAGE = 20


class TumblrSimulator(Simulator):
    """Nothing is pushed, everything is public, nothing can be edited or is told of when it goes."""

    network: ClassVar[Network] = Network.TUMBLR
    has_private: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "photo"
    permission: ClassVar[str] = "write"

    def wiring(self) -> Wiring:
        """With a token and quick looks."""
        settings = {
            "blog": self.world.brand.handle, "client_id": CLIENT, "poll_seconds": 5, "api": self.base_url,
            "token_url": f"{self.base_url}/v2/oauth2/token", "requests_a_day": 1_000_000,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": "secret", "access_token": TOKEN})

    def native_id(self, said: Said) -> str:
        """Posts have ids; a reply is named by what it says."""
        if self._kind(said) != "reply":
            return said.id
        return reply_id(said.parent, _uuid(said.by), str(said.at // 1000), said.text)

    def _kind(self, said: Said) -> str:
        """What a customer does: the first word is a post, what follows a reply or a reblog."""
        if said.root == said.id:
            return "mention_in_post"
        return "reply" if int(said.id) % 2 else "reblog_with_content"

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, _no(401, "Unauthorized"))
        name, brand = path.strip("/"), self.world.brand.handle
        match [asked.method, *name.removeprefix("v2/").split("/")]:
            case ["GET", "user", "info"]:
                return _yes({"user": {"name": brand, "blogs": [{"name": brand}]}})
            case ["GET", "blog", blog, "notifications"] if blog == brand:
                return self._notifications(asked, name)
            case ["GET", "blog", blog, "posts"] if blog == brand:
                self._check(asked, name, dict(asked.query), _POSTS)
                ours = [one for one in self.world.said.values() if one.ours and not one.deleted]
                return _yes({"posts": [self._post(one) for one in self._page(asked, ours)]})
            case ["GET", "blog", blog, "posts", number]:
                return _yes(self._post(self._said(blog, number)))
            case ["POST", "blog", blog, "posts"] if blog == brand:
                return self._reblog(asked, name)
        raise Refusal(404, _no(404, "Not Found"))

    def _said(self, blog: str, number: str) -> Said:
        said = self.world.said.get(number)
        if said is None or said.deleted or said.by.handle != blog:
            raise Refusal(404, _no(404, "Not Found"))
        return said

    def _page(self, asked: Asked, there: list[Said]) -> list[Said]:
        until = int(asked.query.get("before", "9" * 10))
        found = [one for one in there if one.at // 1000 < until]
        return sorted(found, key=lambda one: -int(one.id))[:PAGE]

    def _notifications(self, asked: Asked, name: str) -> Answer:
        self._check(asked, name, dict(asked.query), _LISTED)
        page = self._page(asked, [one for one in self.world.said.values() if not one.ours])
        found: dict[str, Any] = {"notifications": [self._notification(one) for one in page]}
        if len(page) == PAGE:
            found["_links"] = {"next": {"query_params": {"before": str(page[-1].at // 1000 + 1)}}}
        return _yes(found)

    def _notification(self, said: Said) -> dict[str, Any]:
        kind = self._kind(said)
        found: dict[str, Any] = {
            "type": kind, "timestamp": said.at // 1000, "from_tumblelog_name": said.by.handle,
            "from_tumblelog_uuid": _uuid(said.by), "followed": False,
        }  # fmt: skip
        if kind == "mention_in_post":
            return found | {"post_id": said.id, "target_post_summary": said.text}
        above = self.world.said[said.parent]
        found |= {"target_post_id": above.id, "target_tumblelog_name": above.by.handle}
        if kind == "reply":
            return found | {"reply_text": said.text}
        return found | {"post_id": said.id, "added_text": said.text}

    def _reblog(self, asked: Asked, name: str) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _POST)
        parent = self.world.said.get(str(body.get("parent_post_id", "")))
        if parent is None or parent.deleted or body.get("reblog_key") != _key(parent):
            raise Refusal(400, _no(400, "Bad Request"))
        text = "\n".join(str(one.get("text", "")) for one in body.get("content", []))
        said = self.world.say(self.world.brand, text, parent=parent.id)
        return as_json(_body(201, "Created", {"id": said.id, "state": "published"}), 201)

    def limited(self, *, bare: bool) -> Told:
        """429 with the counters of the hour, or without a word."""
        headers = {
            "x-ratelimit-perhour-remaining": "0", "x-ratelimit-perhour-reset": str(self.knobs.wait_seconds),
        }  # fmt: skip
        body = msgspec.json.encode(_no(429, "Limit Exceeded"))
        return Told(status=429, body=body, headers={} if bare else headers)

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        return Told(status=401, body=msgspec.json.encode(_no(401, "Unauthorized")))

    def forbidden(self) -> Told:
        """A scope is missing."""
        return Told(status=403, body=msgspec.json.encode(_no(403, "Forbidden")))

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _post(self, said: Said) -> dict[str, Any]:
        parent = self.world.said.get(said.parent)
        found: dict[str, Any] = {
            "id": int(said.id), "id_string": said.id, "blog_name": said.by.handle, "tumblelog_uuid": _uuid(said.by),
            "timestamp": said.at // 1000, "post_url": f"https://www.tumblr.com/{said.by.handle}/{said.id}",
            "reblog_key": _key(said), "summary": said.text, "content": [{"type": "text", "text": said.text}],
        }  # fmt: skip
        return found | ({"reblogged_from_id": parent.id} if parent else {})


def _uuid(account: Account) -> str:
    return f"t:{account.id}"


def _key(said: Said) -> str:
    return f"key{said.id}"


def _body(status: int, words: str, response: Any) -> dict[str, Any]:
    return {"meta": {"status": status, "msg": words}, "response": response}


def _yes(response: dict[str, Any]) -> Answer:
    return as_json(_body(200, "OK", response))


def _no(status: int, words: str) -> dict[str, Any]:
    return _body(status, words, []) | {"errors": [{"title": words, "code": status * 10, "detail": words}]}
