"""A simulated LinkedIn: comments below one post of a company page, told by signed notifications."""

import re
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.macs import hex_mac
from earful.channels.linkedin.hook import HEADER, PREFIX
from earful.channels.linkedin.parse import EVENTS, last_number
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Account, Happened, Said

SECRET, TOKEN, APP, VERSION = "app-secret", "playground-token", "555", "202610"
POST = "urn:li:activity:7000000000000000001"
_URN = r"urn:li:(?:activity|share|ugcPost):[0-9]+"
_COMMENT: Shape = {
    "actor!": re.compile(r"urn:li:organization:[0-9]+"), "object!": re.compile(_URN), "message!": {"text!": str},
    "parentComment": re.compile(rf"urn:li:comment:\({_URN},[0-9]+\)"),
}  # fmt: skip
_LISTED = re.compile(
    r"q=criteria&actions=List\([A-Z_,]+\)&organizationalEntity=urn%3Ali%3Aorganization%3A[0-9]+"
    r"&timeRange=\(start:([0-9]+),end:[0-9]+\)&start=([0-9]+)&count=([0-9]+)"
)
_NAMES = {Change.CREATE: "COMMENT", Change.EDIT: "COMMENT_EDIT", Change.DELETE: "COMMENT_DELETE"}


class LinkedInSimulator(Simulator):
    """Every customer comments below one post. Everything is public, and members are told by their id only."""

    network: ClassVar[Network] = Network.LINKEDIN
    pushes: ClassVar[bool] = True
    has_private: ClassVar[bool] = False
    mentions_by_id: ClassVar[bool] = True
    unknown_kind: ClassVar[str] = "document"
    permission: ClassVar[str] = "w_organization_social"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._webhook = ""
        self.subscribed = 0
        """How often the desk said where to push."""
        self._notifications: list[dict[str, Any]] = []

    def wiring(self) -> Wiring:
        """With an app that may push, and quick looks."""
        settings = {
            "organization_id": self.world.brand.id, "app_id": APP, "version": VERSION, "poll_seconds": 5,
            "requests_a_day": 1_000_000, "api": self.base_url, "token_url": f"{self.base_url}/oauth/v2/accessToken",
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": SECRET, "access_token": TOKEN})

    def native_id(self, said: Said) -> str:
        """A number that begins with its time."""
        return str((said.at << 22) | (int(said.id) & 0x3FFFFF))

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, {"status": 401, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid token"})
        if name == "v2/me":
            return as_json({"id": "member1"})
        if asked.headers.get("linkedin-version") != VERSION:
            raise Refusal(426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": "not active"})
        if asked.headers.get("x-restli-protocol-version") != "2.0.0":
            self.violated(asked, name, "X-Restli-Protocol-Version is not 2.0.0")
        match [asked.method, *name.removeprefix("rest/").split("/")]:
            case ["GET", "organizationAcls"]:
                return as_json({"elements": [{"organization": _page(self.world.brand), "state": "APPROVED"}]})
            case ["GET", "organizationalEntityNotifications"]:
                return self._list(asked, name)
            case [method, "eventSubscriptions", key] if EVENTS in key:
                return self._subscription(asked, method)
            case ["GET", "socialActions", urn, "comments"]:
                return as_json({"elements": [self._comment(one) for one in self._below(urn)]})
            case ["GET", "socialActions", _, "comments", number]:
                return as_json(self._comment(self._said(number)))
            case ["POST", "socialActions", urn, "comments"]:
                return self._write(asked, name, urn)
        raise Refusal(404, {"status": 404, "code": "NOT_FOUND", "message": "No such resource"})

    def _subscription(self, asked: Asked, method: str) -> Answer:
        if method == "PUT":
            self.subscribed += 1
            self._webhook = str(body_of(asked).get("webhook", ""))
        elif not self._webhook:
            raise Refusal(404, {"status": 404, "code": "NOT_FOUND", "message": "No such subscription"})
        return as_json({"webhook": self._webhook, "expiresAt": self.clock() + 86_400_000})

    def _list(self, asked: Asked, name: str) -> Answer:
        query = urlsplit(asked.url).query
        found = _LISTED.fullmatch(query)
        if found is None:
            self.violated(asked, name, f"the query is not Rest.li 2.0: {query[:200]}")
            return as_json({"elements": []})
        since, start, count = (int(one) for one in found.groups())
        there = [one for one in reversed(self._notifications) if one["lastModifiedAt"] >= since]
        return as_json({"elements": there[start : start + count], "paging": {"start": start, "count": count}})

    def _said(self, number: str) -> Said:
        for one in self.world.said.values():
            if self.native_id(one) == number and not one.deleted:
                return one
        raise Refusal(404, {"status": 404, "code": "NOT_FOUND", "message": "No such comment"})

    def _below(self, urn: str) -> list[Said]:
        above = last_number(urn)
        return [
            one for one in self.world.said.values()
            if not one.deleted and above in (last_number(POST), self.native_id(self.world.said[one.root]))
        ]  # fmt: skip

    def _write(self, asked: Asked, name: str, urn: str) -> Answer:
        body = body_of(asked)
        for problem in problems(body, _COMMENT):
            self.violated(asked, name, problem)
        top = str(body.get("parentComment", ""))
        if top and top != urn:
            self.violated(asked, name, "parentComment is not what the path names")
        above = self._said(last_number(top))
        if above.root != above.id:
            raise Refusal(400, {"status": 400, "message": "A comment can be answered at the top level only"})
        text = str((body.get("message") or {}).get("text", ""))
        return as_json(self._comment(self.world.say(self.world.brand, text, parent=above.id)), 201)

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """One notification for everything that happens, also for what the page says itself."""
        said, change = happened.said, happened.change
        action = "ADMIN_COMMENT" if said.ours and change is Change.CREATE else _NAMES[change]
        urn = self._urn(said)
        notification: dict[str, Any] = {
            "notificationId": int(self.world.new_id()), "action": action, "sourcePost": POST,
            "organizationalEntity": _page(self.world.brand), "generatedActivity": urn,
            "lastModifiedAt": self.clock() if change is Change.DELETE else said.edited_at or said.at,
            "subscriber": "urn:li:person:member1",
        }  # fmt: skip
        by_id = said.text.startswith(f"@{self.world.brand.handle}")
        if change is not Change.DELETE and said.text and not by_id:
            above = self.world.said.get(said.root)
            notification["decoratedGeneratedActivity"] = {
                "comment": {
                    "owner": self._urn_of(said.by), "text": said.text, "entity": urn,
                    "object": self._urn(above) if above is not None and above is not said else POST,
                }
            }  # fmt: skip
        self._notifications.append(notification)
        return [self._pushed(notification)] if self._webhook else []

    def strange(self) -> list[Pushed]:
        """An action that does not exist yet."""
        brand = _page(self.world.brand)
        telepathy = {"notificationId": 1, "action": "TELEPATHY", "organizationalEntity": brand}
        return [self._pushed(telepathy)] if self._webhook else []

    def limited(self, *, bare: bool) -> Told:
        """429 with a header, or without a word."""
        headers = {} if bare else {"retry-after": str(self.knobs.wait_seconds)}
        body = {
            "status": 429,
            "code": "TOO_MANY_REQUESTS",
            "message": "Resource level throttle limit is reached",
        }
        return Told(status=429, body=msgspec.json.encode(body), headers=headers)

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        body = {"status": 401, "code": "REVOKED_ACCESS_TOKEN", "message": "The token has been revoked"}
        return Told(status=401, body=msgspec.json.encode(body))

    def forbidden(self) -> Told:
        """A permission is missing."""
        body = {"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions to access: CREATE"}
        return Told(status=403, body=msgspec.json.encode(body))

    def _pushed(self, notification: dict[str, Any]) -> Pushed:
        body = msgspec.json.encode({"type": EVENTS, "notifications": [notification]})
        signature = hex_mac(SECRET, PREFIX.encode() + body)
        return Pushed(
            url=self._webhook, body=body, headers={"content-type": "application/json", HEADER: signature}
        )

    def _urn(self, said: Said) -> str:
        return f"urn:li:comment:({POST},{self.native_id(said)})"

    def _urn_of(self, account: Account) -> str:
        return _page(account) if account.id == self.world.brand.id else f"urn:li:person:{account.handle}"

    def _comment(self, said: Said) -> dict[str, Any]:
        actor = self._urn_of(said.by)
        found: dict[str, Any] = {
            "id": self.native_id(said), "commentUrn": self._urn(said), "actor": actor, "object": POST,
            "message": {"text": said.text}, "created": {"actor": actor, "time": said.at},
            "lastModified": {"actor": actor, "time": said.edited_at or said.at},
        }  # fmt: skip
        if said.root != said.id:
            found["parentComment"] = self._urn(self.world.said[said.root])
        return found


def _page(account: Account) -> str:
    return f"urn:li:organization:{account.id}"
