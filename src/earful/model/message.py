"""The message as it arrives, normalised over all networks.

`IncomingMessage` is the one documented shape: the HTTP API, signed webhooks, importers and connectors all
speak it, and `docs/reference/message.schema.json` is generated from it. The vocabulary follows
ActivityStreams 2.0 (inReplyTo, Tombstone) and the product's own words.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct


class Network(StrEnum):
    """A kind of place where people speak."""

    X = "x"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    THREADS = "threads"
    REDDIT = "reddit"
    YOUTUBE = "youtube"
    LINKEDIN = "linkedin"
    PINTEREST = "pinterest"
    TUMBLR = "tumblr"
    TIKTOK = "tiktok"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    CHAT = "chat"
    FEED = "feed"
    BLOG = "blog"
    """Comments below the articles of a blog."""
    REVIEW = "review"
    IN_PERSON = "in_person"
    GOOGLE_PLUS = "google_plus"
    """Closed in 2019; its archives can be imported."""


class Direction(StrEnum):
    """`inbound` from a customer, `outbound` from us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageKind(StrEnum):
    """What the network calls it, in one vocabulary. What Earful cannot read is kept as `unsupported`."""

    POST = "post"
    COMMENT = "comment"
    REPLY = "reply"
    MENTION = "mention"
    QUOTE = "quote"
    REPOST = "repost"
    DM = "dm"
    REVIEW = "review"
    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    VOICEMAIL = "voicemail"
    CHAT = "chat"
    VISIT = "visit"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


class Visibility(StrEnum):
    """Who can see a message. `direct` and `group` are private; `internal` never leaves Earful."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"
    GROUP = "group"
    INTERNAL = "internal"


PRIVATE = frozenset({Visibility.DIRECT, Visibility.GROUP, Visibility.INTERNAL})


class Change(StrEnum):
    """What happened to the native object. A delete is sticky: it may come first and stays."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


NativeId = Annotated[str, Meta(min_length=1, max_length=998, description="Exactly as the network wrote it.")]
ShortText = Annotated[str, Meta(max_length=1_000)]


# Values of JSON never refer to themselves, so the garbage collector need not follow them: half of decoding.
class Actor(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An account on a network: who wrote, or who is addressed."""

    native_id: NativeId
    handle: ShortText = ""
    """As people type it, without a leading @: `ana@example.social`, `ana_p`."""
    name: ShortText = ""
    avatar_url: ShortText = ""
    profile_url: ShortText = ""
    followers: Annotated[int, Meta(ge=0)] | None = None
    bot: bool = False
    alt_ids: dict[str, str] = {}
    """Other identifiers the network gave with it: `email`, `phone`, `username`, `acct`, ..."""


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A file or picture of a message, by reference."""

    kind: ShortText = "file"
    """`image`, `video`, `audio`, `file` or `link`."""
    url: str = ""
    url_expires_at: datetime | None = None
    mime: ShortText = ""
    name: ShortText = ""
    size: Annotated[int, Meta(ge=0)] | None = None
    alt: str = ""
    native_id: str = ""


class IncomingMessage(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """One message, or one change of it, as a channel hands it in.

    Identity is (channel, `namespace`, `native_id`): the same message by any two ways is one message.
    """

    native_id: NativeId
    """The stable id across edits."""
    occurred_at: datetime
    """The network's own time of writing (RFC 3339, with zone)."""
    author: Actor | None = None
    """Required unless `change` is `delete`."""
    text: Annotated[str, Meta(max_length=1_048_576)] = ""
    """Plain text. Markup belongs in `html`."""
    change: Change = Change.CREATE
    namespace: ShortText = ""
    """Where `native_id` is unique, when the channel alone does not say: `mastodon:example.social`."""
    kind: MessageKind = MessageKind.POST
    direction: Direction = Direction.INBOUND
    visibility: Visibility = Visibility.PUBLIC
    html: Annotated[str, Meta(max_length=1_048_576)] = ""
    subject: ShortText = ""
    language: ShortText = ""
    """BCP 47, when the network says."""
    thread: Annotated[str, Meta(max_length=998)] = ""
    """Native id of the thread, when the network has one. Otherwise threads follow `parent_id`."""
    parent_id: Annotated[str, Meta(max_length=998)] = ""
    """Native id of the message this one answers; it may be unknown to us."""
    ancestor_ids: list[str] = []
    """Native ids further up the thread, nearest last (mail: References)."""
    quoted_id: Annotated[str, Meta(max_length=998)] = ""
    recipients: list[Actor] = []
    attachments: list[Attachment] = []
    edited_at: datetime | None = None
    revision: ShortText = ""
    """The network's own revision of an edit; without one the content is its own revision."""
    metrics: dict[str, int] = {}
    """Counts at the time of delivery: likes, replies, reposts, quotes, views, rating."""
    permalink: Annotated[str, Meta(max_length=4_096)] = ""
    client_id: ShortText = ""
    """Our outbox id, when the network echoes it on our own reply."""
    backfill: bool = False
    """True for history: it is kept and shown, but starts no automation."""
    context: dict[str, Any] = {}
    """What the connector needs to answer, and nothing that must be searched."""
