"""What an admin fills in to connect a Reddit account."""

from typing import Annotated

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer, TokenAddress


class RedditSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of one approved app."""

    username: Annotated[
        str, Meta(title="User name", description="Without u/.", pattern=r"^[A-Za-z0-9_-]{2,40}$")
    ]
    client_id: Annotated[
        str, Meta(title="App id", description="Of the approved app.", min_length=1, max_length=200)
    ]
    subreddits: Annotated[
        list[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{2,40}$")]],
        Meta(
            title="Subreddits", description="Everything said there comes in. Without r/, with commas between.",
            max_length=50,
        ),
    ] = []  # fmt: skip
    poll_seconds: Annotated[int, Meta(title="Look every (seconds)", ge=5, le=3_600)] = 30
    look_again_minutes: Annotated[
        int, Meta(title="Look for edited and deleted ones every (minutes)", ge=1, le=1_440)
    ] = 60
    api: ApiServer = "https://oauth.reddit.com"
    token_url: TokenAddress = "https://www.reddit.com/api/v1/access_token"  # noqa: S105 - an address
    requests_a_minute: Annotated[
        int, Meta(title="Requests a minute", description="What Reddit allows the app.", ge=1, le=10_000)
    ] = 100


class RedditSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[str, Meta(title="App secret", max_length=500)] = ""
    refresh_token: Annotated[
        str, Meta(title="Refresh token", description="Not needed after “Connect”.", max_length=2_000)
    ] = ""
