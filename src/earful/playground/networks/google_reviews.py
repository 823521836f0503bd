"""A simulated Google My Business API v4: reviews at two places of one account, each with at most one reply."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.google_reviews.parse import STARS
from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import Instant, rfc3339
from earful.playground.networks.grants import CLIENT, REFRESH, RefreshTokens
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Said

ACCOUNT, LOCATIONS = "700", ("201", "202")
_LIST: Shape = {
    "pageSize": re.compile(r"[1-9]|[1-4][0-9]|50"), "pageToken": str,
    "orderBy": ("rating", "rating desc", "updateTime desc"),
}  # fmt: skip
_REPLY: Shape = {"comment!": str}
_WORDS = tuple(STARS)


class GoogleReviewsSimulator(Simulator):
    """Every customer reviews one of two places. Nothing is pushed, and everything is public."""

    network: ClassVar[Network] = Network.REVIEW
    has_private: ClassVar[bool] = False
    customers_answer: ClassVar[bool] = False
    permission: ClassVar[str] = "business.manage"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._tokens = RefreshTokens(self)

    def wiring(self) -> Wiring:
        """With a refresh token and quick looks."""
        settings = {
            "account_id": ACCOUNT, "locations": list(LOCATIONS), "client_id": CLIENT, "api": self.base_url,
            "token_url": f"{self.base_url}/token", "poll_seconds": 5, "look_again_minutes": 1,
            "requests_a_minute": 10_000,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": "secret", "refresh_token": REFRESH})

    def native_id(self, said: Said) -> str:
        """Of a review with its place; the reply has its review's name."""
        review = f"{_place(said.root)}/rev-{said.root}"
        return f"{review}/reply" if said.ours else review

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if name == "token":
            return self._tokens.give(asked)
        if not self._tokens.good(asked):
            raise Refusal(401, _error(401, "UNAUTHENTICATED", "Request had invalid credentials."))
        match [asked.method, *name.removeprefix(f"v4/accounts/{ACCOUNT}/").split("/")]:
            case ["GET", "locations", place, "reviews"] if place in LOCATIONS:
                return self._list(asked, name, place)
            case ["GET", "locations", place, "reviews", review]:
                return as_json(self._review(self._said(place, review)))
            case ["PUT", "locations", place, "reviews", review, "reply"]:
                return self._reply(asked, name, self._said(place, review))
        raise Refusal(404, _error(404, "NOT_FOUND", "Requested entity was not found."))

    def _list(self, asked: Asked, name: str, place: str) -> Answer:
        self._check(asked, name, dict(asked.query), _LIST)
        there = [one for one in self._reviews() if _place(one.id) == place]
        there.sort(key=lambda one: -(one.edited_at or one.at))
        start = int(asked.query.get("pageToken", "0"))
        size = int(asked.query.get("pageSize", "50"))
        found: dict[str, Any] = {"totalReviewCount": len(there), "averageRating": 3}
        if there[start : start + size]:
            found["reviews"] = [self._review(one) for one in there[start : start + size]]
        if len(there) > start + size:
            found["nextPageToken"] = str(start + size)
        return as_json(found)

    def _reviews(self) -> list[Said]:
        return [one for one in self.world.said.values() if not one.ours and not one.deleted]

    def _said(self, place: str, review: str) -> Said:
        for one in self._reviews():
            if self.native_id(one) == f"{place}/{review}":
                return one
        raise Refusal(404, _error(404, "NOT_FOUND", "Requested entity was not found."))

    def _reply(self, asked: Asked, name: str, review: Said) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _REPLY)
        text = str(body.get("comment", ""))
        there = self._answer(review)
        said = self.world.edit(there.id, text) if there else None
        said = said or self.world.say(self.world.brand, text, parent=review.id)
        return as_json(_said_in_reply(said))

    def _answer(self, review: Said) -> Said | None:
        return next((one for one in self.world.thread(review.id) if one.ours), None)

    def _review(self, said: Said) -> dict[str, Any]:
        answer = self._answer(said)
        found: dict[str, Any] = {
            "name": f"accounts/{ACCOUNT}/locations/{_place(said.id)}/reviews/rev-{said.id}",
            "reviewId": f"rev-{said.id}", "reviewer": {"displayName": said.by.name},
            "starRating": _WORDS[int(said.id) % len(_WORDS)], "createTime": rfc3339(said.at),
            "updateTime": rfc3339(said.edited_at or said.at),
        }  # fmt: skip
        if said.text:
            found["comment"] = said.text
        return found | ({"reviewReply": _said_in_reply(answer)} if answer else {})

    def limited(self, *, bare: bool) -> Told:
        """429 with a header, or without a word."""
        if bare:
            return Told(status=429, body=b"")
        error = _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.")
        return Told(
            status=429,
            body=msgspec.json.encode(error),
            headers={"retry-after": str(self.knobs.wait_seconds)},
        )

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        error = _error(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        return Told(status=401, body=msgspec.json.encode(error))

    def forbidden(self) -> Told:
        """A scope is missing."""
        error = _error(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        return Told(status=403, body=msgspec.json.encode(error))

    def is_send(self, asked: Asked, path: str) -> bool:
        """Replies."""
        return asked.method == "PUT"

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)


def _place(review: str) -> str:
    return LOCATIONS[int(review) % len(LOCATIONS)]


def _said_in_reply(said: Said) -> dict[str, str]:
    return {"comment": said.text, "updateTime": rfc3339(said.edited_at or said.at)}


def _error(code: int, status: str, words: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, "status": status}}
