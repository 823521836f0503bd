"""What an admin fills in to connect a YouTube channel."""

from typing import Annotated

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer, TokenAddress


class YouTubeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel, read and answered as its owner."""

    channel_id: Annotated[
        str, Meta(title="Channel id", description="Begins with UC.", pattern=r"^[A-Za-z0-9_-]{3,64}$")
    ]
    client_id: Annotated[
        str,
        Meta(
            title="OAuth client id", description="Of the Google Cloud project.", min_length=1, max_length=300
        ),
    ]
    daily_quota: Annotated[
        int,
        Meta(
            title="Quota units a day", description="10,000 unless Google gave more; a reply costs 50.", ge=100,
            le=100_000_000,
        ),
    ] = 10_000  # fmt: skip
    poll_seconds: Annotated[
        int,
        Meta(title="Look every (seconds)", description="Each look costs two units or more.", ge=5, le=86_400),
    ] = 120
    look_again_minutes: Annotated[
        int, Meta(title="Look for edited and deleted ones every (minutes)", ge=1, le=10_080)
    ] = 360
    api: ApiServer = "https://youtube.googleapis.com"
    token_url: TokenAddress = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class YouTubeSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[str, Meta(title="OAuth client secret", max_length=500)] = ""
    refresh_token: Annotated[
        str, Meta(title="Refresh token", description="Not needed after “Connect”.", max_length=2_000)
    ] = ""
