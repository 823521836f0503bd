"""A simulated Google My Business API v4: reviews at two places of one account, each with at most one reply."""

import base64
import re
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from earful.channels.google_reviews.parse import STARS
from earful.channels.hooks import Answer, Asked
from earful.model.message import Change, Network
from earful.model.time import Instant, rfc3339
from earful.playground.networks.grants import CLIENT, REFRESH, RefreshTokens
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Happened, Said

ACCOUNT, LOCATIONS = "700", ("201", "202")
_LIST: Shape = {
    "pageSize": re.compile(r"[1-9]|[1-4][0-9]|50"), "pageToken": str,
    "orderBy": ("rating", "rating desc", "updateTime desc"),
}  # fmt: skip
_REPLY: Shape = {"comment!": str}
_PUBLISHING: Shape = {
    "name!": str,
    "pubsubTopic!": str,
    "notificationTypes!": [("NEW_REVIEW", "UPDATED_REVIEW")],
}
_WORDS = tuple(STARS)
PUSHER, TOPIC = "push@brewline.iam.gserviceaccount.com", "projects/brewline/topics/reviews"


class GoogleReviewsSimulator(Simulator):
    """Every customer reviews one of two places, and everything is public. Pushed is who asked: see `pushing`."""

    network: ClassVar[Network] = Network.REVIEW
    renews: ClassVar[bool] = True
    has_private: ClassVar[bool] = False
    customers_answer: ClassVar[bool] = False
    permission: ClassVar[str] = "business.manage"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._tokens = RefreshTokens(self)
        self._hook = ""
        self.topic = ""
        self._messages = 0

    def wiring(self) -> Wiring:
        """With a refresh token and quick looks."""
        settings = {
            "account_id": ACCOUNT, "locations": list(LOCATIONS), "client_id": CLIENT, "api": self.base_url,
            "token_url": f"{self.base_url}/token", "poll_seconds": 5, "look_again_minutes": 1,
            "requests_a_minute": 10_000,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": "secret", "refresh_token": REFRESH})

    def pushing(self, hook_url: str) -> Wiring:
        """With a push to the desk's address, signed with a key of its own."""
        self._hook = hook_url
        wired = self.wiring()
        more = {
            "push_email": PUSHER, "pubsub_topic": TOPIC, "certs": f"{self.base_url}/certs",
            "notifications_api": self.base_url, "poll_seconds": 3600,
        }  # fmt: skip
        return Wiring(settings=wired.settings | more, secrets=wired.secrets)

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """The name of a review that is new or changed, once somebody asked for it; deletes are not told of."""
        said = happened.said
        if not self.topic or said.ours or happened.change is Change.DELETE:
            return []
        kind = "UPDATED_REVIEW" if happened.change is Change.EDIT else "NEW_REVIEW"
        place = f"accounts/{ACCOUNT}/locations/{_place(said.id)}"
        return [self.pushed({"type": kind, "location": place, "review": f"{place}/reviews/rev-{said.id}"})]

    def pushed(self, data: dict[str, str], **claims: Any) -> Pushed:
        """A message of Pub/Sub; `claims` are put over those that are right."""
        now = self.clock() // 1000
        right = {
            "iss": "https://accounts.google.com", "aud": self._hook, "email": PUSHER, "email_verified": True,
            "iat": now, "exp": now + 3600, "sub": "1",
        }  # fmt: skip
        self._messages += 1
        message = {
            "data": base64.b64encode(msgspec.json.encode(data)).decode(), "messageId": str(self._messages),
            "publishTime": rfc3339(self.clock()),
        }  # fmt: skip
        body = msgspec.json.encode({"message": message, "subscription": "projects/p/subscriptions/reviews"})
        headers = {
            "authorization": f"Bearer {self.signed(right | claims)}",
            "content-type": "application/json",
        }
        return Pushed(url=self._hook, body=body, headers=headers)

    def signed(self, claims: dict[str, Any], *, name: str = "key-1", rule: str = "RS256") -> str:
        """A token of Google's."""
        head = _encoded(msgspec.json.encode({"alg": rule, "kid": name, "typ": "JWT"}))
        said = f"{head}.{_encoded(msgspec.json.encode(claims))}"
        return f"{said}.{_encoded(self._key.sign(said.encode(), PKCS1v15(), SHA256()))}"

    @property
    def _key(self) -> RSAPrivateKey:
        return _new_key()

    def _certs(self) -> Answer:
        public = self._key.public_key().public_numbers()
        key = {"kid": "key-1", "kty": "RSA", "alg": "RS256", "use": "sig",
               "n": _encoded(public.n.to_bytes(256)), "e": _encoded(public.e.to_bytes(3))}  # fmt: skip
        return as_json({"keys": [key]})

    def _publish(self, asked: Asked, name: str) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _PUBLISHING)
        self.topic = str(body.get("pubsubTopic", ""))
        return as_json(body)

    def native_id(self, said: Said) -> str:
        """Of a review with its place; the reply has its review's name."""
        review = f"{_place(said.root)}/rev-{said.root}"
        return f"{review}/reply" if said.ours else review

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if name == "token":
            return self._tokens.give(asked)
        if name == "certs":
            return self._certs()
        if not self._tokens.good(asked):
            raise Refusal(401, _error(401, "UNAUTHENTICATED", "Request had invalid credentials."))
        if asked.method == "PATCH" and name == f"v1/accounts/{ACCOUNT}/notificationSetting":
            return self._publish(asked, name)
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


@cache
def _new_key() -> RSAPrivateKey:
    """Of the simulated Google; making one takes a moment."""
    return generate_private_key(65_537, 2_048)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _place(review: str) -> str:
    return LOCATIONS[int(review) % len(LOCATIONS)]


def _said_in_reply(said: Said) -> dict[str, str]:
    return {"comment": said.text, "updateTime": rfc3339(said.edited_at or said.at)}


def _error(code: int, status: str, words: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, "status": status}}
