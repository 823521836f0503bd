"""What the simulated networks of Meta have in common: errors, tokens, and how deliveries are signed and where to."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.macs import hex_mac
from earful.channels.meta.hook import HEADER
from earful.model.time import Instant
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.uploads import is_form
from earful.playground.networks.world import Account

APP_ID = "777"
APP_SECRET = "playground-app-secret"  # noqa: S105 - of an app that is not there
ACCESS_TOKEN = "playground-access-token"  # noqa: S105
VERIFY_TOKEN = "playground-verify-token"  # noqa: S105
VERSION = "v26.0"


class MetaSimulator(Simulator):
    """One product of Meta. A subclass answers requests under the version and says what is delivered."""

    pushes: ClassVar[bool] = True
    about: ClassVar[str]
    """What its deliveries are about."""
    version: ClassVar[str] = VERSION
    proof: ClassVar[bool] = True
    """Requests carry a proof that they come from our server."""

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._callback = ""
        self._waiting: list[dict[str, Any]] = []

    def wired(self, settings: Mapping[str, Any]) -> Wiring:
        """What all of them need, and the settings of one."""
        secrets = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "access_token": ACCESS_TOKEN}
        return Wiring(settings={"api": self.base_url, "app_id": APP_ID, **settings}, secrets=secrets)

    def handle(self, asked: Asked, path: str) -> Answer:
        """Check version and token, register the callback, and leave the rest to the network."""
        version, _, rest = path.strip("/").partition("/")
        if version != self.version:
            raise refusal(400, 2635, "You are calling a deprecated version of the API")
        if rest == f"{APP_ID}/subscriptions":
            return self._register(asked, path)
        if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            raise refusal(400, 190, "Invalid OAuth access token - Cannot parse access token")
        if self.proof and given(asked).get("appsecret_proof") != hex_mac(APP_SECRET, ACCESS_TOKEN.encode()):
            self.violated(asked, path, "appsecret_proof is missing or wrong")
        fields = body_of(asked) if asked.body and not _is_form(asked) and not is_form(asked) else {}
        if rest.endswith("/subscribed_apps"):
            return as_json({"success": True})
        return self.request(asked, rest, fields)

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """A request of the network's own. Raises Refusal."""
        raise NotImplementedError

    def _register(self, asked: Asked, path: str) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {APP_ID}|{APP_SECRET}":
            raise refusal(400, 190, "This call needs an app access token")
        told = given(asked)
        for name, wanted in (("object", self.about), ("verify_token", VERIFY_TOKEN)):
            if told.get(name) != wanted:
                self.violated(asked, path, f"{name} must be {wanted}")
        self._callback = told.get("callback_url", "")
        waiting, self._waiting = self._waiting, []
        for body in waiting:
            self.push(self.pushed(body))
        return as_json({"success": True})

    def tell(self, body: dict[str, Any]) -> list[Pushed]:
        """A delivery, as soon as there is somewhere to deliver to."""
        if not self._callback:
            self._waiting.append(body)
            return []
        return [self.pushed(body)]

    def pushed(self, body: dict[str, Any]) -> Pushed:
        """Signed as Meta signs: over the bytes with their escapes."""
        # Meta escapes slashes and everything beyond ASCII; the signature covers just that.
        plain = msgspec.json.encode(body).decode()
        escaped = "".join(char if char < "\x80" else _escape(char) for char in plain).replace("/", "\\/")
        raw = escaped.encode()
        headers = {"content-type": "application/json", HEADER: f"sha256={hex_mac(APP_SECRET, raw)}"}
        return Pushed(url=self._callback, body=raw, headers=headers)

    def delivered(self, entry: dict[str, Any]) -> list[Pushed]:
        """One entry of the brand's account."""
        return self.tell({"object": self.about, "entry": [entry]})

    def strange(self) -> list[Pushed]:
        """A change of a field that does not exist yet."""
        at = self.clock() // 1000
        change = {"field": "telepathy", "value": {"thought": "…"}}
        return self.delivered({"id": self.world.brand.id, "time": at, "changes": [change]})

    def limited(self, *, bare: bool) -> Told:
        """Code 4 with status 400, and the wait in minutes in a header of Meta's own."""
        usage = {
            self.world.brand.id: [
                {"type": self.about, "call_count": 100, "total_cputime": 20, "total_time": 20,
                 "estimated_time_to_regain_access": 1}
            ]
        }  # fmt: skip
        headers = {} if bare else {"x-business-use-case-usage": msgspec.json.encode(usage).decode()}
        body = error(4, "Application request limit reached")
        return Told(status=400, body=msgspec.json.encode(body), headers=headers)

    def unauthorised(self) -> Told:
        """The person took the consent back."""
        body = error(190, "Error validating access token: The user has not authorized the app", 458)
        return Told(status=401, body=msgspec.json.encode(body))

    def forbidden(self) -> Told:
        """A permission is missing, by its name."""
        words = f"(#200) Requires {self.knobs.missing_permission} permission to manage the object"
        return Told(status=403, body=msgspec.json.encode(error(200, words)))

    def by_id(self, account_id: str) -> Account:
        """A customer by id. Raises Refusal."""
        for one in self.world.customers.values():
            if one.id == account_id:
                return one
        raise refusal(400, 100, "No matching user found", 2018001)


def given(asked: Asked) -> dict[str, str]:
    """Parameters, from the address or from a form."""
    form = dict(parse_qsl(asked.body.decode())) if _is_form(asked) else {}
    return {**asked.query, **form}


def _is_form(asked: Asked) -> bool:
    return asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def error(code: int, words: str, subcode: int = 0) -> dict[str, Any]:
    """An error as the Graph API writes it."""
    body: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "AbCd"}
    return {"error": body | ({"error_subcode": subcode} if subcode else {})}


def refusal(status: int, code: int, words: str, subcode: int = 0) -> Refusal:
    """The Graph API says no."""
    return Refusal(status, error(code, words, subcode))


def page_of(listed: list[dict[str, Any]]) -> Answer:
    """A list without a next page."""
    return as_json({"data": listed, "paging": {"cursors": {"before": "b", "after": "a"}}})


def _escape(char: str) -> str:
    raw = char.encode("utf-16-be")
    return "".join(f"\\u{raw[at]:02x}{raw[at + 1]:02x}" for at in range(0, len(raw), 2))
