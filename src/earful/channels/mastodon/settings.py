"""What an admin fills in to connect a Mastodon account."""

from typing import Annotated

from msgspec import Meta, Struct


class MastodonSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account on one server."""

    server: Annotated[
        str,
        Meta(
            title="Server",
            description="Its address, `https://example.social`.",
            pattern=r"^https?://[^/\s]+/?$",
        ),
    ]
    history_days: Annotated[
        int,
        Meta(title="Days of history", description="Mentions fetched once, when connected.", ge=0, le=365),
    ] = 0
    look_again_seconds: Annotated[
        int,
        Meta(
            title="Look again every (seconds)",
            description="Streams lose events; this finds them, and edits and deletes of recent mentions.",
            ge=1,
            le=3600,
        ),
    ] = 300
    heartbeat_seconds: Annotated[
        int,
        Meta(
            title="Longest silence of the stream (seconds)",
            description="Servers send a sign of life every 15 s; after this long without, Earful reconnects.",
            ge=1,
            le=600,
        ),
    ] = 60


class MastodonSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    access_token: Annotated[
        str,
        Meta(
            title="Access token",
            description="Of an application with the scopes read, write:statuses and write:media.",
            min_length=1,
        ),
    ]
