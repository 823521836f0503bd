"""A simulated Twilio: one number for SMS, its list of messages, and reports of what became of ours.

Wire format: Twilio's OpenAPI document of the API 2010-04-01, and "Twilio's request to your webhook".
"""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.twilio.rest import snake
from earful.channels.twilio.signed import ATTEMPT_HEADER, FORM, fields_of, sign
from earful.model.message import Network
from earful.model.time import Instant, instant
from earful.playground.networks.shapes import problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json
from earful.playground.networks.world import Account, Happened, Said

ACCOUNT = "AC00000000000000000000000000009000"
TOKEN = "playground-auth-token"  # noqa: S105 - of a network that is not there
NUMBER = "+15550009000"
NUMBER_SID = "PN00000000000000000000000000009000"
API_VERSION = "2010-04-01"
SEND = {
    "To!": re.compile(r"\+?[0-9]{3,15}"),
    "From!": (NUMBER,),
    "Body": str,
    "StatusCallback": re.compile("https?://.+"),
    "MediaUrl": re.compile("https?://.+"),
}
WIRING = {"SmsUrl": re.compile("https?://.+"), "SmsMethod": ("POST", "GET")}
LISTED = {
    "To": str, "From": str, "DateSent": str, "DateSent<": str, "DateSent>": str, "PageSize": str, "Page": str,
    "PageToken": str,
}  # fmt: skip
LONGEST = 1600
PICTURES = ("image/jpeg", "image/png", "image/gif")
MOST_PICTURES, MOST_BYTES = 10, 5_000_000
NOT_FETCHED = 11200
"""HTTP retrieval failure."""


class TwilioSimulator(Simulator):
    """A customer is a number; every conversation is private."""

    network: ClassVar[Network] = Network.SMS
    pushes: ClassVar[bool] = True
    has_public: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    names_private: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "contact card"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._number = {"sid": NUMBER_SID, "phone_number": NUMBER, "sms_url": "", "sms_method": "POST"}
        self._waiting: list[dict[str, str]] = []
        self._pushes = 0

    def wiring(self) -> Wiring:
        """As with the real one, at another address."""
        settings = {"number": NUMBER, "account": ACCOUNT, "api": self.base_url}
        return Wiring(settings=settings, secrets={"auth_token": TOKEN})

    def native_id(self, said: Said) -> str:
        """A SID."""
        return f"SM{int(said.id):032x}"

    def author_id(self, account: Account) -> str:
        """A number."""
        return phone_of(account)

    def handle(self, asked: Asked, path: str) -> Answer:
        """The account's messages and numbers."""
        pair = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            raise _refusal(401, 20003, "Authenticate")
        root = f"{API_VERSION}/Accounts/{ACCOUNT}/"
        what = path.strip("/").removeprefix(root)
        if asked.method == "GET" and what == "IncomingPhoneNumbers.json":
            there = asked.query.get("PhoneNumber") in ("", None, NUMBER)
            return _page("incoming_phone_numbers", [dict(self._number)] if there else [])
        if asked.method == "POST" and what == f"IncomingPhoneNumbers/{NUMBER_SID}.json":
            return self._wire(asked, path)
        if asked.method == "GET" and what.endswith("/Media.json"):
            return _page("media_list", self._media(what.split("/")[1]))
        if what == "Messages.json":
            return self._send(asked, path) if asked.method == "POST" else self._list(asked, path)
        raise _refusal(404, 20404, f"The requested resource /{path} was not found")

    def is_send(self, asked: Asked, path: str) -> bool:
        """Only messages."""
        return asked.method == "POST" and path.endswith("Messages.json")

    def _wire(self, asked: Asked, path: str) -> Answer:
        form = fields_of(asked.body)
        self._check(asked, path, form, WIRING)
        self._number |= {snake(name): value for name, value in form.items()}
        waiting, self._waiting = self._waiting, []
        for fields in waiting:
            self.push(self._pushed(fields, self._number["sms_url"]))
        return as_json(dict(self._number))

    def _send(self, asked: Asked, path: str) -> Answer:
        form = fields_of(asked.body)
        if not asked.headers.get("content-type", "").startswith(FORM):
            self.violated(asked, path, "a message is sent as a form")
        self._check(asked, path, form, SEND)
        if len(form.get("Body", "")) > LONGEST:
            raise _refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        to = next((one for one in self.world.customers.values() if phone_of(one) == form.get("To")), None)
        if to is None:
            raise _refusal(400, 21211, f"The 'To' number {form.get('To')} is not a valid phone number.")
        said = [one for one in self.world.with_customer(to.id) if not one.ours]
        if said and said[-1].text.strip().upper() == "STOP":
            raise _refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        places = _media_urls(asked)
        if len(places) > MOST_PICTURES:
            raise _refusal(400, 21623, "Number of media files exceeds allowed limit")
        if not places and not form.get("Body"):
            raise _refusal(400, 21602, "Message body is required.")
        found = [self.fetched.get(one) for one in places]
        files = [one for one in found if one is not None]
        if (
            any(one.mime not in PICTURES for one in files)
            or sum(len(one.content) for one in files) > MOST_BYTES
        ):
            self.violated(asked, path, "pictures are JPEG, PNG or GIF, together 5 MB")
        ours = self.world.say(self.world.brand, form.get("Body", ""), private=True, to=to.id, files=files)
        # Twilio takes a message first and fetches its pictures then.
        states = ("sent", "delivered") if len(files) == len(places) else ("failed",)
        if form.get("StatusCallback"):
            for state in states:
                self.push(self._pushed(self._status(ours, state), form["StatusCallback"]))
        return as_json(self._item(ours) | {"status": "queued", "date_sent": None}, 201)

    def addresses(self, asked: Asked, path: str) -> list[str]:
        """Of pictures."""
        return _media_urls(asked) if self.is_send(asked, path) else []

    def _media(self, sid: str) -> list[dict[str, Any]]:
        said = next((one for one in self.world.said.values() if self.native_id(one) == sid), None)
        root = f"/{API_VERSION}/Accounts/{ACCOUNT}/Messages/{sid}/Media"
        return [
            {
                "sid": f"ME{at:032x}",
                "parent_sid": sid,
                "content_type": one.mime,
                "uri": f"{root}/ME{at:032x}.json",
            }
            for at, one in enumerate(said.files if said is not None else [])
        ]

    def _list(self, asked: Asked, path: str) -> Answer:
        self._check(asked, path, dict(asked.query), LISTED)
        since = asked.query.get("DateSent>", "")
        floor = instant(datetime.fromisoformat(since)) if since else 0
        items = [
            self._item(one)
            for one in reversed(self.world.said.values())
            if one.at // 1000 * 1000 >= floor and not one.deleted
        ]
        for name in ("To", "From"):
            if name in asked.query:
                items = [one for one in items if one[name.lower()] == asked.query[name]]
        size, page = int(asked.query.get("PageSize", "50")), int(asked.query.get("Page", "0"))
        shown, more = items[page * size : (page + 1) * size], len(items) > (page + 1) * size
        following = urlencode(dict(asked.query) | {"Page": str(page + 1), "PageToken": f"PA{page}"})
        uri = f"/{API_VERSION}/Accounts/{ACCOUNT}/Messages.json?{following}" if more else None
        return _page("messages", shown, uri)

    def _check(self, asked: Asked, path: str, form: dict[str, str], shape: dict[str, Any]) -> None:
        for problem in problems(form, shape):
            self.violated(asked, path, problem)

    def _item(self, said: Said) -> dict[str, Any]:
        ends = self._ends(said)
        at = format_datetime(said.when)
        return {
            "sid": self.native_id(said), "account_sid": ACCOUNT, "api_version": API_VERSION, "body": said.text,
            "from": ends[0], "to": ends[1], "direction": "outbound-api" if said.ours else "inbound",
            "status": "delivered" if said.ours else "received", "num_media": str(len(said.files)), "num_segments": "1",
            "date_created": at, "date_sent": at, "date_updated": at, "error_code": None, "error_message": None,
            "messaging_service_sid": None,
        }  # fmt: skip

    def _ends(self, said: Said) -> tuple[str, str]:
        customer = next((one for one in self.world.customers.values() if one.id == said.to), said.by)
        return (NUMBER, phone_of(customer)) if said.ours else (phone_of(customer), NUMBER)

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """What customers write; what became of our own is reported apart."""
        if happened.said.ours:
            return []
        sid, ends = self.native_id(happened.said), self._ends(happened.said)
        fields = {
            "ToCountry": "US", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid, "SmsStatus": "received",
            "Body": happened.said.text, "To": ends[1], "NumSegments": "1", "MessageSid": sid, "AccountSid": ACCOUNT,
            "From": ends[0], "ApiVersion": API_VERSION,
        }  # fmt: skip
        if happened.said.text.strip().upper() in ("STOP", "START", "HELP"):
            fields["OptOutType"] = happened.said.text.strip().upper()
        return self._tell(fields)

    def _tell(self, fields: dict[str, str]) -> list[Pushed]:
        if not self._number["sms_url"]:
            self._waiting.append(fields)
            return []
        return [self._pushed(fields, self._number["sms_url"])]

    def strange(self) -> list[Pushed]:
        """A request about something that is no message."""
        return self._tell({"AccountSid": ACCOUNT, "EventType": "telepathy.received", "Thought": "…"})

    def _status(self, said: Said, state: str) -> dict[str, str]:
        ends, sid = self._ends(said), self.native_id(said)
        fields = {
            "SmsSid": sid, "SmsStatus": state, "MessageStatus": state, "To": ends[1], "MessageSid": sid,
            "AccountSid": ACCOUNT, "From": ends[0], "ApiVersion": API_VERSION,
        }  # fmt: skip
        return fields | ({"ErrorCode": str(NOT_FETCHED)} if state == "failed" else {})

    def _pushed(self, fields: dict[str, str], url: str) -> Pushed:
        self._pushes += 1
        headers = {
            "content-type": FORM,
            "x-twilio-signature": sign(TOKEN, url, fields),
            ATTEMPT_HEADER: f"{self.world.new_id()}-{self._pushes}",
        }
        return Pushed(url=url, body=urlencode(fields).encode(), headers=headers)

    def limited(self, *, bare: bool) -> Told:
        """Error 20429."""
        headers = {} if bare else {"retry-after": str(self.knobs.wait_seconds)}
        return _told(429, 20429, "Too Many Requests", headers)

    def unauthorised(self) -> Told:
        """The auth token was replaced."""
        return _told(401, 20003, "Authenticate")

    def forbidden(self) -> Told:
        """The account may not send there."""
        return _told(403, 21408, "Permission to send an SMS has not been enabled for the region")


def phone_of(account: Account) -> str:
    """The number of somebody, the same wherever they call or write from."""
    return f"+{account.id}"


def _media_urls(asked: Asked) -> list[str]:
    return parse_qs(asked.body.decode("ascii", "replace")).get("MediaUrl", [])


def _error(status: int, code: int, words: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": words, "more_info": more, "status": status}


def _refusal(status: int, code: int, words: str) -> Refusal:
    return Refusal(status, _error(status, code, words))


def _told(status: int, code: int, words: str, headers: dict[str, str] | None = None) -> Told:
    return Told(status=status, body=msgspec.json.encode(_error(status, code, words)), headers=headers or {})


def _page(name: str, items: list[dict[str, Any]], following: str | None = None) -> Answer:
    return as_json({name: items, "page": 0, "page_size": 50, "next_page_uri": following, "uri": "/"})
