"""A simulated Pinterest API v5: the pins of the brand, whose counts grow with time."""

import re
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import MINUTE, rfc3339
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json
from earful.playground.networks.world import Said

TOKEN, CLIENT = "playground-token", "1500000"
_PINS: Shape = {
    "bookmark": str, "page_size": re.compile(r"[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|250"),
    "pin_metrics": ("true", "false"),
    "pin_filter": ("exclude_native", "exclude_repins", "has_been_promoted"), "pin_type": ("PRIVATE",),
    "include_protected_pins": ("true", "false"), "creative_types": str, "ad_account_id": re.compile(r"[0-9]{1,18}"),
}  # fmt: skip


class PinterestSimulator(Simulator):
    """Nothing that customers say can be had; a pin is seen once a minute."""

    network: ClassVar[Network] = Network.PINTEREST
    speaks: ClassVar[bool] = False
    has_private: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    customers_answer: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    tells_permissions: ClassVar[bool] = True
    permission: ClassVar[str] = "pins:read"

    def wiring(self) -> Wiring:
        """With a token."""
        settings = {
            "username": self.world.brand.handle, "client_id": CLIENT, "look_minutes": 1, "api": self.base_url,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"access_token": TOKEN})

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, {"code": 2, "message": "Authentication failed."})
        match asked.method, name:
            case "GET", "v5/user_account":
                return as_json({"username": self.world.brand.handle, "account_type": "BUSINESS"})
            case "GET", "v5/pins":
                for problem in problems(dict(asked.query), _PINS):
                    self.violated(asked, name, problem)
                return self._pins(asked)
        raise Refusal(404, {"code": 0, "message": "Not found."})

    def _pins(self, asked: Asked) -> Answer:
        there = [one for one in reversed(self.world.said.values()) if one.ours]
        start, size = int(asked.query.get("bookmark", "0")), int(asked.query.get("page_size", "25"))
        counted = asked.query.get("pin_metrics") == "true"
        items = [self._pin(one, counted=counted) for one in there[start : start + size]]
        more = len(there) > start + size
        return as_json({"items": items, "bookmark": str(start + size) if more else None})

    def _pin(self, said: Said, *, counted: bool) -> dict[str, Any]:
        views = (self.clock() - said.at) // MINUTE
        lifetime = {
            "impression": views,
            "pin_click": views // 5,
            "reaction": views // 20,
            "comment": views // 50,
        }
        return {
            "id": said.id, "created_at": rfc3339(said.at), "title": said.text, "description": None, "is_owner": True,
            "media": {"media_type": "image", "images": {}},
            "pin_metrics": {"lifetime_metrics": lifetime} if counted else None,
        }  # fmt: skip

    def limited(self, *, bare: bool) -> Told:
        """429 with a header, or without a word."""
        headers = {} if bare else {"x-ratelimit-reset": str(self.knobs.wait_seconds)}
        body = {"code": 8, "message": "You have exceeded your rate limit. Try again later."}
        return Told(status=429, body=msgspec.json.encode(body), headers=headers)

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        return Told(status=401, body=msgspec.json.encode({"code": 2, "message": "Authentication failed."}))

    def forbidden(self) -> Told:
        """A scope is missing."""
        return Told(
            status=403, body=msgspec.json.encode({"code": 7, "message": "Not authorized to access pins."})
        )

    def is_send(self, asked: Asked, path: str) -> bool:
        """Nothing is sent. What is read stands for it, so that the knobs have something to turn."""
        return path.strip("/") == "v5/pins"
