"""What an admin fills in to connect a Bluesky account."""

from typing import Annotated

from msgspec import Meta, Struct


class BlueskySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account on its server."""

    handle: Annotated[
        str,
        Meta(
            title="Handle", description="Without @: brand.bsky.social.", pattern=r"^[A-Za-z0-9.:_-]{3,253}$"
        ),
    ]
    server: Annotated[
        str,
        Meta(title="Server", description="The account's own server (PDS).", pattern=r"^https?://[^\s?#]+$"),
    ] = "https://bsky.social"
    direct: Annotated[
        bool, Meta(title="Direct messages", description="The app password must be allowed to read them.")
    ] = True
    watch: Annotated[
        list[Annotated[str, Meta(min_length=3, max_length=100)]],
        Meta(
            title="Words to watch for",
            description="Names and phrases: public posts with one of them come in, mention or not. Needs Jetstream.",
            max_length=50,
        ),
    ] = []
    jetstream: Annotated[
        str,
        Meta(
            title="Jetstream",
            description="The server that tells of all posts; asked only when there are words to watch for.",
            pattern=r"^wss?://[^\s?#]+$",
        ),
    ] = "wss://jetstream1.us-east.bsky.network"
    poll_seconds: Annotated[int, Meta(title="Look every (seconds)", ge=5, le=3_600)] = 20
    look_again_minutes: Annotated[
        int, Meta(title="Look for deleted posts every (minutes)", ge=1, le=1_440)
    ] = 60


class BlueskySecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    app_password: Annotated[
        str,
        Meta(title="App password", description="Not that of the account.", min_length=1, max_length=500),
    ]
