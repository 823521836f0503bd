"""A simulated YouTube Data API v3: comment threads of one channel, with a quota that a knob exhausts."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import Instant, rfc3339
from earful.playground.networks.grants import CLIENT, REFRESH, RefreshTokens
from earful.playground.networks.shapes import Shape, listed, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Account, Said

VIDEO = "video0001"
_FORMAT = ("html", "plainText")
_QUERIES: dict[str, Shape] = {
    "commentThreads": {
        "part!": listed("id", "snippet", "replies"), "allThreadsRelatedToChannelId": str, "videoId": str, "id": str,
        "maxResults": re.compile(r"[1-9][0-9]?|100"), "order": ("time", "relevance"), "pageToken": str,
        "moderationStatus": ("published", "heldForReview", "likelySpam", "rejected"), "searchTerms": str,
        "textFormat": _FORMAT,
    },
    "comments": {
        "part!": listed("id", "snippet"), "id": str, "parentId": str, "maxResults": re.compile(r"[1-9][0-9]?|100"),
        "pageToken": str, "textFormat": _FORMAT,
    },
    "channels": {"part!": str, "mine": ("true", "false"), "id": str},
}  # fmt: skip
_COMMENT: Shape = {"snippet!": {"parentId!": str, "textOriginal!": str}}


class YouTubeSimulator(Simulator):
    """Every customer comments below one video. Nothing is pushed, and everything is public."""

    network: ClassVar[Network] = Network.YOUTUBE
    renews: ClassVar[bool] = True
    has_private: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "sticker"
    permission: ClassVar[str] = "youtube.force-ssl"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._tokens = RefreshTokens(self)
        self.held: set[str] = set()
        """Comments that nobody sees until they are looked at."""

    def wiring(self) -> Wiring:
        """With a refresh token, a large quota and quick looks."""
        settings = {
            "channel_id": _channel(self.world.brand), "client_id": CLIENT, "api": self.base_url,
            "token_url": f"{self.base_url}/token", "poll_seconds": 5, "look_again_minutes": 1,
            "daily_quota": 1_000_000,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": "secret", "refresh_token": REFRESH})

    def native_id(self, said: Said) -> str:
        """Of a comment; a reply has its parent's id before its own."""
        return f"Ug{said.id}" if said.root == said.id else f"Ug{said.root}.{said.id}"

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/").removeprefix("youtube/v3/")
        if name == "token":
            return self._tokens.give(asked)
        if not self._tokens.good(asked):
            raise Refusal(401, _error(401, "authError", "Invalid Credentials"))
        there = [one for one in self.world.said.values() if not one.deleted]
        if asked.method == "GET" and name in _QUERIES:
            self._check(asked, name, dict(asked.query), _QUERIES[name])
        match asked.method, name:
            case "GET", "channels":
                return as_json({"items": [{"id": _channel(self.world.brand)}]})
            case "GET", "commentThreads":
                held = asked.query.get("moderationStatus") == "heldForReview"
                tops = [one for one in there if one.root == one.id and (one.id in self.held) is held]
                if "id" in asked.query:
                    tops = [one for one in there if self.native_id(one) == asked.query["id"]]
                return as_json({"items": [self._thread(one) for one in reversed(tops)][:100]})
            case "GET", "comments":
                wanted = asked.query.get("id", "").split(",")
                top = asked.query.get("parentId", "")
                found = [
                    one for one in there
                    if self.native_id(one) in wanted or (one.root != one.id and top == f"Ug{one.root}")
                ]  # fmt: skip
                return as_json({"items": [self._comment(one) for one in found]})
            case "POST", "comments":
                return self._insert(asked, name)
        raise Refusal(404, _error(404, "notFound", "Not Found"))

    def _insert(self, asked: Asked, name: str) -> Answer:
        self._check(asked, name, dict(asked.query), {"part!": ("snippet",)})
        body = body_of(asked)
        self._check(asked, name, body, _COMMENT)
        snippet = body.get("snippet", {})
        above = self.world.said.get(str(snippet.get("parentId", "")).removeprefix("Ug"))
        if above is None or above.deleted or above.root != above.id:
            raise Refusal(
                404, _error(404, "parentCommentNotFound", "The comment that is answered is not there.")
            )
        said = self.world.say(self.world.brand, str(snippet.get("textOriginal", "")), parent=above.id)
        return as_json(self._comment(said))

    def limited(self, *, bare: bool) -> Told:
        """A 403 with its reason, as Google has it, or a 429 without a word."""
        if bare:
            return Told(status=429, body=b"")
        return Told(
            status=403, body=msgspec.json.encode(_error(403, "rateLimitExceeded", "Rate Limit Exceeded"))
        )

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        return Told(status=401, body=msgspec.json.encode(_error(401, "authError", "Invalid Credentials")))

    def forbidden(self) -> Told:
        """A scope is missing."""
        return Told(
            status=403,
            body=msgspec.json.encode(_error(403, "insufficientPermissions", "Insufficient Permission")),
        )

    def is_send(self, asked: Asked, path: str) -> bool:
        """Comments."""
        return asked.method == "POST" and path.strip("/").endswith("v3/comments")

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _thread(self, said: Said) -> dict[str, Any]:
        replies = [one for one in self.world.thread(said.id) if one.id != said.id]
        found: dict[str, Any] = {
            "kind": "youtube#commentThread", "id": self.native_id(said),
            "snippet": {
                "channelId": _channel(self.world.brand), "videoId": VIDEO, "canReply": True,
                "isPublic": said.id not in self.held,
                "topLevelComment": self._comment(said), "totalReplyCount": len(replies),
            },
        }  # fmt: skip
        # A thread carries some of its replies only.
        if replies[:1]:
            found["replies"] = {"comments": [self._comment(one) for one in replies[:1]]}
        return found

    def _comment(self, said: Said) -> dict[str, Any]:
        snippet: dict[str, Any] = {
            "authorDisplayName": f"@{said.by.handle}", "authorChannelId": {"value": _channel(said.by)},
            "authorChannelUrl": f"http://www.youtube.com/@{said.by.handle}", "textDisplay": said.text,
            "textOriginal": said.text, "likeCount": 0, "publishedAt": rfc3339(said.at),
            "updatedAt": rfc3339(said.edited_at or said.at), "videoId": VIDEO,
        }  # fmt: skip
        if said.id in self.held:
            snippet["moderationStatus"] = "heldForReview"
        if said.root != said.id:
            snippet["parentId"] = f"Ug{said.root}"
        return {"kind": "youtube#comment", "id": self.native_id(said), "snippet": snippet}


def _channel(account: Account) -> str:
    return f"UC{account.id.zfill(22)}"


def _error(code: int, reason: str, words: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, "errors": [{"reason": reason, "message": words}]}}
