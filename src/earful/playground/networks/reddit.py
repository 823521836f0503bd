"""A simulated Reddit: an inbox, comments below posts, private messages. Things have full names in base 36."""

import re
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json
from earful.playground.networks.world import Account, Said

APP, SECRET, REFRESH = "app", "app-secret", "refresh"
_LISTING: dict[str, Shape] = {
    "limit": re.compile(r"[1-9][0-9]?|100"), "after": str, "before": str, "count": str, "show": str, "raw_json": ("1",),
    "sr_detail": str,
}  # fmt: skip
_COMMENT: Shape = {
    "thing_id!": re.compile(r"t[134]_[0-9a-z]+"), "text!": str, "api_type!": ("json",), "raw_json": ("1",),
    "return_rtjson": str, "richtext_json": str, "uh": str,
}  # fmt: skip
_TOKEN: Shape = {"grant_type!": ("refresh_token",), "refresh_token!": str}
_NAME = re.compile(r"[a-z]+:[a-z]+:\S+ \(by /u/\S+\)")


class RedditSimulator(Simulator):
    """What a customer says in public mentions the brand below a post of their own. Nothing is pushed."""

    network: ClassVar[Network] = Network.REDDIT
    renews: ClassVar[bool] = True
    unknown_kind: ClassVar[str] = "award"
    permission: ClassVar[str] = "submit"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self.tokens: dict[str, int] = {}

    def wiring(self) -> Wiring:
        """With a refresh token, and quick looks."""
        settings = {
            "username": self.world.brand.handle, "client_id": APP, "poll_seconds": 5, "look_again_minutes": 1,
            "api": self.base_url, "token_url": f"{self.base_url}/api/v1/access_token", "requests_a_minute": 10_000,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": SECRET, "refresh_token": REFRESH})

    def native_id(self, said: Said) -> str:
        """The full name of a thing."""
        return f"{'t4' if said.private else 't9' if said.kind else 't1'}_{_base36(int(said.id))}"

    def handle(self, asked: Asked, path: str) -> Answer:
        """One call of the API."""
        name = path.strip("/")
        if name == "api/v1/access_token":
            return self._token(asked, name)
        if self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "), 0) < self.clock():
            raise Refusal(401, {"message": "Unauthorized", "error": 401})
        if not _NAME.fullmatch(asked.headers.get("user-agent", "")):
            self.violated(asked, name, "the User-Agent is not as Reddit wants it")
        brand = self.world.brand
        there = [one for one in self.world.said.values() if not one.deleted]
        match [asked.method, *name.split("/")]:
            case ["GET", "api", "v1", "me"]:
                return as_json({"name": brand.handle, "id": brand.id})
            case ["GET", "message", "inbox"]:
                return self._listing(asked, name, [one for one in there if not one.ours])
            case ["GET", "message", "sent"]:
                return self._listing(asked, name, [one for one in there if one.ours and one.private])
            case ["GET", "user", who, "comments"] if who == brand.handle:
                return self._listing(asked, name, [one for one in there if one.ours and not one.private])
            case ["GET", "api", "info"]:
                self._check(asked, name, dict(asked.query), {"id!": str, "raw_json": ("1",)})
                wanted = asked.query.get("id", "").split(",")
                all_ = [one for one in self.world.said.values() if self.native_id(one) in wanted]
                return as_json(_list([self._thing(one) for one in all_]))
            case ["POST", "api", "comment"]:
                return self._comment(asked, name)
        raise Refusal(404, {"message": "Not Found", "error": 404})

    def _token(self, asked: Asked, name: str) -> Answer:
        form = dict(parse_qsl(asked.body.decode()))
        self._check(asked, name, form, _TOKEN)
        if form.get("refresh_token") != REFRESH or not asked.headers.get("authorization", "").startswith(
            "Basic "
        ):
            raise Refusal(400, {"error": "invalid_grant"})
        token = f"token-{self.world.new_id()}"
        self.tokens[token] = self.clock() + 3_600_000
        return as_json(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": 3600,
                "scope": "identity read submit",
            }
        )

    def _listing(self, asked: Asked, name: str, there: list[Said]) -> Answer:
        self._check(asked, name, dict(asked.query), _LISTING)
        ordered = sorted(there, key=lambda one: -int(one.id))
        after = asked.query.get("after", "")
        names = [self.native_id(one) for one in ordered]
        start = names.index(after) + 1 if after in names else 0
        page = ordered[start : start + 100]
        following = names[start + 99] if len(ordered) > start + 100 else None
        return as_json(_list([self._thing(one, inbox=True) for one in page], following))

    def _comment(self, asked: Asked, name: str) -> Answer:
        form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        self._check(asked, name, form, _COMMENT)
        above = next(
            (one for one in self.world.said.values() if self.native_id(one) == form.get("thing_id")), None
        )
        if above is None or above.deleted:
            return as_json(
                {"json": {"errors": [["DELETED_COMMENT", "that comment has been deleted", "parent"]]}}
            )
        said = self.world.say(self.world.brand, form.get("text", ""), parent=above.id, private=above.private)
        return as_json({"json": {"errors": [], "data": {"things": [self._thing(said)]}}})

    def limited(self, *, bare: bool) -> Told:
        """429 with the counters of Reddit, or without a word."""
        headers = {
            "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": str(self.knobs.wait_seconds),
        }  # fmt: skip
        return Told(
            status=429, body=b'{"message":"Too Many Requests","error":429}', headers={} if bare else headers
        )

    def is_send(self, asked: Asked, path: str) -> bool:
        """Comments and messages."""
        return path.strip("/") == "api/comment"

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _thing(self, said: Said, *, inbox: bool = False) -> dict[str, Any]:
        name = self.native_id(said)
        kind, _, short = name.partition("_")
        link = _base36(int(said.root))
        data: dict[str, Any] = {
            "name": name, "id": short, "author": said.by.handle, "author_fullname": f"t2_{_base36(int(said.by.id))}",
            "created_utc": said.at / 1000, "body": said.text, "ups": 1,
        }  # fmt: skip
        if said.deleted:
            data |= {"author": "[deleted]", "body": "[deleted]"}
        if said.edited_at is not None:
            data["edited"] = said.edited_at / 1000
        parent = self.world.said.get(said.parent)
        if said.private:
            data |= {"dest": self._other(said).handle, "subject": "hello", "was_comment": False}
            data["parent_id"] = self.native_id(parent) if parent else None
            data["first_message_name"] = self.native_id(self.world.said[said.root]) if parent else None
        elif not said.kind:
            data |= {
                "subreddit": "coffee", "parent_id": self.native_id(parent) if parent else f"t3_{link}", "edited": False,
            } | ({"edited": data["edited"]} if "edited" in data else {})  # fmt: skip
            path = f"/r/coffee/comments/{link}/a_title/{short}/"
            data |= {"context": f"{path}?context=3", "was_comment": True, "type": "username_mention"} if inbox else {
                "permalink": path, "link_id": f"t3_{link}",
            }  # fmt: skip
        return {"kind": kind, "data": data}

    def _other(self, said: Said) -> Account:
        if not said.ours:
            return self.world.brand
        return next((one for one in self.world.customers.values() if one.id == said.to), self.world.brand)


def _list(things: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {
        "kind": "Listing",
        "data": {"after": after, "before": None, "dist": len(things), "children": things},
    }


def _base36(value: int) -> str:
    digits = ""
    while True:
        value, rest = divmod(value, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not value:
            return digits
