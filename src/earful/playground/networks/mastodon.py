"""A simulated Mastodon: one server's client API with its streams. Customers are on another server."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec import structs

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.stream import EVENTS
from earful.channels.kit.text import Counter, count
from earful.model.message import Change, Network
from earful.model.time import Instant, rfc3339
from earful.playground.networks.markup import paragraphs, without_tags
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.streaming import STREAMS, Streaming
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Account, Happened, Said, SentFile

TOKEN = "playground-token"  # noqa: S105 - of a network that is not there
FAR = "far.example"
"""The server of the customers."""
MAX_LENGTH, MAX_FILES, MAX_BYTES, MAX_ALT = 500, 4, 16_777_216, 1_500
TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
VISIBILITIES = ("public", "unlisted", "private", "direct")
_KINDS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up",
    "admin.report", "severed_relationships", "moderation_warning", "quote", "quoted_update",
)  # fmt: skip
_ID, _YES_NO = re.compile(r"[0-9]+"), ("true", "false")
_PAGE: dict[str, Shape] = {"max_id": _ID, "since_id": _ID, "min_id": _ID}
_NOTIFICATIONS: Shape = {
    **_PAGE, "limit": re.compile(r"[1-9]|[1-7][0-9]|80"), "types[]": _KINDS, "exclude_types[]": _KINDS,
    "account_id": _ID, "include_filtered": _YES_NO,
}  # fmt: skip
_STATUSES: Shape = {
    **_PAGE, "limit": re.compile(r"[1-9]|[1-3][0-9]|40"), "only_media": _YES_NO, "exclude_replies": _YES_NO,
    "exclude_reblogs": _YES_NO, "pinned": _YES_NO, "tagged": str,
}  # fmt: skip
_STATUS: Shape = {
    "status": str, "media_ids": [str], "poll": dict, "in_reply_to_id": _ID, "sensitive": bool, "spoiler_text": str,
    "visibility": VISIBILITIES, "language": str, "scheduled_at": str, "quoted_status_id": _ID,
    "quote_approval_policy": ("public", "followers", "nobody"),
}  # fmt: skip
_MEDIA: Shape = {"description": str, "focus": str}
_STREAMING = "api/v1/streaming/"
_NOTIFIED = 7_000_000_000
"""What a notification's id is ahead of its status': ids of the two are not the same on a server."""


class MastodonSimulator(Simulator):
    """What a customer says mentions the brand. Streams tell of it at once; of a stranger's edit only the next look."""

    network: ClassVar[Network] = Network.MASTODON
    unknown_kind: ClassVar[str] = "hologram"
    permission: ClassVar[str] = "write:statuses"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self.streaming = Streaming(lambda: not self.knobs.revoked)
        self._seen_by: dict[str, str] = {}
        """The audience of what the brand said, by its id."""
        self._posted: dict[str, str] = {}
        """What became of an Idempotency-Key."""

    def wiring(self) -> Wiring:
        """With a token and quick looks."""
        origin = urlsplit(self.base_url)
        settings = {
            "server": f"{origin.scheme}://{origin.netloc}",
            "look_again_seconds": 5,
            "history_days": 1,
            "heartbeat_seconds": 10,
        }
        return Wiring(settings=settings, secrets={"access_token": TOKEN})

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if asked.method == "GET" and name.startswith("media/"):
            return self._file(name.removeprefix("media/"))
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, {"error": "The access token is invalid"})
        plain = {
            "api/v1/accounts/verify_credentials": self._account(self.world.brand),
            "api/v2/instance": self._instance(),
            "api/v2/notifications/policy": {"for_not_following": "accept", "summary": {}},
        }
        if asked.method == "GET" and name in plain:
            return as_json(plain[name])
        if name.startswith(_STREAMING) and name.removeprefix(_STREAMING) in STREAMS:
            return Answer(media_type=EVENTS)
        match [asked.method, *name.removeprefix("api/").split("/")]:
            case ["GET", "v1", "notifications"]:
                return self._notifications(asked, name)
            case ["GET", "v1", "accounts", account, "statuses"]:
                return self._statuses(asked, name, account)
            case ["GET", "v1", "statuses", number]:
                return as_json(self._status(self._there(number)))
            case ["GET", "v1", "statuses", number, "context"]:
                return self._context(self._there(number))
            case ["POST", "v2", "media"]:
                return self._take(asked, name)
            case ["POST", "v1", "statuses"]:
                return self._post(asked, name)
            case ["DELETE", "v1", "statuses", number] if self._there(number).ours:
                return as_json(self._status(self.world.delete(number)))
        raise Refusal(404, {"error": "Record not found"})

    def answer(self, asked: Asked, path: str) -> Told:
        """As all; good answers tell how many requests are left, and streams go on."""
        told = super().answer(asked, path)
        if told.status != 200:
            return told
        lasts = told.headers["content-type"] == EVENTS
        stream = self.streaming.listen(path.strip("/").removeprefix(_STREAMING)) if lasts else None
        return structs.replace(told, headers={**self._left(299), **told.headers}, stream=stream)

    def native_id(self, said: Said) -> str:
        """Of a status that cannot be read there is the notification only."""
        return f"notification:{_notified(said)}" if said.kind else said.id

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Nothing is pushed; whoever listens to a stream is told."""
        said, tell = happened.said, self.streaming.tell
        if happened.change is Change.DELETE:
            tell(("user", "direct"), "delete", said.id)
            return []
        new, kept = happened.change is Change.CREATE, self._status(said)
        if not said.ours and new:
            tell(("user", "user/notification"), "notification", self._notification(said))
        if said.ours:
            tell(("user",), "update" if new else "status.update", kept)
        if said.private:
            tell(("direct",), "conversation", {"id": said.to or said.id, "last_status": kept})
        return []

    def limited(self, *, bare: bool) -> Told:
        """429 with the time of the next window, or without a word."""
        return Told(status=429, body=b'{"error":"Too many requests"}', headers={} if bare else self._left(0))

    def unauthorised(self) -> Told:
        """The application was removed from the account."""
        return Told(status=401, body=b'{"error":"The access token was revoked"}')

    def forbidden(self) -> Told:
        """A scope is missing."""
        return Told(status=403, body=b'{"error":"This action is outside the authorized scopes"}')

    def is_send(self, asked: Asked, path: str) -> bool:
        """Statuses; a file by itself is seen by nobody."""
        return asked.method == "POST" and path.strip("/") == "api/v1/statuses"

    def _left(self, requests: int) -> Mapping[str, str]:
        reset = rfc3339(self.clock() + self.knobs.wait_seconds * 1_000)
        return {
            "x-ratelimit-limit": "300", "x-ratelimit-remaining": str(requests), "x-ratelimit-reset": reset,
        }  # fmt: skip

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _there(self, number: str) -> Said:
        said = self.world.said.get(number)
        if said is None or said.deleted:
            raise Refusal(404, {"error": "Record not found"})
        return said

    def _notifications(self, asked: Asked, name: str) -> Answer:
        self._check(asked, name, dict(asked.query), _NOTIFICATIONS)
        there = [one for one in self.world.said.values() if not (one.ours or one.deleted)]
        return as_json([self._notification(one) for one in _page(asked, there, _notified)])

    def _statuses(self, asked: Asked, name: str, account: str) -> Answer:
        self._check(asked, name, dict(asked.query), _STATUSES)
        there = [one for one in self.world.said.values() if one.by.id == account and not one.deleted]
        return as_json([self._status(one) for one in _page(asked, there, lambda one: int(one.id))])

    def _context(self, said: Said) -> Answer:
        above: list[Said] = []
        at = self.world.said.get(said.parent)
        while at is not None and not at.deleted:
            above, at = [at, *above], self.world.said.get(at.parent)
        below = [one for one in self.world.thread(said.root) if one.parent == said.id]
        return as_json(
            {"ancestors": list(map(self._status, above)), "descendants": list(map(self._status, below))}
        )

    def _take(self, asked: Asked, name: str) -> Answer:
        form = form_of(asked)
        self._check(asked, name, form.words, _MEDIA)
        file, alt = form.files.get("file"), form.words.get("description", "")
        if file is None or file.mime not in TYPES or len(file.content) > MAX_BYTES or len(alt) > MAX_ALT:
            raise Refusal(422, {"error": "Validation failed: File is not supported"})
        number = self.keep_file(structs.replace(file, alt=alt))
        self.files[number] = file.content
        return as_json(self._attachment(number, self.handed[number]))

    def _file(self, number: str) -> Answer:
        if number not in self.files:
            raise Refusal(404, {"error": "Record not found"})
        return Answer(body=self.files[number], media_type="application/octet-stream")

    def _post(self, asked: Asked, name: str) -> Answer:
        key = asked.headers.get("idempotency-key", "")
        if key in self._posted:
            return as_json(self._status(self._there(self._posted[key])))
        body = body_of(asked)
        self._check(asked, name, body, _STATUS)
        text, audience = str(body.get("status", "")), str(body.get("visibility", "public"))
        if not text or count(text, Counter.MASTODON) > MAX_LENGTH:
            raise Refusal(422, {"error": f"Validation failed: Text character limit of {MAX_LENGTH} exceeded"})
        parent = self._there(str(body["in_reply_to_id"])) if "in_reply_to_id" in body else None
        if parent is not None and parent.private and audience != "direct":
            self.violated(asked, name, f"a private message is answered so that it is {audience}")
        named = [one for one in self.world.customers.values() if _names(text, one)]
        files = self._handed(body.get("media_ids", []))
        # Whoever listens is told while it is said: the audience must be known before.
        self._seen_by[str(int(self.world.new_id()) + 1)] = audience
        said = self.world.say(
            self.world.brand, text, parent=parent.id if parent else "", private=audience == "direct",
            to=named[0].id if audience == "direct" and named else "", files=files,
        )  # fmt: skip
        self._posted[key or said.id] = said.id
        return as_json(self._status(said))

    def _handed(self, numbers: Sequence[str]) -> list[SentFile]:
        if len(numbers) > MAX_FILES or any(one not in self.handed for one in numbers):
            raise Refusal(422, {"error": "Validation failed: Media could not be found, or is used already"})
        return [self.handed.pop(one) for one in numbers]

    def _notification(self, said: Said) -> dict[str, Any]:
        return {
            "id": str(_notified(said)), "type": "mention", "created_at": rfc3339(said.at), "group_key": "ungrouped",
            "account": self._account(said.by),
            "status": {"id": said.id, said.kind: True} if said.kind else self._status(said),
        }  # fmt: skip

    def _status(self, said: Said) -> dict[str, Any]:
        above = self.world.said.get(said.parent)
        audience = "direct" if said.private else "unlisted" if said.parent else "public"
        named = [one for one in self.world.customers.values() if _names(said.text, one)]
        account = self._account(said.by)
        return {
            "id": said.id, "created_at": rfc3339(said.at), "in_reply_to_id": above.id if above else None,
            "in_reply_to_account_id": above.by.id if above else None, "sensitive": False, "spoiler_text": "",
            "visibility": self._seen_by.get(said.id, audience), "language": "en", "uri": f"{account['url']}/{said.id}",
            "url": f"{account['url']}/{said.id}", "replies_count": 0, "reblogs_count": 0, "favourites_count": 0,
            "edited_at": rfc3339(said.edited_at) if said.edited_at else None, "content": _content(said),
            "reblog": None, "account": account, "emojis": [], "tags": [], "card": None, "poll": None,
            "mentions": [self._account(one) for one in (named if said.ours else [self.world.brand])],
            "media_attachments": [
                self._attachment(f"{said.id}-{place}", file) for place, file in enumerate(said.files)
            ],
        }  # fmt: skip

    def _attachment(self, number: str, file: SentFile) -> dict[str, Any]:
        url = f"{self.base_url}/media/{number}"
        return {
            "id": number, "type": "image", "url": url, "preview_url": url, "description": file.alt or None, "meta": {},
        }  # fmt: skip

    def _account(self, account: Account) -> dict[str, Any]:
        ours = account.id == self.world.brand.id
        home = self.base_url.rpartition("/")[0] if ours else f"https://{FAR}"
        return {
            "id": account.id, "username": account.handle, "acct": account.handle if ours else _acct(account),
            "display_name": account.name, "url": f"{home}/@{account.handle}", "avatar": "", "bot": False,
            "followers_count": account.followers,
        }  # fmt: skip

    def _instance(self) -> dict[str, Any]:
        origin = self.base_url.rpartition("/")[0]
        return {
            "domain": urlsplit(origin).netloc, "title": "Playground", "version": "4.5.0",
            "configuration": {
                "urls": {"streaming": origin.replace("http", "ws", 1)},
                "statuses": {
                    "max_characters": MAX_LENGTH, "max_media_attachments": MAX_FILES, "characters_reserved_per_url": 23,
                },
                "media_attachments": {
                    "supported_mime_types": TYPES, "image_size_limit": MAX_BYTES, "description_limit": MAX_ALT,
                },
            },
        }  # fmt: skip


def _page(asked: Asked, there: list[Said], number: Callable[[Said], int]) -> list[Said]:
    """A page, newest first: with `min_id` what follows at once, otherwise what is newest."""
    query = asked.query
    above = int(query.get("min_id") or query.get("since_id") or 0)
    found = [one for one in there if above < number(one) < int(query.get("max_id", "9" * 18))]
    size = int(query.get("limit", "20"))
    found.sort(key=number, reverse="min_id" not in query)
    return sorted(found[:size], key=number, reverse=True)


def _content(said: Said) -> str:
    """HTML as the server hands it out; whom a stranger speaks to is in `mentions` only."""
    return paragraphs(said.text if said.ours else without_tags(said.text))


def _acct(account: Account) -> str:
    return f"{account.handle}@{FAR}"


def _names(text: str, account: Account) -> bool:
    return _acct(account) in {one.lstrip("@").rstrip(".,:;!?") for one in text.split() if one.startswith("@")}


def _notified(said: Said) -> int:
    return int(said.id) + _NOTIFIED
