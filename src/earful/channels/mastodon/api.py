"""The part of Mastodon's client API that a service desk needs, typed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx2
import msgspec
import structlog
from msgspec import Struct

from earful.channels.kit.http import client, fetch, retry_after
from earful.channels.mastodon.limits import DEFAULT_MAX_LENGTH, DEFAULT_URL_LENGTH, PAGE
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.model.time import instant

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Account(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Account"""

    id: str
    username: str = ""
    acct: str = ""
    display_name: str | None = ""
    url: str | None = ""
    avatar: str | None = ""
    followers_count: int | None = None
    bot: bool | None = False


class Mention(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Status/#Mention"""

    id: str
    acct: str = ""
    username: str = ""
    url: str | None = ""


class Media(Struct, frozen=True):
    """docs.joinmastodon.org/entities/MediaAttachment"""

    id: str
    type: str = "unknown"
    url: str | None = None
    remote_url: str | None = None
    description: str | None = None


class Status(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Status"""

    id: str
    created_at: datetime
    account: Account
    uri: str | None = ""
    url: str | None = None
    content: str | None = ""
    visibility: str = "direct"
    spoiler_text: str | None = ""
    language: str | None = None
    edited_at: datetime | None = None
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    reblog: Any = None
    quote: Any = None
    mentions: list[Mention] = []
    media_attachments: list[Media] = []
    replies_count: int | None = None
    reblogs_count: int | None = None
    favourites_count: int | None = None
    quotes_count: int | None = None


class Notification(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Notification"""

    id: str
    type: str
    created_at: datetime
    status: Status | None = None
    unreadable: str = ""
    """The entry as it came, when its status could not be understood."""


class Head(Struct, frozen=True):
    """What every entry of a page has, whatever else is in it."""

    id: str
    type: str = ""
    created_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


class Conversation(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Conversation"""

    id: str
    last_status: Status | None = None


class Context(Struct, frozen=True):
    """docs.joinmastodon.org/entities/Context"""

    ancestors: list[Status] = []


class Policy(Struct, frozen=True):
    """docs.joinmastodon.org/entities/NotificationPolicy: each is accept, filter or drop."""

    for_not_following: str = "accept"
    for_not_followers: str = "accept"
    for_new_accounts: str = "accept"
    for_private_mentions: str = "accept"
    for_limited_accounts: str = "accept"
    summary: dict[str, int] = {}


class Instance(Struct, frozen=True):
    """What we want to know of a server."""

    max_length: int = DEFAULT_MAX_LENGTH
    url_length: int = DEFAULT_URL_LENGTH
    streaming: str = ""
    configuration: dict[str, Any] = {}
    """What the server takes, in its own words."""


class ApiRefused(Exception):
    """The server answered with a status that is no success."""

    def __init__(self, response: httpx2.Response, *, after_seconds: float | None = None) -> None:
        host = response.request.url.host
        super().__init__(f"{host} answered {response.status_code} {_said(response)}".strip())
        self.after_seconds = after_seconds
        self.response = response
        self.status = response.status_code


def _said(response: httpx2.Response) -> str:
    try:
        body = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return ""
    return str(body.get("error", ""))[:300] if isinstance(body, dict) else ""


class Api:
    """A client of one account. Methods raise ApiRefused, httpx2.HTTPError and msgspec.ValidationError."""

    def __init__(
        self,
        settings: MastodonSettings,
        secrets: MastodonSecrets,
        *,
        allow_private: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.server = settings.server.rstrip("/")
        self._now = now
        self.http = client(
            allow_private=allow_private,
            base_url=self.server,
            headers={"authorization": f"Bearer {secrets.access_token}"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()

    async def get(self, path: str, kind: type[T], **params: Any) -> T:
        """One answer, decoded; unknown fields are passed over."""
        response = await fetch(self.http, "GET", path, params=params)
        if response.status_code != 200:
            # Only these two say when to come back; limits of good answers are told in the same header.
            limited = response.status_code in (429, 503)
            told = retry_after(response.headers, instant(self._now())) if limited else None
            raise ApiRefused(response, after_seconds=told)
        return msgspec.json.decode(response.content, type=kind)

    async def me(self) -> Account:
        """The account the token belongs to."""
        return await self.get("/api/v1/accounts/verify_credentials", Account)

    async def instance(self) -> Instance:
        """Limits and the streaming address, by version 2 of the call or else version 1."""
        try:
            told = await self.get("/api/v2/instance", dict[str, Any])
            configuration = told.get("configuration") or {}
            streaming = (configuration.get("urls") or {}).get("streaming")
        except ApiRefused:
            told = await self.get("/api/v1/instance", dict[str, Any])
            configuration = told.get("configuration") or {}
            streaming = (told.get("urls") or {}).get("streaming_api")
        statuses = configuration.get("statuses") or {}
        length = statuses.get("max_characters") or told.get("max_toot_chars")
        link = statuses.get("characters_reserved_per_url")
        return Instance(
            max_length=length if isinstance(length, int) else DEFAULT_MAX_LENGTH,
            url_length=link if isinstance(link, int) else DEFAULT_URL_LENGTH,
            streaming=_as_http(str(streaming or self.server)),
            configuration=configuration,
        )

    async def notifications(self, **params: Any) -> list[Notification]:
        """One page, newest first, without the kinds that nobody needs to answer."""
        unwanted = [
            "follow",
            "follow_request",
            "favourite",
            "reblog",
            "poll",
            "admin.sign_up",
            "admin.report",
        ]
        pages = {"limit": PAGE, "exclude_types[]": unwanted, **params}
        page = await self.get("/api/v1/notifications", list[msgspec.Raw], **pages)
        return [_notification(bytes(raw)) for raw in page]

    async def statuses_of(self, account_id: str, **params: Any) -> list[Status]:
        """One page of an account's own statuses, newest first, without boosts."""
        path = f"/api/v1/accounts/{account_id}/statuses"
        pages = {"limit": PAGE, "exclude_reblogs": "true", **params}
        return [
            status
            for raw in await self.get(path, list[msgspec.Raw], **pages)
            if (status := _readable(bytes(raw))) is not None
        ]

    async def exists(self, status_id: str) -> bool:
        """Whether a status is still there for us."""
        try:
            await self.get(f"/api/v1/statuses/{status_id}", dict[str, Any])
        except ApiRefused as refused:
            if refused.status in (404, 410):
                return False
            raise
        return True


def _notification(raw: bytes) -> Notification:
    """One entry; a single one that cannot be understood must not hold up the page.

    Raises msgspec.ValidationError when it has not even an id.
    """
    try:
        return msgspec.json.decode(raw, type=Notification)
    except msgspec.ValidationError:
        head = msgspec.json.decode(raw, type=Head)
        text = raw.decode("utf-8", "replace")
        return Notification(head.id, head.type, head.created_at, unreadable=text)


def _readable(raw: bytes) -> Status | None:
    try:
        return msgspec.json.decode(raw, type=Status)
    except msgspec.ValidationError as fault:
        log.warning("own status could not be read", fault=str(fault)[:200])
        return None


def _as_http(address: str) -> str:
    """Servers name their streaming host as a WebSocket; server-sent events are on the same host."""
    return address.rstrip("/").replace("wss://", "https://", 1).replace("ws://", "http://", 1)
